"""haiku.rag: LanceDB's vectors and full text joined by reciprocal rank, through its client.

Its full-text index is English and has no setting. Its providers are services; the encoder takes
their place through the wrapper that its own providers extend.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel
from haiku.rag.client import HaikuRAG
from haiku.rag.client.documents import DocumentImport
from haiku.rag.config import AppConfig
from haiku.rag.embeddings import EmbedderWrapper
from haiku.rag.store.models.chunk import Chunk

from bench.alternatives.contract import K
from bench.alternatives.encoder import DIMENSIONS, Encoder

UNUSED = {"provider": "openai", "name": "unused", "vector_dim": DIMENSIONS, "api_key": "unused"}


class Embedder(EmbedderWrapper):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__(None, DIMENSIONS)
        self._encoder = encoder

    async def _embed_query(self, text: str) -> list[float]:
        return self._encoder.query(text).tolist()

    async def _embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._encoder.passages(texts).tolist()


class Search:
    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._loop = asyncio.Runner()
        self._folder = TemporaryDirectory(prefix="haiku-")

    def index(self, texts: Sequence[str]) -> None:
        self._loop.run(self._index(texts))

    async def _index(self, texts: Sequence[str]) -> None:
        config = AppConfig.model_validate(
            {
                "embeddings": {"model": UNUSED},
                "storage": {"auto_vacuum": False},  # which would run while questions are timed
            }
        )
        self._client = await HaikuRAG(
            Path(self._folder.name, "store.lancedb"), config, create=True
        ).__aenter__()
        embedder = Embedder(self._encoder)
        self._client.store.embedder = self._client.chunk_repository.embedder = embedder
        document = DoclingDocument(name="corpus")
        for text in texts:
            document.add_text(DocItemLabel.PARAGRAPH, text)
        chunks = [Chunk(content=text, order=row) for row, text in enumerate(texts)]
        await self._client.import_documents([DocumentImport(document, chunks, title="corpus")])
        await self._client.vacuum()

    def search(self, question: str) -> list[int]:
        found = self._loop.run(self._client.search(question, K, include_images=False))
        return [result.order for result in found]
