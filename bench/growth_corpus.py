"""A corpus of any size, as like the real one as can be drawn, and real questions about it.

A passage is drawn from a real one, of the releases and of the collection given:

- its vector is `mean + a (real - mean) + sqrt(1 - a²) noise`, brought to unit length, where the
  noise has the covariance of the real vectors, so that all together are spread as those are. `a` is
  chosen so that a passage is as near to its nearest neighbour as a real one is, among as many;
- its terms are those of the real one, of which 45 in 100 are drawn anew from the words of the
  releases, as frequent as they are there (half of the passages hold the most frequent one), and
  5 in 100 are names: as many as 200,000, the n-th n times rarer than the first (Zipf's law).

The questions are real, and so are their vectors; the vectors of the real passages come first.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.machine import ROOT, quantiles
from oncoqa.build import make_encoder
from oncoqa.corpus.parse import read_corpus
from oncoqa.corpus.split import split
from oncoqa.evals.beir import read_collection
from oncoqa.retrieval.late import passage_text
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.lexical import TermCounts
from oncoqa.settings import Settings
from oncoqa.text import terms

QUESTIONS = 300  # of the collection; as many of the reference questions
IN_A_RELEASE = 50  # passages
CHUNK = 10_000
NAMES, DRAWN_ANEW, OF_NAMES = 200_000, 0.45, 0.05

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Real:
    vectors: Floats  # (passages, dim)
    passages: Sequence[Sequence[str]]  # the terms of each
    releases: int  # how many of them, the first, are of the releases
    questions: Sequence[str]
    asked: Floats  # (questions, dim)
    encoder_ms: dict[str, float]  # percentiles of a question


def read(questions: Sequence[str], collection: Path | None) -> Real:
    """The releases with the reference `questions`, and a collection in the layout of BEIR."""
    texts = [passage_text(p) for r in read_corpus(ROOT / "corpus") for p in split(r)]
    own, asked = len(texts), list(questions[:QUESTIONS])
    if collection is not None:
        found = read_collection(collection, limit=QUESTIONS)
        texts += [f"{title}\n{text}".lstrip() for title, text in found.documents.values()]
        asked += found.queries.values()
    encoder, encoded, times = make_encoder(Settings(threads=1)), [], []
    for question in asked:
        start = time.perf_counter()
        encoded.append(encoder.encode_query(question).vector)
        times.append((time.perf_counter() - start) * 1000)
    return Real(
        np.stack([encoded.vector for encoded in encoder.encode_documents(texts)]),
        [terms(text) for text in texts],
        own,
        asked,
        np.stack(encoded),
        quantiles(times),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Where vectors are drawn from."""

    real: Floats
    nearness: float  # `a` above
    mean: Floats
    spread: Floats  # noise of unit variance times this has the covariance of the real vectors

    @classmethod
    def around(cls, real: Floats) -> "Cloud":
        mean = real.mean(axis=0)
        _, values, axes = np.linalg.svd(real - mean, full_matrices=False)
        spread = (values / np.sqrt(len(real)))[:, None] * axes
        low, high, wanted = 0.0, 1.0, nearest(real)
        for _ in range(8):
            cloud = cls(real, (low + high) / 2, mean, spread)
            chance = np.random.default_rng(0)
            close = nearest(cloud.draw(chance.integers(len(real), size=len(real)), chance))
            low, high = (cloud.nearness, high) if close < wanted else (low, cloud.nearness)
        return cloud

    def draw(self, centres: NDArray[np.int64], chance: np.random.Generator) -> Floats:
        noise = chance.standard_normal((len(centres), len(self.spread)), np.float32) @ self.spread
        own = self.real[centres] - self.mean
        drawn = self.mean + self.nearness * own + np.sqrt(1 - self.nearness**2) * noise
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def nearest(vectors: Floats, rank: int = 1) -> float:
    """The mean cosine of a vector with its nearest, or its `rank`-th nearest, among the others."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    return float(np.partition(cosines, -rank, axis=1)[:, -rank].mean())


def generate(folder: Path, real: Real, cloud: Cloud, passages: int) -> None:
    """The files that `vectors_of` and `counts_of` read; the smaller sizes are their beginning."""
    vocabulary = sorted({term for words in real.passages for term in words})
    number = {term: i for i, term in enumerate(vocabulary)}
    words = [np.array([number[t] for t in p], np.int64) for p in real.passages]
    law = np.cumsum(np.bincount(np.concatenate(words[: real.releases]), minlength=len(vocabulary)))
    rarity = np.cumsum(1 / np.arange(1, NAMES + 1))
    vocabulary += [f"nom{n}" for n in range(NAMES)]
    chance, ends, end = np.random.default_rng(1), [np.zeros(1, np.int64)], 0
    with (
        (folder / "vectors").open("wb") as vectors,
        (folder / "terms").open("wb") as held,
        (folder / "counts").open("wb") as counts,
    ):
        for start in range(0, passages, CHUNK):
            centres = chance.integers(len(words), size=min(CHUNK, passages - start))
            drawn = cloud.draw(centres, chance)
            if start == 0:
                kept = min(len(words), len(centres))
                centres[:kept], drawn[:kept] = np.arange(kept), real.vectors[:kept]
            vectors.write(drawn.data)
            text = np.concatenate([words[c] for c in centres])
            kind = chance.random(len(text))
            anew, named = kind < DRAWN_ANEW, kind > 1 - OF_NAMES
            text[anew] = _drawn(law, anew.sum(), chance)
            text[named] = len(number) + _drawn(rarity, named.sum(), chance)
            passage = np.repeat(np.arange(len(centres)), [len(words[c]) for c in centres])
            pairs, count = np.unique(passage * len(vocabulary) + text, return_counts=True)
            passage, term = np.divmod(pairs, len(vocabulary))
            held.write(term.astype(np.int32).data)
            counts.write(count.astype(np.int32).data)
            ends.append(end + np.searchsorted(passage, np.arange(1, len(centres) + 1)))
            end += len(pairs)
    np.save(folder / "ends.npy", np.concatenate(ends))
    np.save(folder / "asked.npy", real.asked)
    asked = {"vocabulary": vocabulary, "questions": real.questions}
    (folder / "words.json").write_text(json.dumps(asked), encoding="utf-8")


def _drawn(law: NDArray[Any], count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    return np.asarray(np.searchsorted(law, chance.random(count) * law[-1], side="right"))


def vectors_of(folder: Path, passages: int) -> list[Floats]:
    """Those of each release."""
    dim = np.load(folder / "asked.npy", mmap_mode="r").shape[1]
    vectors = np.memmap(folder / "vectors", np.float32, "r").reshape(-1, dim)[:passages]
    return [vectors[n : n + IN_A_RELEASE] for n in range(0, passages, IN_A_RELEASE)]


def counts_of(folder: Path, passages: int, vocabulary: Sequence[str]) -> Iterator[TermCounts]:
    """Those of each release."""
    ends = np.load(folder / "ends.npy", mmap_mode="r")
    terms, counts = (np.memmap(folder / name, np.int32, "r") for name in ("terms", "counts"))
    for first, last in pairwise([*range(0, passages, IN_A_RELEASE), passages]):
        start, stop = ends[first], ends[last]
        own, indices = np.unique(terms[start:stop], return_inverse=True)
        yield TermCounts(
            [vocabulary[term] for term in own],
            (ends[first : last + 1] - start).astype(np.int32),
            indices.astype(np.int32),
            np.array(counts[start:stop]),
        )
