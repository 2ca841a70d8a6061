"""Search by words: BM25 as rank-bm25 defines it, its scores computed once.

score(q, d) = Σ over the terms t of q of idf(t) · tf · (k1 + 1) / (tf + k1 · norm(d))
norm(d) = 1 − b + b · |d| / avg|d|

with rank-bm25's idf, ln((N − n + 0.5) / (n + 0.5)), a negative one raised to a quarter of the mean.
Each summand depends on the term and the passage alone, so they lie in a sparse matrix, a row a
term, and a question costs its own postings.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from scipy.sparse import csr_array

from oncoqa.retrieval.mapped import joined

K1, B, EPSILON = 1.5, 0.75, 0.25  # as BM25Okapi has them

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """How often each passage holds each term, row by row as in a sparse matrix."""

    vocabulary: Sequence[str]
    indptr: NDArray[np.int32]  # (passages + 1,)
    indices: NDArray[np.int32]  # in the vocabulary
    counts: NDArray[np.int32]

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> "TermCounts":
        found = [Counter(document) for document in documents]
        vocabulary = sorted(set().union(*found))
        row = {term: i for i, term in enumerate(vocabulary)}
        return cls(
            vocabulary,
            np.cumsum([0, *(len(counter) for counter in found)], dtype=np.int32),
            np.array([row[term] for counter in found for term in counter], np.int32),
            np.array([n for counter in found for n in counter.values()], np.int32),
        )

    @property
    def passages(self) -> NDArray[np.int32]:
        """The passage of each count."""
        lengths = np.diff(self.indptr)
        return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)

    @property
    def sizes(self) -> NDArray[np.float64]:
        """(passages,): how many terms each has, repeated ones included."""
        passages = len(self.indptr) - 1
        return np.bincount(self.passages, self.counts, passages).astype(np.float64)


class LexicalIndex:
    def __init__(
        self, vocabulary: Sequence[str], scores: csr_array, idf: NDArray[np.float32]
    ) -> None:
        """`scores` is (terms, passages), `idf` (terms,), both in the order of `vocabulary`."""
        self.vocabulary = list(vocabulary)
        self.scores = scores
        self.idf = idf
        self._row = {term: row for row, term in enumerate(self.vocabulary)}
        passages = scores.shape[1]
        self._unseen_idf = math.log(passages + 0.5) - math.log(0.5)

    @classmethod
    def build(cls, documents: Sequence[Sequence[str]]) -> "LexicalIndex":
        """From the terms of each passage, in order and repeated."""
        return cls.from_counts([TermCounts.build(documents)])

    @classmethod
    def from_counts(cls, parts: Sequence[TermCounts]) -> "LexicalIndex":
        """From the counts of several releases, their passages one after the other."""
        parts = parts or [TermCounts.build([])]
        vocabulary = sorted(set().union(*(part.vocabulary for part in parts)))
        row = {term: i for i, term in enumerate(vocabulary)}
        own = [np.array([row[term] for term in part.vocabulary], np.int32) for part in parts]
        sizes = [part.sizes for part in parts]
        holders = np.zeros(len(vocabulary), dtype=int)
        for rows, part in zip(own, parts, strict=True):
            holders[rows] += np.bincount(part.indices, minlength=len(rows))
        passages = sum(len(size) for size in sizes)
        rarity = _Rarity(dict(zip(vocabulary, holders.tolist(), strict=True)), passages)
        idf = np.array([rarity.idf[term] for term in vocabulary])
        mean = np.concatenate(sizes).mean() if passages else 1.0
        terms = np.empty(holders.sum(), np.int32)
        columns, scores = np.empty_like(terms), np.empty(len(terms), np.float32)
        done = before = 0
        for rows, part, size in zip(own, parts, sizes, strict=True):
            # In double precision, so a part at a time: all of them would take gigabytes.
            term, tf, norm = rows[part.indices], part.counts.astype(float), _norm(size, mean)
            new = slice(done, done := done + len(tf))
            terms[new], columns[new] = term, part.passages + before
            scores[new] = idf[term] * (tf * (K1 + 1) / (tf + norm[part.passages]))
            before += len(size)
        by_term = csr_array((scores, (terms, columns)), shape=(len(vocabulary), before))
        return cls(vocabulary, _in_file(by_term), idf.astype(np.float32))

    def get_scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """The score of every passage, as `BM25Okapi.get_scores` gives it."""
        total = np.zeros(self.scores.shape[1], dtype=np.float32)
        for own in self._postings(terms):
            np.add.at(total, self.scores.indices[own], self.scores.data[own])
        return total

    def scores_of(self, terms: Sequence[str], rows: Rows) -> NDArray[np.float32]:
        """As `get_scores`, of some passages, given in order."""
        total = np.zeros(len(rows), dtype=np.float32)
        for own in self._postings(terms):
            holders = self.scores.indices[own]
            places = np.searchsorted(holders, rows)
            held = places < len(holders)
            held[held] = holders[places[held]] == rows[held]
            total[held] += self.scores.data[own][places[held]]
        return total

    def _postings(self, terms: Sequence[str]) -> Iterator[slice]:
        """Where each known term's passages and scores lie, as often as the term is given."""
        for term in terms:
            if (row := self._row.get(term)) is not None:
                yield slice(*self.scores.indptr[row : row + 2])

    def search(self, terms: Sequence[str], k: int, *, within: Rows | None = None) -> Sequence[int]:
        """The rows of the `k` best passages, best first; none that shares no term."""
        scores = self.get_scores(terms)
        least = _least(scores[self._some(terms, k) if within is None else within], k)
        # A term that half the passages hold scores 0 in them all, as does a passage without any.
        good = scores >= least if least > 0 else self._held(terms)
        rows = np.flatnonzero(good) if within is None else within[good[within]]
        rows = rows[scores[rows] >= _least(scores[rows], k)]
        order = np.lexsort((rows, -scores[rows]))[:k]
        return [int(row) for row in rows[order]]

    def _some(self, terms: Sequence[str], k: int) -> NDArray[np.int32]:
        """At least `k` passages that share a term, a rare one: the best are as good as these.

        Few passages reach the score of these. To choose among all that share a frequent word would
        take most of the time. None when no term has as many.
        """
        rows = [self.scores.indices[own] for own in self._postings(terms)]
        return min((r for r in rows if len(r) >= k), key=len, default=np.empty(0, np.int32))

    def _held(self, terms: Sequence[str]) -> NDArray[np.bool_]:
        held = np.zeros(self.scores.shape[1], dtype=bool)
        for own in self._postings(terms):
            held[self.scores.indices[own]] = True
        return held

    def idf_of(self, term: str) -> float:
        """How rare a term is; one that no passage holds is the rarest of all."""
        row = self._row.get(term)
        return self._unseen_idf if row is None else float(self.idf[row])

    def __contains__(self, term: str) -> bool:
        return term in self._row


def _norm(sizes: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    return K1 * (1 - B + B * sizes / mean)


def _in_file(scores: csr_array) -> csr_array:
    """The same, its arrays in files when they are large."""
    data, indices = joined([scores.data]), joined([scores.indices])
    return csr_array((data, indices, scores.indptr), shape=scores.shape)


def _least(scores: NDArray[np.float32], k: int) -> float:
    """The k-th best score; below any when there are fewer."""
    if not 0 < k <= len(scores):
        return -math.inf
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


class _Rarity(BM25Okapi):  # type: ignore[misc]
    """rank-bm25's own idf, from counts: the library itself would want every document again."""

    def __init__(self, holders: dict[str, int], passages: int) -> None:
        """`holders`: how many passages hold each term."""
        self.corpus_size = passages
        self.epsilon = EPSILON
        self.idf: dict[str, float] = {}
        if holders:
            self._calc_idf(holders)
