"""Text as a question and a release meet: folding, terms, numbers, sentences."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oncoqa.text import canonical_number, fold, numbers, sentences, terms, words

ANY = st.text(max_size=60)
# Text that looks like a release's, so that the rules on stops, quotes and digits are met often.
PIECES = [*"«»“”\"'’()[].!?…:;,-–", " ", "\u00a0", "\u202f", "\n", "Pr", "Dr.", "n°", "17h10", "J."]
PROSE = st.lists(st.sampled_from([*PIECES, "Les", "étude", "13 800", "2025", "Onco’Link"])).map(
    "".join
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L’Œuvre", "l'oeuvre"),
        ("l‘été ʼa", "l'ete 'a"),
        ("Lætitia", "laetitia"),
        ("HER2−", "her2-"),  # the releases write a true minus sign
        ("non‑binaire", "non-binaire"),  # and hyphens that do not break
        ("STRASSE ﬁn №", "strasse fin no"),
        ("É", "e"),  # decomposed
    ],
)
def test_folding_keeps_letters_and_drops_their_dress(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(ANY)
@example("ŉ ͅ ß İ ﷺ ﾞ ǽ ‑ ＇")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("elided", "l'étude l’étude d'étude qu’étude Qu'étude jusqu'étude".split())
def test_an_elision_straight_or_curly_is_left_out(elided: str) -> None:
    assert terms(elided) == terms("étude")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l'étude", "études"),
        ("les résultats préliminaires", "résultat préliminaire"),
        ("patiente", "patients"),
        ("etude", "étude"),  # typed without accents
        ("cancerologie", "cancérologie"),
        ("a-t-il présenté", "présenté"),  # an inverted pronoun
        ("présente-t-elle", "présente"),
        ("11ème", "11"),
        ("1er", "1"),
        ("ONCO'LINK", "Onco’Link"),
        ("CTHomeCare", "CTHOMECARE"),
    ],
)
def test_two_forms_of_a_word_meet(one: str, other: str) -> None:
    assert set(terms(one)) & set(terms(other))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Onco’Link", "oncolink"),
        ("Onco'Link", "onco"),
        ("SAFIR-ABC10", "safir abc10"),
        ("SAFIR‑ABC10", "safirabc10"),
        ("TRIFLUOX-DP", "trifluox"),
        ("l’Onco’Link", "Onco-Link"),
    ],
)
def test_a_compound_is_found_joined_and_by_its_parts(written: str, asked: str) -> None:
    assert set(terms(asked)) & set(terms(written))


def test_a_compound_has_its_joined_form_then_its_parts() -> None:
    assert terms("d'Onco’Link") == ["oncolink", "onco", "link"]
    assert terms("SAFIR-ABC10") == ["safirabc10", "saf", "abc10"]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"])
def test_thousands_are_one_term_whatever_their_space(space: str) -> None:
    assert terms(f"13{space}800 patients") == ["13800", *terms("patients")]
    assert numbers(f"plus de 1{space}234{space}567 euros") == ["1234567"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3,5 % et 3.5 %", ["3.5", "3.5"]),
        ("en 2025 123 centres", ["2025", "123"]),  # a year, then a number
        ("du 17 au 21 octobre 2025", ["17", "21", "2025"]),
        ("17/10/2025 – 12h58", ["17", "10", "2025", "12", "58"]),
        ("600 professionnels et 5 500 autres", ["600", "5500"]),
        ("1 2345", ["1", "2345"]),
        ("aucun", []),
    ],
)
def test_numbers_are_read_in_canonical_form(text: str, found: list[str]) -> None:
    assert numbers(text) == found


@given(st.integers(min_value=1000), st.sampled_from(" \u00a0\u202f\u2009"))
def test_a_grouped_number_is_the_number(number: int, space: str) -> None:
    grouped = f"{number:,}".replace(",", space)
    assert canonical_number(grouped) == str(number)
    assert numbers(grouped) == terms(grouped) == [str(number)]


def test_stop_words_are_marked_and_left_out_of_terms() -> None:
    found = words("Qui porte l’étude ?")
    assert [word.stop for word in found] == [True, False, False]
    assert terms("Qui porte l’étude ?") == [found[1].terms[0], found[2].terms[0]]


@given(ANY | PROSE)
def test_words_lie_in_order_where_they_say(text: str) -> None:
    end = 0
    for word in words(text):
        assert end <= word.start < word.end <= len(text)
        assert any(c.isalnum() for c in text[word.start : word.end])
        assert word.terms
        end = word.end


@pytest.mark.parametrize(
    "whole",
    [
        "le Pr. Jean-Yves Blay et le Dr. Armelle Dufresne parlent",
        "Le Pr Jean-Yves Blay (Lyon, France) et la Pr Isabelle Ray-Coquard",
        "J. Y. Blay et T. Conroy ouvrent la session",
        "voir le n° 3 et la fig. 2",
        "M. Martin et Mme. Durand, cf. Annales",
        "à 17h10 le 19/10/2025 à Berlin",
        "voir https://www.unicancer.fr/Page.Html?Q=A. et la suite",
        "version 2.0 de l’outil",
        "une question… sans majuscule ensuite",
        "Opening session\n17h10 par Pr Jean-Yves Blay",
    ],
)
def test_what_looks_like_an_end_does_not_cut_a_sentence(whole: str) -> None:
    assert cut(whole) == [whole]


@pytest.mark.parametrize(
    "text",
    [
        "Ouvert en 2025.| Les « 14 posters ».| Oui.",
        "Il ouvre à 17h10.| Le Pr Blay parle.",
        "C’est prêt !| Vraiment ?| Oui…| Non...| Bien.",
        "Il dit : « C’est prêt. »| Les autres rient.",
        "Il dit : « C’est prêt.\u00a0»| Les autres rient.",  # as French typography has it
        "Il dit : « C’est prêt\u202f!\u202f»| Les autres rient.",
        "(C’est prêt.)| Les autres rient.",
        "“It works.”| The others laugh.",
        "C’est prêt.| « Les autres » rient.",
        "C’est prêt.| 11 % rient.",
        "C’est prêt.| École et Œuvre.",
        "C’est prêt.| – Vraiment ?",
    ],
)
def test_a_sentence_ends_where_a_reader_stops(text: str) -> None:
    assert cut(text.replace("|", "")) == [part.strip() for part in text.split("|")]


@given(ANY | PROSE)
def test_sentences_hold_every_character_but_outer_spaces_once(text: str) -> None:
    spans = sentences(text)
    kept = {at for start, end in spans for at in range(start, end)}
    assert len(kept) == sum(end - start for start, end in spans)
    assert spans == sorted(spans)
    assert all(text[at].isspace() for at in range(len(text)) if at not in kept)
    assert all(part == part.strip() for part in cut(text))


@given(PROSE)
def test_a_sentence_is_one_sentence(text: str) -> None:
    for part in cut(text):
        assert len(cut(part)) == 1


@pytest.mark.parametrize("piece", ["...", "A. ", "? ", "\n", "«", ".»", "13 800 ", "a-", "d'"])
def test_a_line_without_end_is_read_in_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.perf_counter()
    sentences(text)
    numbers(text)
    assert time.perf_counter() - start < 2


def test_a_date_in_figures_is_found_by_its_month() -> None:
    assert terms("17/10/2025 – 16h50") == ["17", "octobr", "2025", "16h50"]
    assert set(terms("on 17 October", "en")) <= set(terms("17/10/2025"))
