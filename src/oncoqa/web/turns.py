"""A kept answer as a page shows it: each statement in lines, each source with its words marked."""

from dataclasses import dataclass

from oncoqa.conversations import Turn
from oncoqa.types import Language
from oncoqa.web.payload import (
    AnswerPayload,
    CitationPayload,
    Receipt,
    ReleasePayload,
    StatementPayload,
)

Pieces = tuple[tuple[str, bool], ...]  # text, and whether it is the answering words


@dataclass(frozen=True, slots=True)
class Line:
    """An introduction, or what it introduces; `sources` are those of this line."""

    pieces: Pieces
    sources: tuple[CitationPayload, ...]
    introduction: bool = False
    item: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    citation: CitationPayload
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class TurnView:
    id: str
    conversation_id: str | None  # None where nothing can be done with it: a shared copy
    answer: AnswerPayload
    receipt: Receipt
    statements: tuple[tuple[Line, ...], ...]
    sources: tuple[Source, ...]


def turn_view(turn: Turn, conversation_id: str | None) -> TurnView:
    answer = AnswerPayload.model_validate(turn.answer)
    marks = _marks(answer)
    return TurnView(
        id=turn.id,
        conversation_id=conversation_id,
        answer=answer,
        receipt=Receipt.model_validate(turn.receipt),
        statements=tuple(_lines(answer, statement) for statement in answer.statements),
        sources=tuple(
            Source(citation, cut(citation.quote, marks.get(citation.number)))
            for citation in answer.citations
        ),
    )


def cut(text: str, mark: tuple[int, int] | None) -> Pieces:
    """The text in three at most, the middle one marked; empty pieces are left out."""
    if mark is None:
        return ((text, False),)
    start, end = mark
    pieces = ((text[:start], False), (text[start:end], True), (text[end:], False))
    return tuple(piece for piece in pieces if piece[0])


def _lines(answer: AnswerPayload, statement: StatementPayload) -> tuple[Line, ...]:
    """One line for each citation, when the statement is those quotations one after the other."""
    sources = [answer.citations[number - 1] for number in statement.citations]
    if statement.text != "\n".join(source.quote for source in sources):
        pieces = cut(statement.text, statement.highlight)
        return (Line(pieces, tuple(sources), item=statement.item),)
    *introductions, last = sources
    mark = _mark_of_last(statement, last)
    return (
        *(Line(cut(source.quote, None), (source,), True) for source in introductions),
        Line(cut(last.quote, mark), (last,), item=statement.item),
    )


def _marks(answer: AnswerPayload) -> dict[int, tuple[int, int]]:
    """The answering words of each citation that has some, as a range of its quotation."""
    marks = {}
    for statement in answer.statements:
        last = answer.citations[statement.citations[-1] - 1]
        mark = _mark_of_last(statement, last)
        if mark is not None and statement.text.endswith(last.quote):
            marks[last.number] = mark
    return marks


def _mark_of_last(statement: StatementPayload, last: CitationPayload) -> tuple[int, int] | None:
    if statement.highlight is None:
        return None
    shift = len(statement.text) - len(last.quote)
    start, end = statement.highlight
    return (start - shift, end - shift) if shift <= start else None


# What the templates of a stream are made with: nothing to show yet.
BLANK_ANSWER = AnswerPayload.model_construct(choices=(), nearest=())


def blank_source(language: Language) -> Source:
    """From a release in the other language, so that it carries the label of an original text."""
    release = ReleasePayload(
        id="",
        title="",
        published=None,
        publisher="",
        url=None,
        language="en" if language == "fr" else "fr",
    )
    citation = CitationPayload.model_construct(
        number=0, release=release, quote="", speaker=None, headings=(), link=""
    )
    return Source(citation, ())
