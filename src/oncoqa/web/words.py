"""The site's words. Messages are written in French; a catalogue holds the English.

`words("Rechercher")` translates, sets the typography of the language, then fills in values, which
are left as they are: a title is never retouched.
"""

import re
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from typing import get_args
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from oncoqa.types import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
_PARIS = ZoneInfo("Europe/Paris")
_LOCALES: dict[Language, str] = {"fr": "fr_FR", "en": "en_GB"}
_NARROW, _WIDE = "\u202f", "\u00a0"


def N_(message: str) -> str:
    """Marks a message for the catalogue; it is translated where it is shown."""
    return message


UNDATED = N_("sans date")


class Words:
    def __init__(self, language: Language) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def __call__(self, message: str, /, **values: object) -> str:
        text = self._set(self._catalogue.gettext(message))
        return text % values if values else text

    def plural(self, one: str, many: str, number: int, /, **values: object) -> str:
        """`%(num)s` stands for the number."""
        if self.language == "fr":  # zero is singular in French
            text = self._set(one if number < 2 else many)
        else:
            text = self._set(self._catalogue.ngettext(one, many, number))
        return text % (values | {"num": number})

    def date(self, day: date | None) -> str:
        """28 novembre 2025; for None, that the release bears no date."""
        if day is None:
            return self(UNDATED)
        return format_date(day, "long", locale=_LOCALES[self.language])

    def moment(self, moment: datetime) -> str:
        """A date and time, in Paris."""
        local = moment.astimezone(_PARIS)
        return format_datetime(local, "d MMMM y, H:mm", locale=_LOCALES[self.language])

    def _set(self, text: str) -> str:
        return french(text) if self.language == "fr" else text.replace("'", "’")


def french(text: str) -> str:
    """The spaces of French typography: `Quand ?` and `« oui »` do not break across lines."""
    text = text.replace("'", "’").replace("« ", "«" + _WIDE).replace(" »", _WIDE + "»")
    return re.sub(r" ([;?!])", _NARROW + r"\1", text).replace(" :", _WIDE + ":")


@cache
def words_in(language: Language) -> Words:
    return Words(language)


@cache
def _catalogue(language: Language) -> NullTranslations:
    """Compiled in memory from the .po: a compiled file could be stale, or left out of a wheel."""
    if language == "fr":
        return NullTranslations()
    with (resources.files("oncoqa") / "locale" / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
