"""What is searched, what is asked, and what counts as found."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from oncoqa.evals.answers import covered_groups
from oncoqa.evals.beir import read_collection
from oncoqa.evals.gold import Place
from oncoqa.evals.ranking import Covers, ranking_scores
from oncoqa.evals.reference import open_reference
from oncoqa.retrieval.late import passage_text

METRICS = ("recall@5", "ndcg@10")
MAX_WORDS = 120  # of a passage, as oncoqa indexes


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    covers: Callable[[Sequence[int]], Covers]  # of rows of passages, best first
    wanted: int


@dataclass(frozen=True, slots=True)
class Corpus:
    name: str
    texts: Sequence[str]  # of the passages, headings in front
    questions: Sequence[Question]

    def quality(self, rankings: Sequence[Sequence[int]]) -> dict[str, float]:
        """Of the rows that were found for each question."""
        rows = [
            ranking_scores(question.covers(ranking), question.wanted)
            for question, ranking in zip(self.questions, rankings, strict=True)
        ]
        return {metric: sum(row[metric] for row in rows) / len(rows) for metric in METRICS}


def releases(root: Path) -> Corpus:
    """oncoqa's passages, and every question of `evals/cases` that they answer on its own."""
    reference = open_reference(root / "evals" / "cases", root / "corpus", max_words=MAX_WORDS)
    places = [Place(p.release.id, p.start, p.end) for p in reference.passages]

    def questions() -> Iterator[Question]:
        for case in reference.suite.cases:
            groups = reference.gold[case.id].groups
            if groups and case.follow_up is None:
                covered = [covered_groups(place, groups) for place in places]
                yield Question(case.question, _picked(covered), len(groups))

    texts = [_plain(passage_text(passage)) for passage in reference.passages]
    return Corpus("releases", texts, list(questions()))


def collection(folder: Path, *, limit: int) -> Corpus:
    """A folder in the layout of BEIR, a document a passage; `limit` questions by a fixed seed."""
    found = read_collection(folder, limit=limit)
    row = {id_: number for number, id_ in enumerate(found.documents)}

    def questions() -> Iterator[Question]:
        for query, text in found.queries.items():
            relevant = sorted(found.relevant[query])
            covered = [frozenset[int]()] * len(row)
            for number, id_ in enumerate(relevant):
                covered[row[id_]] = frozenset({number})
            yield Question(_plain(text), _picked(covered), len(relevant))

    texts = [_plain(f"{title}\n{text}".strip()) for title, text in found.documents.values()]
    return Corpus(folder.name, texts, list(questions()))


def _picked(covered: Sequence[frozenset[int]]) -> Callable[[Sequence[int]], Covers]:
    return lambda rows: [covered[row] for row in rows]


def _plain(text: str) -> str:
    """One way to write an accent, as oncoqa's releases have it."""
    return unicodedata.normalize("NFC", text)
