"""Models of sentence-transformers: any that the settings name, and the embedded one as one of them.

Imports torch, several seconds and 400 MB: `encoder.py` loads this only for a model that needs it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule

from oncoqa.retrieval.layer import Layer
from oncoqa.retrieval.onnx_model import EMBEDDED_PROMPTS, OnnxModel


class TorchModel:
    """The token vectors and the pooled vector of a sentence-transformers model."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model.eval()

    def __call__(self, texts: Sequence[str]) -> Layer:
        with torch.inference_mode():
            features = self._model.preprocess(list(texts))
            spans = features.pop("offset_mapping", None)
            output = self._model(features)
        if spans is None:
            spans = self._offsets(texts)
        return Layer(
            output["sentence_embedding"].float().numpy(),
            output["token_embeddings"].float().numpy(),
            np.asarray(spans, dtype=np.int32),
        )

    def _offsets(self, texts: Sequence[str]) -> Any:
        batch = self._model.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )  # fmt: skip
        return batch["offset_mapping"]


class OnnxModule(InputModule):
    """The embedded encoder as a module: tools made for sentence-transformers can use it."""

    def __init__(self, model: OnnxModel) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.tokenizer = model.tokenizer

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_kwargs: Any
    ) -> dict[str, Any]:
        return {"texts": [(prompt or "") + text for text in inputs]}

    def forward(self, features: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        layer = self.model(features["texts"])
        features["sentence_embedding"] = torch.from_numpy(layer.vectors)
        features["token_embeddings"] = torch.from_numpy(layer.tokens)
        features["offset_mapping"] = torch.from_numpy(layer.spans)
        return features

    def get_embedding_dimension(self) -> int:
        return self.model.dimension

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(f"the embedded model lies in {self.model.folder}: copy it")


def as_sentence_transformer(model: OnnxModel) -> SentenceTransformer:
    """The embedded encoder behind the interface of the library, with e5's prompts."""
    return SentenceTransformer(modules=[OnnxModule(model)], prompts=EMBEDDED_PROMPTS)
