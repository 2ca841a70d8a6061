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
        own = [np.array([row[term] for term in part.vocabulary], np.int64) for part in parts]
        rows = np.concatenate([o[p.indices] for o, p in zip(own, parts, strict=True)])
        lengths = np.concatenate([np.diff(part.indptr) for part in parts])
        columns = np.repeat(np.arange(len(lengths)), lengths)
        tf = np.concatenate([part.counts for part in parts]).astype(float)
        size = np.bincount(columns, weights=tf, minlength=len(lengths))  # terms of each passage
        holders = np.bincount(rows, minlength=len(vocabulary)).tolist()
        rarity = _Rarity(dict(zip(vocabulary, holders, strict=True)), len(lengths))
        idf = np.array([rarity.idf[term] for term in vocabulary])
        norm = K1 * (1 - B + B * size[columns] / (size.mean() if len(size) else 1))
        values = idf[rows] * (tf * (K1 + 1) / (tf + norm))
        shape = (len(vocabulary), len(lengths))
        scores = csr_array((values.astype(np.float32), (rows, columns)), shape=shape)
        return cls(vocabulary, scores, idf.astype(np.float32))

    def get_scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """The score of every passage, as `BM25Okapi.get_scores` gives it."""
        total = np.zeros(self.scores.shape[1], dtype=np.float32)
        for postings in self._postings(terms):
            # A passage stands once among a term's postings.
            total[self.scores.indices[postings]] += self.scores.data[postings]
        return total

    def _postings(self, terms: Sequence[str]) -> Iterator[slice]:
        """Where each known term's passages and scores lie, as often as the term is given."""
        for term in terms:
            if (row := self._row.get(term)) is not None:
                yield slice(*self.scores.indptr[row : row + 2])

    def search(self, terms: Sequence[str], k: int, *, within: Rows | None = None) -> Sequence[int]:
        """The rows of the `k` best passages, best first; none that shares no term."""
        scores = self.get_scores(terms)
        # Not those of a score above 0: a term that half the passages hold scores 0 in them all.
        held = np.zeros(len(scores), dtype=bool)
        for postings in self._postings(terms):
            held[self.scores.indices[postings]] = True
        rows = np.flatnonzero(held)
        if within is not None:
            rows = np.intersect1d(rows, within)
        if len(rows) > k > 0:  # sorting all that share a frequent word would take the most time
            least = -np.partition(-scores[rows], k - 1)[k - 1]
            rows = rows[scores[rows] >= least]
        order = np.lexsort((rows, -scores[rows]))[:k]
        return [int(row) for row in rows[order]]

    def idf_of(self, term: str) -> float:
        """How rare a term is; one that no passage holds is the rarest of all."""
        row = self._row.get(term)
        return self._unseen_idf if row is None else float(self.idf[row])

    def __contains__(self, term: str) -> bool:
        return term in self._row


class _Rarity(BM25Okapi):  # type: ignore[misc]
    """rank-bm25's own idf, from counts: the library itself would want every document again."""

    def __init__(self, holders: dict[str, int], passages: int) -> None:
        """`holders`: how many passages hold each term."""
        self.corpus_size = passages
        self.epsilon = EPSILON
        self.idf: dict[str, float] = {}
        if holders:
            self._calc_idf(holders)
