"""Two runs against each other, question by question, and whether the new one may pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from oncoqa.evals.cases import EvalsError
from oncoqa.evals.item import Item
from oncoqa.evals.record import Run
from oncoqa.evals.summary import HARD

RESAMPLES = 10_000
SEED = 20251128
LOWER_IS_BETTER = frozenset({"needless_abstention"})
GATED = (
    "right", "publishable", "first_right", "evidence_recall", "abstained", "needless_abstention",
    "recall@1", "recall@5", "mrr@10", "no_leak",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """Of a metric over the questions that both runs have it for; positive is better."""

    metric: str
    old: float
    new: float
    low: float  # of the 95 % interval of the mean gain
    high: float
    n: int

    @property
    def worse(self) -> bool:
        return self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    changes: tuple[Change, ...]
    won: tuple[Item, ...]  # as they are in the new run
    lost: tuple[Item, ...]
    compared: int
    left_out: int  # questions that are new, gone or reworded

    @property
    def regressions(self) -> list[Change]:
        return [change for change in self.changes if change.worse]


def bootstrap(differences: Sequence[float]) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of paired differences (Efron and Tibshirani, 1993).

    A system that did not change has differences of zero, and the interval (0, 0).
    """
    values = np.asarray(differences, dtype=np.float64)
    rng = np.random.default_rng(SEED)
    draws = rng.multinomial(len(values), np.full(len(values), 1 / len(values)), size=RESAMPLES)
    low, high = np.percentile(draws @ values / len(values), [2.5, 97.5])
    return float(low), float(high)


def compare(old: Run, new: Run) -> Comparison:
    """Raises `EvalsError` for runs of different corpora, or without one question in common."""
    if old.corpus_sha256 != new.corpus_sha256:
        raise EvalsError(
            f"the baseline was measured on corpus {old.corpus_sha256[:12]}, this is "
            f"{new.corpus_sha256[:12]}; measure it anew with `oncoqa eval baseline`"
        )
    before = {item.id: item for item in old.items}
    pairs = [
        (before[item.id], item)
        for item in new.items
        if item.id in before and before[item.id].case == item.case
    ]
    if not pairs:
        raise EvalsError("the baseline and this run have no question in common")
    whole = (new.split, new.filters) == (old.split, old.filters)
    gone = len(before.keys() - {item.id for item in new.items}) if whole else 0
    changes = [found for metric in GATED if (found := _change(metric, pairs))]
    return Comparison(
        changes=tuple(changes),
        won=tuple(b for a, b in pairs if a.scores["right"] < b.scores["right"]),
        lost=tuple(b for a, b in pairs if a.scores["right"] > b.scores["right"]),
        compared=len(pairs),
        left_out=len(new.items) - len(pairs) + gone,
    )


def _change(metric: str, pairs: Sequence[tuple[Item, Item]]) -> Change | None:
    both = [
        (old.scores[metric], new.scores[metric])
        for old, new in pairs
        if metric in old.scores and metric in new.scores
    ]
    if not both:
        return None
    sign = -1 if metric in LOWER_IS_BETTER else 1
    low, high = bootstrap([sign * (new - old) for old, new in both])
    means = np.mean(both, axis=0)
    return Change(metric, float(means[0]), float(means[1]), low, high, len(both))


def broken_gates(run: Run, again: Run, *, drafted: bool = False) -> Iterator[str]:
    """What no run may have, whatever the baseline: a citation that is not what it says, or
    another answer when the same system is asked again.

    `drafted`: a language model writes the sentences, so they are not their quotations.
    """
    for metric in HARD[:-1] if drafted else HARD:
        bad = [i.id for i in (*run.items, *run.attribution) if i.scores.get(metric, 1) < 1]
        if bad:
            yield f"{metric}: {len(bad)} answers fail it: {', '.join(bad[:10])}"
    first = {item.id: item for item in (*run.items, *run.attribution)}
    unlike = [i.id for i in (*again.items, *again.attribution) if first.get(i.id) != i]
    if unlike or run.verdicts != again.verdicts:
        yield f"determinism: another run differs: {', '.join(unlike[:10]) or 'ablation'}"


def lines(found: Comparison) -> Iterator[str]:
    """The comparison for a terminal; of the test split only ids."""
    yield f"{found.compared} questions compared, {found.left_out} new, gone or reworded"
    for change in found.changes:
        mark = "✗" if change.worse else " "
        yield (
            f"{mark} {change.metric:20} {change.old:7.1%} → {change.new:7.1%}   "
            f"gain {change.low:+.1%} … {change.high:+.1%}  n={change.n}"
        )
    for name, items in (("won", found.won), ("lost", found.lost)):
        yield f"{name}: {len(items)}"
        for item in items:
            shown = item.question if item.facets["split"] == "dev" else "(test)"
            why = f" — {item.stage}: {'; '.join(item.flaws)}" if item.stage else ""
            yield f"  {item.id:12} {shown}{why if shown != '(test)' else ''}"
