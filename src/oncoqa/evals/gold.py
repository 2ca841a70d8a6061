"""Gold evidence as places in the releases, found once and carried as offsets from then on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from oncoqa.evals.cases import Answerable, Case, EvalsError, GoldQuote, Suite
from oncoqa.types import Release


class Place(NamedTuple):
    """A half-open range of a release's text."""

    release: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gold:
    """Of an answerable case, `groups` are all needed and any alternative of one will do."""

    groups: tuple[tuple[Place, ...], ...] = ()
    corrections: tuple[Place, ...] = ()  # of a false presupposition: any one


def overlap(a: Place, b: Place) -> bool:
    """Whether two places share at least half of the shorter one."""
    if a.release != b.release:
        return False
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared > 0 and 2 * shared >= min(a.end - a.start, b.end - b.start)


def place(quote: GoldQuote, releases: Mapping[str, Release]) -> Place:
    """Raises `ValueError` unless the quote stands exactly once in its release."""
    release = releases.get(quote.release)
    if release is None:
        raise ValueError(f"no release {quote.release!r}")
    start = release.text.find(quote.quote)
    shown = f"« {quote.quote[:60]}… »" if len(quote.quote) > 60 else f"« {quote.quote} »"
    if start < 0:
        raise ValueError(f"{shown} does not stand in {quote.release}")
    if release.text.find(quote.quote, start + 1) >= 0:
        raise ValueError(f"{shown} stands more than once in {quote.release}: quote more of it")
    return Place(quote.release, start, start + len(quote.quote))


def gold_of(case: Case, releases: Mapping[str, Release]) -> Gold:
    if isinstance(case, Answerable):
        return Gold(
            groups=tuple(_narrowest([place(q, releases) for q in g]) for g in case.evidence)
        )
    return Gold(corrections=tuple(place(quote, releases) for quote in case.corrections))


def _narrowest(places: list[Place]) -> tuple[Place, ...]:
    """Without the blocks that hold another alternative: the sentence within is what answers, and
    who cites the block cites it too."""
    return tuple(
        a
        for a in places
        if not any(
            a != b and a.release == b.release and a.start <= b.start and b.end <= a.end
            for b in places
        )
    )


def locate(suite: Suite, releases: Mapping[str, Release]) -> dict[str, Gold]:
    """The gold of every case, by id. Raises `EvalsError` with file and line of each problem."""
    gold, problems = {}, []
    for case in suite.cases:
        try:
            gold[case.id] = gold_of(case, releases)
        except ValueError as error:
            problems.append(f"{suite.places[case.id]}: {case.id}: evidence: {error}")
    if problems:
        raise EvalsError(*problems)
    return gold
