"""The command line at its boundary: what a person types, reads, and what a script gets back."""

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import CORPUS, write_release

ONCOLINK = "Combien de patients ont été inclus dans Onco'Link ?"


def oncoqa(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    given = {f"ONCOQA_{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "oncoqa.cli", *arguments],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "100", **given},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def refused(run: subprocess.CompletedProcess[str]) -> str:
    """What is told of a known error: one line, exit code 1, nothing on the standard output."""
    assert (run.returncode, run.stdout) == (1, ""), run
    told = run.stderr.removesuffix("\n")
    assert "\n" not in told, told
    assert "Traceback" not in told
    return told


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose index, by the embedded encoder, is in service."""
    folder = tmp_path_factory.mktemp("served")
    run = oncoqa("index", corpus_dir=CORPUS, index_dir=folder)
    generation = (folder / "CURRENT").read_text(encoding="utf-8").strip()
    assert run.stdout == f"2 communiqués, 67 passages\u00a0: index {generation} en service\n"
    assert (run.returncode, run.stderr) == (0, "")
    return folder


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = oncoqa("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run.returncode == 0
    assert all(f" {name} " in run.stdout for name in ("ask", "index", "serve", "corpus"))
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


@pytest.mark.parametrize("arguments", [[], ["corpus"]])
def test_without_a_command_the_help_is_shown(arguments: list[str]) -> None:
    assert "--help" in oncoqa(*arguments).stdout


@pytest.mark.parametrize("arguments", [["aks"], ["ask"], ["serve", "--port", "http"], ["--no"]])
def test_a_command_that_does_not_exist_shows_how_to_use_those_that_do(
    arguments: list[str],
) -> None:
    run = oncoqa(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Usage:" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.model
def test_a_question_is_answered_with_its_source(served: Path) -> None:
    run = oncoqa("ask", ONCOLINK, corpus_dir=CORPUS, index_dir=served)
    sentence, empty, source = run.stdout.splitlines()
    assert "13 800 patients" in sentence
    assert sentence.endswith(" [1]")
    assert (empty, run.returncode, run.stderr) == ("", 0, "")
    assert source.startswith("[1] Unicancer, « Cancer, patients et territoire")
    assert ", 28/11/2025 (" in source


@pytest.mark.model
def test_an_answer_in_json_is_that_of_the_api(served: Path) -> None:
    run = oncoqa("ask", "--json", ONCOLINK, corpus_dir=CORPUS, index_dir=served)
    answer = json.loads(run.stdout)
    assert (answer["status"], answer["reason"], answer["language"]) == ("answered", None, "fr")
    [citation] = answer["citations"]
    assert citation["quote"] == answer["statements"][0]["text"]
    assert "13 800" in citation["quote"]


@pytest.mark.model
def test_a_question_without_an_answer_is_told_with_the_nearest_releases(served: Path) -> None:
    question = "Quel est le budget annuel d'Unicancer ?"
    run = oncoqa("ask", question, corpus_dir=CORPUS, index_dir=served)
    first, *nearest = run.stdout.splitlines()
    assert (run.returncode, run.stderr) == (0, "")
    assert first == "Les communiqués n’y répondent pas."
    assert 1 <= len(nearest) <= 3
    assert all(line.startswith("  voir\u00a0: ") for line in nearest)


@pytest.mark.parametrize(
    ("question", "told"),
    [("", "est vide"), ("a" * 2001, "2001 caractères"), ("a\x1bb", "contrôle")],
)
def test_a_question_that_cannot_be_read_is_refused_before_anything_is_loaded(
    question: str, told: str, tmp_path: Path
) -> None:
    assert told in refused(oncoqa("ask", question, corpus_dir=tmp_path, index_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_in_order_is_told_so() -> None:
    run = oncoqa("corpus", "check", corpus_dir=CORPUS)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("2 communiqués, 3")
    assert run.stdout.endswith(" mots\u00a0: tout est en ordre\n")


def test_each_fault_of_a_corpus_is_a_line_with_file_and_number(tmp_path: Path) -> None:
    write_release(tmp_path, "un", "Texte.", published="2025-13-41")
    write_release(tmp_path, "deux", "Texte.", publised="2025-11-28")
    (tmp_path / "trois.md").write_bytes(b"---\nid: trois\n---\n\n\xe9\n")
    run = oncoqa("corpus", "check", corpus_dir=tmp_path)
    lines = run.stderr.splitlines()
    assert (run.returncode, run.stdout, len(lines)) == (1, "", 3)
    places = [line.removeprefix("oncoqa: ").removeprefix(f"{tmp_path}/")[:10] for line in lines]
    assert places == ["deux.md:7:", "trois.md:5", "un.md:7: f"]


@pytest.mark.model
def test_a_corpus_that_does_not_pass_is_not_indexed(served: Path, tmp_path: Path) -> None:
    write_release(tmp_path, "un", "Texte.", published="2025-13-41")
    before = (served / "CURRENT").read_text(encoding="utf-8")
    told = refused(oncoqa("index", corpus_dir=tmp_path, index_dir=served))
    assert "un.md:7: " in told
    assert (served / "CURRENT").read_text(encoding="utf-8") == before


@pytest.mark.model
def test_an_index_built_by_other_settings_is_refused_with_the_way_out(served: Path) -> None:
    told = refused(oncoqa("ask", "Qui ?", corpus_dir=CORPUS, index_dir=served, max_words=60))
    assert "built with max_words 120, the settings say 60; run `oncoqa index`" in told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"prot": 9000}, "ONCOQA_PROT: unknown setting; did you mean ONCOQA_PORT?"),
        ({"port": 70000}, "ONCOQA_PORT='70000': Input should be less than or equal to 65535"),
        ({"corpus_dir": "/absent"}, "/absent: no such folder; set ONCOQA_CORPUS_DIR or create it"),
    ],
)
def test_a_wrong_setting_is_one_line(settings: dict[str, object], told: str) -> None:
    assert refused(oncoqa("corpus", "check", **settings)) == f"oncoqa: {told}"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_in_use_is_named_with_the_way_out(taken: int, tmp_path: Path) -> None:
    folders = {"corpus_dir": CORPUS, "index_dir": tmp_path, "data_dir": tmp_path}
    told = refused(oncoqa("serve", "--port", str(taken), **folders))
    assert f"127.0.0.1:{taken} cannot be used" in told
    assert "--port" in told
    assert list(tmp_path.iterdir()) == []
