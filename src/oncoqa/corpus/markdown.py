"""The blocks of a release's Markdown, with where each stands in the text.

Only headings, lists and paragraphs mean anything: every other mark is text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("zero").enable(["heading", "list"])
# The space after a mark tells "- 3" from "-3 °C" and "3. Les" from "3.5 %"; a year is no mark.
_MARK = re.compile(r"[ \t]*(?:(?:#{1,6}|[-*+]|\d{1,2}[.)])(?=\s))?[ \t]*")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph or the paragraph of a list item, its mark (`## `, `- `) left out."""

    kind: Literal["heading", "paragraph", "item"]
    level: int  # of a heading: 1 to 6; of an item: how deep its list is, from 1; else 0
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a Markdown text, in order."""
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]  # as markdown-it counts
    depth, heading = 0, 0
    for token in _MARKDOWN.parse(text):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":  # not at the words of the heading: it may have none
                heading = 0
            case "inline" if token.content:
                yield _block(text, starts, token, heading, depth)


def _block(text: str, starts: list[int], token: Token, heading: int, depth: int) -> Block:
    assert token.map is not None  # markdown-it gives every block token its lines
    first, past = token.map
    start = starts[first]
    mark = _MARK.match(text, start) if heading or depth else re.compile(r"\s*").match(text, start)
    assert mark is not None  # both patterns match the empty string
    end = starts[past]
    end = start + len(text[start:end].rstrip())
    if heading:
        return Block("heading", heading, mark.end(), end)
    return Block("item" if depth else "paragraph", depth, mark.end(), end)
