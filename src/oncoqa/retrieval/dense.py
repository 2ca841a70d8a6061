"""Search by meaning: FAISS, inner product over rows of unit length, so a score is a cosine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oncoqa.retrieval.layer import Floats

Rows = NDArray[np.int64]


class DenseIndex:
    """Exact search: 3 ms over 40,000 passages, so nothing approximate is worth its misses yet."""

    def __init__(self, vectors: Floats) -> None:
        import faiss

        self.vectors = vectors
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def search(self, vector: Floats, k: int, *, within: Rows | None = None) -> Sequence[int]:
        """The rows of the `k` best vectors, best first; only of `within` when it is given."""
        import faiss

        # Of each thread that calls. 40,000 passages on two busy cores: p95 3.6 ms alone, 24 ms when
        # a second thread must be waited for.
        faiss.omp_set_num_threads(1)
        params = None
        if within is not None:
            if not len(within):
                return []
            params = faiss.SearchParameters()
            params.sel = faiss.IDSelectorBatch(within)
        _, rows = self._index.search(vector[None, :], min(k, len(self.vectors)), params=params)
        return [int(row) for row in rows[0] if row >= 0]
