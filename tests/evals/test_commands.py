"""The command line at its boundary: what it prints, its exit codes, what it leaves on disk."""

import json
from pathlib import Path

import pytest
from small_world import Oracle, StuckAbstention, answerable, sentence, write_cases
from typer.testing import CliRunner

from oncoqa.evals import bench as bench_module
from oncoqa.evals.bench import Bench
from oncoqa.evals.commands import app


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, corpus_dir: Path, bench: Bench
) -> CliRunner:
    """Run in a folder of its own; the suite is put to the oracle."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOQA_CORPUS_DIR", str(corpus_dir))
    put_to(monkeypatch, bench)
    return CliRunner()


def put_to(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    monkeypatch.setattr(bench_module, "open_bench", lambda *_, **__: bench)


def test_a_run_prints_the_table_and_writes_what_it_measured(command: CliRunner) -> None:
    result = command.invoke(app, ["--split", "dev", "--out", "run.json"])
    assert result.exit_code == 0
    assert "publishable            100.0% (> " in result.stdout
    assert json.loads(Path("run.json").read_text(encoding="utf-8"))["split"] == "dev"


def test_the_gate_holds_on_an_unchanged_system(command: CliRunner) -> None:
    assert command.invoke(app, ["baseline", "--out", "base.json"]).exit_code == 0
    result = command.invoke(app, ["--compare", "base.json", "--gate"])
    assert result.exit_code == 0
    assert "gate: holds" in result.stdout


def test_the_gate_fails_with_1_on_a_regression(
    command: CliRunner, monkeypatch: pytest.MonkeyPatch, oracle: Oracle, bench: Bench
) -> None:
    command.invoke(app, ["baseline", "--out", "base.json"])
    broken = Bench(bench.reference, bench.system, StuckAbstention(oracle))
    put_to(monkeypatch, broken)
    result = command.invoke(app, ["--compare", "base.json", "--gate"])
    assert result.exit_code == 1
    assert "gate: right got worse" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--compare", "none.json"], "none.json: no such file; write a baseline"),
        (["--filter", "tone=curt"], "--filter tone: no such facet"),
        (["drafts", "none.jsonl"], "none.jsonl: cannot be read"),
        (["retrieval", "none"], "corpus.jsonl: cannot be read"),
        (["nomiracl", "none"], "none: cannot be read"),
        (["check", "--cases", "none"], "no case found"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    command: CliRunner, arguments: list[str], message: str
) -> None:
    result = command.invoke(app, arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_baseline_of_another_corpus_is_refused_and_kept(
    command: CliRunner, monkeypatch: pytest.MonkeyPatch, bench: Bench
) -> None:
    command.invoke(app, ["baseline", "--out", "base.json"])
    before = Path("base.json").read_bytes()
    other = bench.run("all").model_copy(update={"corpus_sha256": "other"})
    monkeypatch.setattr(Bench, "run", lambda *_, **__: other)
    result = command.invoke(app, ["--compare", "base.json", "--gate"])
    assert (result.exit_code, Path("base.json").read_bytes()) == (2, before)
    assert "measure it anew with `oncoqa eval baseline`" in result.stderr


def test_check_counts_the_questions_of_each_split(command: CliRunner, cases_dir: Path) -> None:
    result = command.invoke(app, ["check", "--cases", str(cases_dir)])
    assert result.stdout.startswith("24 questions: ")


def test_a_kept_measure_becomes_a_report(command: CliRunner) -> None:
    command.invoke(app, ["--out", "run.json"])
    result = command.invoke(app, ["report", "--from", "run.json", "--folder", "pages"])
    assert result.exit_code == 0
    assert "| right | 100.0% (> " in Path("pages/REPORT.md").read_text(encoding="utf-8")
    assert Path("pages/report.html").exists()


def test_every_wrong_case_is_a_line(command: CliRunner, tmp_path: Path) -> None:
    rows = [answerable(n, nuggets=[["999"]]) for n in range(3)]
    result = command.invoke(app, ["check", "--cases", str(write_cases(tmp_path / "bad", *rows))])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 3


def feedback(folder: Path) -> Path:
    cited = {"release": {"id": "essais"}, "quote": sentence(3)}
    records = [
        {"question": "Où ?", "answer_id": "1", "useful": False, "reason": "wrong",
         "comment": "hors sujet", "statements": []},
        {"question": "Combien dans ESSAI-3 ?", "answer_id": "2", "useful": True, "reason": None,
         "comment": None, "statements": [{"text": sentence(3), "citations": [cited]}]},
    ]  # fmt: skip
    path = folder / "feedback.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in records), encoding="utf-8")
    return path


def test_feedback_becomes_drafts_that_are_no_cases_yet(command: CliRunner, tmp_path: Path) -> None:
    result = command.invoke(app, ["drafts", str(feedback(tmp_path)), "--out", "d/drafts.jsonl"])
    assert result.exit_code == 0
    drafts = [json.loads(line) for line in Path("d/drafts.jsonl").read_text("utf-8").splitlines()]
    assert drafts[0]["draft"]["comment"] == "hors sujet"
    assert drafts[1]["evidence"] == [[{"release": "essais", "quote": sentence(3)}]]
    refused = command.invoke(app, ["check", "--cases", "d"])
    assert "drafts.jsonl:1: draft: extra inputs are not permitted" in refused.stderr


def test_drafts_overwrite_nothing(command: CliRunner, tmp_path: Path) -> None:
    Path("drafts.jsonl").write_text("mine", encoding="utf-8")
    result = command.invoke(app, ["drafts", str(feedback(tmp_path)), "--out", "drafts.jsonl"])
    assert result.exit_code == 2
    assert Path("drafts.jsonl").read_text(encoding="utf-8") == "mine"
