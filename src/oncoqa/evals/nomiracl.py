"""Abstention on NoMIRACL (Thakur et al., 2024): ten passages a question, with an answer or none.

A line is `{"_id", "question", "passages": ["title: text", …]}` and a file holds one kind only. Each
question's passages are one release, and oncoqa is asked within that release. Hallucination rate:
the share answered of those with no answer; error rate: the share refused of those with one.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncoqa.evals.abstention import auroc
from oncoqa.evals.cases import EvalsError
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
    asked = []
    for path in paths:
        relevant = "non_relevant" not in path.name
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise EvalsError(f"{path}: cannot be read: {error}") from error
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                passages = tuple(_section(passage) for passage in row["passages"])
                asked.append(Asked(row["question"], passages, relevant))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise EvalsError(f"{path}:{number}: not a line of NoMIRACL: {error!r}") from error
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


def _section(passage: str) -> Section:
    title, _, text = passage.partition(": ")
    return (title, text) if text else ("", title)
