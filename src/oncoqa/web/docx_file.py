"""An export as a Word document, with true headings and lists."""

import re
from io import BytesIO

from docx import Document as new_document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from oncoqa.web.document import Document, Paragraph

_STYLES = {
    "question": "Heading 1",
    "heading": "Heading 2",
    "item": "List Bullet",
    "notice": "Intense Quote",
}
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_INK = RGBColor(0x0D, 0x4F, 0x5C)


def to_docx(document: Document) -> bytes:
    word = new_document()
    word.core_properties.title = _clean(document.title)[:255]
    word.core_properties.author = "oncoqa"
    word.core_properties.language = document.language
    _set_styles(word, document.language)
    for paragraph in document.paragraphs:
        _write(word, paragraph)
    word.sections[0].footer.paragraphs[0].text = _clean(document.colophon)
    buffer = BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def _set_styles(word: WordDocument, language: str) -> None:
    for name in ("Normal", "Heading 1", "Heading 2"):
        font = word.styles[name].font
        font.name = "Georgia"
        font.element.rPr.rFonts.set(qn("w:asciiTheme"), "")
        if name != "Normal":
            font.color.rgb = _INK
    word.styles["Normal"].font.size = Pt(11)
    lang = OxmlElement("w:lang")
    lang.set(qn("w:val"), "fr-FR" if language == "fr" else "en-GB")
    word.styles["Normal"].element.get_or_add_rPr().append(lang)


def _write(word: WordDocument, paragraph: Paragraph) -> None:
    text = _clean(paragraph.text)
    written = word.add_paragraph(style=_STYLES.get(paragraph.kind, "Normal"))
    if paragraph.mark is None:
        written.add_run(text)
    else:
        start, end = paragraph.mark
        written.add_run(text[:start])
        written.add_run(text[start:end]).bold = True
        written.add_run(text[end:])
    if paragraph.link is not None:
        written.add_run(", ")
        _add_link(written, paragraph.link)


def _add_link(paragraph: WordParagraph, address: str) -> None:
    """A clickable address: the library has no call for one."""
    relation = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), relation)
    run = paragraph.add_run(address)
    run.font.color.rgb = _INK
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)


def _clean(text: str) -> str:
    """Without what no XML can hold; as long as it was, so that marks still fall where they did."""
    return _NOT_XML.sub("\ufffd", text)
