"""Dates of publication that a question gives, and the latest release on a subject."""

from collections.abc import Sequence
from datetime import date

import pytest

from fakes import write_release
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.understand import Understanding
from oncoqa.assistant import Assistant
from oncoqa.build import build_index, load_assistant
from oncoqa.retrieval.encoder import Encoder
from oncoqa.settings import Settings
from oncoqa.types import Passage

TODAY = date(2026, 3, 18)  # a Wednesday


@pytest.fixture(scope="module")
def understand(passages: Sequence[Passage]) -> Understanding:
    return Understanding(Lexicon.build(passages), today=lambda: TODAY)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("Les communiqués parus depuis janvier", date(2026, 1, 1), None),
        ("Les communiqués parus depuis novembre", date(2025, 11, 1), None),
        ("Les communiqués publiés en novembre", date(2025, 11, 1), date(2025, 11, 30)),
        ("Les communiqués publiés en mars 2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("Qu'a publié Unicancer l'an dernier ?", date(2025, 1, 1), date(2025, 12, 31)),
        ("Ce qui a été annoncé le mois dernier", date(2026, 2, 1), date(2026, 2, 28)),
        ("Les communiqués de la semaine dernière", date(2026, 3, 9), date(2026, 3, 15)),
        ("Les communiqués parus cette semaine", date(2026, 3, 16), date(2026, 3, 22)),
        ("Les communiqués parus avant février", None, date(2026, 1, 31)),
        ("Les communiqués parus après février", date(2026, 3, 1), None),
        ("Releases published last year", date(2025, 1, 1), date(2025, 12, 31)),
        ("Releases issued since January", date(2026, 1, 1), None),
        ("What was announced yesterday?", date(2026, 3, 17), date(2026, 3, 17)),
        ("Depuis quand HEROES recrute-t-il ?", None, None),
        ("Quel essai est ouvert depuis janvier 2025 ?", None, None),
        ("Le report annoncé en janvier 2027", None, None),  # not published yet
        ("Que s'est-il passé l'an dernier ?", None, None),
    ],
)
def test_a_date_of_publication_is_reckoned_from_today(
    question: str, first: date | None, last: date | None, understand: Understanding
) -> None:
    filters = understand(question).filters
    assert (filters.published_from, filters.published_to) == (first, last)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Que dit le dernier communiqué sur HEROES ?", True),
        ("Quelles sont les dernières nouvelles de HEROES ?", True),
        ("Le communiqué le plus récent sur la radiothérapie", True),
        ("What does the latest release about HEROES say?", True),
        ("What is the latest on HEROES?", True),
        ("Quelles sont les dernières avancées en cancérologie ?", False),
        ("Quelle est la dernière étude présentée ?", False),
        ("What did the last study show?", False),
    ],
)
def test_the_latest_is_wanted_of_releases_alone(
    question: str, wanted: bool, understand: Understanding
) -> None:
    assert understand(question).latest == wanted


@pytest.fixture
def dated(settings: Settings, encoder: Encoder) -> Assistant:
    """Four releases on one trial, one of which has no date, and a newer one on something else."""
    for id_, published, body in [
        ("ouverture", "2024-01-10", "L’essai BRISE inclut 20 patients à Lyon."),
        ("suite", "2025-06-02", "L’essai BRISE inclut 150 patients à Lyon."),
        ("resultats", "2025-11-20", "L’essai BRISE inclut 300 patients à Lyon."),
        ("annexe", None, "L’essai BRISE inclut 77 patients à Lyon."),
        ("prix", "2026-02-01", "Le prix Marais récompense une infirmière de Nantes."),
    ]:
        write_release(settings.corpus_dir, id_, body, published=published)
    build_index(settings, encoder)
    return load_assistant(settings, encoder)


@pytest.mark.parametrize(
    "question",
    [
        "Combien de patients inclut l'essai BRISE, le dernier communiqué ?",
        "Combien de patients dans BRISE, dernières nouvelles ?",
        "How many patients in BRISE, latest news?",
    ],
)
def test_the_latest_is_the_newest_release_that_answers(question: str, dated: Assistant) -> None:
    answer = dated.ask(question)
    assert [s.text for s in answer.statements] == ["L’essai BRISE inclut 300 patients à Lyon."]


def test_a_date_of_publication_bounds_what_may_answer(dated: Assistant) -> None:
    answer = dated.ask("Communiqués publiés avant 2025 : combien de patients inclut BRISE ?")
    assert [s.text for s in answer.statements] == ["L’essai BRISE inclut 20 patients à Lyon."]
