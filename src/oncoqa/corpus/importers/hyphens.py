"""Lines into running text: a word cut at the end of a line is whole again."""

import re
from collections.abc import Sequence
from functools import cache

from spellchecker import SpellChecker

from oncoqa.text import fold

_CUT = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_GOES_ON = re.compile(r"[^\W\d_]+")


def join(lines: Sequence[str]) -> str:
    """Lines with a space between, or none where a hyphen cuts a word.

    The hyphen goes when it is a soft one or when the word without it exists: "trans-" and "lation"
    are "translation", "Rhône-" and "Alpes" stay "Rhône-Alpes".
    """
    text = ""
    for line in lines:
        cut, rest = _CUT.search(text), _GOES_ON.match(line)
        if not text or not cut or not rest:
            text = f"{text} {line}" if text else line
        elif text.endswith("\u00ad") or _is_word(cut[1] + rest[0]):
            text = text[:-1] + line
        else:
            text += line
    return text.replace("\u00ad", "")


def _is_word(word: str) -> bool:
    if word.casefold() != word and not word.isupper() and not word[1:].islower():
        return False
    return any(word.casefold() in checker or fold(word) in checker for checker in _dictionaries())


@cache
def _dictionaries() -> tuple[SpellChecker, ...]:
    return SpellChecker(language="fr"), SpellChecker(language="en")
