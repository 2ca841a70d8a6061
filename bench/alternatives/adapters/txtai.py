"""txtai: its hybrid index, FAISS and its own BM25, scores normalised and added.

Its tokenizer keeps elisions in a word ("l'hôpital"), so words are cut by an expression; French stop
words are given to it. It has no stemmer.
"""

from collections.abc import Sequence

from txtai import Embeddings

from bench.alternatives.contract import K
from bench.alternatives.encoder import PASSAGE, QUERY, Encoder, Floats
from bench.alternatives.french import STOP_WORDS


class Search:
    def __init__(self, encoder: Encoder) -> None:
        def transform(texts: list[str]) -> Floats:
            return encoder.encode(texts)

        self._embeddings = Embeddings(
            {
                "method": "external",
                "transform": transform,
                "instructions": {"query": QUERY, "data": PASSAGE},
                "scoring": {
                    "method": "bm25",
                    "terms": True,
                    "normalize": True,
                    "tokenizer": {"regexp": r"\w+", "stopwords": STOP_WORDS},
                },
            }
        )

    def index(self, texts: Sequence[str]) -> None:
        self._embeddings.index((row, text, None) for row, text in enumerate(texts))

    def search(self, question: str) -> list[int]:
        return [row for row, _ in self._embeddings.search(question, K)]

    def search_many(self, questions: Sequence[str]) -> list[list[int]]:
        found = self._embeddings.batchsearch(list(questions), K)
        return [[row for row, _ in hits] for hits in found]
