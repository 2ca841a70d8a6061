"""Releases into passages: nothing lost, nothing across a section, items with their introduction."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import passages_of, release
from oncoqa.corpus.split import split
from oncoqa.types import Release

WORDS = st.sampled_from(
    "Les patients de 13 800 centres. Pr Blay, « Onco’Link » ? Voici : HER2− 3,5 % #tag -5 a. 2025"
    .split()
)  # fmt: skip
LINE = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
HEADING = st.tuples(st.sampled_from(["# ", "## ", "### "]), LINE).map("".join)
ITEM = st.tuples(st.sampled_from(["- Un ", "  - ", "* Un ", "1. Un ", "12) "]), LINE).map("".join)
BLOCK = st.one_of(LINE, HEADING, st.lists(ITEM, min_size=1, max_size=4).map("\n".join))
HEADING_OR_MARK = re.compile(r"\s*|#{1,6} .*|\s*(?:[-*]|\d{1,2}[.)])\s*")
BODY = st.lists(BLOCK, min_size=1, max_size=8).map("\n\n".join)


def readable(body: str) -> Release:
    """The release, with a paragraph at its end so that there is always text."""
    return release(f"{body}\n\nFin du texte.")


@given(BODY)
def test_every_word_of_a_section_is_in_exactly_one_passage(body: str) -> None:
    """Between two passages stand headings and the marks of items, and nothing else."""
    text, at = readable(body).text, 0
    for passage in split(readable(body)):
        assert at <= passage.start < passage.end
        for line in text[at : passage.start].splitlines():
            assert HEADING_OR_MARK.fullmatch(line), line
        at = passage.end
    assert all(HEADING_OR_MARK.fullmatch(line) for line in text[at:].splitlines())


@given(BODY)
def test_a_passage_never_crosses_a_section(body: str) -> None:
    made = readable(body)
    for passage in split(made):
        [section] = [s for s in made.sections if s.start <= passage.start < s.end]
        assert passage.end <= section.end
        assert passage.headings == section.headings


@given(BODY, LINE)
def test_ids_are_unique_and_stay_when_a_paragraph_is_added(body: str, line: str) -> None:
    before = {passage.id for passage in split(readable(body))}
    after = {passage.id for passage in split(readable(f"{body}\n\n## Ajout\n\nNeuf : {line}"))}
    assert len(before) == len(split(readable(body)))
    assert before <= after


@given(BODY, st.integers(1, 30))
def test_passages_are_cut_between_sentences(body: str, max_words: int) -> None:
    made = readable(body)
    whole = " ".join(p.text for p in split(made, max_words=10_000)).split()
    parts = split(made, max_words=max_words)
    assert " ".join(p.text for p in parts).split() == whole
    assert all(p.text == p.text.strip() for p in parts)


def test_a_long_paragraph_is_cut_before_the_sentence_that_is_too_many() -> None:
    body = "Un deux trois. Quatre cinq. Six sept huit neuf dix onze. Douze."
    texts = [passage.text for passage in split(release(body), max_words=5)]
    assert texts == ["Un deux trois. Quatre cinq.", "Six sept huit neuf dix onze.", "Douze."]


def test_an_item_keeps_the_sentence_that_introduces_its_list() -> None:
    body = "Bonjour. Deux projets sont salués :\n\n- Le premier.\n- Le second. Il est bon.\n\nFin."
    _, first, second, last = passages_of(body, title="T")
    assert first.context == second.context == "Deux projets sont salués :"
    assert (first.text, second.text) == ("Le premier.", "Le second. Il est bon.")
    assert last.introduction is None


@pytest.mark.parametrize("before", ["Un paragraphe.", "## Un titre", "Bonjour"])
def test_what_announces_nothing_introduces_nothing(before: str) -> None:
    assert passages_of(f"{before}\n\n- Un point.")[-1].introduction is None


def test_an_item_of_an_inner_list_is_introduced_by_its_parent() -> None:
    body = "Trois :\n\n- Un.\n  - Un a.\n  - Un b.\n- Deux.\n  - Deux a."
    contexts = [passage.context for passage in passages_of(body)]
    assert contexts == ["", "Trois :", "Un.", "Un.", "Trois :", "Deux."]


def test_the_context_is_the_headings_then_the_introduction() -> None:
    passage = passages_of("## A\n\n### B\n\nDeux :\n\n- Un.")[-1]
    assert passage.context == "A\nB\nDeux :"
    assert passage.text == "Un."


@pytest.mark.parametrize(
    "text",
    [
        "3.5 % des patients",
        "-5 °C la nuit",
        "#cancer sur les réseaux",
        "2025.1 est là",
        "2025. Les",
    ],
)
def test_a_number_at_the_start_of_a_line_is_no_mark(text: str) -> None:
    assert [p.text for p in passages_of(f"- Un point.\n\n  {text}")] == ["Un point.", text]
    assert (
        [p.text for p in passages_of(text)] == [p.text for p in passages_of(f"- {text}")] == [text]
    )


def test_the_same_text_twice_has_two_ids() -> None:
    first, second, third = passages_of("Un.\n\nDeux.\n\nUn.")
    assert first.id != third.id == f"{first.id}-2"
    assert second.id == passages_of("Deux.")[0].id
    assert first.id.startswith("essai#p-")


@pytest.mark.parametrize(
    "body",
    [
        "## Contact presse\n\nAnne Martin",
        "## Pour aller plus loin\n\nUn lien",
        "## À propos d’Unicancer\n\nUnicancer réunit",
        "En savoir plus : https://unicancer.fr",
        "Contact-presse : Anne Martin",
    ],
)
def test_links_contacts_and_boilerplate_are_furniture(body: str) -> None:
    [passage] = passages_of(body)
    assert passage.furniture
    assert not passages_of("## Les contacts entre équipes\n\nElles en savent plus.")[0].furniture
