"""Metrics of one answer, as pure functions of what was said and what is gold."""

from collections import Counter
from collections.abc import Sequence

from oncoqa.evals.gold import Gold, Place, overlap
from oncoqa.evals.normalise import contains, normalise, tokens

MOST_STATEMENTS = 4


def exact_match(said: str, accepted: Sequence[str]) -> float:
    """1 when what was said is an accepted answer, normalised (Rajpurkar et al., 2016)."""
    return float(normalise(said) in {normalise(answer) for answer in accepted})


def f1(said: str, accepted: Sequence[str]) -> float:
    """The best token F1 over the accepted answers (Rajpurkar et al., 2016)."""
    return max((_f1(tokens(said), tokens(answer)) for answer in accepted), default=0.0)


def _f1(said: list[str], gold: list[str]) -> float:
    """2PR / (P + R), P and R over the bags of tokens."""
    common = sum((Counter(said) & Counter(gold)).values())
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(gold)
    return 2 * precision * recall / (precision + recall)


def nuggets_said(text: str, nuggets: Sequence[Sequence[str]]) -> list[bool]:
    """For each nugget, whether one of its forms stands in the text (TREC QA, Voorhees 2003)."""
    return [any(contains(text, form) for form in forms) for forms in nuggets]


def nugget_recall(text: str, nuggets: Sequence[Sequence[str]]) -> float:
    said = nuggets_said(text, nuggets)
    return sum(said) / len(said)


def covered_groups(place: Place, groups: Sequence[Sequence[Place]]) -> frozenset[int]:
    """The groups of which an alternative overlaps the place."""
    return frozenset(
        number for number, group in enumerate(groups) if any(overlap(place, p) for p in group)
    )


def evidence_recall(cited: Sequence[Place], gold: Gold) -> float:
    """Share of the gold groups of which an alternative is cited."""
    covered = frozenset[int]().union(*(covered_groups(place, gold.groups) for place in cited))
    return len(covered) / len(gold.groups)


def evidence_precision(bodies: Sequence[Sequence[Place]], gold: Gold) -> float:
    """Share of the statements that cite gold; `bodies` holds the places that each cites."""
    right = [any(covered_groups(place, gold.groups) for place in places) for places in bodies]
    return sum(right) / len(right)


def most_statements(gold: Gold) -> int:
    """Four sentences at most, or as many as a complete list needs."""
    return max(MOST_STATEMENTS, len(gold.groups))
