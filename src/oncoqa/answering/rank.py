"""Which sentences answer best, and how well: four voices, added up.

Late interaction says how much of the question a sentence covers; rules, whether it holds what is
asked for and speaks of whom is named; both searches, by agreeing, that its passage is the one; the
reader, having read the question with the best few, whether they answer it.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from oncoqa.answering.kinds import fit
from oncoqa.answering.when import of_the_newest
from oncoqa.text import terms
from oncoqa.types import Evidence, Hit, Passage, Query, Reading, Release

KIND = 0.12  # gained with what is asked for, a number, a date, a person, a place; see `kinds.fit`
NAME = 0.25  # lost by a sentence of whose passage no part holds the names asked about
OUTSIDE = 3.0  # lost instead in a release that a follow-up does not lean on: never the answer
SAME = 0.2  # gained by the releases just cited, when a follow-up leans on them
# Times the reciprocal ranks (Cormack et al., 2009) of the passage, .033 at most: first in both.
AGREEMENT = 4.0
RANK = 60
VERBATIM = 1.0  # gained by a sentence that the question quotes word for word
LEAST_QUOTED = 5  # words
READ = 4  # sentences at most, the best, that are read with the question
CLOSE = 0.5  # and as near as this: a further one would rarely come before the best
READING = 0.15  # times the log-odds that the reader gives
# So many are read at once; the next are not, once they would stay behind even with a reading of
# `SURE`, log-odds that a sentence further down rarely has: none of 711 questions of dev and of the
# held-out series was answered otherwise, and a fifth fewer
# sentences were read.
TOGETHER = 2
SURE = 2.0


# Of a logistic fitted to dev: is the answer right whose best sentence has this score? Expected
# calibration error .09 on dev, .13 on test.
CENTRE, SLOPE = 0.46, 3.1


_QUOTED = re.compile(r"[«“\"](.+?)[»”\"]")


class Scorer(Protocol):
    """How well each sentence of some passages answers a question; `retrieval/late.py` is one."""

    def score(self, query: Query, passages: Sequence[Passage]) -> list[Evidence]: ...


class Reader(Protocol):
    """Reads the question with each sentence; `retrieval/reader.py` is one."""

    def read(
        self, question: str, evidence: Sequence[Evidence], *, after: str = ""
    ) -> list[Reading]: ...


class Ranker:
    def __init__(self, scorer: Scorer, reader: Reader, passages: Sequence[Passage]) -> None:
        self._scorer = scorer
        self._reader = reader
        self.subjects = _subjects(passage.release for passage in passages)

    def rank(
        self, query: Query, passages: Sequence[Passage], hits: Sequence[Hit]
    ) -> list[Evidence]:
        """Every sentence of the passages, best first; those that were read stay before the rest."""
        agreement = {hit.passage.id: _agreement(hit) for hit in hits}
        named = [frozenset(terms(name)) for name in query.names]
        quotations = map(_flat, _QUOTED.findall(query.question))
        quoted = [text for text in quotations if len(text.split()) >= LEAST_QUOTED]
        just_cited = {passage.release.id for passage in query.carried_from}
        scored = [
            replace(
                e,
                score=e.score
                + KIND * fit(query.asks, e.text, query.meant)
                - (OUTSIDE if query.carried and e.passage.release.id not in just_cited else NAME)
                * (bool(named) and not self._is_about(e, named))
                + SAME * (e.passage.release.id in just_cited)
                + AGREEMENT * agreement.get(e.passage.id, 0.0)
                + VERBATIM * _is_quoted(e, quoted),
            )
            for e in self._scorer.score(query, passages)
        ]
        scored.sort(key=lambda evidence: -evidence.score)
        if query.latest:
            scored = of_the_newest(scored)
        if not scored or _is_quoted(scored[0], quoted):
            return scored  # nothing for a reader to tell
        read = self._read(query, [e for e in scored[:READ] if e.score >= scored[0].score - CLOSE])
        if query.asks == "list" or query.compared:
            # Each sentence answers a part, and all stay in order: as sure as the surest, or as late
            # interaction alone.
            gain = max(0.0, *(after.score - scored[0].score for after in read))
            return [replace(e, score=e.score + gain) for e in scored]
        return [*read, *scored[len(read) :]]

    def _read(self, query: Query, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Those read, best first; of `evidence`, best first too, the last may not be."""
        read: list[Evidence] = []
        for first in range(0, len(evidence), TOGETHER):
            pair = evidence[first : first + TOGETHER]
            if read and max(e.score for e in read) >= pair[0].score + READING * SURE:
                break
            readings = self._reader.read(query.meant, pair, after=query.after)
            read += [
                replace(e, score=e.score + READING * reading.answers, highlight=reading.span)
                for e, reading in zip(pair, readings, strict=True)
            ]
        return sorted(read, key=lambda evidence: -evidence.score)

    def _is_about(self, evidence: Evidence, named: Sequence[frozenset[str]]) -> bool:
        """Whether any name stands in the sentence, before it in its passage, or in the subject."""
        passage = evidence.passage
        said = terms(passage.release.text[passage.start : evidence.end])
        held = self.subjects[passage.release.id].union(terms(passage.context), said)
        return any(held.issuperset(name) for name in named)


def _is_quoted(evidence: Evidence, quoted: Sequence[str]) -> bool:
    """Whether the question quotes a sentence, whole, in part or among others."""
    if not quoted:
        return False
    said = _flat(evidence.text)
    enough = len(said.split()) >= LEAST_QUOTED
    return any(quote in said or (enough and said in quote) for quote in quoted)


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold().strip(" .")


def probability(score: float) -> float:
    """That the sentence of this score answers, as far as dev tells."""
    return 1 / (1 + math.exp(-SLOPE * (score - CENTRE)))


def _agreement(hit: Hit) -> float:
    ranks = (hit.dense_rank, hit.lexical_rank)
    return sum(1 / (RANK + rank) for rank in ranks if rank is not None)


def _subjects(releases: Iterable[Release]) -> dict[str, frozenset[str]]:
    """By id, the terms of each title and first paragraph: what all of a release is about."""
    distinct = {release.id: release for release in releases}
    return {
        id_: frozenset(terms(f"{release.title}\n{release.text.lstrip().partition(chr(10))[0]}"))
        for id_, release in distinct.items()
    }
