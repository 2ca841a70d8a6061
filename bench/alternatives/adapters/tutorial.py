"""rank-bm25 beside FAISS, as most tutorials write it: words cut at spaces, ranks fused by hand."""

from collections import defaultdict
from collections.abc import Sequence

import faiss  # noqa: TID253 - this process is about it
import numpy as np
from rank_bm25 import BM25Okapi

from bench.alternatives.contract import DEPTH, K
from bench.alternatives.encoder import DIMENSIONS, Encoder, Floats

RRF_K = 60


class Search:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def index(self, texts: Sequence[str]) -> None:
        self._bm25 = BM25Okapi([text.lower().split() for text in texts])
        self._faiss = faiss.IndexFlatIP(DIMENSIONS)
        self._faiss.add(self._encoder.passages(texts))

    def search(self, question: str) -> list[int]:
        return self._fused(question, self._near(self._encoder.query(question)[None])[0])

    def search_many(self, questions: Sequence[str]) -> list[list[int]]:
        near = self._near(np.stack([self._encoder.query(question) for question in questions]))
        return [self._fused(*pair) for pair in zip(questions, near, strict=True)]

    def _near(self, vectors: Floats) -> np.ndarray:
        return self._faiss.search(vectors, min(DEPTH, self._faiss.ntotal))[1]

    def _fused(self, question: str, near: np.ndarray) -> list[int]:
        words = self._bm25.get_scores(question.lower().split()).argsort()[::-1][:DEPTH]
        scores: defaultdict[int, float] = defaultdict(float)
        for ranking in (near, words):
            for rank, row in enumerate(ranking, start=1):
                scores[int(row)] += 1 / (RRF_K + rank)
        return sorted(scores, key=scores.__getitem__, reverse=True)[:K]
