"""The path of a question: understand, search, select, compose, verify. Read this file first."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from oncoqa.answering.verify import verify
from oncoqa.types import (
    Answer,
    Claim,
    Event,
    Filters,
    Hit,
    Language,
    Query,
    Release,
    Selection,
    Sources,
    Statement,
)


class Understanding(Protocol):
    def __call__(
        self,
        question: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        history: Sequence[Answer] = (),
    ) -> Query: ...


class Retriever(Protocol):
    def search(self, query: Query, k: int) -> Sequence[Hit]: ...


class Selector(Protocol):
    def select(self, query: Query, hits: Sequence[Hit]) -> Selection: ...


class Composer(Protocol):
    def compose(self, query: Query, selection: Selection) -> Iterator[Claim]: ...


class Assistant:
    """Immutable once made: any number of threads may ask it at once."""

    def __init__(
        self,
        *,
        understand: Understanding,
        retriever: Retriever,
        selector: Selector,
        composer: Composer,
        releases: Mapping[str, Release],
        generation: str,
        search_depth: int = 8,
    ) -> None:
        self._understand = understand
        self._retriever = retriever
        self._selector = selector
        self._composer = composer
        self.releases = releases
        self.generation = generation
        self._search_depth = search_depth

    def ask(
        self,
        question: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        history: Sequence[Answer] = (),
    ) -> Answer:
        """The last event of `stream`: one path, whether or not anyone watches."""
        *_, answer = self.stream(question, language=language, filters=filters, history=history)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        history: Sequence[Answer] = (),
    ) -> Iterator[Event]:
        """The sources, then each statement once it is verified, then the whole answer.

        `history` holds the answers before in this conversation, oldest first. Raises
        `QuestionError` before the first event.
        """
        clock = Clock()
        query = self._understand(question, language=language, filters=filters, history=history)
        clock.lap("understand")
        hits = tuple(self._retriever.search(query, self._search_depth))
        clock.lap("search")
        yield Sources(hits)
        selection = self._selector.select(query, hits)
        clock.lap("select")
        statements: list[Statement] = []
        rejected: list[Claim] = []
        for claim in self._composer.compose(query, selection):
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
            reason=None if statements else selection.reason or "not_in_releases",
            statements=tuple(statements),
            hits=hits,
            rejected=tuple(rejected),
            confidence=selection.confidence,
            understood=", ".join(query.carried) or None,
            choices=selection.choices,
            names=selection.names or query.names,
            index_generation=self.generation,
            timings_ms=clock.total(),
        )

    def search(self, question: str, k: int, *, filters: Filters | None = None) -> Sequence[Hit]:
        """Passages alone, no answer."""
        return self._retriever.search(self._understand(question, filters=filters), k)


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
