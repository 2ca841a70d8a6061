"""The path of a question: understand, search, select, compose, verify. Read this file first."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from oncoqa.answering.select import confidence
from oncoqa.answering.understand import understand
from oncoqa.answering.verify import verify
from oncoqa.types import (
    Answer,
    Claim,
    Event,
    Evidence,
    Filters,
    Hit,
    Language,
    Query,
    Release,
    Sources,
    Statement,
)


class Retriever(Protocol):
    def search(self, query: Query, k: int) -> Sequence[Hit]: ...


class Selector(Protocol):
    def select(self, query: Query, hits: Sequence[Hit]) -> Sequence[Evidence]: ...


class Composer(Protocol):
    def compose(self, query: Query, evidence: Sequence[Evidence]) -> Iterator[Claim]: ...


class Assistant:
    """Immutable once made: any number of threads may ask it at once."""

    def __init__(
        self,
        *,
        retriever: Retriever,
        selector: Selector,
        composer: Composer,
        releases: Mapping[str, Release],
        generation: str,
        threshold: float,
        search_depth: int = 8,
    ) -> None:
        self._retriever = retriever
        self._selector = selector
        self._composer = composer
        self.releases = releases
        self.generation = generation
        self._threshold = threshold
        self._search_depth = search_depth

    def ask(
        self, question: str, *, language: Language | None = None, filters: Filters | None = None
    ) -> Answer:
        """The last event of `stream`: one path, whether or not anyone watches."""
        *_, answer = self.stream(question, language=language, filters=filters)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self, question: str, *, language: Language | None = None, filters: Filters | None = None
    ) -> Iterator[Event]:
        """The sources, then each statement once it is verified, then the whole answer.

        Raises `QuestionError` before the first event.
        """
        clock = Clock()
        query = understand(question, language=language, filters=filters or Filters())
        clock.lap("understand")
        hits = tuple(self._retriever.search(query, self._search_depth))
        clock.lap("search")
        yield Sources(hits)
        evidence = self._selector.select(query, hits)
        certainty = confidence(evidence)
        clock.lap("select")
        answers = certainty >= self._threshold
        statements: list[Statement] = []
        rejected: list[Claim] = []
        for claim in self._composer.compose(query, evidence) if answers else ():
            statement = verify(claim)
            if statement is None:
                rejected.append(claim)
                continue
            statements.append(statement)
            yield statement
        clock.lap("verify")
        yield Answer(
            question=query.question,
            language=query.language,
            status="answered" if statements else "abstained",
            reason=None if statements else "not_in_releases",
            statements=tuple(statements),
            hits=hits,
            rejected=tuple(rejected),
            confidence=certainty,
            index_generation=self.generation,
            timings_ms=clock.total(),
        )

    def search(self, question: str, k: int, *, filters: Filters | None = None) -> Sequence[Hit]:
        """Passages alone, no answer."""
        query = understand(question, filters=filters or Filters())
        return self._retriever.search(query, k)


class Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 2)
        self._last = now

    def total(self) -> dict[str, float]:
        return self._laps | {"total": round((self._last - self._start) * 1000, 2)}
