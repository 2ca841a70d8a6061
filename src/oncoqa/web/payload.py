"""What the API sends: an answer as JSON, and the pieces of it that a stream sends before."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from oncoqa.conversations import new_id
from oncoqa.types import (
    Answer,
    AnswerStatus,
    Citation,
    Hit,
    Language,
    Passage,
    Reason,
    Release,
    ReleaseStatus,
    Statement,
)
from oncoqa.web.links import to_words
from oncoqa.web.speaker import speaker


class Payload(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReleasePayload(Payload):
    """A release as a citation names it."""

    id: str
    title: str
    published: date | None
    publisher: str
    url: str | None
    language: Language
    status: ReleaseStatus = "published"  # as it was when the answer was given
    corrected: date | None = None

    @classmethod
    def of(cls, release: Release) -> "ReleasePayload":
        return cls.model_validate(release, from_attributes=True)


class ReleaseInFull(ReleasePayload):
    place: str | None
    supersedes: str | None
    text: str


class CitationPayload(Payload):
    number: int
    release: ReleasePayload
    passage_id: str
    start: int  # `release.text[start:end] == quote`, in code points
    end: int
    quote: str
    speaker: str | None = None  # who said it, and in what role, when the release says so
    headings: tuple[str, ...]
    permalink: str  # of the passage, for good
    link: str  # of the very words, as they stood


class StatementPayload(Payload):
    text: str
    citations: tuple[int, ...]
    highlight: tuple[int, int] | None  # of `text`, in code points
    item: bool = False  # of a list, which its introduction may have opened statements before


class StatementEvent(StatementPayload):
    """A statement as streamed, with the citations that no statement before it has brought."""

    sources: tuple[CitationPayload, ...]


class PassagePayload(Payload):
    passage_id: str
    release: ReleasePayload
    start: int
    end: int
    text: str
    headings: tuple[str, ...]
    permalink: str
    score: float

    @classmethod
    def of(cls, hit: Hit) -> "PassagePayload":
        passage = hit.passage
        return cls(
            passage_id=passage.id,
            release=ReleasePayload.of(passage.release),
            start=passage.start,
            end=passage.end,
            text=passage.text,
            headings=passage.headings,
            permalink=permalink(passage),
            score=hit.score,
        )


class SourcesEvent(Payload):
    """The passages found, as streamed before any statement."""

    passages: tuple[PassagePayload, ...]


class IndexPayload(Payload):
    generation: str
    built_at: datetime | None = None
    releases: int | None = None


class AnswerPayload(Payload):
    id: str
    conversation_id: str | None
    question: str
    language: Language
    status: AnswerStatus
    reason: Reason | None
    confidence: float
    text: str
    understood: str | None
    choices: tuple[str, ...]
    statements: tuple[StatementPayload, ...]
    citations: tuple[CitationPayload, ...]
    nearest: tuple[ReleasePayload, ...]
    index: IndexPayload
    timings_ms: dict[str, float]


class Receipt(Payload):
    """Enough to ask the same again and to see what has changed since."""

    answered_at: datetime
    generation: str
    model: str
    filters: dict[str, str]
    names: tuple[str, ...]  # what the answer was about: the next question may lean on it
    passages: dict[str, str]  # sha256 of the text of each passage cited, by id


class Citations:
    """Numbers citations in the order in which statements bring them; the same one keeps its own."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.all: list[CitationPayload] = []

    def state(self, statement: Statement) -> StatementEvent:
        known = len(self.all)
        numbers = tuple(self._number(citation) for citation in statement.citations)
        return StatementEvent(
            text=statement.text,
            citations=numbers,
            highlight=statement.highlight,
            item=statement.citations[-1].passage.introduction is not None,
            sources=tuple(self.all[known:]),
        )

    def _number(self, citation: Citation) -> int:
        key = (citation.passage.id, citation.start, citation.end)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self.all.append(_citation(citation, self._numbers[key]))
        return self._numbers[key]


def answer_as_payload(
    answer: Answer,
    *,
    index: IndexPayload | None = None,
    conversation_id: str | None = None,
) -> AnswerPayload:
    """`index` may be left out where there is no site: the command line."""
    citations = Citations()
    events = [citations.state(statement) for statement in answer.statements]
    statements = tuple(StatementPayload(**_without_sources(event)) for event in events)
    nearest = answer.nearest if answer.status == "abstained" else ()
    return AnswerPayload(
        id=new_id(),
        conversation_id=conversation_id,
        question=answer.question,
        language=answer.language,
        status=answer.status,
        reason=answer.reason,
        confidence=round(answer.confidence, 4),
        text=_text(statements),
        understood=answer.understood,
        choices=answer.choices,
        statements=statements,
        citations=tuple(citations.all),
        nearest=tuple(ReleasePayload.of(release) for release in nearest),
        index=index or IndexPayload(generation=answer.index_generation),
        timings_ms=answer.timings_ms,
    )


def passage_hashes(passages: Iterable[Passage]) -> dict[str, str]:
    return {p.id: hashlib.sha256(p.text.encode()).hexdigest() for p in passages}


def permalink(passage: Passage) -> str:
    """The address of a passage: its id says which release, and which words."""
    return f"/communiques/{passage.id}"


def _citation(citation: Citation, number: int) -> CitationPayload:
    return CitationPayload(
        number=number,
        release=ReleasePayload.of(citation.release),
        passage_id=citation.passage.id,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        speaker=speaker(citation.release.text, citation.start, citation.end),
        headings=citation.passage.headings,
        permalink=permalink(citation.passage),
        link=to_words(citation.passage.id, citation.start, citation.end, citation.quote),
    )


def _text(statements: Iterable[StatementPayload]) -> str:
    """Every statement with its numbers, one to a line."""
    return "\n".join(f"{s.text} {''.join(f'[{n}]' for n in s.citations)}" for s in statements)


def _without_sources(event: StatementEvent) -> dict[str, Any]:
    return event.model_dump(exclude={"sources"})
