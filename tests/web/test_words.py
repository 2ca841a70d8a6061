"""Every word of the site in two languages, with the typography of each."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import oncoqa
from oncoqa.web.words import french, words_in

PACKAGE = Path(oncoqa.__file__).parent
METHODS = [("web/**.py", "python"), ("web/templates/**", "jinja2")]
KEYWORDS = {"_": None, "N_": None, "words": None, "ngettext": (1, 2), "plural": (1, 2)}


def messages() -> Iterator[str | tuple[str, ...]]:
    for *_, message, _, _ in extract_from_dir(PACKAGE, METHODS, keywords=KEYWORDS):
        yield message


def english() -> Catalog:
    return read_po(BytesIO((PACKAGE / "locale" / "en.po").read_bytes()), abort_invalid=True)


def test_the_english_catalogue_is_complete_and_holds_nothing_else() -> None:
    catalogue = english()
    wanted = set(messages())
    assert {message.id for message in catalogue if message.id} == wanted
    assert [m.id for m in catalogue if m.id and (not m.string or m.fuzzy)] == []


def test_translations_keep_their_values() -> None:
    assert [(m.id, e.args) for m in english() if m.id for e in m.check()] == []


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Quand ?", "Quand\u202f?"),
        ("Non ! Si ; bien", "Non\u202f! Si\u202f; bien"),
        ("Compris : oui", "Compris\u00a0: oui"),
        ("« l'étude »", "«\u00a0l’étude\u00a0»"),
        ("https://a.fr/b?c", "https://a.fr/b?c"),
    ],
)
def test_french_spaces_do_not_break(typed: str, set_: str) -> None:
    assert french(typed) == set_


def test_values_are_not_retouched() -> None:
    assert words_in("fr")("Pour « %(q)s » ?", q="a ? 'b'") == "Pour «\u00a0a ? 'b'\u00a0»\u202f?"


def test_numbers_choose_their_plural() -> None:
    say = words_in("fr").plural
    assert say("%(num)s communiqué", "%(num)s communiqués", 0) == "0 communiqué"
    assert say("%(num)s communiqué", "%(num)s communiqués", 2) == "2 communiqués"
    say = words_in("en").plural
    assert say("%(num)s communiqué", "%(num)s communiqués", 0) == "0 press releases"
