"""oncoqa's own search, with its own encoder, over the same passages.

The language is detected as it is for a reader; the question is searched as typed, so nothing is
gained here from what the rest of oncoqa understands of it.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.alternatives import encoder as common
from bench.alternatives.contract import K
from oncoqa.answering.understand import detect_language
from oncoqa.retrieval import index
from oncoqa.retrieval.encoder import EMBEDDED, RECENT_QUESTIONS, Encoded, TextEncoder, load_encoder
from oncoqa.retrieval.search import HybridSearch
from oncoqa.text import words
from oncoqa.types import Passage, Query, Release


class Encoder(common.Encoder):
    """oncoqa's, and the vectors given in its place."""

    name = fingerprint = "bench"

    @cached_property
    def _own(self) -> TextEncoder:
        return load_encoder(EMBEDDED, threads=1)

    def query(self, text: str) -> common.Floats:
        return self.encode_query(text).vector

    def encode_query(self, text: str) -> Encoded:
        vector = self.given.get(common.QUERY + text)  # not of a rewording
        return self._own.encode_query(text) if vector is None else _without_tokens(vector)

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        if not self.given:
            return self._own.encode_documents(texts)
        return (_without_tokens(self.given[common.PASSAGE + text]) for text in texts)


def _without_tokens(vector: common.Floats) -> Encoded:
    """The search does not use those of tokens."""
    tokens = np.empty((0, common.DIMENSIONS), np.float32)
    return Encoded(vector, tokens, np.empty((0, 2), np.int32))


class Search:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def index(self, texts: Sequence[str]) -> None:
        passages = list(_passages(texts))
        recipe = index.Recipe(encoder="bench", encoder_fingerprint="bench", max_words=120)
        made = index.build(passages, self._encoder, recipe=recipe, corpus_sha256="")
        self.passages = made.passages
        self._row = {passage.id: row for row, passage in enumerate(passages)}
        self._search = HybridSearch(made, self._encoder)

    def search(self, question: str) -> list[int]:
        return [self._row[hit.passage.id] for hit in self._search.search(self.query(question), K)]

    def query(self, question: str) -> Query:
        return Query(
            question=question,
            language=detect_language(question),
            asks="other",
            meant=question,
            search_texts=(question,),
        )

    def fresh(self) -> None:
        words.cache_clear()
        for number in range(RECENT_QUESTIONS):  # in the place of those that the encoder remembers
            self._encoder.encode_query(f"{number} ?")


def _passages(texts: Sequence[str]) -> Iterator[Passage]:
    """Of one release, which holds them all."""
    release = Release(
        id="all", title="", publisher="", published=None, language="fr",
        text="\n\n".join(texts), sections=(),
    )  # fmt: skip
    start = 0
    for row, text in enumerate(texts):
        yield Passage(id=f"all#p-{row}", release=release, start=start, end=start + len(text))
        start += len(text) + 2


def make_encoder(folder: Path) -> Encoder:
    return Encoder(folder)
