"""Text and Markdown."""

import codecs
import re
from collections.abc import Iterator

from oncoqa.corpus.importers.draft import Block, Found
from oncoqa.corpus.markdown import blocks as markdown_blocks
from oncoqa.errors import ImportRefused

BULLET = re.compile(r"\s*(?P<mark>[•◦▪■●○‣∙·*–—-]|)\s+(?=\S)")
_SECOND = "–—-◦○"  # under a list of "•", these mark a list within
_ENDS = re.compile(r"[.!?…:;,»)]$")
_WRAPPED = range(50, 121)  # characters of a line that was cut to fit a width


def decode(data: bytes) -> str:
    """UTF-8, UTF-16 that says so, or else the encoding of Western Windows."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ImportRefused("ce n'est pas du texte (octets nuls)")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(data: bytes) -> list[Found]:
    text = decode(data)
    if not re.search(r"\n[ \t]*\n", text.strip()):  # no blank line: each line is a paragraph
        text = text.replace("\n", "\n\n")
    groups = [group for group in re.split(r"\n(?:[ \t]*\n)+", text) if group.strip()]
    blocks = [block for group in groups for block in _group(group.split("\n"))]
    return [Found(blocks=tuple(_with_headings(blocks)))]


def _group(lines: list[str]) -> Iterator[Block]:
    """Lines without a blank one between: a paragraph, or the items of a list."""
    run: list[str] = []
    level, under = 0, ""
    for line in lines:
        mark = BULLET.match(line)
        if mark is None:
            run.append(line.strip())
            continue
        if run:
            yield _paragraph(run, level)
        under = under or mark["mark"]
        level = 2 if mark["mark"] in _SECOND and under not in _SECOND else 1
        run = [line[mark.end() :].strip()]
    if run:
        yield _paragraph(run, level)


def _paragraph(lines: list[str], level: int) -> Block:
    wrapped = all(len(line) in _WRAPPED for line in lines[:-1])
    text = (" " if wrapped else "\n").join(lines)
    return Block("item", text, level) if level else Block("paragraph", text)


def _with_headings(blocks: list[Block]) -> Iterator[Block]:
    """A short line that ends like none of a paragraph's, before a paragraph, is a heading."""
    for i, block in enumerate(blocks):
        after = blocks[i + 1] if i + 1 < len(blocks) else None
        short = block.kind == "paragraph" and "\n" not in block.text
        short = short and len(block.text.split()) <= 15 and not _ENDS.search(block.text)
        heads = after is not None and len(after.text.split()) > len(block.text.split())
        yield Block("heading", block.text, 2) if i and short and heads else block


def read_markdown(data: bytes) -> list[Found]:
    text = decode(data).strip("\n") + "\n"
    blocks = [Block(b.kind, text[b.start : b.end], b.level) for b in markdown_blocks(text)]
    titled = bool(blocks) and blocks[0].kind == "heading" and blocks[0].level == 1
    title = blocks[0].text if titled else None
    return [Found(blocks=tuple(blocks[1:] if titled else blocks), title=title)]
