"""What an export holds, whatever its format: paragraphs to write one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from oncoqa.types import Language
from oncoqa.web.reference import reference
from oncoqa.web.turns import Line, TurnView
from oncoqa.web.wording import ABSTENTIONS
from oncoqa.web.words import Words

Kind = Literal["question", "sentence", "introduction", "item", "notice", "heading", "reference"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    kind: Kind
    text: str
    language: Language
    mark: tuple[int, int] | None = None  # of the text: the answering words
    link: str | None = None  # written after it


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    language: Language
    paragraphs: tuple[Paragraph, ...]
    colophon: str


def make_document(title: str, views: Sequence[TurnView], words: Words, origin: str) -> Document:
    """`origin` makes links whole: a document is read away from the site."""
    paragraphs = (paragraph for view in views for paragraph in _turn(view, words, origin))
    promise = words(
        "Chaque phrase d'une réponse est la citation exacte d'un communiqué ; "
        "cela prouve d'où elle vient, non qu'elle est vraie."
    )
    return Document(title, words.language, tuple(paragraphs), f"{promise} {origin}")


def _turn(view: TurnView, words: Words, origin: str) -> Iterator[Paragraph]:
    answer = view.answer
    yield Paragraph("question", answer.question, answer.language)
    for lines in view.statements:
        yield from map(_line, lines)
    if answer.reason is not None:
        heading, advice = ABSTENTIONS[answer.reason]
        yield Paragraph("notice", f"{words(heading)} {words(advice)}", words.language)
    if answer.citations:
        yield Paragraph("heading", words("Sources"), words.language)
    for citation in answer.citations:
        text = f"[{citation.number}] {reference(citation, words)}"
        yield Paragraph("reference", text, words.language, link=origin + citation.link)


def _line(line: Line) -> Paragraph:
    text = "".join(piece for piece, _ in line.pieces)
    numbers = "".join(f"[{source.number}]" for source in line.sources)
    kind: Kind = "introduction" if line.introduction else "item" if line.item else "sentence"
    language = line.sources[0].release.language
    return Paragraph(kind, f"{text} {numbers}", language, mark=_mark(line))


def _mark(line: Line) -> tuple[int, int] | None:
    start = 0
    for piece, marked in line.pieces:
        if marked:
            return (start, start + len(piece))
        start += len(piece)
    return None
