"""Items into figures: means with their number and interval, by any facet."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oncoqa.evals.abstention import auroc, calibration_error, risk_at
from oncoqa.evals.item import Item

Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """A mean of values between 0 and 1, over `n` questions."""

    value: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (1927); with no failure its lower end is near 1 - 3.8/n."""
        n, p = self.n, self.value
        centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        """As tables show it. No failure in n says only "fewer than 3/n" (the rule of three)."""
        if self.value in (0.0, 1.0):
            bound = min(3 / self.n, 1) * 100
            side = "<" if self.value == 0 else ">"
            return f"{self.value:.1%} ({side} {bound if side == '<' else 100 - bound:.1f}%)"
        low, high = self.interval
        return f"{self.value:.1%} ({low:.0%}–{high:.0%})"


def share(items: Iterable[Item], metric: str) -> Share | None:
    """None when no item has the metric."""
    values = [item.scores[metric] for item in items if metric in item.scores]
    return Share(sum(values) / len(values), len(values)) if values else None


ANSWER = (
    "publishable", "first_right", "exact_match", "f1", "nugget_recall", "evidence_recall",
    "evidence_precision", "needless_abstention",
)  # fmt: skip
RETRIEVAL = ("recall@1", "recall@5", "recall@20", "mrr@10", "ndcg@10", "release@1")
ABSTENTION = ("abstained", "reason_right")
CONVERSATION = (
    "right", "publishable", "first_right", "nugget_recall", "evidence_recall", "abstained",
    "reason_right", "no_leak",
)  # fmt: skip
HARD = ("id_valid", "span_valid", "verbatim")


def alone(items: Iterable[Item]) -> list[Item]:
    """Questions asked alone; turns of conversations have a table of their own."""
    return [item for item in items if "follow_up" not in item.facets]


def turns(items: Iterable[Item]) -> list[Item]:
    return [item for item in items if "follow_up" in item.facets]


def by(
    items: Sequence[Item], facet: str | Callable[[Item], str | None], metric: str
) -> dict[str, Share]:
    """The metric for each value of a facet, where it applies."""
    name = facet if callable(facet) else lambda item: item.facets.get(facet)
    groups: dict[str, list[Item]] = {}
    for item in items:
        if (value := name(item)) is not None:
            groups.setdefault(value, []).append(item)
    shares = {value: share(groups[value], metric) for value in sorted(groups)}
    return {value: found for value, found in shares.items() if found}


def follow_up_gap(items: Sequence[Item]) -> float | None:
    """How much rarer a follow-up is right than a question asked alone: at most 0.05 is aimed at."""
    follow_ups = [item for item in items if item.facets.get("follow_up") == "carried"]
    single, carried = share(alone(items), "right"), share(follow_ups, "right")
    return single.value - carried.value if single and carried else None


def confidence_scores(items: Sequence[Item]) -> dict[str, float]:
    """AUROC of answerable against unanswerable; of both, risk at 80 and 90 %, and calibration."""
    of = {
        kind: [item.confidence for item in items if item.facets["kind"] == kind]
        for kind in ("answerable", "unanswerable")
    }
    scores = {}
    if of["answerable"] and of["unanswerable"]:
        scores["auroc"] = auroc(of["answerable"], of["unanswerable"])
    forced = [item for item in items if item.right_if_answered is not None]
    if forced:
        confidences = [item.confidence for item in forced]
        right = [item.right_if_answered or 0.0 for item in forced]
        scores["risk@80"] = risk_at(0.8, confidences, right)
        scores["risk@90"] = risk_at(0.9, confidences, right)
        read = [item for item in forced if item.confidence > 0]  # not refused by its words alone
        if read:
            scores["calibration_error"] = calibration_error(
                [item.confidence for item in read], [item.right_if_answered or 0.0 for item in read]
            )
    return scores


def refusals(items: Sequence[Item]) -> dict[str, float]:
    """Precision and recall of keeping silent, a refusal being right on an unanswerable question."""
    silent = [item for item in items if item.status == "abstained"]
    none = [item for item in items if item.facets["kind"] == "unanswerable"]
    right = sum(item.facets["kind"] == "unanswerable" for item in silent)
    return {
        "precision": right / len(silent) if silent else 0.0,
        "recall": right / len(none) if none else 0.0,
    }


def stages(items: Iterable[Item]) -> Mapping[str, int]:
    """How many wrong questions each stage lost, most first."""
    counts: dict[str, int] = {}
    for item in items:
        if item.stage is not None:
            counts[item.stage] = counts.get(item.stage, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
