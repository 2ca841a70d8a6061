"""What a model makes of texts, whichever library runs it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Layer(NamedTuple):
    """Of a batch of texts, padded to the longest."""

    vectors: Floats  # (batch, dim): pooled
    tokens: Floats  # (batch, tokens, dim): the last layer
    spans: NDArray[np.int32]  # (batch, tokens, 2): characters; empty for special tokens, padding


class Model(Protocol):
    """`onnx_model.py` for the embedded encoder, `torch_model.py` for all others."""

    def __call__(self, texts: Sequence[str]) -> Layer: ...
