"""A run from beginning to end: whom to ask, what to measure, what to record."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oncoqa.evals.ablation import ablate
from oncoqa.evals.answers import covered_groups
from oncoqa.evals.ask import Asker, HttpAsker, LocalAsker
from oncoqa.evals.attribution import attribute
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.gold import Place
from oncoqa.evals.item import wanted
from oncoqa.evals.parts import Parts, load_parts
from oncoqa.evals.ranking import Covers
from oncoqa.evals.record import Run
from oncoqa.evals.reference import Reference, open_reference
from oncoqa.evals.run import Timed, run
from oncoqa.settings import Settings

DESCRIBED = ("encoder", "threshold", "search_depth", "max_statements", "max_words")


@dataclass(frozen=True, slots=True)
class Bench:
    reference: Reference
    system: Mapping[str, str]
    asker: Asker
    forced: Asker | None = None
    parts: Parts | None = None  # None over HTTP: only what its API shows can be measured

    def run(
        self,
        split: str,
        filters: Sequence[str] = (),
        *,
        jobs: int = 1,
        progress: Callable[[], object] = lambda: None,
    ) -> Run:
        """With a filter, the questions alone: excerpts and ablation are of whole splits."""
        start = time.perf_counter()
        kept = self.kept(split, filters)
        timed = run(
            self.reference, self.asker, kept=kept, forced=self.forced, jobs=jobs, progress=progress
        )
        whole = not filters
        return Run(
            corpus_sha256=self.reference.corpus_sha256,
            system=dict(self.system),
            split=split,
            filters=tuple(filters),
            items=tuple(t.item for t in timed),
            attribution=tuple(attribute(self.reference, self.asker, split)) if whole else (),
            ablation=ablate(self._wanted(kept), self.parts.rank) if whole and self.parts else {},
            timings=_timings(timed) | {"wall_s": round(time.perf_counter() - start, 1)},
        )

    def kept(self, split: str, filters: Sequence[str] = ()) -> frozenset[str]:
        kept = frozenset(wanted(self.reference.suite.cases, split, filters))
        if not kept:
            raise EvalsError(f"no case of split {split} passes {' '.join(filters) or 'the filter'}")
        return kept

    def _wanted(
        self, kept: frozenset[str]
    ) -> Iterator[tuple[str, Callable[[Sequence[Place]], Covers], int]]:
        for case in self.reference.suite.cases:
            groups = self.reference.gold[case.id].groups
            if case.id in kept and groups and case.follow_up is None:
                yield case.question, _covering(groups), len(groups)


def _covering(groups: Sequence[Sequence[Place]]) -> Callable[[Sequence[Place]], Covers]:
    return lambda places: [covered_groups(place, groups) for place in places]


def _timings(timed: Sequence[Timed]) -> dict[str, float]:
    p50, p95 = np.percentile([t.ms for t in timed], [50, 95])
    return {"answer_ms_p50": round(float(p50), 2), "answer_ms_p95": round(float(p95), 2)}


def open_bench(cases: Path, settings: Settings, *, url: str | None = None) -> Bench:
    reference = open_reference(cases, settings.corpus_dir, max_words=settings.max_words)
    if url is not None:
        return Bench(reference, {"url": url}, HttpAsker(url))
    parts = load_parts(settings)
    return Bench(
        reference,
        {name: str(getattr(settings, name)) for name in DESCRIBED},
        LocalAsker(parts.assistant),
        LocalAsker(parts.never_silent),
        parts,
    )
