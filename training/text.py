"""French and English text for training and measuring: words with their stems, and sentences.

The product has its own analysis; this one is small and frozen, so that a figure of the model card
does not move when the product's does.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

_FRENCH_STOP = """ai aie aient aies ait as au aura aurai auraient aurais aurait auras aurez auriez
aurions aurons auront aux avaient avais
avait avec avez aviez avions avons ayant ayante ayantes ayants ayez ayons c ce ces d dans de des du
elle en es est et eu eue eues eurent
eus eusse eussent eusses eussiez eussions eut eux eumes eut eutes furent fus fusse fussent fusses
fussiez fussions fut fumes futes il ils j
je l la le les leur leurs lui m ma mais me meme mes moi mon n ne nos notre nous on ont ou par pas
pour qu que s sa se sera serai seraient
serais serait seras serez seriez serions serons seront ses soient sois soit sommes son sont soyez
soyons suis sur t ta te tes toi ton tu un
une vos votre vous y a etaient etais etait etant etante etantes etants etiez etions ete etee etees
etes cette cet cela ca ceci si il-y-a
quelqu quelque quelques donc or ni car plus tres dont afin ainsi entre comme sans sous chez vers
est-ce jusqu lorsqu puisqu"""
_ENGLISH_STOP = """a an the of to in on at by for from with and or is are was were be been being do
does did has have had it its this that
these those there their they them he she his her we our you your i as if not no about into than then
so can could would should will may"""
_QUESTION = """qui quand comment combien pourquoi quoi quel quelle quels quelles lequel laquelle
lesquels lesquelles
who whom whose what when where which why how"""

_SPACES = "\u00a0\u202f\u2009 "
_WORD = re.compile(
    rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?![\d])|\d+(?:[.,]\d+)*|[^\W\d_]+(?:-[^\W_]+)*\d*"
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])(?:\s?[»”\"])?\s+(?=[«“\"\(\[]?\s?[A-ZÀ-ÖØ-Þ0-9])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|M|MM|Mme|Dr|Pr|St|Ste|av|apr|env|cf|p|vol|art|n|no|etc|J\.-C|Jr|Sr|vs)|\b[A-Z]\.[A-Z])\.$"
)


def fold(text: str) -> str:
    """Case, accents and ligatures away: "L’Œuvre d’Été" -> "l'oeuvre d'ete"."""
    text = unicodedata.normalize(
        "NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    )
    return "".join(c for c in text if not unicodedata.combining(c))


STOP = frozenset(fold(_FRENCH_STOP).split()) | frozenset(_ENGLISH_STOP.split())
QUESTION = frozenset(_QUESTION.split())
_stemmer = Stemmer.Stemmer("french")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text; `kind` is "content", "question" ("combien") or "stop"."""

    start: int
    end: int
    stem: str
    kind: str


@lru_cache(maxsize=200_000)
def _analyse(surface: str) -> tuple[str, str]:
    folded = "".join(fold(surface).split())
    kind = "stop" if folded in STOP else "question" if folded in QUESTION else "content"
    return (folded if folded[:1].isdigit() else _stemmer.stemWord(folded)), kind


def words(text: str) -> list[Word]:
    """Every word of `text`; "où" asks, "ou" does not."""
    found = []
    for match in _WORD.finditer(text):
        stem, kind = _analyse(match.group())
        if match.group().casefold() == "où":
            kind = "question"
        found.append(Word(match.start(), match.end(), stem, kind))
    return found


def stems(text: str) -> list[str]:
    """The stems of the content words, in order, repeats kept."""
    return [word.stem for word in words(text) if word.kind == "content"]


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as half-open ranges, blanks trimmed; abbreviations and initials do
    not end one."""
    ranges, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group() and _ABBREVIATION.search(
            text[start : match.start()].rstrip(' »”"')
        ):
            continue
        ranges.append((start, match.end()))
        start = match.end()
    ranges.append((start, len(text)))
    trimmed = []
    for begin, end in ranges:
        body = text[begin:end]
        if body.strip():
            trimmed.append((begin + len(body) - len(body.lstrip()), begin + len(body.rstrip())))
    return trimmed
