"""Acronyms that the releases explain: "Direction générale de l’offre de soins (DGOS)".

Found as Schwartz and Hearst do (2003): the letters of what stands in brackets, from the last to the
first, each in the words before, the first of them at the head of a word.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from oncoqa.text import fold

_IN_BRACKETS = re.compile(r"\(([^\W\d_]*[A-ZÀ-Þ][^\W_]*[A-ZÀ-Þ0-9][^\W_]*)\)")
MOST_WORDS_MORE = 5  # than letters, in the long form


def explained(texts: Iterable[str]) -> dict[str, str]:
    """Each acronym with its long form as first written.

    >>> explained(["le Comité technique de l’innovation en santé (CTIS)"])
    {'CTIS': 'Comité technique de l’innovation en santé'}
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            acronym = match[1]
            before = re.split(r"[.;:!?()\n]", text[: match.start()])[-1].split()
            long = _long_form(acronym, before[-len(acronym) - MOST_WORDS_MORE :])
            if long:
                found.setdefault(acronym, long)
    return found


def _long_form(acronym: str, before: list[str]) -> str | None:
    """The fewest of the last words, two at least, whose letters spell the acronym."""
    letters = fold(acronym)
    for count in range(2, len(before) + 1):
        long = " ".join(before[-count:])
        if _spells(letters, fold(long)):
            return re.sub(r"^[dl][’']", "", long)
    return None


def _spells(letters: str, long: str) -> bool:
    """From the end, so that each letter is found as late as it can be; the first opens `long`."""
    long = re.sub(r"^[dl]['’]", "", long)
    at = len(long)
    for letter in reversed(letters[1:]):
        at = long.rfind(letter, 1, at)
        if at < 0:
            return False
    return long.startswith(letters[0])


def reworded(question: str, acronyms: Mapping[str, str]) -> str | None:
    """The question with its acronyms in full, or its long forms as acronyms; None without either.

    >>> reworded("Que dit la DGOS ?", {"DGOS": "Direction générale de l’offre de soins"})
    'Que dit la Direction générale de l’offre de soins ?'
    """
    other = question
    for acronym, long in acronyms.items():
        in_full = _written(long)
        old, new = (in_full, acronym) if in_full.search(question) else (_written(acronym), long)
        other = old.sub(new, other)
    return other if other != question else None


@lru_cache(maxsize=4096)  # each question asks for all of them again
def _written(words: str) -> re.Pattern[str]:
    """With either apostrophe, any case and any blanks."""
    pieces = (r"\s+" if p.isspace() else "['’]" if p in "'’" else re.escape(p)
              for p in re.split(r"(\s+|['’])", words) if p)  # fmt: skip
    return re.compile(rf"(?<!\w){''.join(pieces)}(?!\w)", re.IGNORECASE)
