"""LlamaIndex: FAISS and its BM25 retriever (bm25s), their scores fused by their distribution.

Of its modes that one found the most in PIAF and in the CNIL's sheets, more than reciprocal ranks.
French stems and stop words for the passages; its questions always lose English stop words.
"""

from collections.abc import Sequence

import faiss  # noqa: TID253 - this process is about it
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms.mock import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore
from pydantic import PrivateAttr
from Stemmer import Stemmer

from bench.alternatives.contract import DEPTH, K
from bench.alternatives.encoder import DIMENSIONS, Encoder


class Embedding(BaseEmbedding):
    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(model_name="embedded")
        self._encoder = encoder

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._encoder.query(query).tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._encoder.passages([text])[0].tolist()


class Search:
    def __init__(self, encoder: Encoder) -> None:
        self._embedding = Embedding(encoder)

    def index(self, texts: Sequence[str]) -> None:
        nodes = [TextNode(id_=str(row), text=text) for row, text in enumerate(texts)]
        # Inner product: the fusion sorts by score, highest first, so distances would be reversed.
        store = FaissVectorStore(faiss.IndexFlatIP(DIMENSIONS))
        dense = VectorStoreIndex(
            nodes,
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=self._embedding,
        )
        depth = min(DEPTH, len(nodes))
        bm25 = BM25Retriever.from_defaults(
            nodes=nodes, similarity_top_k=depth, stemmer=Stemmer("french"), language="fr"
        )
        self._retriever = QueryFusionRetriever(
            [dense.as_retriever(similarity_top_k=depth), bm25],
            llm=MockLLM(),
            mode="dist_based_score",
            num_queries=1,  # no model rewrites the question
            similarity_top_k=K,
            use_async=False,
        )

    def search(self, question: str) -> list[int]:
        return [int(found.node.node_id) for found in self._retriever.retrieve(question)]
