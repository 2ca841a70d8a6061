"""Which sentences answer, and whether any does."""

from collections.abc import Sequence
from typing import Protocol

from oncoqa.types import Evidence, Hit, Passage, Query, Selection

MARGIN = 0.05  # a second sentence is kept when it scores within this of the best


class Scorer(Protocol):
    """How well each sentence of some passages answers a question; `retrieval/late.py` is one."""

    def score(self, query: Query, passages: Sequence[Passage]) -> list[Evidence]: ...


class Selector:
    """Keeps the best sentences: few, each new, none from links or contacts."""

    def __init__(self, scorer: Scorer, *, threshold: float, max_statements: int = 3) -> None:
        self._scorer = scorer
        self._threshold = threshold
        self._max_statements = max_statements

    def select(self, query: Query, hits: Sequence[Hit]) -> Selection:
        passages = [hit.passage for hit in hits if not hit.passage.furniture]
        ranked = self._scorer.score(query, passages)
        confidence = ranked[0].score if ranked else 0.0
        if query.refusal is not None:
            return Selection(evidence=(), confidence=0.0, reason=query.refusal)
        if confidence < self._threshold:
            return Selection(evidence=(), confidence=confidence, reason="not_in_releases")
        return Selection(evidence=tuple(self._keep(ranked)), confidence=confidence)

    def _keep(self, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Best first, at most `max_statements`."""
        kept: list[Evidence] = []
        seen: set[str] = set()
        for evidence in ranked:
            words = " ".join(evidence.text.split()).casefold()
            if words in seen:  # the same sentence may stand in two releases
                continue
            if kept and evidence.score < kept[0].score - MARGIN:
                break
            seen.add(words)
            kept.append(evidence)
            if len(kept) == self._max_statements:
                break
        return kept
