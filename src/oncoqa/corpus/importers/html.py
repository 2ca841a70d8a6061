"""Web pages: trafilatura finds where the text is, its structure is read from the page itself.

trafilatura's own output leaves out what looks like boilerplate and the marks of headings; a release
must keep every word. So the smallest part of the page that holds all that it found is taken whole.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import lxml.html
import trafilatura
from lxml import etree

from oncoqa.corpus.importers.draft import Block, Found
from oncoqa.corpus.importers.plain import BULLET
from oncoqa.errors import ImportRefused
from oncoqa.text import fold

_SKIPPED = frozenset(
    "script style nav header footer aside form noscript button template iframe svg select".split()
)
_BESIDE = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|cookies?|menu|share|sharing|social|related|sidebar|newsletter"
    r"|pagination|comments?)(?:$|[\s_-])"
)
_HEADING = re.compile(r"h[1-6]$")
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike "
    "strong sub sup time tt u var wbr label".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0")
_TITLES = ("//meta[@property='og:title']/@content", "//article//h1", "//h1", "//title")
_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@name='date' or @name='dcterms.date' or @itemprop='datePublished']/@content",
    "//article//time/@datetime",
)


def read_html(data: bytes) -> list[Found]:
    tree = _parse(data)
    walk = _Walk()
    title = _first(tree, _TITLES)
    main = _main(tree)
    walk.into(main)
    walk.flush()
    blocks = tuple(walk.blocks)
    if not blocks:
        raise ImportRefused("aucun texte dans la page")
    notes = ("texte masqué laissé de côté",) if walk.hidden else ()
    return [
        Found(
            blocks=blocks,
            title=_heading_title(tree, title),
            published=_published(tree),
            language=tree.get("lang"),
            url=_first(tree, ("//link[@rel='canonical']/@href",)),
            notes=notes,
        )
    ]


def fragment_blocks(html: str) -> tuple[Block, ...]:
    """The blocks of a piece of HTML, all of it text."""
    walk = _Walk()
    if html.strip():
        walk.into(lxml.html.fragment_fromstring(html, create_parent="div"))
    walk.flush()
    return tuple(walk.blocks)


def plain(html: str) -> str:
    """A line of HTML as text: `plain("L&rsquo;ESMO")` is `"L’ESMO"`."""
    return " ".join(block.text for block in fragment_blocks(html))


def _parse(data: bytes) -> Any:
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise ImportRefused("fichier vide")
    try:
        data.decode("utf-8")
        encoding: str | None = "utf-8"
    except UnicodeDecodeError:  # what the page says, or Western Windows when it says nothing
        encoding = None if re.search(rb"charset=", data[:4096]) else "cp1252"
    try:
        tree = lxml.html.document_fromstring(data, lxml.html.HTMLParser(encoding=encoding))
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise ImportRefused("la page ne se lit pas") from error
    for comment in tree.xpath("//comment() | //processing-instruction()"):
        if comment.getparent() is not None:
            comment.drop_tree()
    return tree


def _main(tree: Any) -> Any:
    """The smallest element that holds all that trafilatura finds, or the article around it."""
    body = tree.find("body")
    body = tree if body is None else body
    found = trafilatura.extract(lxml.html.tostring(tree, encoding="unicode"), favor_recall=True)
    lines = {_key(line) for line in (found or "").split("\n")} - {""}
    holders = [e for e in body.iter() if isinstance(e.tag, str) and _key(e.text_content()) in lines]
    main = _common(holders) if holders else body
    around = [e for e in (main, *main.iterancestors()) if e.tag in {"article", "main"}]
    return around[0] if around else main


def _common(elements: Sequence[Any]) -> Any:
    """The deepest element that is or holds them all."""
    paths = [[*reversed(list(e.iterancestors())), e] for e in elements]
    shared = [level[0] for level in zip(*paths, strict=False) if len(set(level)) == 1]
    return shared[-1]


def _key(text: str) -> str:
    return "".join(re.findall(r"\w+", fold(text)))


def _first(tree: Any, paths: Sequence[str]) -> str | None:
    for path in paths:
        for found in tree.xpath(path):
            text = found if isinstance(found, str) else found.text_content()
            if text.strip():
                return " ".join(text.split())
    return None


def _heading_title(tree: Any, title: str | None) -> str | None:
    """The page's one `h1` rather than what the page says to search engines."""
    headings = [" ".join(h.text_content().split()) for h in tree.iter("h1")]
    headings = [heading for heading in headings if heading]
    return headings[0] if len(headings) == 1 else title


