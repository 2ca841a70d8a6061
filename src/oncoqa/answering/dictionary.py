"""Which words are of the language at large: those of a French or English dictionary."""

from functools import lru_cache

from spellchecker import SpellChecker

from oncoqa.types import Language


def exists(word: str, language: Language) -> bool:
    """Whether a word in lower case is in the language's dictionary, which has no ligature."""
    return word.replace("œ", "oe") in _dictionary(language)


@lru_cache(maxsize=2)
def _dictionary(language: Language) -> SpellChecker:
    return SpellChecker(language=language)
