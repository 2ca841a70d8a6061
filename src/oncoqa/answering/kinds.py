"""What stands in a sentence: numbers, dates, people, places. Rules on the words as written.

They say whether a sentence holds the kind of thing that is asked for, and where it stands.
"""

import re
from collections.abc import Sequence

from oncoqa.text import terms, words
from oncoqa.types import Asks, Language, Span

_MONTH = (
    r"(?:janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre"
    r"|décembre|decembre|january|february|march|april|june|july|august|september|october|november"
    r"|december)"
)
_DAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"
_DATE = re.compile(
    rf"\d{{1,2}}/\d{{1,2}}/\d{{4}}(?:\s[–-]\s\d{{1,2}}h\d{{0,2}})?"
    rf"|(?:du \d{{1,2}}(?:er)? au )?(?:{_DAY} )?\d{{1,2}}(?:er)? {_MONTH}(?: \d{{4}})?"
    rf"|{_MONTH} \d{{4}}|\b\d{{1,2}}h(?:\d\d)?\b|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+(?:[.,]\d+)?"
_NUMBER_WORD = (
    r"(?:deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante"
    r"|cinquante|cent|mille|une dizaine|la moitié|un tiers|un quart|la totalité|two|three|four|five"
    r"|half|première?|deuxième|seconde?|troisième)"
)
_NUMBER = re.compile(
    rf"(?:(?:plus|moins|près) (?:de|d[’']) ?|environ |over |more than |about )?"
    rf"(?:\b(?:{_DIGITS})(?:[ \u00a0]?%|ème|e|er)?(?![\w/-])|\b{_NUMBER_WORD}\b"
    rf"|\bphase [\dIVX][\w/-]*|\b\d+[A-Z]+\b)",
    re.IGNORECASE,
)
_NAME = r"[A-ZÀ-Þ][\w’'-]*[\w]"
_PERSON = re.compile(
    rf"(?:(?:Le |La )?(?:Pr|Dr|Mme|M\.|Madame|Monsieur) )?"
    rf"{_NAME}(?: (?:de |du |d[’'])?{_NAME}){{1,2}}"
)
_TITLE = re.compile(r"\b(?:Le |La )?(?:Pr|Dr|Mme|M\.|Madame|Monsieur) ")
_PERCENT = re.compile(
    r"%|\bpour ?cent|\bper ?cent|\bparts?\b|\bshare\b|\bproportion|\btaux\b", re.IGNORECASE
)
_PLACE = re.compile(
    rf"(?<=\b[àÀ] )(?:l[’'])?{_NAME}(?:, en {_NAME})?|(?<=\ben ){_NAME}|(?<=\bau ){_NAME}"
    rf"|(?<=\(){_NAME}(?:, {_NAME})?(?=\))|(?:l[’']|au |du )?(?:Institut|Centre|Oncopole|Hôpital)"
    rf"(?: (?:de |d[’']|du |l[’'])*{_NAME})+|(?<=posters : )https?://\S+|https?://\S+"
)
_PATTERNS: dict[Asks, re.Pattern[str]] = {
    "date": _DATE,
    "number": _NUMBER,
    "person": _PERSON,
    "place": _PLACE,
}
NEAR = 3  # words after a number that belong to what is counted


def typed(asks: Asks) -> bool:
    """Whether an answer to this kind of question can be told by its form."""
    return asks in _PATTERNS


def spans_of(asks: Asks, text: str, question: str) -> list[Span]:
    """Where a text holds the kind of thing asked for, in order; what the question says is left out.

    >>> spans_of("number", "en 2025, plus de 13 800 patients", "combien de patients en 2025 ?")
    [Span(start=9, end=23)]
    """
    pattern = _PATTERNS.get(asks)
    if pattern is None:
        return []
    dates = [m.span() for m in _DATE.finditer(text)] if asks == "number" else []
    matches = [
        match
        for match in pattern.finditer(text)
        if not any(a <= match.start() < b for a, b in dates) and not _said(match[0], question)
    ]
    if asks == "number" and _PERCENT.search(question):
        matches = [m for m in matches if "%" in m[0]] or matches
    if asks == "person":
        matches = [m for m in matches if _is_introduced(text, m)] or matches
    return [Span(*match.span()) for match in matches]


def _said(found: str, question: str) -> bool:
    """Whether the question holds every word of what was found, titles aside."""
    said = {term for word in words(question) for term in word.terms}
    own = [w.terms[0] for w in words(_TITLE.sub("", found)) if not w.stop]
    return bool(own) and said.issuperset(own)


def _is_introduced(text: str, match: re.Match[str]) -> bool:
    """A title, or "par" before it, tells a person from a project."""
    return bool(_TITLE.search(match[0]) or text[: match.start()].endswith("par "))


def answering_span(
    asks: Asks, text: str, question: str, language: Language, *, within: Span
) -> Span | None:
    """Of the things asked for in a sentence, the one nearest to the question's own words.

    `within` is the sentence in `text`; so is the span that comes back. None when the sentence holds
    nothing of that kind: the whole sentence is then the answer.
    """
    sentence = text[within.start : within.end]
    candidates = spans_of(asks, sentence, question)
    if not candidates:
        return None
    asked = set(terms(question, language))
    known = [w for w in words(sentence) if not w.stop and asked.intersection(w.terms)]
    nearest = min(
        candidates, key=lambda span: _distance(span, [Span(w.start, w.end) for w in known])
    )
    if asks == "number":
        nearest = _with_unit(sentence, nearest)
    return Span(within.start + nearest.start, within.start + nearest.end)


def _distance(span: Span, known: Sequence[Span]) -> float:
    """Characters to the nearest word that the question asks about; what follows counts double."""
    gaps = (w.start - span.end if w.start >= span.end else 2 * (span.start - w.end) for w in known)
    return min((abs(gap) for gap in gaps), default=0)


def _with_unit(sentence: str, number: Span) -> Span:
    """A number with the words that it counts: "13 800 patients"."""
    if sentence[number.start : number.end].rstrip().endswith("%"):
        return number
    end = number.end
    for word in [w for w in words(sentence) if w.start >= number.end][:NEAR]:
        if word.stop or sentence[end : word.start].strip():
            break
        end = word.end
    return Span(number.start, end)
