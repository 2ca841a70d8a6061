"""Nothing is shown but the words of a release, at the place that is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import passages_of, query
from oncoqa.answering.compose import ExtractiveComposer
from oncoqa.answering.verify import verify
from oncoqa.types import Claim, Evidence, Passage, Quote, Selection, Span

BODY = "Avant. Plus de 13 800 patients inclus. Après.\n\nDeux prix :\n\n- Le premier.\n- Le second."
PARAGRAPH, LINE, FIRST, SECOND = passages_of(BODY)
TEXT = PARAGRAPH.release.text
COUNT = "Plus de 13 800 patients inclus."


def claim(passage: Passage, words: str) -> Claim:
    at = TEXT.index(words)
    return Claim(words, (Quote(passage, at, at + len(words)),))


@given(st.data())
def test_every_range_of_a_passage_verifies_and_its_quote_is_the_slice(data: st.DataObject) -> None:
    start = data.draw(st.integers(PARAGRAPH.start, PARAGRAPH.end - 1))
    end = data.draw(st.integers(start + 1, PARAGRAPH.end))
    statement = verify(Claim(TEXT[start:end], (Quote(PARAGRAPH, start, end),)))
    assert statement is not None
    [citation] = statement.citations
    assert citation.quote == statement.text == TEXT[start:end]
    assert (citation.release, citation.start, citation.end) == (PARAGRAPH.release, start, end)


@pytest.mark.parametrize(
    "text",
    [
        COUNT.replace("13 800", "18 300"),
        COUNT.replace("13 800", "13\u00a0800"),  # even a space
        COUNT.lower(),  # even a capital
        COUNT.rstrip("."),
        f" {COUNT}",
        f"{COUNT}\n",
        "",
    ],
)
def test_altered_words_are_refused(text: str) -> None:
    good = claim(PARAGRAPH, COUNT)
    assert verify(good) is not None
    assert verify(replace(good, text=text)) is None


@given(st.integers(-5, len(TEXT) + 5), st.integers(-5, len(TEXT) + 5))
def test_a_range_out_of_the_passage_or_empty_is_refused(start: int, end: int) -> None:
    statement = verify(Claim(TEXT[start:end], (Quote(PARAGRAPH, start, end),)))
    assert (statement is not None) == (PARAGRAPH.start <= start < end <= PARAGRAPH.end)


def test_a_claim_without_a_quote_is_refused() -> None:
    assert verify(Claim("", ())) is None
    assert verify(Claim(COUNT, ())) is None


def test_an_item_may_be_said_with_its_introduction_and_no_other() -> None:
    start, end = FIRST.introduction or Span(0, 0)
    item = Quote(FIRST, FIRST.start, FIRST.end)
    said = Claim("Deux prix :\nLe premier.", (Quote(FIRST, start, end), item))
    statement = verify(said)
    assert statement is not None
    assert [citation.quote for citation in statement.citations] == ["Deux prix :", "Le premier."]
    assert verify(replace(said, text="Deux prix : Le premier.")) is None
    assert verify(replace(said, quotes=said.quotes[::-1])) is None
    assert verify(claim(PARAGRAPH, "Deux prix :")) is None  # not this passage's introduction
    assert verify(claim(FIRST, "Deux prix")) is None  # nor a part of it
    assert verify(claim(SECOND, "Le premier.")) is None


def test_words_of_another_release_are_not_those_of_this_one() -> None:
    other = passages_of(BODY.replace("13 800", "13 900"), "autre")[0]
    at = TEXT.index(COUNT)
    there = Claim(COUNT, (Quote(other, at, at + len(COUNT)),))
    assert verify(there) is None
    assert verify(replace(there, text=COUNT.replace("13 800", "13 900"))) is not None


@pytest.mark.parametrize("introduced", [False, True])
def test_the_highlight_is_the_same_words_in_the_statement(introduced: bool) -> None:
    at = TEXT.index("second")
    introduction = SECOND.introduction or Span(0, 0)
    quotes = [Quote(SECOND, *introduction)] * introduced + [Quote(SECOND, SECOND.start, SECOND.end)]
    text = "\n".join(TEXT[quote.start : quote.end] for quote in quotes)
    statement = verify(Claim(text, tuple(quotes), Span(at, at + len("second"))))
    assert statement is not None
    assert statement.highlight is not None
    assert statement.text[slice(*statement.highlight)] == "second"


@pytest.mark.parametrize("shift", [(-100, 0), (0, 100), (5, -5)])
def test_a_highlight_out_of_the_quote_is_dropped_and_the_words_stay(
    shift: tuple[int, int],
) -> None:
    highlight = Span(PARAGRAPH.start + shift[0], PARAGRAPH.start + len("Avant.") + shift[1])
    statement = verify(replace(claim(PARAGRAPH, "Avant."), highlight=highlight))
    assert statement is not None
    assert statement.highlight is None


def test_what_the_composer_writes_verifies_and_introduces_a_list_once() -> None:
    evidence = tuple(Evidence(p, p.start, p.end, 0.9) for p in (FIRST, SECOND, PARAGRAPH))
    selection = Selection(evidence=evidence, confidence=0.9)
    claims = list(ExtractiveComposer().compose(query("prix"), selection))
    assert [one.text for one in claims] == [
        "Deux prix :\nLe premier.",
        "Le second.",
        PARAGRAPH.text,
    ]
    assert all(verify(one) for one in claims)
