"""The path of a question, from end to end, over the two releases."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from oncoqa.answering.compose import ExtractiveComposer
from oncoqa.assistant import Assistant
from oncoqa.build import load_assistant
from oncoqa.errors import QuestionError
from oncoqa.retrieval.encoder import Encoder
from oncoqa.settings import Settings
from oncoqa.types import Answer, Claim, Filters, Query, Selection, Sources, Statement

ONCOLINK = "Combien de patients ont été inclus dans Onco'Link ?"
CONVENTION = "2025-11-28-convention-nationale-clcc"
QUESTIONS = (
    ONCOLINK,
    "How many patients were enrolled in Onco'Link?",
    "Qui porte CTHomeCare ?",
    "Quels sont les cinq projets salués par le Jury ?",
    "Depuis quand HEROES est-elle ouverte aux recrutements ?",
    "J'ai un cancer du sein, dois-je arrêter mon traitement ?",
    "Quels sont les résultats ?",
)


def test_the_sources_come_first_then_statements_then_the_answer(assistant: Assistant) -> None:
    sources, *statements, answer = assistant.stream("Qui porte CTHomeCare ?")
    assert isinstance(sources, Sources)
    assert isinstance(answer, Answer)
    assert sources.hits == answer.hits
    assert tuple(statements) == answer.statements
    assert statements
    assert all(isinstance(statement, Statement) for statement in statements)


@pytest.mark.parametrize("question", QUESTIONS)
def test_to_ask_is_to_read_the_last_event(question: str, assistant: Assistant) -> None:
    *_, last = assistant.stream(question)
    assert assistant.ask(question) == last


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sentence_shown_is_a_quotation_of_a_release(
    question: str, assistant: Assistant
) -> None:
    answer = assistant.ask(question)
    for statement in answer.statements:
        texts = [
            assistant.releases[c.release.id].text[c.start : c.end] for c in statement.citations
        ]
        assert statement.text == "\n".join(texts)
    assert (answer.status == "answered") == bool(answer.statements)
    assert (answer.reason is None) == bool(answer.statements)


def test_the_question_of_the_issue_is_answered_with_its_sentence(assistant: Assistant) -> None:
    answer = assistant.ask(ONCOLINK)
    [statement] = answer.statements
    [citation] = statement.citations
    assert "13 800 patients" in statement.text
    assert citation.release.id == CONVENTION
    assert statement.highlight is not None
    assert "13 800" in statement.text[slice(*statement.highlight)]
    assert answer.index_generation == assistant.generation


@pytest.mark.model
def test_the_questions_of_the_issue_with_the_embedded_encoder(
    indexed: Settings, settings: Settings, embedded: Encoder
) -> None:
    real = load_assistant(settings.model_copy(update={"corpus_dir": indexed.corpus_dir}), embedded)
    french, english = real.ask(ONCOLINK), real.ask("How many patients were enrolled in Onco'Link?")
    assert "13 800" in french.statements[0].text
    assert english.language == "en"
    assert [s.citations for s in english.statements] == [s.citations for s in french.statements]
    assert real.ask("Quel est le budget annuel d'Unicancer ?").status == "abstained"


def test_filters_bound_what_is_quoted(assistant: Assistant) -> None:
    answer = assistant.ask(ONCOLINK, filters=Filters(release_id="esmo-2025"))
    assert {hit.passage.release.id for hit in answer.hits} == {"esmo-2025"}
    quoted = {c.release.id for s in answer.statements for c in s.citations}
    assert quoted <= {"esmo-2025"}


@pytest.mark.parametrize("question", ["", " \n", "a" * 2001, "a\x00b", "\ud800"])
def test_a_question_that_cannot_be_read_gives_no_event(question: str, assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        next(assistant.stream(question))
    with pytest.raises(QuestionError):
        assistant.search(question, 3)


class Careless(ExtractiveComposer):
    """Gets a number wrong."""

    def compose(self, query: Query, selection: Selection) -> Iterator[Claim]:
        for claim in super().compose(query, selection):
            yield replace(claim, text=claim.text.replace("13 800", "18 300"))


def test_what_a_careless_composer_writes_is_never_shown(assistant: Assistant) -> None:
    careless = Assistant(
        understand=assistant._understand,
        retriever=assistant._retriever,
        selector=assistant._selector,
        composer=Careless(),
        releases=assistant.releases,
        generation="careless",
    )
    sources, answer = careless.stream(ONCOLINK)
    assert isinstance(sources, Sources)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.reason) == ("abstained", "not_in_releases")
    assert ["18 300" in claim.text for claim in answer.rejected] == [True]


def test_eight_threads_get_the_answers_of_one(assistant: Assistant) -> None:
    alone = [assistant.ask(question) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(assistant.ask, QUESTIONS * 8))
    assert together == alone * 8


def talk(assistant: Assistant, *questions: str) -> Sequence[Answer]:
    history: list[Answer] = []
    for question in questions:
        history.append(assistant.ask(question, history=tuple(history)))
    return history


def test_a_follow_up_says_what_it_was_taken_to_be_about(assistant: Assistant) -> None:
    first, second = talk(assistant, "Qu'est-ce que l'étude HEROES ?", "Depuis quand ?")
    assert (first.understood, second.understood) == (None, "HEROES")
    assert "janvier 2025" in second.statements[0].text


def test_a_change_of_subject_carries_nothing(assistant: Assistant) -> None:
    _, second = talk(assistant, "Qu'est-ce que l'étude HEROES ?", ONCOLINK)
    assert second.understood is None
    assert second.statements == assistant.ask(ONCOLINK).statements
