"""Text as the scores compare it: French normalisation, tokens, numbers.

After FQuAD's (d'Hoffschmidt et al., 2020) and SQuAD's normalisers, with elisions and articles
dropped only as whole words: the published pattern `\\b(un|…)` turns "unicancer" into "icancer".
"""

import re
import unicodedata

_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "œ": "oe", "æ": "ae", "‐": "-", "‑": "-", "−": "-"}
)
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?: \d{3})+(?![\d])")
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")
_PERCENT = re.compile(r"(?<=\d) (?=%)")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)")
_ARTICLE = re.compile(r"\b(?:le|la|les|un|une|des|du|the|an?)\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)+%?|\d+%|[^\W_]+\+?")


def canonical(text: str) -> str:
    """NFKC, plain apostrophes and hyphens, `13 800` as `13800`, `3,5` as `3.5`, `60 %` as `60%`."""
    text = " ".join(unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).split())
    text = _THOUSANDS.sub(lambda match: match.group().replace(" ", ""), text)
    return _PERCENT.sub("", _DECIMAL.sub(".", text))


def tokens(text: str, *, accents: bool = True) -> list[str]:
    """What two texts are compared by: case, elisions, articles and punctuation gone.

    >>> tokens("Plus de 60 % de l’activité, à l’Unicancer")
    ['plus', 'de', '60%', 'de', 'activité', 'à', 'unicancer']
    """
    plain = canonical(text).casefold().translate(_TYPOGRAPHY)
    if not accents:
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not _is_accent(c))
    return _TOKEN.findall(_ARTICLE.sub(" ", _ELISION.sub(" ", plain)))


def normalise(text: str, *, accents: bool = True) -> str:
    return " ".join(tokens(text, accents=accents))


def contains(text: str, form: str) -> bool:
    """Whether the tokens of `form` stand in a row in `text`: "41" is not in "1413"."""
    return f" {normalise(form)} " in f" {normalise(text)} "


_PIECE = re.compile(r"[^\s«»“”\"()\[\];–—]+")
_TIME = re.compile(r"\d{1,2}h(?:\d{2})?(?!\w)")
_NAMED = re.compile(r"[^\W\d_]-?\d|\d(?=[A-Z])")  # HER2, PEACE-8, 296O: a digit within a name
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def numbers(text: str) -> set[str]:
    """The numbers that a text states; digits within names ("HER2", "PEACE-8") state none.

    >>> sorted(numbers("13 800 patients à 17h10, essai PEACE-8, 3,5 %"))
    ['13800', '17h10', '3.5']
    """
    found: set[str] = set()
    for piece in _PIECE.findall(canonical(text)):
        if time := _TIME.match(piece):
            found.add(time.group())
        elif not _NAMED.search(piece):
            found.update(_NUMBER.findall(piece))
    return found


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) != 0
