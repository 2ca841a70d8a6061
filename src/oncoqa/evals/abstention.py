"""Whether the confidence knows when to keep silent: AUROC, risk and coverage, calibration."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata


def auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """P(an answerable question has the higher confidence), ties counting half.

    The Mann-Whitney U over its greatest value (Hanley and McNeil, 1982).
    """
    n, m = len(answerable), len(unanswerable)
    ranks = rankdata([*answerable, *unanswerable])
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def risk_coverage(confidences: Sequence[float], right: Sequence[float]) -> list[float]:
    """The share wrong among the k most confident, for k = 1 … n (El-Yaniv and Wiener, 2010).

    Questions of equal confidence count as the mean of any order of them.
    """
    order = np.argsort(-np.asarray(confidences), kind="stable")
    levels = np.asarray(confidences)[order]
    wrong = 1 - np.asarray(right, float)[order]
    for level in np.unique(levels):
        wrong[levels == level] = wrong[levels == level].mean()
    return [float(risk) for risk in np.cumsum(wrong) / np.arange(1, len(wrong) + 1)]


def risk_at(coverage: float, confidences: Sequence[float], right: Sequence[float]) -> float:
    """The share wrong when that share of all questions is answered, the most confident first."""
    risks = risk_coverage(confidences, right)
    return risks[max(0, round(coverage * len(risks)) - 1)]


def calibration_error(
    confidences: Sequence[float], right: Sequence[float], bins: int = 10
) -> float:
    """How far confidence is from the share right, over bins of equal width (Guo et al., 2017)."""
    sure, correct = np.asarray(confidences, float), np.asarray(right, float)
    own = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(own, sure - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(sure))
