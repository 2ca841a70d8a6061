"""The embedded reader: whether a sentence answers, and which of its words."""

import pytest

from fakes import passages_of
from oncoqa.retrieval.encoder import EMBEDDED_FOLDER
from oncoqa.retrieval.reader import READER_FOLDER, SentenceReader
from oncoqa.text import sentences
from oncoqa.types import Evidence


@pytest.fixture(scope="module")
def reader() -> SentenceReader:
    return SentenceReader(READER_FOLDER / "model.onnx", EMBEDDED_FOLDER / "tokenizer.json")


def evidence(text: str) -> list[Evidence]:
    return [
        Evidence(passage, passage.start + start, passage.start + end, 0.0)
        for passage in passages_of(text)
        for start, end in sentences(passage.text)
    ]


TOWER = "La tour Eiffel mesure 330 mètres. Elle fut construite par Gustave Eiffel en 1889."


@pytest.mark.parametrize(
    ("question", "answering", "words"),
    [
        ("Quelle est la hauteur de la tour Eiffel ?", 0, "330 mètres"),
        ("En quelle année la tour Eiffel fut-elle construite ?", 1, "1889"),
        ("Qui a construit la tour Eiffel ?", 1, "Gustave Eiffel"),
        ("Who built the Eiffel tower?", 1, "Gustave Eiffel"),
    ],
)
def test_the_sentence_that_answers_is_told_from_its_neighbour(
    reader: SentenceReader, question: str, answering: int, words: str
) -> None:
    found = evidence(TOWER)
    readings = reader.read(question, found)
    best = readings[answering]
    assert best.answers > readings[1 - answering].answers
    said = found[answering].passage.release.text[slice(*best.span)]
    assert words in said
    assert said == said.strip()


def test_a_sentence_on_the_subject_that_lacks_what_is_asked_scores_less(
    reader: SentenceReader,
) -> None:
    [tall, _] = evidence(TOWER)
    [[height], [price]] = (
        reader.read(question, [tall])
        for question in ("Combien mesure la tour Eiffel ?", "Combien coûte la tour Eiffel ?")
    )
    assert height.answers > price.answers


def test_no_reading_depends_on_what_else_is_read(reader: SentenceReader) -> None:
    found = evidence(TOWER)
    together = reader.read("Qui a construit la tour Eiffel ?", found)
    alone = [reader.read("Qui a construit la tour Eiffel ?", [one])[0] for one in found]
    assert together == alone


def test_a_follow_up_is_read_with_the_questions_before(reader: SentenceReader) -> None:
    found = evidence(TOWER)
    for subject, answering in (
        ("Quelle est la hauteur de la tour Eiffel ?", 0),
        ("Qui a construit la tour Eiffel ?", 1),
    ):
        readings = reader.read("Et pour la tour Eiffel ?", found, after=subject)
        assert readings[answering].answers > readings[1 - answering].answers


@pytest.mark.parametrize("text", ["Oui.", "mot " * 2_000 + "fin.", "😀 ?"])
def test_the_words_that_answer_stand_in_the_sentence(reader: SentenceReader, text: str) -> None:
    for one, reading in zip(
        found := evidence(text), reader.read("Qui ? " * 300, found), strict=True
    ):
        assert one.start <= reading.span.start < reading.span.end <= one.end


def test_nothing_to_read_is_no_reading(reader: SentenceReader) -> None:
    assert reader.read("Qui ?", []) == []
