import pytest

from oncoqa.evals.answers import (
    evidence_precision,
    evidence_recall,
    exact_match,
    f1,
    most_statements,
    nugget_recall,
)
from oncoqa.evals.gold import Gold, Place, overlap

A, B, C = Place("r", 0, 100), Place("r", 100, 200), Place("s", 0, 100)


def test_exact_match_takes_any_accepted_answer_normalised() -> None:
    assert exact_match("le 27 novembre", ["jeudi 27 novembre", "27 novembre"]) == 1
    assert exact_match("27 octobre", ["27 novembre"]) == 0


def test_f1_is_the_harmonic_mean_over_the_bags_of_tokens() -> None:
    # said {plus, de, 13800, patients, inclus}, gold {13800, patients}: P = 2/5, R = 1
    assert f1("plus de 13 800 patients inclus", ["13 800 patients"]) == pytest.approx(4 / 7)
    assert f1("Berlin", ["Reims", "Berlin, en Allemagne"]) == pytest.approx(0.5)
    assert f1("", ["Reims"]) == 0


def test_nugget_recall_is_the_share_of_groups_with_a_form_in_the_text() -> None:
    assert nugget_recall("à 14h à Berlin", [["14h"], ["Reims", "Berlin"], ["Nice"]]) == 2 / 3


def test_evidence_recall_needs_each_group_and_any_alternative() -> None:
    gold = Gold(groups=((A, C), (B,)))
    assert evidence_recall([C], gold) == 0.5
    assert evidence_recall([A, B], gold) == 1


def test_evidence_precision_is_the_share_of_statements_on_gold() -> None:
    assert evidence_precision([[A], [B], [C]], Gold(groups=((A,),))) == pytest.approx(1 / 3)


def test_places_overlap_from_half_of_the_shorter_on() -> None:
    assert overlap(A, Place("r", 50, 150))
    assert not overlap(A, Place("r", 51, 151))
    assert not overlap(A, C)


def test_a_complete_list_may_take_more_than_four_sentences() -> None:
    assert most_statements(Gold(groups=((A,),))) == 4
    assert most_statements(Gold(groups=tuple((Place("r", i, i + 1),) for i in range(5)))) == 5
