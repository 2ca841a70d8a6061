"""Acronyms learnt from the releases, and put in full or short in a question."""

import pytest

from oncoqa.answering.acronyms import explained, reworded

TEXT = (
    "La Directrice générale de l’offre de soins (DGOS) parle. Le groupe d’étude des tumeurs "
    "urogénitales (GETUG) présente un déficit en dihydropyrimidine déshydrogénase (DPD)."
)


def test_a_long_form_is_the_fewest_words_that_spell_the_acronym() -> None:
    assert explained([TEXT]) == {
        "DGOS": "Directrice générale de l’offre de soins",
        "GETUG": "groupe d’étude des tumeurs urogénitales",
        "DPD": "dihydropyrimidine déshydrogénase",
    }


@pytest.mark.parametrize(
    "text",
    [
        "le congrès de la Société européenne d’oncologie médicale (ESMO)",  # spells SEOM
        "en France (CLCC)",
        "un essai (phase 2)",
        "(DGOS)",
        "",
    ],
)
def test_words_that_do_not_spell_it_explain_nothing(text: str) -> None:
    assert explained([text]) == {}


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Que dit la DGOS ?", "Que dit la Directrice générale de l’offre de soins ?"),
        ("que dit la dgos ?", "que dit la Directrice générale de l’offre de soins ?"),
        ("La directrice générale de l'offre de soins ?", "La DGOS ?"),
        ("Que dit le CTIS ?", None),
    ],
)
def test_a_question_is_reworded_either_way(question: str, other: str | None) -> None:
    assert reworded(question, {"DGOS": "Directrice générale de l’offre de soins"}) == other
