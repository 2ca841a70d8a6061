import pytest

from oncoqa.evals.abstention import auroc, calibration_error, risk_at, risk_coverage
from oncoqa.evals.summary import Share


def test_auroc_is_the_chance_that_an_answerable_question_scores_higher() -> None:
    # pairs: (.9, .8) (.9, .5) (.5, .8) (.5, .5): two won, one tied
    assert auroc([0.9, 0.5], [0.8, 0.5]) == pytest.approx(2.5 / 4)
    assert auroc([0.9], [0.1]) == 1


def test_risk_is_the_share_wrong_among_the_most_confident() -> None:
    assert risk_coverage([0.9, 0.7, 0.8], [1, 0, 0]) == pytest.approx([0, 1 / 2, 2 / 3])
    assert risk_at(0.5, [0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0]) == 0
    assert risk_at(1.0, [0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0]) == 0.5


def test_questions_of_equal_confidence_share_their_risk_whatever_their_order() -> None:
    assert risk_coverage([0.5, 0.5], [1, 0]) == risk_coverage([0.5, 0.5], [0, 1]) == [0.5, 0.5]


def test_no_failure_says_only_fewer_than_three_in_n() -> None:
    assert str(Share(1.0, 300)) == "100.0% (> 99.0%)"
    assert str(Share(0.0, 30)) == "0.0% (< 10.0%)"


def test_the_interval_is_wilsons() -> None:
    # 8 of 10: the textbook example, .490 to .943
    assert Share(0.8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    # .95 and .91 share a bin, half of it right; 1 falls in it too. .12 is alone, and wrong.
    sure, right = [0.95, 0.91, 0.12], [1, 0, 0]
    assert calibration_error(sure, right) == pytest.approx((abs(1.86 - 1) + 0.12) / 3)
    assert calibration_error([1.0], [1]) == 0
