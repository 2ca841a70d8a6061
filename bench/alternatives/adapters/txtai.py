"""txtai: its hybrid index, FAISS and its own BM25, with the Bayesian normalisation of scores.

With words cut by an expression (its own tokenizer keeps the elision of "l'hôpital"), that found
the most in PIAF and in the CNIL's sheets; French stop words took some of it away. There is
no stemmer.
"""

from collections.abc import Sequence

from txtai import Embeddings

from bench.alternatives.contract import K
from bench.alternatives.encoder import PASSAGE, QUERY, Encoder, Floats


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
                    "normalize": "bayes",
                    "tokenizer": {"regexp": r"\w+"},
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
