"""What stands in a sentence: numbers, dates, people, places. Rules on the words as written.

They say whether a sentence holds the kind of thing that is asked for, and where it stands.
"""

import re
from collections.abc import Sequence

from oncoqa.answering.dictionary import exists
from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import terms, words
from oncoqa.types import Asks, Query, Span

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
    r"|half)"
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
    r"%|\bpour ?cent|\bper ?cent|\bquelles? parts?\b|\bpart d|\bshare of\b|\bproportion|\btaux\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"%|moitié|tiers|quart|totalité|half", re.IGNORECASE)
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
# Dev, against 0: AUROC .813 to .839, near-misses refused 6 % to 22 %, no more needless silence.
ABSENT = -3.0
NEAR = 3  # words after a number that belong to what is counted
BESIDE = 2  # characters: ", "
INTRODUCED = 60  # characters by which a title brings a person nearer
_MEASURED = re.compile(
    r"\bquel(?:le)? (?:est|était|sera) (?:le |la |l[’'])"
    r"(?:\w+ )?(budget|montant|coût|cout|âge|age|taux|durée|duree|effectif|prix|salaire)\b"
    r"|\bcombien (coûte|coute|gagne|touche|dure|pèse)(?:nt)?\b",
    re.IGNORECASE,
)
_ITEMS = re.compile(r"\b(?:quel(?:le)?s|les|which|what|the) ([a-zè]+)", re.IGNORECASE)
_COUNTS = {
    word: count
    for both in ("deux trois quatre cinq six sept huit", "two three four five six seven eight")
    for count, word in enumerate(both.split(), start=2)
}
_COUNTED = re.compile(
    r"\b(?:combien (?:de |d[’'])|nombre (?:de |d[’'])|how many |number of )"
    r"(?:autres? |other )?([\w’'-]+)",
    re.IGNORECASE,
)


def fit(asks: Asks, text: str, question: str) -> float:
    """How well a sentence holds the kind of thing asked for: 1, 0, or `ABSENT`.

    A question that wants a number, a date, a person or a place is not answered without one; nor is
    "quel est le budget ?" by a sentence that speaks of no budget. "Combien de centres ?" gains
    nothing from a number of something else. A question of no such form fits every sentence, at 0.
    """
    if asks not in _PATTERNS:
        return 0.0
    measured = _MEASURED.search(question) if asks == "number" else None
    noun = set(terms(measured[1] or measured[2])) if measured else set()
    spans = spans_of(asks, text, question)
    if not spans or (noun and not noun.intersection(terms(text))):
        return ABSENT
    counted = _COUNTED.search(question) if asks == "number" else None
    if counted is None:
        return 1.0
    counts = set(terms(counted[1]))
    return float(any(counts.intersection(terms(_after(text, span))) for span in spans))


def items_asked(question: str) -> int | None:
    """How many items of a list a question wants.

    >>> items_asked("Quels sont les trois posters ?")
    3
    """
    counts = (_COUNTS.get(match[1].casefold()) for match in _ITEMS.finditer(question))
    return next((count for count in counts if count), None)


def _after(text: str, span: Span) -> str:
    """The words that a number may count: the next few."""
    following = [w for w in words(text[span.end :]) if not w.stop][:NEAR]
    return text[span.start : span.end + following[-1].end] if following else ""


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
        matches = [m for m in matches if _SHARE.search(m[0])]
    return [Span(*match.span()) for match in matches]


def _said(found: str, question: str) -> bool:
    """Whether the question holds every word of what was found, titles aside."""
    said = {term for word in words(question) for term in word.terms}
    own = [w.terms[0] for w in words(_TITLE.sub("", found)) if not w.stop]
    return bool(own) and said.issuperset(own)


def answering_span(
    query: Query, text: str, *, within: Span, lexicon: Lexicon, read: Span | None = None
) -> Span | None:
    """Of the things asked for in a sentence, the one nearest to the question's rarest words.

    A person or number right before one of them ("Sophie Beaupère, Déléguée générale") goes before
    all others, then what the reader's words, `read`, touch. `within` is the sentence in
    `text`; all spans are in `text`. None when the sentence holds
    nothing of that kind: the whole sentence is then the answer.
    """
    sentence = text[within.start : within.end]
    candidates = spans_of(query.asks, sentence, query.meant)
    if query.asks == "person":
        candidates = [span for span in candidates if _is_person(sentence, span, lexicon)]
    if not candidates:
        return None
    known = _rarest_known(sentence, set(terms(query.meant, query.language)), lexicon)
    beside = [s for s in candidates if any(0 <= w.start - s.end <= BESIDE for w in known)]
    touched = [s for s in candidates if read is not None and _touch(s, read, within.start)]
    likely = (beside if query.asks in {"person", "number"} else []) or touched or candidates
    nearest = min(likely, key=lambda span: _distance(sentence, span, known))
    if query.asks == "number":
        nearest = _with_unit(sentence, nearest)
    return Span(within.start + nearest.start, within.start + nearest.end)


def _touch(span: Span, read: Span, start: int) -> bool:
    return start + span.start < read.end and read.start < start + span.end


def _is_person(sentence: str, span: Span, lexicon: Lexicon) -> bool:
    """A name has a word that no dictionary holds, and is no acronym or institution of the field."""
    name = _TITLE.sub("", sentence[span.start : span.end])
    own = [w for w in words(name) if not w.stop]
    if any(lexicon.is_common(w.terms[0]) for w in own):
        return False
    lower = (name[w.start : w.end].casefold() for w in own)
    unknown = any(not exists(word, "fr") and not exists(word, "en") for word in lower)
    return unknown or _is_introduced(sentence, span)


def _rarest_known(sentence: str, asked: set[str], lexicon: Lexicon) -> list[Span]:
    """The question's words in a sentence, those that stand everywhere left out."""
    found = [w for w in words(sentence) if not w.stop and asked.intersection(w.terms)]
    rarity = [lexicon.frequency.get(word.terms[0], 0.0) for word in found]
    return [
        Span(word.start, word.end)
        for word, frequency in zip(found, rarity, strict=True)
        if frequency <= 2 * min(rarity)
    ]


def _is_introduced(sentence: str, span: Span) -> bool:
    """A title, or "par" before it, tells a person from a project."""
    titled = _TITLE.search(sentence[span.start : span.end]) is not None
    return titled or sentence[: span.start].endswith("par ")


def _distance(sentence: str, span: Span, known: Sequence[Span]) -> float:
    """Characters to the nearest word of the question; a word before the span is twice as far."""
    gaps = (w.start - span.end if w.start >= span.end else 2 * (span.start - w.end) for w in known)
    return min((abs(gap) for gap in gaps), default=0) - INTRODUCED * _is_introduced(sentence, span)


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
