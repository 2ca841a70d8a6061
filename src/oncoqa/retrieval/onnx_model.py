"""The embedded models, run by ONNX Runtime: no PyTorch, so a process starts in a second."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from oncoqa.retrieval.layer import Layer

EMBEDDED_PROMPTS = {"query": "query: ", "document": "passage: "}  # as e5 was trained
MAX_TOKENS = 512
PAD_ID = 1


def open_graph(path: Path) -> Any:
    """An `onnxruntime.InferenceSession`; a run stays on the thread that asks for it.

    One text is too little work to share: two threads took longer for it than one.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class OnnxModel:
    """Reads a folder with `model.onnx` and `tokenizer.json`.

    The graph takes `input_ids` and `attention_mask` (batch, tokens), int64, and gives
    `sentence_embedding` (batch, dim), of unit length, and `token_embeddings` (batch, tokens, dim).

    A call runs on the thread that makes it; several threads may call at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding(pad_id=PAD_ID)
        self._session = open_graph(folder / "model.onnx")

    @property
    def dimension(self) -> int:
        return int(self._session.get_outputs()[0].shape[-1])

    def __call__(self, texts: Sequence[str]) -> Layer:
        encodings = self.tokenizer.encode_batch(list(texts))
        ids = np.array([e.ids for e in encodings], dtype=np.int64)
        mask = np.array([e.attention_mask for e in encodings], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": mask}
        vectors, tokens = self._session.run(["sentence_embedding", "token_embeddings"], feed)
        spans = np.array([e.offsets for e in encodings], dtype=np.int32)
        return Layer(np.asarray(vectors), np.asarray(tokens), spans)
