"""What a follow-up leans on: what it asks again, what it points back to, what it leaves aside."""

import pytest

from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.understand import Understanding
from oncoqa.assistant import Assistant
from oncoqa.types import Answer, Query

HEROES = "Qu'est-ce que l'étude HEROES ?"


def asked(assistant: Assistant, *questions: str) -> list[Answer]:
    """The answers of a conversation."""
    history: list[Answer] = []
    for question in questions:
        history.append(assistant.ask(question, history=tuple(history)))
    return history


def last(understand: Understanding, assistant: Assistant, *questions: str) -> Query:
    """How the last question of a conversation is understood."""
    return understand(questions[-1], history=asked(assistant, *questions[:-1]))


def test_what_is_asked_goes_on_from_one_name_to_the_next(
    understand: Understanding, assistant: Assistant
) -> None:
    query = last(
        understand, assistant, HEROES, "Depuis quand recrute-t-il ?", "Et PEACE-8 ?", "Et FUDOSE ?"
    )
    assert (query.asks, query.names) == ("date", ("FUDOSE",))
    assert "Depuis quand recrute-t-il" in query.meant
    assert "PEACE" not in query.meant


def test_another_thing_to_count_takes_the_place_of_the_first(
    understand: Understanding, assistant: Assistant
) -> None:
    query = last(understand, assistant, "Combien de malades a Onco'Link ?", "Et d'établissements ?")
    assert query.meant == "Combien de établissements a Onco'Link ? (Onco’Link)"
    assert query.asks == "number"


def test_a_typo_of_the_turn_before_is_not_carried(
    understand: Understanding, assistant: Assistant
) -> None:
    query = last(understand, assistant, "Quelle sesion parle de NEOPAN ?", "Et PEACE-8 ?")
    assert "session" in query.meant


def test_a_pronoun_that_doubles_a_noun_points_to_nobody(
    understand: Understanding, assistant: Assistant
) -> None:
    before = "Qui présente les résultats de RAR-IMMUNE ?"
    query = last(understand, assistant, before, "À quoi le traitement est-il comparé ?")
    assert query.names == ("RAR-IMMUNE",)
    query = last(understand, assistant, before, "Quand parle-t-il ?")
    assert query.names == ("Mehdi Brahmi", "RAR-IMMUNE")


def test_a_follow_up_keeps_the_questions_since_the_last_that_stood_alone(
    understand: Understanding, assistant: Assistant
) -> None:
    first, then = "Qui présente les résultats de RAR-IMMUNE ?", "Quand parle-t-il ?"
    assert last(understand, assistant, HEROES, first).after == ""
    assert last(understand, assistant, HEROES, first, then).after == first
    assert last(understand, assistant, first, then, "Où ça ?").after == f"{first} {then}"
    # What is asked again holds the question before.
    assert last(understand, assistant, HEROES, "Et PEACE-8 ?").after == ""


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many hospitals take part?", ("HEROES",)),  # where to look, and no more
        ("Que montre NEOPAN chez ces patients ?", ("NEOPAN",)),
        ("Les résultats de NEOPAN sont-ils positifs ?", ("NEOPAN",)),  # its own name, resumed
        ("Combien d'équipements de protonthérapie ont les CLCC ?", ()),  # another subject
        ("Qui est le président d'Unicancer ?", ("Président d’Unicancer",)),
    ],
)
def test_a_question_that_leans_on_nothing_stays_as_it_is(
    question: str, names: tuple[str, ...], understand: Understanding, assistant: Assistant
) -> None:
    query = last(understand, assistant, HEROES, question)
    assert (query.meant, query.carried) == (question, ())
    assert query.names == names


def test_a_turn_that_was_refused_is_passed_over(
    understand: Understanding, assistant: Assistant
) -> None:
    query = last(understand, assistant, HEROES, "Écris-moi un poème", "Depuis quand ?")
    assert query.carried == ("HEROES",)


def test_a_question_that_named_nothing_is_about_what_its_answer_names(
    understand: Understanding, assistant: Assistant
) -> None:
    before = "Quelle étude porte sur le cancer du pancréas localement avancé ?"
    assert last(understand, assistant, before, "Qu'a-t-elle montré ?").carried == ("NEOPAN",)


def test_what_a_follow_up_points_back_to_is_all_that_may_answer_it(assistant: Assistant) -> None:
    *_, answer = asked(assistant, "Qu'est-ce que COTESARC ?", "Combien de patients inclus ?")
    assert answer.understood == "COTESARC"
    assert all("13 800" not in statement.text for statement in answer.statements)


def test_what_is_carried_is_no_sign_that_it_answers(assistant: Assistant) -> None:
    *_, answer = asked(assistant, HEROES, "De quelle couleur sont ses cravates ?")
    assert answer.understood == "HEROES"
    assert answer.status == "abstained"
    assert answer.confidence < 0.5


def test_a_french_word_is_no_acronym(lexicon: Lexicon) -> None:
    assert lexicon.names_in("que fait-on ici des ICI ?") == ["ICI"]
    assert lexicon.names_in("d'ici là ?") == []


@pytest.mark.parametrize(
    "question",
    [
        "C'est quoi un anticorps conjugué ?",
        "Quand la Convention nationale s'est-elle tenue ?",
    ],
)
def test_a_question_whole_in_itself_leans_on_nothing(
    understand: Understanding, assistant: Assistant, question: str
) -> None:
    assert last(understand, assistant, HEROES, question).carried == ()
