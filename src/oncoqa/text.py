"""French and English text, as pure functions: folding, words, terms, sentences, numbers.

Every function that returns a range returns offsets in the text it was given.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import Stemmer

from oncoqa.stopwords import STOP_WORDS
from oncoqa.types import Language, Span

_APOSTROPHES = "'’ʼ‘"
_SPACES = " \u00a0\u202f\u2009"  # what may stand between groups of three digits
_FOLDED = str.maketrans(
    {"œ": "oe", "æ": "ae", "−": "-", "‑": "-", "‐": "-"} | dict.fromkeys(_APOSTROPHES, "'")
)
_NUMBER = rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?![\d])|\d+[.,]\d+"
_DATE = r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)"
_WORD = re.compile(rf"{_DATE}|{_NUMBER}|[^\W_]+(?:[{_APOSTROPHES}‑‐-][^\W_]+)*")
_MONTHS = (
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
)
_MONTHS_IN_ENGLISH = (
    "january february march april may june july august september october november december".split()
)
_IN_FRENCH = dict(zip(_MONTHS_IN_ENGLISH, _MONTHS, strict=True))
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)")
_INVERSION = re.compile(r"-(?:t-)?(?:ils?|elles?|on|ce|je|tu|nous|vous|la|ci|moi|y|en|le|les)$")
_ORDINAL = re.compile(r"^(\d+)(?:ere|er|eme|e|re|nd|nde|st|th|rd)$")


class Word(NamedTuple):
    """A word where it stands, and the terms by which it is found: its stem first.

    A compound ("SAFIR-ABC10", "Onco’Link") is found joined and by its parts.
    """

    start: int
    end: int
    stop: bool
    terms: tuple[str, ...]


@lru_cache(maxsize=32_768)
def fold(text: str) -> str:
    """Lower case, no accents, straight apostrophes: `fold("L’Œuvre")` is `"l'oeuvre"`."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDED)).casefold().translate(_FOLDED)
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=2_048)  # questions of 2,000 characters take 60 kB each: 120 MB at most
def words(text: str, language: Language = "fr") -> tuple[Word, ...]:
    """The words of a text in order, stop words included and marked."""
    stop_words = STOP_WORDS[language]
    found = []
    for match in _WORD.finditer(text):
        surface, stems = _analysed(match.group())
        found.append(Word(match.start(), match.end(), surface in stop_words, stems))
    return tuple(found)


@lru_cache(maxsize=65_536)  # texts say the same words again: three times as fast
def _analysed(word: str) -> tuple[str, tuple[str, ...]]:
    """A word as stop words are written, and its terms."""
    surface, forms = _forms(word)
    return surface, tuple(dict.fromkeys(_stem(form) for form in forms))


def terms(text: str, language: Language = "fr") -> list[str]:
    """The terms of a text for lexical search, in order and repeated, stop words out."""
    return [term for word in words(text, language) if not word.stop for term in word.terms]


def _forms(surface: str) -> tuple[str, tuple[str, ...]]:
    """A word without its elision or inverted pronoun, and the forms under which it is found.

    >>> _forms("l’Onco’Link")
    ("onco'link", ('oncolink', 'onco', 'link'))
    """
    if date := re.fullmatch(_DATE, surface):
        day, month, year = (int(part) for part in date.groups())
        if 1 <= month <= 12:  # "19/10/2025" is found by "19 octobre"
            return surface, (str(day), _MONTHS[month - 1], str(year))
    if surface[0].isdigit() and re.fullmatch(_NUMBER, surface):
        number = canonical_number(surface)
        return number, (number,)
    word = _INVERSION.sub("", _ELISION.sub("", fold(surface)))
    if ordinal := _ORDINAL.match(word):
        return word, (ordinal[1],)
    parts = re.split(r"['-]", word)
    if len(parts) == 1:
        return word, (_IN_FRENCH.get(word, word),)
    return word, ("".join(parts), *(p for p in parts if p))


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    # One stemmer for every text, English included: the two sides of a search must agree.
    # Folded before it is stemmed, so that a question typed without accents meets the same terms.
    # A word with a digit is a name ("her2", "17h10"): its end is no suffix.
    if any(c.isdigit() for c in word):
        return word
    # Twice: Snowball takes "posters" to "poster", and "poster" to "post".
    return str(_STEMMER.stemWord(_STEMMER.stemWord(word)))


_STEMMER = Stemmer.Stemmer("french", 0)


def canonical_number(number: str) -> str:
    """Digits joined, decimal point: `"13 800"` is `"13800"`, `"3,50"` is `"3.50"`."""
    joined = re.sub(rf"(?<=\d)[{_SPACES}](?=\d{{3}})", "", number)
    return joined.replace(",", ".")


_ANY_NUMBER = re.compile(rf"{_NUMBER}|\d+")


def numbers(text: str) -> list[str]:
    """Every number of a text in canonical form: `numbers("13 800 patients, 3,5 %")` is
    `["13800", "3.5"]`."""
    return [canonical_number(match.group()) for match in _ANY_NUMBER.finditer(text)]


# A full stop after these does not end a sentence. Single capitals ("J. Blay") are handled apart.
_ABBREVIATIONS = frozenset(
    "pr dr drs prs m mm mme mmes mlle n no art av bd ch chap cf ex fig p pp vol st ste tel env etc "
    "jr sr vs mr mrs ms prof al i.e e.g".split()
)
# A run is read from its start and never given back, so that the longest line takes linear time.
_STOP = re.compile(rf"(?<![.!?…])[.!?…]++(?:[{_SPACES}]?[»”)\]’\"])*(?=\s)")
_OPENING = re.compile(r"\s++[«“\"(\[–—-]*+\s*+[A-ZÀ-ÖØ-ÞŒ0-9]")
_LONGEST_BEFORE = 40  # characters read before a full stop: no abbreviation is longer


def sentences(text: str) -> list[Span]:
    """The sentences of one paragraph or list item, outer spaces left out.

    A line break is a space: the lines of a programme entry are one sentence. A full stop ends a
    sentence when a capital, a digit or an opening guillemet follows, unless the word before it is
    an abbreviation ("le Pr. Blay", "J. Blay", "n° 3").

    >>> sentences("Ouvert en 2025. Les « 14 posters ». Oui.")
    [Span(start=0, end=15), Span(start=16, end=34), Span(start=35, end=39)]
    """
    cuts = [0, *(stop.end() for stop in _STOP.finditer(text) if _ends(text, stop)), len(text)]
    spans = []
    for start, end in pairwise(cuts):
        inner = text[start:end]
        lead = len(inner) - len(inner.lstrip())
        if inner.strip():
            spans.append(Span(start + lead, start + len(inner.rstrip())))
    return spans


def _ends(text: str, stop: re.Match[str]) -> bool:
    if not _OPENING.match(text, stop.end()):
        return False
    before = text[max(stop.start() - _LONGEST_BEFORE, 0) : stop.start()].split()
    if not before or stop.group()[:2] in ("..", ".…") or not stop.group().startswith("."):
        return True
    word = before[-1].lstrip('(«“"[')
    single_capital = len(word) == 1 and word.isupper()
    return not single_capital and word.casefold() not in _ABBREVIATIONS
