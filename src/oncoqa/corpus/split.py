"""A release into passages: the paragraphs and list items of each section.

A passage never crosses a section. A list item keeps with it the sentence that introduces its list;
a long paragraph is cut between sentences.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator

from oncoqa.corpus.markdown import Block, blocks
from oncoqa.text import fold, sentences
from oncoqa.types import Passage, Release, Section, Span

MAX_WORDS = 120  # of a passage, unless one sentence is longer

# Web links, contacts and boilerplate, matched on folded text at the start of a heading or block.
_FURNITURE_HEADING = re.compile(
    r"pour aller plus loin|en savoir plus|contacts?\b.*presse|contacts?$|a propos d|publications?$"
    r"|liens? utiles?|press contacts?|about "
)
_FURNITURE_BLOCK = re.compile(r"en savoir plus|pour aller plus loin|contacts?[ -]presse")


def split(release: Release, *, max_words: int = MAX_WORDS) -> list[Passage]:
    """The passages of a release, in its order. Every word of a section is in exactly one."""
    text = release.text
    sections = iter(release.sections)
    section = next(sections, None)
    introductions: dict[int, Span | None] = {}  # of the list at each depth
    previous: Block | None = None
    seen: Counter[str] = Counter()
    passages = []
    for block in blocks(text):
        if block.kind == "heading":
            previous, introductions = None, {}
            continue
        while section is not None and block.start >= section.end:
            section = next(sections, None)
        assert section is not None  # every block that is no heading lies in a section
        if block.kind == "item" and (previous is None or block.level > previous.level):
            introductions[block.level] = _introduction(text, previous)
        furniture = _is_furniture(section, text, block)
        for span in _cut(text, block, max_words):
            passages.append(
                Passage(
                    id=_id(release, text[span.start : span.end], seen),
                    release=release,
                    start=span.start,
                    end=span.end,
                    headings=section.headings,
                    introduction=introductions.get(block.level),
                    furniture=furniture,
                )
            )
        previous = block
    return passages


def _introduction(text: str, block: Block | None) -> Span | None:
    """The last sentence of the block before a list: a parent item's, or one that announces it."""
    if block is None or (block.kind == "paragraph" and text[block.end - 1] != ":"):
        return None
    last = sentences(text[block.start : block.end])[-1]
    return Span(block.start + last.start, block.start + last.end)


def _is_furniture(section: Section, text: str, block: Block) -> bool:
    if any(_FURNITURE_HEADING.match(fold(heading)) for heading in section.headings):
        return True
    return _FURNITURE_BLOCK.match(fold(text[block.start : block.start + 40])) is not None


def _cut(text: str, block: Block, max_words: int) -> Iterator[Span]:
    """Runs of whole sentences of at most `max_words` words; a longer sentence stands alone."""
    start = end = block.start
    words = 0
    for sentence in sentences(text[block.start : block.end]):
        length = len(text[block.start + sentence.start : block.start + sentence.end].split())
        if words and words + length > max_words:
            yield Span(start, end)
            start, words = block.start + sentence.start, 0
        end = block.start + sentence.end
        words += length
    yield Span(start, end)


def _id(release: Release, text: str, seen: Counter[str]) -> str:
    """`<release>#p-<12 hexadecimal digits>`; a text that stands again gets a number after it."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]
    seen[digest] += 1
    again = f"-{seen[digest]}" if seen[digest] > 1 else ""
    return f"{release.id}#p-{digest}{again}"
