"""The embedded encoder as a module of sentence-transformers, run by ONNX Runtime.

Imports torch: only `encoder.py` loads this, when it is needed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from sentence_transformers.base.modules.input_module import InputModule
from tokenizers import Tokenizer

MAX_TOKENS = 512
PAD_ID = 1


class OnnxModule(InputModule):
    """Reads a folder with `model.onnx` and `tokenizer.json`.

    The graph takes `input_ids` and `attention_mask` (batch, tokens), int64, and gives
    `sentence_embedding` (batch, dim), of unit length, and `token_embeddings` (batch, tokens, dim).
    """

    def __init__(self, folder: Path, *, threads: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding(pad_id=PAD_ID)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads  # 0: one for each core
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_kwargs: Any
    ) -> dict[str, torch.Tensor]:
        encodings = self.tokenizer.encode_batch([(prompt or "") + text for text in inputs])
        return {
            "input_ids": torch.tensor([e.ids for e in encodings]),
            "attention_mask": torch.tensor([e.attention_mask for e in encodings]),
            "offset_mapping": torch.tensor([e.offsets for e in encodings]),
        }

    def forward(self, features: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        feed = {name: features[name].numpy() for name in ("input_ids", "attention_mask")}
        sentence, tokens = self.session.run(["sentence_embedding", "token_embeddings"], feed)
        features["sentence_embedding"] = torch.from_numpy(np.asarray(sentence))
        features["token_embeddings"] = torch.from_numpy(np.asarray(tokens))
        return features

    def get_embedding_dimension(self) -> int:
        return int(self.session.get_outputs()[0].shape[-1])

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"the embedded model lies in {self.folder}: copy that folder")