def _published(tree: Any) -> date | None:
    try:
        return date.fromisoformat((_first(tree, _DATES) or "")[:10])
    except ValueError:
        return None


class _Walk:
    """Reads an element in order into blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.hidden = False
        self._text: list[str] = []
        self._depth = 0  # of lists
        self._item = 0  # depth of the item that is being read

    def into(self, element: Any) -> None:
        self._add(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child)
            self._add(child.tail)

    def flush(self, kind: str | None = None, level: int = 0) -> None:
        text = _lines("".join(self._text))
        self._text = []
        if not text:
            return
        mark = BULLET.match(text)
        if kind == "heading":
            self.blocks.append(Block("heading", text.replace("\n", " "), level))
        elif self._item:
            self.blocks.append(Block("item", text, self._item))
        elif mark and mark["mark"] in "•▪■●":
            self.blocks.append(Block("item", text[mark.end() :], 1))
        else:
            self.blocks.append(Block("paragraph", text))

    def _add(self, text: str | None) -> None:
        if text:
            self._text.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def _element(self, element: Any) -> None:
        if element.tag in _SKIPPED or _BESIDE.search(
            f"{element.get('class', '')} {element.get('id', '')}".casefold()
        ):
            return
        if _is_hidden(element):
            self.hidden = self.hidden or bool(element.text_content().strip())
        elif element.tag == "br":
            self._text.append("\n")
        elif element.tag in _INLINE:
            self.into(element)
        else:
            self._block(element)

    def _block(self, element: Any) -> None:
        self.flush()
        if _HEADING.match(element.tag):
            self.into(element)
            self.flush("heading", int(element.tag[1]))
        elif element.tag in {"ul", "ol"}:
            self._list(element)
        elif element.tag == "tr":
            self._row(element)
        elif element.tag == "p" and _all_strong(element):
            self.into(element)
            self.flush("heading", 4)
        else:
            self.into(element)
            self.flush()

    def _list(self, element: Any) -> None:
        outer = self._item
        self._depth += 1
        for child in element:
            if child.tag == "li":
                self._item = self._depth
                self.into(child)
                self.flush()
            elif isinstance(child.tag, str):
                self._element(child)
        self._depth -= 1
        self._item = outer

    def _row(self, element: Any) -> None:
        """A row of a table is a paragraph, its cells parted."""
        cells = (_lines(cell.text_content()) for cell in element)
        self._text.append(" | ".join(cell.replace("\n", " ") for cell in cells if cell))
        self.flush()


def _is_hidden(element: Any) -> bool:
    shown = element.get("hidden") is None and element.get("aria-hidden") != "true"
    return not shown or _HIDDEN.search(element.get("style", "").casefold()) is not None


def _all_strong(element: Any) -> bool:
    """A paragraph in bold from end to end, short and unpunctuated: a heading that was typed so."""
    text = " ".join(element.text_content().split())
    bold = "".join(e.text_content() for e in element.iter("strong", "b"))
    whole = bool(text) and "".join(bold.split()) == "".join(text.split())
    return whole and len(text.split()) <= 20 and not re.search(r"[.!?…,;:»]$", text)


def _lines(text: str) -> str:
    lines = (re.sub(r"[ \t\r\f]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
