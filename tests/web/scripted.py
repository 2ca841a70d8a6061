"""An assistant that answers by script, over the real releases: the same words, every time.

A question that holds a key of `SCRIPT` gets the sentence or list item that starts with its value;
any other is refused. Statements go through `verify`, as everywhere.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from oncoqa.answering.verify import verify
from oncoqa.assistant import Assistant
from oncoqa.corpus.parse import parse, read_corpus
from oncoqa.corpus.split import split
from oncoqa.types import (
    Answer,
    Claim,
    Event,
    Filters,
    Hit,
    Language,
    Passage,
    Quote,
    Reason,
    Release,
    Sources,
    Span,
    Statement,
)

CORPUS = Path(__file__).parents[2] / "corpus"
CONVENTION = "2025-11-28-convention-nationale-clcc"

# What a question holds, the start of the sentence that answers, the words that answer.
SCRIPT = (
    ("Onco'Link", "Après quatre années d’expérimentation", "plus de 13 800 patients inclus"),
    ("CANTO", "Le projet CANTO a reçu", "ESMO Merit Travel Grant"),
    ("HEROES", "Le groupe de recherche French Breast", "depuis janvier 2025"),
    ("Depuis quand", "Le groupe de recherche French Breast", "depuis janvier 2025"),
    ("hearing", "The network opens", "three centres"),
)
REFUSED: tuple[tuple[str, Reason], ...] = (
    ("mon traitement", "medical_advice"),
    ("tarte", "off_topic"),
    ("celle", "unclear"),
)


class ScriptedAssistant(Assistant):
    def __init__(self, releases: Sequence[Release], generation: str = "generation-1") -> None:
        self.releases = {release.id: release for release in releases}
        self.generation = generation
        self.passages = [passage for release in releases for passage in split(release)]
        self.gate: threading.Event | None = None  # held between statement and answer, when set

    def stream(
        self,
        question: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        history: Sequence[Answer] = (),
    ) -> Iterator[Event]:
        if "panne" in question:
            raise RuntimeError("scripted failure")
        hits = tuple(self.search(question, 3, filters=filters))
        yield Sources(hits)
        if "rupture" in question:
            raise RuntimeError("scripted failure, mid-stream")
        statement = self._scripted(question, filters or Filters())
        if statement is not None:
            yield statement
        if self.gate is not None:
            self.gate.wait(10)
        reason: Reason = next((r for words, r in REFUSED if words in question), "not_in_releases")
        yield Answer(
            question=question,
            language=language or ("en" if "patients were" in question else "fr"),
            status="answered" if statement else "abstained",
            reason=None if statement else reason,
            statements=(statement,) if statement else (),
            hits=hits,
            rejected=(),
            confidence=0.93 if statement else 0.2,
            understood="étude HEROES" if history and "Depuis quand" in question else None,
            choices=("Quand l’étude HEROES a-t-elle ouvert ?",) if reason == "unclear" else (),
            names=("HEROES",) if "HEROES" in question else (),
            index_generation=self.generation,
            timings_ms={"search": 1.0, "total": 2.0},
        )

    def search(self, question: str, k: int, *, filters: Filters | None = None) -> Sequence[Hit]:
        words = set(re.findall(r"\w{4,}", question.casefold()))
        accepted = [p for p in self.passages if (filters or Filters()).accept(p.release)]
        found = [p for p in accepted if words & set(re.findall(r"\w{4,}", p.text.casefold()))]
        ranked = enumerate((found or accepted)[:k], start=1)
        return [Hit(passage, 1 / (60 + rank), rank, None) for rank, passage in ranked]

    def _scripted(self, question: str, filters: Filters) -> Statement | None:
        for key, start, words in SCRIPT:
            if key in question:
                for passage in self.passages:
                    if start in passage.text and filters.accept(passage.release):
                        return verify(claim(passage, start, words))
        return None


def claim(passage: Passage, start: str, words: str) -> Claim:
    """The passage from `start` to the end of its sentence, after the introduction if it has one."""
    text = passage.release.text
    at = text.index(start, passage.start)
    stop = min(passage.end, text.index(".", at + len(start)) + 1)
    marked = text.index(words, at)
    quotes = [Quote(passage, at, stop)]
    if passage.introduction:
        quotes.insert(0, Quote(passage, *passage.introduction))
    said = "\n".join(text[quote.start : quote.end] for quote in quotes)
    return Claim(said, tuple(quotes), Span(marked, marked + len(words)))


def release(id_: str, title: str, body: str, **changes: object) -> Release:
    made = parse(
        f'---\nid: {id_}\ntitle: "{title}"\npublisher: Unicancer\nlanguage: fr\n'
        f"status: published\n---\n\n{body}\n",
        where=id_,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


ENGLISH = release(
    "hearing-network",
    "A hearing network",
    "The network opens three centres in May. It will open two others later.",
    language="en",
    published=date(2025, 5, 2),
)
WITHDRAWN = release(
    "retire", "Un communiqué retiré", "Ces mots ne tiennent plus.", status="withdrawn"
)
OLD = release(
    "ancien", "Une version ancienne", "Le congrès a lieu en mai.", published=date(2024, 1, 9)
)
NEW = release(
    "nouveau",
    "Une version corrigée",
    "Le congrès a lieu en juin.",
    published=date(2024, 1, 10),
    status="corrected",
    supersedes="ancien",
)


def corpus() -> list[Release]:
    return [*read_corpus(CORPUS), ENGLISH, WITHDRAWN, OLD, NEW]
