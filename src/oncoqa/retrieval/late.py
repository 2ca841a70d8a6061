"""Late interaction: each content word of the question meets the closest token of a sentence.

For each content word of the question, the best cosine between its vector (the mean of its tokens')
and the sentence's token vectors, both centred on the corpus' mean token and brought to unit length;
a word whose stem stands in the sentence counts 1. A sentence's score is the mean of these, weighted
by idf. On 91 answerable and 36 unanswerable questions about the first releases it put the right
sentence first for .82, where plain hybrid search has .74 (figures of the encoder's authors' study).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oncoqa.retrieval.encoder import Encoded, Encoder, unit_rows
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.text import Word, sentences, words
from oncoqa.types import Evidence, Passage, Query

Floats = NDArray[np.float32]


def sentence_text(passage: Passage, start: int, end: int) -> str:
    """What is encoded for a sentence: its headings and introduction, then its words."""
    return f"{passage.context}\n{passage.release.text[start:end]}".lstrip()


@dataclass(frozen=True, slots=True, eq=False)
class SentenceVectors:
    """The token vectors of every sentence of every passage, in order of passage."""

    spans: NDArray[np.int32]  # (sentences, 3): row of the passage, start and end in its release
    starts: NDArray[np.int64]  # (sentences + 1,): where the tokens of each begin
    tokens: NDArray[np.int8]  # (tokens, dim): centred; only their direction means anything
    mean: Floats  # (dim,)

    @classmethod
    def build(cls, passages: Sequence[Passage], encoder: Encoder) -> "SentenceVectors":
        spans = [
            (row, passage.start + start, passage.start + end)
            for row, passage in enumerate(passages)
            for start, end in sentences(passage.text)
        ]
        texts = [sentence_text(passages[row], start, end) for row, start, end in spans]
        tokens = [encoded.tokens.astype(np.float16) for encoded in encoder.encode_documents(texts)]
        starts = np.concatenate([[0], np.cumsum([len(t) for t in tokens])])
        flat = np.concatenate(tokens).astype(np.float32)
        mean = flat.mean(axis=0)
        flat -= mean
        flat *= 127 / np.maximum(np.abs(flat).max(axis=1, keepdims=True), 1e-6)
        return cls(np.array(spans, np.int32), starts, np.rint(flat).astype(np.int8), mean)


class LateInteraction:
    def __init__(
        self,
        passages: Sequence[Passage],
        vectors: SentenceVectors,
        lexical: LexicalIndex,
        encoder: Encoder,
    ) -> None:
        self._vectors = vectors
        self._lexical = lexical
        self._encoder = encoder
        edges = np.searchsorted(vectors.spans[:, 0], np.arange(len(passages) + 1))
        self._sentences = {p.id: range(edges[i], edges[i + 1]) for i, p in enumerate(passages)}

    def score(self, query: Query, passages: Sequence[Passage]) -> list[Evidence]:
        """Every sentence of the passages with its score, best first, then as they stand."""
        asked = [w for w in words(query.search_texts[-1], query.language) if not w.stop]
        places = [(p, s) for p in passages for s in self._sentences[p.id]]
        if not asked or not places:
            return []
        similarity = self._similarity(query.search_texts[-1], asked, [s for _, s in places])
        weights = np.array([max(self._lexical.idf_of(t) for t in w.terms) for w in asked])
        found = []
        for column, (passage, sentence) in enumerate(places):
            _, start, end = (int(n) for n in self._vectors.spans[sentence])
            held = _terms(sentence_text(passage, start, end))
            match = [1.0 if held.intersection(w.terms) else s
                     for w, s in zip(asked, similarity[:, column], strict=True)]  # fmt: skip
            score = float(np.average(match, weights=weights))
            found.append(Evidence(passage, start, end, score))
        return sorted(found, key=lambda evidence: -evidence.score)

    def _similarity(self, question: str, asked: Sequence[Word], sentences_: list[int]) -> Floats:
        """(words asked, sentences): the best cosine of each word with a token of each sentence."""
        starts = self._vectors.starts
        rows = np.concatenate([np.arange(starts[s], starts[s + 1]) for s in sentences_])
        tokens = unit_rows(self._vectors.tokens[rows].astype(np.float32))
        question_words = self._word_vectors(self._encoder.encode_query(question), asked)
        lengths = [starts[s + 1] - starts[s] for s in sentences_]
        first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        best: Floats = np.maximum.reduceat(question_words @ tokens.T, first, axis=1)
        return np.maximum(best, 0)

    def _word_vectors(self, encoded: Encoded, asked: Sequence[Word]) -> Floats:
        """(words asked, dim), centred and of unit length; zero for a word past the last token."""
        vectors = np.zeros((len(asked), len(encoded.vector)), np.float32)
        for row, word in enumerate(asked):
            inside = (encoded.spans[:, 0] < word.end) & (encoded.spans[:, 1] > word.start)
            if inside.any():
                vectors[row] = encoded.tokens[inside].mean(axis=0) - self._vectors.mean
        return unit_rows(vectors)


def _terms(text: str) -> set[str]:
    return {term for word in words(text) if not word.stop for term in word.terms}
