"""What oncoqa said, in one shape whether it was asked in this process or over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oncoqa.evals.gold import Place
from oncoqa.types import Answer, Hit, Statement


@dataclass(frozen=True, slots=True)
class Cited:
    place: Place
    passage: str
    quote: str
    about: tuple[str, str, str | None, str | None] = ("", "", None, None)
    """Of the release: id, title, date and address, as a reader is shown them."""


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    citations: tuple[Cited, ...]
    highlight: tuple[int, int] | None = None  # of `text`

    @property
    def verbatim(self) -> bool:
        """Whether the text is its quotations and nothing else."""
        return self.text == "\n".join(citation.quote for citation in self.citations)

    @property
    def body(self) -> str:
        """The text without the introduction of a list that stands before its item."""
        return self.citations[-1].quote if self.verbatim and self.citations else self.text

    @property
    def pointed(self) -> str:
        """The words marked as the answer; the whole body when none are."""
        return self.text[slice(*self.highlight)] if self.highlight else self.body


@dataclass(frozen=True, slots=True)
class Found:
    place: Place
    passage: str
    dense_rank: int | None = None
    lexical_rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    language: str
    status: str
    reason: str | None
    confidence: float
    statements: tuple[Said, ...]
    hits: tuple[Found, ...]  # what the answer was chosen from; empty over HTTP
    rejected: tuple[Place, ...] = ()  # quoted by claims that did not verify
    ms: float = field(default=0.0, compare=False)

    @property
    def abstained(self) -> bool:
        return not self.statements

    @property
    def text(self) -> str:
        return "\n".join(said.text for said in self.statements)

    @property
    def places(self) -> list[Place]:
        return [cited.place for said in self.statements for cited in said.citations]


def reply_of_answer(answer: Answer) -> Reply:
    return Reply(
        language=answer.language,
        status=answer.status,
        reason=answer.reason,
        confidence=answer.confidence,
        statements=tuple(_said(statement) for statement in answer.statements),
        hits=found_of_hits(answer.hits),
        rejected=tuple(
            Place(q.passage.release.id, q.start, q.end)
            for claim in answer.rejected
            for q in claim.quotes
        ),
        ms=answer.timings_ms.get("total", 0.0),
    )


def found_of_hits(hits: Sequence[Hit]) -> tuple[Found, ...]:
    return tuple(
        Found(
            Place(hit.passage.release.id, hit.passage.start, hit.passage.end),
            hit.passage.id,
            hit.dense_rank,
            hit.lexical_rank,
        )
        for hit in hits
    )


def _said(statement: Statement) -> Said:
    citations = []
    for c in statement.citations:
        release = c.release
        day = release.published.isoformat() if release.published else None
        about = (release.id, release.title, day, release.url)
        citations.append(Cited(Place(release.id, c.start, c.end), c.passage.id, c.quote, about))
    mark = statement.highlight
    return Said(statement.text, tuple(citations), (mark.start, mark.end) if mark else None)


def reply_of_json(data: Mapping[str, Any]) -> Reply:
    """From the body of `POST /api/chat`, whose shape is in the README of the API."""
    cited = {c["number"]: _cited(c) for c in data["citations"]}
    return Reply(
        language=data["language"],
        status=data["status"],
        reason=data["reason"],
        confidence=data["confidence"],
        statements=tuple(
            Said(
                s["text"],
                tuple(cited[number] for number in s["citations"]),
                (s["highlight"][0], s["highlight"][1]) if s.get("highlight") else None,
            )
            for s in data["statements"]
        ),
        hits=(),
        ms=data["timings_ms"].get("total", 0.0),
    )


def _cited(data: Mapping[str, Any]) -> Cited:
    release = data["release"]
    about = (release["id"], release["title"], release["published"], release["url"])
    where = Place(release["id"], data["start"], data["end"])
    return Cited(where, data["passage_id"], data["quote"], about)
