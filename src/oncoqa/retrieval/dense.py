"""Search by meaning: FAISS, inner product over rows of unit length, so a score is a cosine.

Up to `EXACT_UP_TO` passages each is looked at. Beyond, an inverted file with product quantisation
says which `CANDIDATES` are worth it, and these are looked at as exactly. `bench.growth` compares
what FAISS offers. Of 1,000,000 passages, on one thread, milliseconds of processor at p95:

                                           ms   recall@10   build s   bytes of a passage
exact                                     150       1             0   1,536, may be in a file
PQ alone                                   13        .9995       10   96
RaBitQ alone                               13        .985         8   56
lists of whole vectors, 64 of 1,024 read    8        .986        13   1,544
lists of PQ, 128 of 1,000 read: this        4        .996        19   104

HNSW over a tenth of them took 35 s to build, and found .95 in 6 ms. The lists are made anew when an
index is loaded, from what its audience may see: a release that is added, withdrawn or under embargo
leaves nothing behind in them.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.mapped import let_go

Rows = NDArray[np.int64]

# 5 ms at p95 on one thread, less than the question took to encode (8); 100,000 take 12.
EXACT_UP_TO = 50_000
CANDIDATES = 1_000  # of the 50 best among 1,000,000, 500 miss 2.2 %, 1,000 miss 0.7 %
PROBED = 128  # lists; of the ten best 64 miss 0.25 %, 128 miss 0.05 %


class DenseIndex:
    """Exact up to so many passages; beyond, exact among the candidates of `Lists`."""

    def __init__(self, vectors: Floats, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """`vectors` is (passages, dim); it may lie in a file, and is not copied."""
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        self._exact_up_to = exact_up_to
        self._lists = Lists(self.vectors) if len(vectors) > exact_up_to else None

    def search(self, vector: Floats, k: int, *, within: Rows | None = None) -> Sequence[int]:
        """The rows of the `k` best vectors, best first; only of `within`, which is in order."""
        searched = len(self.vectors) if within is None else len(within)
        if self._lists is not None and searched > self._exact_up_to:
            within = self._lists.candidates(vector, max(k, CANDIDATES), within)
        return self._exact(vector, k, within)

    def _exact(self, vector: Floats, k: int, within: Rows | None) -> Sequence[int]:
        faiss = _faiss()
        if within is None:
            k, ip = min(k, len(self.vectors)), faiss.METRIC_INNER_PRODUCT
            _, found = faiss.knn(vector[None, :], self.vectors, k, metric=ip)
            return [int(row) for row in found[0]]
        count, dim = self.vectors.shape
        assert vector.shape == (dim,)
        scores, rows = np.empty(k := min(k, len(within)), np.float32), np.empty(k, np.int64)
        at = faiss.swig_ptr  # read where they lie: copied first, they take three times as long
        own = np.ascontiguousarray(vector, np.float32)
        faiss.knn_inner_products_by_idx(
            at(own), at(self.vectors), at(within), dim, 1, count, len(within), k,
            at(scores), at(rows),
        )  # fmt: skip
        return [int(row) for row in rows]


class Lists:
    """Which rows are worth an exact look: lists of vectors, half a byte for two numbers (PQ)."""

    def __init__(self, vectors: Floats) -> None:
        faiss = _faiss()
        count, dim = vectors.shape
        lists = math.isqrt(count)
        pairs = dim // math.gcd(dim, 2)
        self._count = count
        self._index = faiss.index_factory(
            dim, f"IVF{lists},PQ{pairs}x4fs", faiss.METRIC_INNER_PRODUCT
        )
        # 40 a list, as FAISS asks for; not by chance, so that the same rows give the same lists.
        self._index.train(np.ascontiguousarray(vectors[:: max(count // (40 * lists), 1)]))
        for start in range(0, count, 50_000):
            self._index.add(vectors[start : start + 50_000])
        let_go(vectors)

    def candidates(self, vector: Floats, k: int, within: Rows | None) -> Rows:
        """About the `k` best rows, in order of row."""
        faiss = _faiss()
        kept = self._count if within is None else len(within)
        # A filter that keeps one passage in ten leaves as many in each list.
        probed = min(PROBED * self._count // kept, self._index.nlist)
        params: Any = faiss.SearchParametersIVF(nprobe=probed)
        if within is not None:
            held = np.zeros(self._count, dtype=bool)
            held[within] = True
            bits = np.packbits(held, bitorder="little")
            params.sel = faiss.IDSelectorBitmap(bits)
        _, rows = self._index.search(vector[None, :], k, params=params)
        return np.sort(rows[rows >= 0])


def _faiss() -> Any:
    """The library, imported late, on one thread of each that calls it."""
    import faiss

    # 40,000 passages on two busy cores: p95 3.6 ms alone, 24 ms when a second thread must be
    # waited for. And vectors are put in the same lists however many cores there are.
    faiss.omp_set_num_threads(1)
    return faiss
