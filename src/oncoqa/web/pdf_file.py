"""An export as PDF, in the site's own serif; a second font stands in for what it cannot write."""

import logging
from importlib import resources

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from oncoqa.web.document import Document, Kind, Paragraph

# A glyph that no font has becomes a box; fpdf would log the character, which may be a reader's.
logging.getLogger("fpdf").setLevel(logging.ERROR)

_INK, _SOFT, _ACCENT = (29, 35, 39), (84, 93, 98), (13, 79, 92)
_LOOKS: dict[Kind, tuple[str, float, tuple[int, int, int], float, float]] = {
    # style, size in points, colour, indentation and space before in mm
    "question": ("B", 16, _INK, 0, 6),
    "introduction": ("", 11.5, _SOFT, 0, 2),
    "sentence": ("", 12, _INK, 0, 2),
    "item": ("", 12, _INK, 5, 1),
    "notice": ("", 12, _INK, 0, 2),
    "heading": ("B", 11, _ACCENT, 0, 4),
    "reference": ("", 10, _INK, 0, 1.5),
}


class _Page(FPDF):
    colophon = ""

    def footer(self) -> None:
        self.set_y(-18)
        self.set_font("serif", "", 8)
        self.set_text_color(*_SOFT)
        self.multi_cell(0, 4, f"{self.colophon} – {self.page_no()}", align="L")


def to_pdf(document: Document) -> bytes:
    page = _Page(format="A4")
    page.colophon = document.colophon
    page.set_title(document.title)
    page.set_author("oncoqa")
    page.set_lang("fr-FR" if document.language == "fr" else "en-GB")
    page.set_margins(25, 22, 25)
    page.set_auto_page_break(True, margin=24)
    _add_fonts(page)
    page.add_page()
    for paragraph in document.paragraphs:
        _write(page, paragraph)
    return bytes(page.output())


def _add_fonts(page: FPDF) -> None:
    fonts = resources.files("oncoqa.web") / "fonts"
    for style, name in (("", "source-serif-400"), ("B", "source-serif-600")):
        with resources.as_file(fonts / f"{name}.ttf") as path:
            page.add_font("serif", style, path)
    with resources.as_file(fonts / "dejavu-sans.ttf") as path:
        page.add_font("fallback", "", path)
    page.set_fallback_fonts(["fallback"], exact_match=False)


def _write(page: FPDF, paragraph: Paragraph) -> None:
    style, size, colour, indentation, before = _LOOKS[paragraph.kind]
    page.ln(before)
    page.set_font("serif", style, size)
    page.set_text_color(*colour)
    page.set_x(page.l_margin + indentation)
    text = f"– {paragraph.text}" if paragraph.kind == "item" else paragraph.text
    page.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if paragraph.link is not None:
        page.set_text_color(*_ACCENT)
        page.set_font("serif", "", 8.5)
        page.multi_cell(
            0, 4, paragraph.link, align="L", link=paragraph.link,
            new_x=XPos.LMARGIN, new_y=YPos.NEXT,
        )  # fmt: skip
