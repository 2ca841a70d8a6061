"""The suite over the real assistant, on collections small enough to index at once."""

import json
from pathlib import Path

import pytest
from small_world import TOWNS, sentence
from typer.testing import CliRunner

from oncoqa.evals.bench import Bench, open_bench
from oncoqa.evals.commands import app
from oncoqa.evals.compare import broken_gates, compare
from oncoqa.settings import Settings

pytestmark = pytest.mark.model


@pytest.fixture
def settings(tmp_path: Path, corpus_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCOQA_CORPUS_DIR", str(corpus_dir))
    return Settings(corpus_dir=corpus_dir, index_dir=tmp_path / "index")


@pytest.fixture
def bench(settings: Settings, cases_dir: Path) -> Bench:
    return open_bench(cases_dir, settings)


def test_the_assistant_passes_its_own_gate(bench: Bench) -> None:
    old, new = bench.run("all"), bench.run("all", jobs=2)
    assert not list(broken_gates(new, old))
    assert not compare(old, new).regressions
    assert new.ablation.keys() == {"dense", "lexical", "hybrid", "hybrid + reader"}
    assert new.ablation["lexical"]["recall@1"] == 1
    assert [item.scores["right"] for item in new.attribution] == [1.0] * len(TOWNS)


def test_a_case_is_written_from_the_sentence_chosen(settings: Settings, cases_dir: Path) -> None:
    given = ["--evidence", "1", "--nugget", "105", "--fact", "essai-5-patients"]
    command = ["add", "Combien de patients dans l’essai ESSAI-5 ?", *given]
    result = CliRunner().invoke(app, [*command, "--asks", "number", "--cases", str(cases_dir)])
    assert result.exit_code == 0, result.stderr
    assert f"  1 [essais] {sentence(5)}" in result.stdout
    written = json.loads((cases_dir / "added.jsonl").read_text(encoding="utf-8"))
    assert written["evidence"] == [[{"release": "essais", "quote": sentence(5)}]]
    assert CliRunner().invoke(app, ["check", "--cases", str(cases_dir)]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--evidence", "99", "--nugget", "105"], "no sentence [99]; they are numbered 1 to"),
        (["--evidence", "1", "--nugget", "999"], "nuggets: '999' does not stand in the evidence"),
        (["--evidence", "1", "--nugget", "105", "--asks", "hour"], "asks: "),
        (["--release", "autre"], "no release 'autre'; known: essais"),
    ],
)
def test_a_case_that_would_not_pass_is_not_written(
    settings: Settings, cases_dir: Path, options: list[str], message: str
) -> None:
    command = ["add", "Combien de patients dans ESSAI-5 ?", "--fact", "un-fait"]
    result = CliRunner().invoke(app, [*command, *options, "--cases", str(cases_dir)])
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (cases_dir / "added.jsonl").exists()


def write_lines(path: Path, *rows: object) -> None:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")


def test_a_collection_in_beirs_layout_is_searched_and_its_figures_kept(settings: Settings) -> None:
    folder = Path("essais")
    folder.mkdir()
    documents = [{"_id": f"D_{n}", "title": "Essai", "text": sentence(n)} for n in range(6)]
    write_lines(folder / "corpus.jsonl", *documents)
    write_lines(folder / "queries.jsonl", *({"_id": f"Q{n}", "text": TOWNS[n]} for n in range(6)))
    judged = "".join(f"Q{n}\tD_{n}\t1\n" for n in range(5))  # the last is not judged
    (folder / "qrels.tsv").write_text("query\tdoc\tscore\n" + judged, encoding="utf-8")
    result = CliRunner().invoke(app, ["retrieval", "essais", "--keep", "kept.json"])
    assert result.exit_code == 0, result.stderr
    kept = json.loads(Path("kept.json").read_text(encoding="utf-8"))["essais (5 queries)"]
    assert (kept["documents"], kept["rankings"]["lexical"]["recall@1"]) == (6, 1)


def test_nomiracl_counts_answers_and_refusals(settings: Settings) -> None:
    passages = [f"Essai: {sentence(n)}" for n in range(3)]
    known = {"question": "Combien de patients dans ESSAI-1 ?", "passages": passages}
    write_lines(Path("relevant.jsonl"), known)
    write_lines(Path("non_relevant.jsonl"), known | {"question": "Qui a peint la Joconde ?"})
    result = CliRunner().invoke(app, ["nomiracl", "relevant.jsonl", "non_relevant.jsonl"])
    assert result.exit_code == 0, result.stderr
    assert "error_rate           0.0%" in result.stdout
    assert "auroc                100.0%" in result.stdout
