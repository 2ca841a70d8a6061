"""Questions written for training: on PIAF's passages, and on press releases that never were.

`written/piaf.jsonl`: questions of PIAF's passages in other words than theirs, and near-misses.
`written/releases/SERIES/`: five invented releases of one organisation, in the corpus format, whose
facts run parallel, `questions.jsonl`, put to one release, and for some `conversations.jsonl`, put
to all five. A series whose name ends in 3 is held out, to tune by.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from torch import nn

from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.understand import Understanding
from oncoqa.assistant import Assistant
from oncoqa.build import load_service
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.late import LateInteraction
from oncoqa.retrieval.reader import Shown
from oncoqa.settings import Settings
from oncoqa.types import Answer, Evidence, Passage, Query
from training import piaf
from training.near_misses import Neighbours, shown
from training.text import fold
from training.windows import Group, Windows

HERE = Path(__file__).parent / "written"
HELD_OUT = "3"  # ends the names of the series to tune by
HARD = 8  # negatives are drawn from the so many best
NEAR = 16  # an answer to a turn stands among so many, if the turn was understood
AGAINST = 2  # sentences beside the one that answers a question, or that an unanswered turn has
CARRIED = 0.2  # share of the questions put as a follow-up's are


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a release, with the sentences that answer it and the words that do.

    Or, where `answered` is false, with the sentences that seem to.
    """

    release: str
    question: str
    answered: bool
    quotes: tuple[str, ...]
    answers: tuple[str, ...]

    def is_met_by(self, text: str) -> bool:
        """Whether a sentence, perhaps cut otherwise than when it was written, is of the quotes and
        holds an answer, where there is one."""
        quoted = any(text in quote or quote in text for quote in self.quotes)
        return quoted and (not self.answered or any(answer in text for answer in self.answers))

    def may_be_met_by(self, text: str) -> bool:
        return self.is_met_by(text) or any(fold(a) in fold(text) for a in self.answers)


def all_series(part: Literal["train", "dev"]) -> list[Path]:
    folders = sorted(path for path in (HERE / "releases").iterdir() if path.is_dir())
    return [f for f in folders if f.name.endswith(HELD_OUT) == (part == "dev")]


def questions_of(folder: Path) -> list[Asked]:
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Asked(
            line["release"],
            line["question"],
            line["answered"],
            tuple(line["quotes"]),
            tuple(line["answers"]),
        )
        for line in map(json.loads, lines)
    ]


@dataclass(frozen=True, slots=True)
class Turn:
    """Of a conversation: a question that is whole (`none`), leans on what came before (`carried`)
    or leaves it (`new_subject`); `answer` are words of the release, None where it has none."""

    question: str
    kind: Literal["none", "carried", "new_subject"]
    release: str
    answer: str | None

    def is_met_by(self, release: str, text: str) -> bool:
        return self.answer is not None and release == self.release and self.answer in text

    def is_met(self, answer: Answer) -> bool:
        """Whether any sentence shown answers; or none is, as there is none."""
        if self.answer is None:
            return answer.status == "abstained"
        return any(
            self.is_met_by(citation.release.id, citation.quote)
            for statement in answer.statements
            for citation in statement.citations
        )


def conversations_of(folder: Path) -> list[list[Turn]]:
    path = folder / "conversations.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [[Turn(**turn) for turn in json.loads(line)["turns"]] for line in lines]


def settings_of(folder: Path, scratch: Path) -> Settings:
    """Of the product on one series alone."""
    return Settings(corpus_dir=folder, index_dir=scratch / "index", data_dir=scratch)


@dataclass(frozen=True, slots=True)
class Series:
    """A folder of invented releases, indexed and searched as the product does."""

    folder: Path
    assistant: Assistant
    understand: Understanding
    scorer: LateInteraction
    passages: Sequence[Passage]

    def ranked(self, query: Query) -> list[Evidence]:
        """Every sentence of the five releases, best first."""
        return self.scorer.score(query, self.passages)


@contextmanager
def opened(folder: Path, encoder: Encoder) -> Iterator[Series]:
    with TemporaryDirectory() as scratch:
        service = load_service(settings_of(folder, Path(scratch)), encoder)
        index = service.index
        scorer = LateInteraction(index.passages, index.tokens, index.lexical, encoder)
        understand = Understanding(Lexicon.build(index.passages))
        yield Series(folder, service.assistant, understand, scorer, index.passages)


