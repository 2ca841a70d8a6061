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
    """`match`: what a word scores when its stem stands in the sentence, as a share of the way from
    its cosine to 1 (1: always 1).
    `asking`: the weight of a question word ("combien"), 0 to leave it out; a content word weighs
    its idf.
    `earlier`: what a word scores at least when its stem stands before the sentence in the
    passage."""

    match: float = 1.0
    asking: float = 0.0
    earlier: float = 0.8


@dataclass(frozen=True, slots=True)
class View:
    """A sentence within its encoded passage: the positions of its tokens and of the heading's, the
    stems of both, and the stems
    of what stands before it in the passage."""

    positions: np.ndarray
    held: frozenset[str]
    earlier: frozenset[str]


def views(tokens: Tokens, front: int, ranges: Sequence[tuple[int, int]]) -> list[View]:
    """The sentences `ranges` of a passage that was encoded with a heading of `front` characters
    (its line break included)."""
    content = [w for w in tokens.words if w.kind == "content"]
    heading = frozenset(w.stem for w in content if w.start < front)
    in_front = (tokens.spans[:, 1] > 0) & (tokens.spans[:, 0] < front)
    found = []
    for start, end in ranges:
        begin, stop = front + start, front + end
        inside = in_front | ((tokens.spans[:, 0] < stop) & (tokens.spans[:, 1] > begin))
        held = heading | {w.stem for w in content if begin <= w.start < stop}
        found.append(
            View(
                np.flatnonzero(inside),
                held,
                frozenset(w.stem for w in content if front <= w.start < begin),
            )
        )
    return found


def idf_of(stem_sets: Sequence[frozenset[str]]) -> dict[str, float]:
    """BM25's idf over sentences; the key "" is that of a stem never seen."""
    df, n = Counter(stem for stems in stem_sets for stem in stems), len(stem_sets)
    idf = {stem: math.log(1 + (n - c + 0.5) / (c + 0.5)) for stem, c in df.items()}
    return idf | {"": math.log(1 + (n + 0.5) / 0.5)}


def weights_of(tokens: Tokens, idf: dict[str, float], recipe: Recipe) -> list[tuple[int, float]]:
    """The words that count and their weights; all of them, equally, when no content word is
    there."""
    counted = [
        (i, idf.get(w.stem, idf[""]))
        for i, w in enumerate(tokens.words)
        if w.kind == "content" and (tokens.owner == i).any()
    ]
    if recipe.asking:
        counted += [
            (i, recipe.asking)
            for i, w in enumerate(tokens.words)
            if w.kind == "question" and (tokens.owner == i).any()
        ]
    return counted or [(i, 1.0) for i in range(len(tokens.words)) if (tokens.owner == i).any()]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)


class Bank:
    """Sentences ready to be scored: unit token vectors centred on the mean of the bank, stems and
    idf."""

    def __init__(self, passages: Sequence[Sequence[View]], vectors: Sequence[np.ndarray]) -> None:
        total = np.sum([v.sum(0, dtype=np.float64) for v in vectors], 0)
        self.mean = (total / sum(len(v) for v in vectors)).astype(np.float32)
        centred = [unit(v.astype(np.float32) - self.mean).astype(np.float16) for v in vectors]
        self.views = [view for sentences in passages for view in sentences]
        self.vectors = [
            v[view.positions]
            for sentences, v in zip(passages, centred, strict=True)
            for view in sentences
        ]
        self.idf = idf_of([view.held for view in self.views])

    def scores(
        self, question: Tokens, vectors: np.ndarray, ids: Sequence[int], recipe: Recipe
    ) -> np.ndarray:
        """The score of each sentence of `ids`, at most 1."""
        counted = weights_of(question, self.idf, recipe)
        vectors = vectors.astype(np.float32)
        asked = unit(
            np.stack([vectors[question.owner == i].mean(0) for i, _ in counted]) - self.mean
        )
        weights = np.array([w for _, w in counted], np.float32)
        lengths = [len(self.vectors[i]) for i in ids]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        cosines = asked @ np.concatenate([self.vectors[i] for i in ids]).astype(np.float32).T
        best = np.maximum(np.maximum.reduceat(cosines, starts, axis=1), 0)
        stems = [
            question.words[i].stem if question.words[i].kind == "content" else ""
            for i, _ in counted
        ]
        best = np.where(
            [[stem in self.views[s].earlier for s in ids] for stem in stems],
            np.maximum(best, recipe.earlier),
            best,
        )
        met = np.array([[stem in self.views[s].held for s in ids] for stem in stems])
        best = np.where(met, best + recipe.match * (1 - best), best)
        return np.asarray(weights @ best / weights.sum())
