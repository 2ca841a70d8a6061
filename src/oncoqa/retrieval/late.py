"""Late interaction: each content word of the question meets the closest token of a sentence.

For each content word of the question, the best cosine between its vector (the mean of its tokens')
and the token vectors of the sentence and its headings, both centred on the corpus' mean token and
brought to unit length. A word whose stem stands in the sentence counts 1; in its headings,
`CONTEXT` at least; earlier in the same passage, `EARLIER` at least, since "Celle-ci" may stand for
it. A sentence's score is the mean of these, weighted by idf.

A passage is encoded once, headings in front, for its pooled vector and its tokens: each sentence
then knows the words around it, and indexing costs one pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from oncoqa.retrieval.encoder import Encoded, Encoder, unit_rows
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.text import Word, sentences, words
from oncoqa.types import Evidence, Passage, Query

LEAST_WEIGHT = 0.1  # of a word: one that half the passages hold has an idf of 0
# The most that the words which a follow-up carries may weigh, where it has words of its own: that a
# passage on HEROES speaks of HEROES is no sign that it answers.
CARRIED = 0.2
CONTEXT = 0.9  # an introduction outranks its items when nothing else tells them apart
EARLIER = 0.8  # dev: right sentence first .811 at 0, .829 at .6, .847 at .8 and .9

Spans = NDArray[np.int32]


def passage_text(passage: Passage) -> str:
    """What is encoded and indexed for a passage: headings and introduction, then its words."""
    return f"{passage.context}\n{passage.text}".lstrip()


class PassageTokens(Protocol):
    """The token vectors of every passage, by row; `index.py` reads them from disk."""

    mean: Floats  # (dim,), of all tokens

    def of(self, row: int) -> Floats:
        """(tokens, dim), centred on the mean, of unit length."""

    def spans_of(self, row: int) -> Spans:
        """(tokens, 2): where each stands in `passage_text`."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """The token vectors of every passage, in order of passage, in memory."""

    starts: NDArray[np.int64]  # (passages + 1,): where the tokens of each begin
    spans: NDArray[np.int32]  # (tokens, 2): where each stands in `passage_text`
    tokens: NDArray[np.int8]  # (tokens, dim): centred; only their direction means anything
    mean: Floats  # (dim,)

    @classmethod
    def build(cls, encoded: Sequence[Encoded]) -> "TokenVectors":
        starts = np.concatenate([[0], np.cumsum([len(e.tokens) for e in encoded])])
        flat = np.concatenate([e.tokens for e in encoded])
        mean = flat.mean(axis=0)
        flat -= mean
        flat *= 127 / np.maximum(np.abs(flat).max(axis=1, keepdims=True), 1e-6)
        spans = np.concatenate([e.spans for e in encoded])
        return cls(starts, spans, np.rint(flat).astype(np.int8), mean)

    def of(self, row: int) -> Floats:
        return unit_rows(self.tokens[slice(*self.starts[row : row + 2])])

    def spans_of(self, row: int) -> Spans:
        return self.spans[slice(*self.starts[row : row + 2])]


class LateInteraction:
    def __init__(
        self,
        passages: Sequence[Passage],
        vectors: PassageTokens,
        lexical: LexicalIndex,
        encoder: Encoder,
    ) -> None:
        self._rows = {passage.id: row for row, passage in enumerate(passages)}
        self._vectors = vectors
        self._lexical = lexical
        self._encoder = encoder

    def score(self, query: Query, passages: Sequence[Passage]) -> list[Evidence]:
        """Every sentence of the passages with its score, best first, then as they stand."""
        wordings = [query.meant, *([query.reworded] if query.reworded else [])]
        asked = [one for wording in wordings if (one := self._asked(query, wording)) is not None]
        if not asked:
            return []
        found = [e for p in passages for e in self._score_passage(p, asked)]
        return sorted(found, key=lambda evidence: -evidence.score)

    def _asked(self, query: Query, wording: str) -> "_Asked | None":
        content = [word for word in words(wording, query.language) if not word.stop]
        if not content:
            return None
        vectors = self._word_vectors(self._encoder.encode_query(wording), content)
        idf = [max(self._lexical.idf_of(term) for term in word.terms) for word in content]
        weights = _eased(np.maximum(idf, LEAST_WEIGHT), _carried(query, content))
        return _Asked(content, vectors, weights)

    def _score_passage(self, passage: Passage, asked: Sequence["_Asked"]) -> list[Evidence]:
        """By the wording of the question that meets each sentence best."""
        row = self._rows[passage.id]
        tokens = self._vectors.of(row).T
        similar = [np.maximum(one.vectors @ tokens, 0) for one in asked]
        spans = self._vectors.spans_of(row)
        text = passage.text
        before = len(passage_text(passage)) - len(text)  # length of what stands in front
        in_context = spans[:, 1] <= before
        headings = _terms(passage.context)
        found = []
        for start, end in sentences(text):
            inside = (spans[:, 0] < before + end) & (spans[:, 1] > before + start) | in_context
            places = (_terms(text[start:end]), headings, _terms(text[:start]))
            score = max(
                one.score(similarity[:, inside].max(axis=1, initial=0.0), places)
                for one, similarity in zip(asked, similar, strict=True)
            )
            found.append(Evidence(passage, passage.start + start, passage.start + end, score))
        return found

    def _word_vectors(self, encoded: Encoded, asked: Sequence[Word]) -> Floats:
        """(words asked, dim), centred and of unit length; zero for a word past the last token."""
        vectors = np.zeros((len(asked), len(encoded.vector)), np.float32)
        for row, word in enumerate(asked):
            inside = (encoded.spans[:, 0] < word.end) & (encoded.spans[:, 1] > word.start)
            if inside.any():
                vectors[row] = encoded.tokens[inside].mean(axis=0) - self._vectors.mean
        return unit_rows(vectors)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One wording of a question."""

    words: Sequence[Word]
    vectors: Floats  # (words, dim)
    weights: Floats  # (words,), their sum 1

    def score(self, cosines: Floats, places: tuple[set[str], set[str], set[str]]) -> float:
        match = [_match(word, c, *places) for word, c in zip(self.words, cosines, strict=True)]
        return float(self.weights @ np.array(match))


def _carried(query: Query, asked: Sequence[Word]) -> NDArray[np.bool_]:
    """Of each word, whether a turn before said it and the question does not."""
    carried = _terms(" ".join(query.carried)) - _terms(query.question)
    return np.array([not carried.isdisjoint(word.terms) for word in asked])


def _eased(weights: Floats, carried: NDArray[np.bool_]) -> Floats:
    """Weights that sum to 1, those carried to `CARRIED` at most where there are others."""
    weights = weights / weights.sum()
    held = float(weights[carried].sum())
    if carried.all() or held <= CARRIED:
        return weights
    return np.where(carried, weights * CARRIED / held, weights * (1 - CARRIED) / (1 - held))


def _match(
    word: Word, cosine: float, own: set[str], headings: set[str], earlier: set[str]
) -> float:
    """1 for a word whose stem the sentence holds; a little less where it stands around it."""
    if own.intersection(word.terms):
        return 1.0
    if headings.intersection(word.terms):
        return max(cosine, CONTEXT)
    return max(cosine, EARLIER) if earlier.intersection(word.terms) else cosine


def _terms(text: str) -> set[str]:
    return {term for word in words(text) if not word.stop for term in word.terms}