class ReleaseGroups:
    """Questions on one series. Against the answer stand the sentences that late interaction ranks
    best, those of sister releases too; a question without an answer has its own release's alone."""

    def __init__(self, series: Series, windows: Windows) -> None:
        self.windows = windows
        self.questions = questions_of(series.folder)
        queries = [series.understand(asked.question) for asked in self.questions]
        self.names = [query.names for query in queries]
        self.ranked = [series.ranked(query) for query in queries]

    def groups(self, rng: random.Random) -> Iterator[Group]:
        for asked, ranked, names in zip(self.questions, self.ranked, self.names, strict=True):
            own = [e for e in ranked if e.passage.release.id == asked.release]
            met = [e for e in own if asked.is_met_by(e.text)]
            if not met:
                continue
            wrong = [e for e in (ranked if asked.answered else own) if e not in met]
            wrong = [e for e in wrong if not asked.may_be_met_by(e.text)][:HARD]
            chosen: list[Evidence] = [
                rng.choice(met),
                *rng.sample(wrong, min(AGAINST if asked.answered else 1, len(wrong))),
            ]
            question, after = asked.question, ""
            if rng.random() < CARRIED:
                question, after = followed_up(question, names), self._earlier(asked, names, rng)
            yield Group(
                [self.windows.of(question, Shown.of(e), asked.answers, after) for e in chosen],
                answered=asked.answered,
            )

    def _earlier(self, asked: Asked, names: Sequence[str], rng: random.Random) -> str:
        """Another question on the release; on what is named, if one is."""
        others = [q.question for q in self.questions if q.release == asked.release and q != asked]
        alike = [question for question in others if any(name in question for name in names)]
        return rng.choice(alike or others)


def followed_up(question: str, names: Sequence[str]) -> str:
    """As the product puts what a follow-up carries: "Combien de patients dans ? (LYSANDRE)"."""
    said = [name for name in names if name in question]
    for name in said:
        question = question.replace(name, "")
    return f"{' '.join(question.split())} ({', '.join(said)})" if said else question


class TalkGroups:
    """Turns of a series' conversations, each put as the product understands it after its own
    answers, as long as these are right; a question that is not the one meant teaches nothing."""

    def __init__(self, series: Series, windows: Windows) -> None:
        self.windows = windows
        self.turns: list[tuple[Turn, Query, list[Evidence]]] = []  # sentences best first
        for turn, history in _turns(series):
            query = series.understand(turn.question, history=history)
            self.turns.append((turn, query, series.ranked(query)))

    def groups(self, rng: random.Random) -> Iterator[Group]:
        for turn, query, ranked in self.turns:
            group = (
                self._unanswered(turn, ranked, rng)
                if turn.answer is None
                else self._answered(turn, turn.answer, ranked, rng)
            )
            answers = [turn.answer] if turn.answer is not None else []
            if group:
                yield Group(
                    [
                        self.windows.of(query.meant, Shown.of(e), answers, query.after)
                        for e in group
                    ],
                    answered=turn.answer is not None,
                )

    def _answered(
        self, turn: Turn, answer: str, ranked: Sequence[Evidence], rng: random.Random
    ) -> list[Evidence]:
        """None where no answer ranks high: perhaps the product did not see what was meant."""
        met = [e for e in ranked[:NEAR] if turn.is_met_by(e.passage.release.id, e.text)]
        wrong = [e for e in ranked if answer not in e.text][:HARD]
        return [met[0], *rng.sample(wrong, min(AGAINST, len(wrong)))] if met else []

    def _unanswered(
        self, turn: Turn, ranked: Sequence[Evidence], rng: random.Random
    ) -> list[Evidence]:
        own = [e for e in ranked if e.passage.release.id == turn.release][:HARD]
        return rng.sample(own, min(AGAINST, len(own)))


def _turns(series: Series) -> Iterator[tuple[Turn, list[Answer]]]:
    """Each turn with the answers before it, until the product gives one that is not right."""
    for turns in conversations_of(series.folder):
        history: list[Answer] = []
        for turn in turns:
            yield turn, list(history)
            answer = series.assistant.ask(turn.question, history=history)
            if not turn.is_met(answer):
                break
            history.append(answer)


class PiafWritten:
    """Written questions on PIAF's passages of one part, against other sentences of the passage and,
    where there is an answer, the nearest of others."""

    def __init__(
        self,
        data: piaf.Piaf,
        part: str,
        encoder: nn.Module,
        windows: Windows,
    ) -> None:
        self.data, self.windows = data, windows
        lines = map(json.loads, (HERE / "piaf.jsonl").read_text(encoding="utf-8").splitlines())
        self.questions = [
            piaf.Question(
                line["question"],
                line["passage"],
                data.sentence_ids[line["passage"]][line["sentence"]],
                (fold(line["answer"]).strip(" .,;"),) if line["answer"] else (),
                (line["answer"],) if line["answer"] else (),
                part,
            )
            for line in lines
            if data.parts[line["passage"]] == part
        ]
        near = Neighbours(data, self.questions, encoder, windows.tokenizer)
        self.inside, self.outside = near.inside, near.outside

    def groups(self, rng: random.Random) -> Iterator[Group]:
        for question, inside, outside in zip(
            self.questions, self.inside, self.outside, strict=True
        ):
            answered = bool(question.answers)
            chosen = [question.sentence]
            chosen += [rng.choice(near) for near in (inside, outside if answered else []) if near]
            yield Group(
                [
                    self.windows.of(question.text, shown(self.data, s), question.spans)
                    for s in chosen
                ],
                answered=answered,
            )
