"""What a press release is made of: label, embargo, title, dateline, text. See the conventions of
French releases: the order is usual, every part may be missing, and nothing is invented."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import cast

from oncoqa.corpus.importers.dates import find_dateline, find_day, find_embargo, is_embargo
from oncoqa.corpus.importers.draft import Block, Draft, Found
from oncoqa.errors import ImportRefused
from oncoqa.stopwords import STOP_WORDS
from oncoqa.text import fold
from oncoqa.types import Language

HEAD = 10  # blocks in which label, embargo and dateline stand
LONGEST_TITLE = 60  # words
_LABEL = re.compile(r"(?:communique|dossier) de presse|press release|media release|news release")
_AT_ONCE = re.compile(
    r"(?:pour (?:diffusion|publication)|a (?:publier|diffuser)) immediate(?:ment)?"
    r"|for immediate release"
)
_RUBRIC = re.compile(
    r"a propos d|contacts?[ -]presse|chiffres[ -]cles|about [a-z]+$|media contacts?"
)
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)  # joiners, marks of direction, tags: what is read is what is seen
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def understand(found: Found) -> Draft:
    """A draft of the release. Raises `ImportRefused` when there is no text or no title."""
    blocks = [b for block in map(_clean, found.blocks) for b in _rubrics(block) if b.text]
    notes = list(found.notes)
    if any(_INVISIBLE.search(block.text) for block in found.blocks):
        notes.append("caractères invisibles retirés")
    blocks, labels = _without_labels(blocks)
    notes += [f"retiré de l'en-tête : « {label.text} »" for label in labels]
    title, blocks = _title(found.title, blocks)
    place, day = _dateline(blocks)
    published = day or _label_day(labels) or found.published
    if day and found.published and day != found.published:
        notes.append(f"le texte est daté du {day:%d/%m/%Y}, la page du {found.published:%d/%m/%Y}")
    embargo, about = _embargo([*labels, *blocks[:HEAD]])
    if not blocks:
        raise ImportRefused("aucun texte sous le titre")
    return Draft(
        title=title,
        blocks=tuple(_levels(blocks)),
        language=_language(found.language, blocks),
        published=published,
        place=place,
        url=found.url,
        embargo_until=embargo,
        notes=(*notes, *about),
    )


def _clean(block: Block) -> Block:
    text = _CONTROL.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFC", block.text)))
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))
    return replace(block, text="\n".join(line for line in lines if line))


def _rubrics(block: Block) -> Iterator[Block]:
    """ "À propos d'Unicancer" on a line of its own is a heading, whatever it was typed as."""
    first, _, rest = block.text.partition("\n")
    rubric = block.kind == "paragraph" and _RUBRIC.match(fold(first)) is not None
    if rubric and len(first.split()) <= 10 and not re.search(r"[.!?…,;:»]", first):
        yield Block("heading", first, 2)
        yield replace(block, text=rest)
    else:
        yield block


def _without_labels(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks, and those of the head that are labels: "COMMUNIQUÉ DE PRESSE", an embargo."""
    labels = [block for block in blocks[:HEAD] if _is_label(block.text)]
    kept = [block for i, block in enumerate(blocks) if i >= HEAD or not _is_label(block.text)]
    return kept, labels


def _is_label(text: str) -> bool:
    folded, words = fold(text), len(text.split())
    if _LABEL.match(folded):
        return words <= 4 or (words <= 12 and find_day(text) is not None)
    return words <= 20 and (_AT_ONCE.match(folded) is not None or is_embargo(text))


def _label_day(labels: Iterable[Block]) -> date | None:
    days = (find_day(label.text) for label in labels if not is_embargo(label.text))
    return next((day for day in days if day), None)


def _title(found: str | None, blocks: list[Block]) -> tuple[str, list[Block]]:
    """The title, and the blocks without it."""
    if found and found.strip():
        title = " ".join(_clean(Block("heading", found)).text.split())
        same = [i for i, b in enumerate(blocks[:HEAD]) if _same_words(b.text, title)]
        return title, [block for i, block in enumerate(blocks) if i not in same[:1]]
    first = next((i for i, b in enumerate(blocks[:HEAD]) if find_dateline(b.text) is None), None)
    if first is None or len(blocks[first].text.split()) > LONGEST_TITLE:
        raise ImportRefused("aucun titre trouvé ; donnez-le avec --title")
    return " ".join(blocks[first].text.split()), blocks[:first] + blocks[first + 1 :]


def _same_words(one: str, other: str) -> bool:
    return fold("".join(one.split())) == fold("".join(other.split()))


def _dateline(blocks: Sequence[Block]) -> tuple[str | None, date | None]:
    """Kept in the text, as it is written."""
    for block in blocks[:HEAD]:
        if line := find_dateline(block.text):
            return line
    return None, None


def _embargo(blocks: Iterable[Block]) -> tuple[datetime | None, list[str]]:
    for block in blocks:
        if not is_embargo(block.text):
            continue
        if (ends := find_embargo(block.text)) is None:
            return None, [f"EMBARGO sans date lisible : « {block.text[:80]} » ; donnez --embargo"]
        moment, exact = ends
        told = "" if exact else " (heure non écrite : fin de la journée)"
        return moment, [f"sous embargo jusqu'au {moment:%d/%m/%Y à %H:%M}{told}"]
    return None, []


def _levels(blocks: Sequence[Block]) -> Iterator[Block]:
    """Headings from the second level down, the first being the title's; none without text after."""
    used = sorted({block.level for block in blocks if block.kind == "heading"})
    level = {old: min(new, 6) for new, old in enumerate(used, start=2)}
    for block in blocks:
        yield replace(block, level=level[block.level]) if block.kind == "heading" else block


def _language(given: str | None, blocks: Sequence[Block]) -> Language:
    """By its small words: pages in French often say that they are in English."""
    words = [word for block in blocks for word in re.findall(r"[^\W\d_]+", fold(block.text))]
    counts = {code: sum(w in stop for w in words) for code, stop in STOP_WORDS.items()}
    if counts["fr"] == counts["en"]:
        return cast(Language, given[:2]) if given and given[:2] in STOP_WORDS else "fr"
    return "fr" if counts["fr"] > counts["en"] else "en"
