"""Figures as text for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from oncoqa.evals.item import Item
from oncoqa.evals.record import Run
from oncoqa.evals.summary import (
    ABSTENTION,
    ANSWER,
    HARD,
    RETRIEVAL,
    Share,
    alone,
    by,
    confidence_scores,
    share,
    stages,
    turns,
)

FACET_TABLES = ("kind", "language", "form", "asks", "class")


def main_table(run: Run) -> Iterator[str]:
    """The metrics of questions asked alone, then of turns."""
    items, single = run.items, alone(run.items)
    for title, metrics in (
        ("all questions", ("right",)),
        ("answers", ANSWER),
        ("abstention", ABSTENTION),
        ("retrieval", RETRIEVAL),
        ("gates", HARD),
    ):
        shares = [(metric, share(single, metric)) for metric in metrics]
        yield from _block(title, [(metric, s) for metric, s in shares if s])
    for name, value in confidence_scores(single).items():
        yield f"  {name:22} {value:.3f}"
    for facet in FACET_TABLES:
        yield from _block(f"right, by {facet}", by(single, facet, "right").items())
    for facet in ("follow_up", "turn"):
        yield from _block(f"turns right, by {facet}", by(turns(items), facet, "right").items())
    yield from _block("excerpts attributed", attributed(run.attribution))
    yield from ranking_lines(run.ablation)
    lost = ", ".join(f"{stage} {count}" for stage, count in stages(items).items())
    yield f"\nlost by stage: {lost or 'none'}"


def _block(title: str, rows: Iterable[tuple[str, Share]]) -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield f"\n{title}"
    for name, found in rows:
        yield f"  {name:22} {found!s:24} n={found.n}"


def ranking_lines(rankings: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for name, scores in rankings.items():
        yield f"  {name:22} " + "  ".join(f"{m} {v:.3f}" for m, v in scores.items())


def failures(items: Sequence[Item]) -> Iterator[str]:
    """Each wrong question with what was expected, what was said, and what lost it.

    Of the test split only the ids: it is measured, never tuned on.
    """
    for item in items:
        if item.stage is None:
            continue
        if item.facets["split"] == "test":
            continue
        yield f"\n✗ {item.id}  {item.question}"
        yield f"    expected  {item.expected[:160]}"
        said = " ⏎ ".join(text.replace("\n", " / ") for text in item.said)
        yield f"    said      {said[:400] or f'abstained: {item.reason}'}"
        flaws = "; ".join(item.flaws)
        yield f"    lost at   {item.stage}: {flaws} (confidence {item.confidence:.2f})"
    hidden = sum(item.stage is not None and item.facets["split"] == "test" for item in items)
    if hidden:
        yield f"\n{hidden} wrong questions of the test split are not shown: it is never tuned on."


def attributed(items: Sequence[Item]) -> list[tuple[str, Share]]:
    found = share(items, "right")
    return [("right", found)] if found else []
