"""A release as a page sets it: headings, paragraphs and nested lists, each cut into pieces.

Pieces cover their block exactly: joined, they are the release's own text, character for character.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from oncoqa.corpus.markdown import Block, blocks
from oncoqa.types import Passage, Release, Span
from oncoqa.web.links import fingerprint

_ADDRESS = re.compile(r"https?://[^\s<>«»]+[^\s<>«».,;:!?)]")
FAR = 20_000  # characters; a quotation that has moved further is taken for lost


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text with one look."""

    text: str
    marked: bool  # within the highlighted span
    dateline: bool
    link: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """The share of a block that one passage holds; `anchor` is what a permalink points at."""

    anchor: str
    furniture: bool
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class Node:
    kind: Literal["heading", "paragraph", "list", "item"]
    level: int = 0
    parts: tuple[Part, ...] = ()
    children: list["Node"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece.text for part in self.parts for piece in part.pieces)


@dataclass(frozen=True, slots=True)
class Highlight:
    """What `?hl=start-end&v=fingerprint` asks for. `span` is None when the words are gone."""

    span: Span | None
    moved: bool = False


def find_highlight(release: Release, hl: str | None, v: str | None) -> Highlight | None:
    """Where the quoted words stand now; None when the address asks for none.

    Without a fingerprint the offsets are taken at their word.
    """
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})", hl or "")
    if match is None:
        return None
    start, end = int(match[1]), int(match[2])
    if start < end <= len(release.text) and v in {None, fingerprint(release.text[start:end])}:
        return Highlight(Span(start, end))
    if v is None or start >= end:
        return Highlight(None)
    return Highlight(_moved(release.text, start, end - start, v), moved=True)


def _moved(text: str, start: int, length: int, v: str) -> Span | None:
    """The nearest place where words of that length have that fingerprint."""
    if length > FAR:
        return None
    for distance in range(1, FAR):
        for place in (start - distance, start + distance):
            if 0 <= place <= len(text) - length and (
                fingerprint(text[place : place + length]) == v
            ):
                return Span(place, place + length)
    return None


def article(release: Release, passages: Sequence[Passage], mark: Span | None) -> list[Node]:
    """The blocks of a release in order, list items under their lists."""
    looks = Looks(mark, dateline(release), _links(release.text))
    root = Node("list")
    lists: list[Node] = [root]  # the lists that are open, the outermost first
    for block in blocks(release.text):
        node = Node(block.kind, block.level, tuple(_parts(release, passages, block, looks)))
        if block.kind == "item":
            _open_lists(lists, block.level)
        else:
            del lists[1:]
        lists[-1].children.append(node)
    return root.children


def _open_lists(lists: list[Node], level: int) -> None:
    """Make the last list the one of this level, under the item before it when there is one."""
    del lists[level + 1 :]
    while len(lists) <= level:
        above = lists[-1]
        opened = Node("list", len(lists))
        nested = len(lists) > 1 and above.children
        (above.children[-1] if nested else above).children.append(opened)
        lists.append(opened)


def _parts(
    release: Release, passages: Sequence[Passage], block: Block, looks: "Looks"
) -> Iterator[Part]:
    if block.kind == "heading":
        yield Part("", False, tuple(_pieces(release.text, block.start, block.end, Looks())))
        return
    inside = [p for p in passages if block.start <= p.start and p.end <= block.end]
    starts = [block.start, *(p.start for p in inside[1:]), block.end]  # no space is left out
    for passage, (start, end) in zip(inside, pairwise(starts), strict=True):
        anchor = passage.id.partition("#")[2]
        pieces = tuple(_pieces(release.text, start, end, looks))
        yield Part(anchor, passage.furniture, pieces)


def _pieces(text: str, start: int, end: int, looks: "Looks") -> Iterator[Piece]:
    cuts = {start, end} | {cut for cut in looks.cuts() if start < cut < end}
    for left, right in pairwise(sorted(cuts)):
        link = next((span for span in looks.links if span.start <= left < span.end), None)
        yield Piece(
            text[left:right],
            marked=_within(left, looks.mark),
            dateline=_within(left, looks.dateline),
            link=text[link.start : link.end] if link else None,
        )


@dataclass(frozen=True, slots=True)
class Looks:
    """Which ranges of a release look like something."""

    mark: Span | None = None
    dateline: Span | None = None
    links: tuple[Span, ...] = ()

    def cuts(self) -> Iterator[int]:
        for span in (self.mark, self.dateline, *self.links):
            yield from span or ()


def _within(place: int, span: Span | None) -> bool:
    return span is not None and span.start <= place < span.end


def _links(text: str) -> tuple[Span, ...]:
    return tuple(Span(*match.span()) for match in _ADDRESS.finditer(text))


def dateline(release: Release) -> Span | None:
    """The place and date that a text may open with: `Reims, 28 novembre 2025 –`."""
    if release.place is None:
        return None
    match = re.match(rf"\s*{re.escape(release.place)}, [^–—\n]{{4,30}} [–—]", release.text)
    return Span(*match.span()) if match else None
