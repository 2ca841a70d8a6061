"""Late interaction: how well the words of a question are met by the token vectors of a sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.encoder import Tokens


@dataclass(frozen=True, slots=True)
class Recipe:
    """`match`: what a word scores when its stem stands in the sentence, as a share of the way from its cosine to 1 (1: always 1).
    `asking`: the weight of a question word ("combien"), 0 to leave it out; a content word weighs its idf."""

    match: float = 1.0
    asking: float = 0.0


def idf_of(stem_sets: Sequence[frozenset[str]]) -> dict[str, float]:
    """BM25's idf over sentences; the key "" is that of a stem never seen."""
    df, n = Counter(stem for stems in stem_sets for stem in stems), len(stem_sets)
    idf = {stem: math.log(1 + (n - c + 0.5) / (c + 0.5)) for stem, c in df.items()}
    return idf | {"": math.log(1 + (n + 0.5) / 0.5)}


def weights_of(tokens: Tokens, idf: dict[str, float], recipe: Recipe) -> list[tuple[int, float]]:
    """The words that count and their weights; all of them, equally, when no content word is there."""
    counted = [(i, idf.get(w.stem, idf[""])) for i, w in enumerate(tokens.words) if w.kind == "content" and (tokens.owner == i).any()]
    if recipe.asking:
        counted += [(i, recipe.asking) for i, w in enumerate(tokens.words) if w.kind == "question" and (tokens.owner == i).any()]
    return counted or [(i, 1.0) for i in range(len(tokens.words)) if (tokens.owner == i).any()]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)


class Bank:
    """Sentences ready to be scored: unit token vectors centred on the mean of the bank, stems and idf."""

    def __init__(self, tokens: Sequence[Tokens], vectors: Sequence[np.ndarray]) -> None:
        total, count = np.zeros(vectors[0].shape[1], np.float64), 0
        for t, v in zip(tokens, vectors, strict=True):
            total += v[t.keep].sum(0, dtype=np.float64)
            count += int(t.keep.sum())
        self.mean = (total / count).astype(np.float32)
        self.vectors = [unit(v[t.keep].astype(np.float32) - self.mean).astype(np.float16) for t, v in zip(tokens, vectors, strict=True)]
        self.stems = [frozenset(w.stem for w in t.words if w.kind == "content") for t in tokens]
        self.idf = idf_of(self.stems)

    def scores(self, question: Tokens, vectors: np.ndarray, ids: Sequence[int], recipe: Recipe) -> np.ndarray:
        """The score of each sentence of `ids`, at most 1."""
        counted = weights_of(question, self.idf, recipe)
        vectors = vectors.astype(np.float32)
        asked = unit(np.stack([vectors[question.owner == i].mean(0) for i, _ in counted]) - self.mean)
        weights = np.array([w for _, w in counted], np.float32)
        lengths = [len(self.vectors[i]) for i in ids]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        cosines = asked @ np.concatenate([self.vectors[i] for i in ids]).astype(np.float32).T
        best = np.maximum.reduceat(cosines, starts, axis=1)
        met = np.array([[question.words[i].kind == "content" and question.words[i].stem in self.stems[s] for s in ids] for i, _ in counted])
        best = np.where(met, best + recipe.match * (1 - best), best)
        return np.asarray(weights @ best / weights.sum())
