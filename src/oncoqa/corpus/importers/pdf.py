"""PDF files: lines in reading order, without running heads and page numbers, put together again.

Nothing in a PDF says what a paragraph or a heading is: sizes, places and spaces do.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pdfminer.high_level import extract_pages
from pdfminer.layout import LAParams, LTChar, LTTextBox, LTTextLine
from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException

from oncoqa.corpus.importers.draft import Block, Found
from oncoqa.corpus.importers.hyphens import join
from oncoqa.corpus.importers.plain import BULLET
from oncoqa.errors import ImportRefused

MOST_PAGES = 200
MARGIN = 0.12  # of the height of a page, where running heads and numbers stand
_NUMBER = re.compile(r"\W*(?:page\s*)?\d{1,3}(?:\s*(?:/|sur|of)\s*\d{1,3})?\W*$", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…:;»)]$")


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    page: int
    box: int  # lines of one box stand close together
    left: float
    top: float  # from the bottom of the page
    bottom: float
    right: float
    size: float  # of most of its characters
    bold: bool
    height: float  # of the page

    @property
    def in_margin(self) -> bool:
        return self.bottom > (1 - MARGIN) * self.height or self.top < MARGIN * self.height


def read_pdf(data: bytes) -> list[Found]:
    lines = list(_lines(data))
    if not lines:
        raise ImportRefused("aucun texte : sans doute un PDF fait d'images, à reconnaître d'abord")
    lines = _without_running(lines)
    body = _body_size(lines)
    title, lines = _title(lines, body)
    return [Found(blocks=tuple(_blocks(lines, body)), title=title)]


def _lines(data: bytes) -> Iterator[Line]:
    try:
        for number, page in enumerate(extract_pages(io.BytesIO(data), laparams=LAParams())):
            if number >= MOST_PAGES:
                raise ImportRefused(f"plus de {MOST_PAGES} pages")
            boxes = [part for part in page if isinstance(part, LTTextBox)]
            for box, part in enumerate(boxes):
                for line in part:
                    if isinstance(line, LTTextLine) and line.get_text().strip():
                        yield _line(line, number, box, page.height)
    except (PDFException, PSException) as error:
        raise ImportRefused(f"le PDF ne se lit pas : {type(error).__name__}") from error


def _line(line: LTTextLine, page: int, box: int, height: float) -> Line:
    chars = [char for char in line if isinstance(char, LTChar) and char.get_text().strip()]
    sizes = Counter(round(char.size, 1) for char in chars)
    bold = sum(
        re.search(r"bold|black|heavy|gras", char.fontname.casefold()) is not None for char in chars
    )
    text = " ".join(line.get_text().split())
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    return Line(
        text, page, box, line.x0, line.y1, line.y0, line.x1, size, 2 * bold > len(chars), height
    )


def _without_running(lines: Sequence[Line]) -> list[Line]:
    """Without page numbers, and without what stands in the margin of half the pages or more."""
    pages = 1 + max(line.page for line in lines)
    places = {(line.page, _running_key(line)) for line in lines if line.in_margin}
    held = Counter(key for _, key in places)
    often = max(2, pages / 2)
    kept = []
    for line in lines:
        numbered = line.in_margin and _NUMBER.match(line.text) is not None
        if not numbered and not (line.in_margin and held[_running_key(line)] >= often):
            kept.append(line)
    return kept


def _running_key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text.casefold())


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0]


def _title(lines: list[Line], body: float) -> tuple[str | None, list[Line]]:
    """The largest lines of the first page, when they are larger than the text."""
    first = [line for line in lines if line.page == lines[0].page]
    largest = max(line.size for line in first)
    if largest < 1.15 * body:
        return None, lines
    start = next(i for i, line in enumerate(first) if line.size >= 0.98 * largest)
    end = start
    while end < len(first) and first[end].size >= 0.98 * largest:
        end += 1
    return join([line.text for line in lines[start:end]]), lines[:start] + lines[end:]


def _blocks(lines: Sequence[Line], body: float) -> Iterator[Block]:
    indents: list[float] = []  # of the lists that the last item is in, the outermost first
    for run in _runs(lines, body):
        text = join([line.text for line in run])
        mark = BULLET.match(text)
        indents = _indents(indents, run[0].left) if mark else []
        if mark:
            yield Block("item", text[mark.end() :], len(indents))
        else:
            yield _heading_or_paragraph(text, run, body)


def _indents(outer: Sequence[float], left: float) -> list[float]:
    return [*(indent for indent in outer if indent < left - 2), left]


def _runs(lines: Sequence[Line], body: float) -> Iterator[list[Line]]:
    """The lines of each block."""
    gap = _usual_gap(lines)
    right = max((line.right for line in lines), default=0.0)
    run: list[Line] = []
    for line in lines:
        if run and _starts_block(line, run[-1], body, gap, right):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _usual_gap(lines: Sequence[Line]) -> float:
    """From one line's top to the next one's, within paragraphs."""
    gaps = [
        above.top - below.top
        for above, below in pairwise(lines)
        if above.page == below.page and 0 < above.top - below.top < 4 * above.size
    ]
    return median(gaps) if gaps else 0.0


def _starts_block(line: Line, before: Line, body: float, gap: float, right: float) -> bool:
    if BULLET.match(line.text) or _is_heading(line, body) != _is_heading(before, body):
        return True
    if abs(line.size - before.size) > 0.5:
        return True
    short = before.right < right - 0.25 * (right - before.left)
    if line.page != before.page or line.top > before.top:  # the next page, or column
        goes_on = line.text[:1].islower() or not short
        return _ENDS.search(before.text) is not None or not goes_on
    if before.top - line.top > 1.3 * max(gap, line.size):
        return True
    return line.box != before.box and short and re.search(r"[.!?…:]$", before.text) is not None


def _is_heading(line: Line, body: float) -> bool:
    return line.size > 1.08 * body or (line.bold and len(line.text.split()) <= 20)


def _heading_or_paragraph(text: str, run: Sequence[Line], body: float) -> Block:
    heading = all(_is_heading(line, body) for line in run) and len(text.split()) <= 40
    if heading and not re.search(r"[.;,]$", text):
        return Block("heading", text, 2 if run[0].size > 1.08 * body else 3)
    return Block("paragraph", text)
