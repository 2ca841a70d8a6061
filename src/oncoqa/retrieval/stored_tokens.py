"""The token vectors of the passages of many releases, read when a question needs them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from oncoqa.retrieval.encoder import unit_rows
from oncoqa.retrieval.generation import Pin
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.mapped import joined
from oncoqa.retrieval.part import Part


class StoredTokens:
    """Centred on the mean token of all the passages, which come in order of release."""

    def __init__(self, parts: Sequence[Part], held: Pin | None = None) -> None:
        lengths = [np.diff(p.starts) for p in parts]
        total = np.sum([p.token_sum for p in parts] or [np.zeros(1)], axis=0)
        self._starts = np.cumsum(np.concatenate([[0], *lengths]), dtype=np.int64)
        self.count = int(self._starts[-1])
        self.mean: Floats = (total / max(self.count, 1)).astype(np.float32)
        # Not the parts themselves: what search needs of them is elsewhere, and much larger.
        self._read = [p.rows for p in parts]
        self._first = np.cumsum([0, *(p.starts[-1] for p in parts)])  # token of each part
        self._part = np.repeat(np.arange(len(parts)), [len(own) for own in lengths])
        self._spans = joined([p.spans for p in parts] or [np.empty((0, 2), np.int32)])
        self._means = joined([p.means for p in parts] or [np.empty((0, 1), np.float32)])
        self._scales = joined([p.scales for p in parts] or [np.empty(0, np.float32)])
        self._held = held  # keeps the generation's files while this lives

    def of(self, row: int) -> Floats:
        """(tokens, dim), centred, of unit length."""
        start, stop = self._starts[row : row + 2]
        part = self._part[row]
        quantised = self._read[part](start - self._first[part], stop - self._first[part])
        scaled = quantised.astype(np.float32) * self._scales[start:stop, None]
        return unit_rows(scaled + self._means[row] - self.mean)

    def spans_of(self, row: int) -> NDArray[np.int32]:
        """(tokens, 2): where each stands in `passage_text`."""
        start, stop = self._starts[row : row + 2]
        return self._spans[start:stop]
