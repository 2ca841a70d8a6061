"""Who said a quotation, when the release says so in one of the ways that French releases have.

`« … », explique le Pr Jeanne Roux, présidente du réseau.` gives "le Pr Jeanne Roux, présidente du
réseau". In doubt there is no speaker: a wrong attribution is worse than none.
"""

import re

_SPACE = r"[\s\u00a0\u202f]*"
_SAYS = (
    r"(?:a |ont |s’est |se )?(?:affirm|ajout|annonc|assur|comment|conclu|confi|confirm|constat|"
    r"déclar|détaill|estim|expliqu|félicit|indiqu|insist|not|observ|poursui|précis|rappel|réjoui|"
    r"résum|soulign|témoign)\w*"
)
_TITLE = r"(?:(?:le|la)\s)?(?:(?:Pr|Dr|Professeure?|Docteure?|M\.|Mme|Madame|Monsieur)\s)?"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
_NAME = rf"{_TITLE}{_CAPITAL}(?:\s(?:de\s|du\s|d’)?{_CAPITAL})+"
_ROLE = r"(?:,\s(?P<role>[^.;:«»\n]{3,160}))?"

_AFTER = re.compile(
    rf"«(?P<said>[^«»]+)»{_SPACE},?{_SPACE}{_SAYS}\s(?P<name>{_NAME}){_ROLE}", re.UNICODE
)
_BEFORE = re.compile(
    rf"(?:Selon|Pour|D’après)\s(?P<name>{_NAME}){_ROLE}{_SPACE}[,:]{_SPACE}«(?P<said>[^«»]+)»"
)


def speaker(text: str, start: int, end: int) -> str | None:
    """Who says the words of `text[start:end]`; None when no one is named, or more than one."""
    left = text.rfind("\n\n", 0, start) + 1
    right = text.find("\n\n", end)
    paragraph = text[left : right if right >= 0 else len(text)]
    found = {
        _told(match)
        for pattern in (_AFTER, _BEFORE)
        for match in pattern.finditer(paragraph)
        if match.start("said") + left < end and start < match.end("said") + left
    }
    return found.pop() if len(found) == 1 else None


def _told(match: re.Match[str]) -> str:
    role = (match["role"] or "").strip().rstrip(",")
    return f"{match['name']}, {role}" if role else match["name"]
