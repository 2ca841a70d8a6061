from pathlib import Path

import pytest
from small_world import HEAD, TOWNS, Oracle, answerable, sentence, unanswerable, write_cases

from oncoqa.evals.bench import Bench
from oncoqa.evals.reference import Reference, open_reference


@pytest.fixture
def corpus_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    body = "\n\n".join(sentence(number) for number in range(len(TOWNS)))
    (folder / "essais.md").write_text(HEAD.format(id="essais") + f"\n{body}\n", encoding="utf-8")
    return folder


@pytest.fixture
def cases_dir(tmp_path: Path) -> Path:
    rows = [make(number) for number in range(len(TOWNS)) for make in (answerable, unanswerable)]
    return write_cases(tmp_path / "cases", *rows)


@pytest.fixture
def reference(cases_dir: Path, corpus_dir: Path) -> Reference:
    return open_reference(cases_dir, corpus_dir, max_words=120)


@pytest.fixture
def oracle(reference: Reference) -> Oracle:
    return Oracle(reference)


@pytest.fixture
def bench(reference: Reference, oracle: Oracle) -> Bench:
    return Bench(reference, {"encoder": "oracle"}, oracle)
