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
    root = Node("list")
    lists: list[Node] = [root]  # the lists that are open, the outermost first
    for block in blocks(release.text):
        node = Node(block.kind, block.level, tuple(_parts(release, passages, block, mark)))
        if block.kind != "item":
            lists = [root]
        else:
            del lists[block.level + 1 :]
            while len(lists) <= block.level:
                opened = Node("list", len(lists))
                above = lists[-1]
                (above.children[-1] if above is not root else root).children.append(opened)
                lists.append(opened)
        lists[-1].children.append(node)
    return root.children


def _parts(
    release: Release, passages: Sequence[Passage], block: Block, mark: Span | None
) -> Iterator[Part]:
    if block.kind == "heading":
        yield Part("", False, tuple(_pieces(release.text, block.start, block.end, None)))
        return
    inside = [p for p in passages if block.start <= p.start and p.end <= block.end]
    starts = [block.start, *(p.start for p in inside[1:]), block.end]  # no space is left out
    for passage, (start, end) in zip(inside, pairwise(starts), strict=True):
        anchor = passage.id.partition("#")[2]
        yield Part(anchor, passage.furniture, tuple(_pieces(release.text, start, end, mark)))


def _pieces(text: str, start: int, end: int, mark: Span | None) -> Iterator[Piece]:
    links = [Span(*m.span()) for m in _ADDRESS.finditer(text, start, end)]
    spans = [*links, mark] if mark else links
    cuts = {start, end} | {cut for span in spans for cut in span if start < cut < end}
    ordered = sorted(cuts)
    for left, right in pairwise(ordered):
        link = next((s for s in links if s.start <= left < s.end), None)
        yield Piece(
            text[left:right],
            marked=mark is not None and mark.start <= left < mark.end,
            link=text[link.start : link.end] if link else None,
        )


def dateline(release: Release, node: Node) -> int:
    """How many characters of a first paragraph are its dateline: `Reims, 28 novembre 2025 –`."""
    if release.place is None or node.kind != "paragraph":
        return 0
    match = re.match(rf"{re.escape(release.place)}, [^–—]{{4,30}} [–—]", node.text)
    return match.end() if match else 0
