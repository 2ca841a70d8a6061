"""Haystack: the in-memory store, BM25 and embedding retrievers joined by reciprocal rank.

A pipeline, as its documentation has it. It has no stemmer and no stop words for any language.
"""

from collections.abc import Sequence

from haystack import Document, Pipeline, component
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore

from bench.alternatives.contract import DEPTH, K
from bench.alternatives.encoder import Encoder


@component
class QuestionEmbedder:
    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        return {"embedding": self.encoder.query(text).tolist()}


class Search:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def index(self, texts: Sequence[str]) -> None:
        store = InMemoryDocumentStore(return_embedding=False)
        vectors = self._encoder.passages(texts).tolist()
        store.write_documents(
            [
                Document(id=str(row), content=text, embedding=vector)
                for row, (text, vector) in enumerate(zip(texts, vectors, strict=True))
            ]
        )
        pipeline = Pipeline()
        pipeline.add_component("embedder", QuestionEmbedder(self._encoder))
        pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
        pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=DEPTH))
        pipeline.add_component(
            "joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=K)
        )
        pipeline.connect("embedder.embedding", "dense.query_embedding")
        pipeline.connect("dense", "joiner")
        pipeline.connect("bm25", "joiner")
        self._pipeline = pipeline

    def search(self, question: str) -> list[int]:
        asked = {"embedder": {"text": question}, "bm25": {"query": question}}
        found = self._pipeline.run(asked)["joiner"]["documents"]
        return [int(document.id) for document in found]
