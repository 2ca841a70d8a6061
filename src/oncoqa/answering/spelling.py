"""Typos and missing accents set right by the releases' own words, and by nothing else."""

from collections.abc import Mapping, Sequence

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from oncoqa.answering.dictionary import exists
from oncoqa.answering.lexicon import Lexicon
from oncoqa.text import fold, words
from oncoqa.types import Language

SHORTEST = 4  # letters of a word that may be mended
TWO_TYPOS = 8  # letters of a word that may hold two


def mend_spelling(question: str, language: Language, lexicon: Lexicon) -> str:
    """The question with each word that exists nowhere replaced by its neighbour in the releases.

    A word of the releases or of a French or English dictionary is never changed, nor is a number.

    >>> mend_spelling("l'etude PEACE-8, quelle sesion ?", "fr", lexicon)
    "l’étude PEACE-8, quelle session ?"
    """
    mended, last = [], 0
    for word in words(question, language):
        surface = question[word.start : word.end]
        better = None if word.stop else _respell(surface, word.terms, lexicon)
        if better is not None:
            mended += [question[last : word.start], better]
            last = word.end
    return "".join([*mended, question[last:]])


def _respell(surface: str, terms: Sequence[str], lexicon: Lexicon) -> str | None:
    bare = surface.casefold().replace("’", "'").split("'")[-1]
    if len(bare) < SHORTEST or not bare.isalpha() or exists(bare, "fr") or exists(bare, "en"):
        return None
    folded = fold(surface)
    if folded in lexicon.spellings:  # at most its accents are missing, unless it is a name
        return lexicon.spellings[folded] if surface.endswith(fold(bare)) else None
    if any(term in lexicon.frequency for term in terms):
        return None
    return _nearest(folded, lexicon.spellings)


def _nearest(folded: str, spellings: Mapping[str, str]) -> str | None:
    near = process.extractOne(
        folded,
        [known for known in spellings if known[0] == folded[0] and len(known) >= SHORTEST],
        scorer=DamerauLevenshtein.distance,
        score_cutoff=2 if len(folded) >= TWO_TYPOS else 1,
    )
    return spellings[near[0]] if near is not None else None
