"""The cases of this repository agree with its releases, and are as many as figures need."""

from collections import Counter
from pathlib import Path

import pytest

from oncoqa.evals.cases import Answerable
from oncoqa.evals.item import facets_of
from oncoqa.evals.reference import Reference, open_reference

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> Reference:
    return open_reference(ROOT / "evals/cases", ROOT / "corpus", max_words=120)


def test_every_case_agrees_with_the_releases(reference: Reference) -> None:
    assert len(reference.gold) == len(list(reference.suite.cases))


def test_there_are_enough_answerable_questions_of_each_language(reference: Reference) -> None:
    alone = [case for case in reference.suite.cases if case.follow_up is None]
    languages = Counter(case.language for case in alone if isinstance(case, Answerable))
    assert languages["fr"] >= 130
    assert languages["en"] >= 40
    assert languages.total() >= 200


@pytest.mark.parametrize(
    ("class_", "least"),
    [("near", 35), ("false_presupposition", 25), ("underspecified", 15), ("medical", 15),
     ("off_topic", 10), ("instructions", 10)],
)  # fmt: skip
def test_there_are_enough_unanswerable_questions_of_each_class(
    reference: Reference, class_: str, least: int
) -> None:
    alone = [case for case in reference.suite.cases if case.follow_up is None]
    assert sum(facets_of(case).get("class") == class_ for case in alone) >= least


def test_there_are_thirty_conversations_of_three_or_four_turns(reference: Reference) -> None:
    lengths = Counter(len(thread) for thread in reference.suite.threads)
    assert lengths[3] + lengths[4] == 30
    assert lengths.keys() == {1, 3, 4}


def test_either_split_holds_at_least_two_fifths_of_the_questions(reference: Reference) -> None:
    splits = Counter(facets_of(case)["split"] for case in reference.suite.cases)
    assert min(splits.values()) / splits.total() > 0.4
