"""Abstention on NoMIRACL (Thakur et al., 2024): ten passages a question, with an answer or none.

A line is `{"_id", "question", "passages": ["title: text", …]}` and a file holds one kind only. Each
question's passages are one release, and oncoqa is asked within that release. Hallucination rate:
the share answered of those with no answer; error rate: the share refused of those with one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from oncoqa.evals.abstention import auroc
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.files import read_rows
from oncoqa.evals.parts import load_parts
from oncoqa.evals.release_files import Section, corpus_of, release_id
from oncoqa.settings import Settings
from oncoqa.types import Filters


@dataclass(frozen=True, slots=True)
class Asked:
    question: str
    passages: tuple[Section, ...]
    relevant: bool  # whether a passage holds the answer


def read_files(paths: Sequence[Path]) -> list[Asked]:
    """`non_relevant` in the name of a file says that its questions have no answer."""
    asked = [
        row
        for path in paths
        for row in read_rows(path, partial(_asked, path.name), what="a line of NoMIRACL")
    ]
    if {a.relevant for a in asked} != {True, False}:
        raise EvalsError("give a file of relevant and one of non_relevant questions")
    return asked


def measure(asked: Sequence[Asked], settings: Settings) -> dict[str, float]:
    with corpus_of((a.passages for a in asked), settings) as indexed:
        assistant = load_parts(indexed).assistant
        answers = [
            assistant.ask(a.question, filters=Filters(release_id=release_id(number)))
            for number, a in enumerate(asked)
        ]
    pairs = list(zip(asked, answers, strict=True))
    yes = [answer for a, answer in pairs if a.relevant]
    no = [answer for a, answer in pairs if not a.relevant]
    return {
        "hallucination_rate": _share(answer.status == "answered" for answer in no),
        "error_rate": _share(answer.status == "abstained" for answer in yes),
        "auroc": round(auroc([a.confidence for a in yes], [a.confidence for a in no]), 6),
    }


def _share(values: Iterable[bool]) -> float:
    held = list(values)
    return round(sum(held) / len(held), 6)


def _asked(name: str, row: Any) -> Asked:
    passages = tuple(_section(passage) for passage in row["passages"])
    return Asked(row["question"], passages, relevant="non_relevant" not in name)


def _section(passage: str) -> Section:
    title, _, text = passage.partition(": ")
    return (title, text) if text else ("", title)
