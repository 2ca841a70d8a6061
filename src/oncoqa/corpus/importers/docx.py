"""Word documents: every word that shows, in its order; headings and lists by their styles."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import nsmap, qn
from docx.table import Table

from oncoqa.corpus.importers.draft import Block, Found
from oncoqa.errors import ImportRefused

LARGEST = 200_000_000  # bytes once unpacked
_HEADING = re.compile(r"(?:heading|titre) (\d)", re.IGNORECASE)
_LIST = re.compile(r"list|puce", re.IGNORECASE)
_SECOND = re.compile(r"(?:bullet|number|puces|num[ée]ros) ([2-9])", re.IGNORECASE)
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_NOT_SHOWN = (qn("w:txbxContent"), qn("w:del"), f"{{{_MC}}}Fallback")


def read_docx(data: bytes) -> list[Found]:
    document = _open(data)
    title: str | None = None
    blocks: list[Block] = []
    notes: list[str] = []
    for block in _content(document, notes):
        if block.kind == "heading" and block.level == 0 and title is None:
            title = block.text
        else:
            blocks.append(Block("heading", block.text, 1) if _is_title(block) else block)
    if document.element.xpath("//w:footnoteReference | //w:endnoteReference"):
        notes.append("notes de bas de page non reprises")
    return [Found(blocks=tuple(blocks), title=title, notes=tuple(dict.fromkeys(notes)))]


def _open(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise ImportRefused("document trop gros une fois décompressé")
        return Document(io.BytesIO(data))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ImportRefused("ce n'est pas un document Word (.docx) lisible") from error


def _is_title(block: Block) -> bool:
    return block.kind == "heading" and block.level == 0


def _content(document: Any, notes: list[str]) -> Iterator[Block]:
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            yield from _table(part)
        else:
            yield from _paragraph(part, notes)


def _table(table: Table) -> Iterator[Block]:
    """A row is a paragraph, its cells parted; merged cells once."""
    for row in table.rows:
        cells = {
            id(cell._tc): "\n".join(_text(p._p) for p in cell.paragraphs) for cell in row.cells
        }
        texts = [" ".join(text.split()) for text in cells.values()]
        if any(texts):
            yield Block("paragraph", " | ".join(text for text in texts if text))


def _paragraph(paragraph: Any, notes: list[str]) -> Iterator[Block]:
    text = _text(paragraph._p)
    if paragraph._p.xpath(".//w:r[w:rPr/w:vanish]"):
        notes.append("texte masqué laissé de côté")
    if text.strip():
        style = str(paragraph.style.name) if paragraph.style is not None else ""
        yield _block(paragraph, style, text)
    for inner in paragraph._p.iter(qn("w:txbxContent")):
        if not any(a.tag == f"{{{_MC}}}Fallback" for a in inner.iterancestors()):
            notes.append("zones de texte reprises à leur place")
            texts = (_text(p, inside=inner) for p in inner.iter(qn("w:p")))
            yield from (Block("paragraph", text) for text in texts if text.strip())


def _block(paragraph: Any, style: str, text: str) -> Block:
    if style in {"Title", "Titre"}:
        return Block("heading", text, 0)
    if heading := _HEADING.match(style):
        return Block("heading", text, int(heading[1]))
    if _LIST.search(style) or paragraph._p.xpath("./w:pPr/w:numPr"):
        deeper = _SECOND.search(style)
        level = paragraph._p.xpath("./w:pPr/w:numPr/w:ilvl/@w:val")
        return Block("item", text, int(deeper[1]) if deeper else int(level[0]) + 1 if level else 1)
    bold = all(run.bold for run in paragraph.runs if run.text.strip())
    if bold and len(text.split()) <= 20 and not re.search(r"[.!?…,;:»]$", text.strip()):
        return Block("heading", text, 6)
    return Block("paragraph", text)


def _text(paragraph: Any, *, inside: Any = None) -> str:
    """What shows of a paragraph, insertions under review included; not its text boxes."""
    pieces = []
    for node in paragraph.iter(qn("w:t"), qn("w:br"), qn("w:tab"), qn("w:noBreakHyphen")):
        around = list(_up_to(node, inside if inside is not None else paragraph))
        if any(a.tag in _NOT_SHOWN for a in around) or any(_vanishes(a) for a in around):
            continue
        marks = {qn("w:br"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "\u2011"}
        pieces.append(marks.get(node.tag, node.text or ""))
    return "".join(pieces)


def _up_to(node: Any, end: Any) -> Iterator[Any]:
    for ancestor in node.iterancestors():
        if ancestor is end:
            return
        yield ancestor


def _vanishes(element: Any) -> bool:
    return element.tag == qn("w:r") and element.find("w:rPr/w:vanish", nsmap) is not None
