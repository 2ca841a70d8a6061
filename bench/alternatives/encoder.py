"""The embedded encoder for every library: the same file, the same runtime, one thread.

Imported in each virtual environment, so it needs ONNX Runtime, tokenizers and numpy alone.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
QUERY, PASSAGE = "query: ", "passage: "  # as e5 was trained
DIMENSIONS = 384
MAX_TOKENS = 512


class Encoder:
    """Texts are encoded one at a time, as oncoqa does: the int8 model rounds to the range of its
    batch, so that batches would give each library other vectors.

    `given` holds vectors by text, prompt included. Unless it is empty, every text is looked up in
    it: that leaves the search alone to be measured, by the path that a question takes otherwise.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.given: Mapping[str, Floats] = {}

    def query(self, text: str) -> Floats:
        """(384,), of unit length."""
        return self._vector(QUERY + text)

    def passages(self, texts: Sequence[str]) -> Floats:
        return self.encode([PASSAGE + text for text in texts])

    def encode(self, prompted: Sequence[str]) -> Floats:
        """(texts, 384); each text has its prompt in front."""
        return np.stack([self._vector(text) for text in prompted])

    def _vector(self, prompted: str) -> Floats:
        if self.given:
            return self.given[prompted]
        ids = np.array([self._tokenizer.encode(prompted).ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        vector: Floats = self._session.run(["sentence_embedding"], feed)[0][0]
        return vector

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = str(self._folder / "model.onnx")
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
