"""Reading cases: each problem is one line with its file and line."""

import json
from pathlib import Path

import pytest
from small_world import TOWNS, answerable, sentence, unanswerable, write_cases

from oncoqa.evals.cases import EvalsError, load_folder, split_of
from oncoqa.evals.reference import open_reference


def problems(cases: Path, corpus: Path) -> list[str]:
    with pytest.raises(EvalsError) as caught:
        open_reference(cases, corpus, max_words=120)
    return [problem.removeprefix(f"{cases}/") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "cases.jsonl:2: not JSON: "),
        ('{"id": "a-1", "kind": "answerable"}', "cases.jsonl:2: question: field required"),
        (json.dumps(answerable(1, asks="hour")), "cases.jsonl:2: asks: input should be 'person'"),
        (json.dumps(answerable(1, fact="Un fait")), "cases.jsonl:2: fact: string should match"),
        (json.dumps(answerable(1, extra=1)), "cases.jsonl:2: extra: extra inputs are not"),
        (json.dumps(answerable(0)), "cases.jsonl:2: id: 'a-0' stands already at "),
        (json.dumps(answerable(1, evidence=[[{"release": "essais", "quote": "Autre."}]])),
         "cases.jsonl:2: a-1: evidence: « Autre. » does not stand in essais"),
        (json.dumps(answerable(1, evidence=[[{"release": "essais", "quote": "L’essai"}]])),
         "cases.jsonl:2: a-1: evidence: « L’essai » stands more than once in essais"),
        (json.dumps(answerable(1, evidence=[[{"release": "autre", "quote": "Oui."}]])),
         "cases.jsonl:2: a-1: evidence: no release 'autre'"),
        (json.dumps(answerable(1, nuggets=[["102"]])),
         "cases.jsonl:2: a-1: nuggets: '102' does not stand in the evidence"),
        (json.dumps(answerable(1, must_not=["101"])),
         "cases.jsonl:2: a-1: must_not: '101' is part of a good answer"),
        (json.dumps(answerable(0, id="a-1", fact="autre")),
         "cases.jsonl:2: a-1: fact: 'autre', but the same question has 'essai-0' elsewhere"),
    ],
)  # fmt: skip
def test_a_bad_case_is_told_with_its_line(
    tmp_path: Path, corpus_dir: Path, line: str, problem: str
) -> None:
    folder = write_cases(tmp_path / "cases", answerable(0))
    with (folder / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    found = problems(folder, corpus_dir)
    assert len(found) == 1 or line.startswith('{"id": "a-1"')
    assert found[0].startswith(problem)


def test_no_case_at_all_is_told(tmp_path: Path, corpus_dir: Path) -> None:
    assert "no case found" in problems(tmp_path, corpus_dir)[0]


def test_the_turns_of_a_conversation_are_cases_in_order(tmp_path: Path) -> None:
    turns = [answerable(0), unanswerable(1)]
    for turn in turns:
        del turn["id"], turn["language"]
    talk = {"id": "talk-1", "kind": "conversation", "language": "fr", "turns": [
        turns[0] | {"follow_up": "none"}, turns[1] | {"follow_up": "carried"},
    ]}  # fmt: skip
    suite = load_folder(write_cases(tmp_path / "cases", talk))
    assert [[case.id for case in thread] for thread in suite.threads] == [["talk-1.1", "talk-1.2"]]
    assert [case.language for case in suite.cases] == ["fr", "fr"]


def test_a_fact_is_on_one_side_whatever_its_wording() -> None:
    sides = [split_of(f"fait-{number}") for number in range(400)]
    assert 150 < sides.count("dev") < 250
    assert split_of("oncolink-patients") == "dev"  # fixed for good: a moved fact would leak


def test_a_block_counts_by_the_sentence_in_it(tmp_path: Path, corpus_dir: Path) -> None:
    both = f"{sentence(0)}\n\n{sentence(1)}"
    group = [{"release": "essais", "quote": quote} for quote in (both, sentence(1))]
    folder = write_cases(tmp_path / "cases", answerable(1, evidence=[group]))
    reference = open_reference(folder, corpus_dir, max_words=120)
    (place,) = reference.gold["a-1"].groups[0]
    text = reference.corpus.releases["essais"].text
    assert text[place.start : place.end] == sentence(1)
    assert len(TOWNS) == len(reference.passages)
