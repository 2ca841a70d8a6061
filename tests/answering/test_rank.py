"""What each voice adds to a sentence's score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from fakes import passages_of, query
from oncoqa.answering.rank import AGREEMENT, NAME, OUTSIDE, READ, READING, SAME, Ranker
from oncoqa.text import sentences
from oncoqa.types import Evidence, Hit, Passage, Query, Reading, Span

TEXT = "Le prix est remis. Le jury se tait. La salle attend."


@dataclass(frozen=True)
class Even:
    """Scores the sentences .9, .8, .7 in their order."""

    def score(self, _query: Query, passages: Sequence[Passage]) -> list[Evidence]:
        places = [(p, *place) for p in passages for place in sentences(p.text)]
        return [
            Evidence(p, p.start + start, p.start + end, 0.9 - 0.1 * number)
            for number, (p, start, end) in enumerate(places)
        ]


@dataclass(frozen=True)
class Reads:
    """The log-odds of sentences, by their first words; it remembers nothing but may be asked."""

    answers: Mapping[str, float]

    def read(
        self, _question: str, evidence: Sequence[Evidence], *, after: str = ""
    ) -> list[Reading]:
        assert after == ""
        assert len(evidence) <= READ
        return [
            Reading(self.answers.get(e.text.split()[1], 0.0), Span(e.start, e.start + 2))
            for e in evidence
        ]


def rank(asked: Query, answers: Mapping[str, float], text: str = TEXT) -> list[Evidence]:
    return Ranker(Even(), Reads(answers), passages_of(text)).rank(asked, passages_of(text), [])


def test_what_the_reader_says_decides_between_the_best() -> None:
    ranked = rank(query("Quoi ?"), {"prix": -3.0, "jury": 3.0})
    assert ranked[0].text == "Le jury se tait."
    assert ranked[0].score == pytest.approx(0.8 + 3 * READING)
    assert ranked[0].highlight == Span(ranked[0].start, ranked[0].start + 2)


@pytest.mark.parametrize(
    ("jury", "first"),
    [
        (-3.0, "La salle attend."),  # read in its turn, while the first two leave it a chance
        (3.0, "Le jury se tait."),  # so sure that the third is left unread
    ],
)
def test_a_further_sentence_is_read_while_it_could_still_win(jury: float, first: str) -> None:
    ranked = rank(query("Quoi ?"), {"prix": -3.0, "jury": jury, "salle": 9.0})
    assert ranked[0].text == first
    assert len(ranked) == 3


def test_a_sentence_that_was_not_read_stays_behind() -> None:
    text = "Le prix un. Le jury deux. La salle trois. Le public quatre. La pluie cinq."
    ranked = rank(query("Quoi ?"), dict.fromkeys(("prix", "jury", "salle", "public"), -9.0), text)
    assert ranked[READ].text == "La pluie cinq."
    assert ranked[READ].highlight is None


@pytest.mark.parametrize("asked", [query("Lesquels ?", asks="list"), query("A ?", compared=True)])
def test_what_each_sentence_answers_in_part_keeps_its_order(asked: Query) -> None:
    ranked = rank(asked, {"prix": -9.0, "jury": 2.0})
    assert [e.text for e in ranked] == [
        "Le prix est remis.",
        "Le jury se tait.",
        "La salle attend.",
    ]
    assert ranked[0].score == pytest.approx(0.8 + 2 * READING)
    unread = rank(asked, dict.fromkeys(("prix", "jury", "salle"), -9.0))
    assert unread[0].score == pytest.approx(0.9)


def test_a_follow_up_prefers_the_release_just_cited() -> None:
    [passage] = passages_of("Le prix est remis.")
    asked = query(
        "Et après (ALBAN) ?", names=("ALBAN",), carried=("ALBAN",), carried_from=(passage,)
    )
    [best, *_] = Ranker(Even(), Reads({}), [passage]).rank(asked, [passage], [])
    assert best.score == pytest.approx(0.9 + SAME - NAME)


def test_a_passage_that_both_searches_find_gains() -> None:
    [passage] = passages_of(TEXT)
    ranker = Ranker(Even(), Reads({}), [passage])
    [best, *_] = ranker.rank(query("Quoi ?"), [passage], [Hit(passage, 2 / 61, 1, 1)])
    assert best.score == pytest.approx(0.9 + AGREEMENT * 2 / 61)


def test_what_a_follow_up_points_back_to_must_be_there() -> None:
    asked = query("Et pour ALBAN ?", names=("ALBAN",), carried=("ALBAN",))
    [best, *_] = rank(asked, {}, "Le prix est remis.")
    assert best.score == pytest.approx(0.9 - OUTSIDE)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("D’où vient « la salle attend encore un peu » ?", "La salle attend encore un peu."),
        ("“Le jury se tait encore. La salle attend.”", "Le jury se tait encore."),
        ("Que veut dire « la salle » ?", "Le prix est remis."),  # too few words to be a quotation
    ],
)
def test_a_sentence_that_the_question_quotes_comes_first(question: str, first: str) -> None:
    text = "Le prix est remis. Le jury se tait encore. La salle attend encore un peu."
    assert rank(query(question), {}, text)[0].text == first
