"""Texts into vectors: one for the whole text, and one for each token, in one pass.

Any model of sentence-transformers will do; the embedded one is run by ONNX Runtime.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oncoqa.errors import SettingsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

EMBEDDED = "embedded"
MODELS = Path(__file__).parent.parent / "models"
EMBEDDED_FOLDER = MODELS / "e5-small-fr-en"
EMBEDDED_PROMPTS = {"query": "query: ", "document": "passage: "}  # as e5 was trained
BATCH = 16
RECENT_QUESTIONS = 16  # search and reading encode the same question: once is enough

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """A text's vectors; special tokens and the prompt's are left out of `tokens`."""

    vector: Floats  # (dim,), unit length
    tokens: Floats  # (tokens, dim), as the last layer gives them
    spans: NDArray[np.int32]  # (tokens, 2): where each token stands in the text


class Encoder(Protocol):
    name: str
    fingerprint: str  # changes when the vectors would

    def encode_query(self, text: str) -> Encoded: ...

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]: ...


class SentenceTransformerEncoder:
    """Questions and documents are encoded by different methods, so no prompt can be forgotten."""

    def __init__(self, model: "SentenceTransformer", *, name: str, fingerprint: str) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._model = model
        self._lock = threading.Lock()  # fast tokenizers raise "Already borrowed" when shared
        self._recent: OrderedDict[str, Encoded] = OrderedDict()

    def encode_query(self, text: str) -> Encoded:
        with self._lock:
            if text not in self._recent:
                self._recent[text] = next(self._encode([text], "query"))
                if len(self._recent) > RECENT_QUESTIONS:
                    self._recent.popitem(last=False)
            return self._recent[text]

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """In the order of `texts`. Texts of like length share a batch, so little is padding."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        encoded: dict[int, Encoded] = {}
        for first in range(0, len(order), BATCH):
            batch = order[first : first + BATCH]
            with self._lock:
                results = list(self._encode([texts[i] for i in batch], "document"))
            encoded.update(zip(batch, results, strict=True))
        return (encoded[i] for i in range(len(texts)))

    def _encode(self, texts: Sequence[str], prompt_name: str) -> Iterator[Encoded]:
        import torch

        prompt = self._model.prompts.get(prompt_name) or ""
        with torch.inference_mode():
            features = self._model.preprocess(list(texts), prompt=prompt)
            offsets = features.pop("offset_mapping", None)
            if offsets is None:
                offsets = self._offsets([prompt + text for text in texts])
            output = self._model(features)
        vectors = unit_rows(output["sentence_embedding"].float().numpy())
        tokens = output["token_embeddings"].float().numpy()
        for row, vector in enumerate(vectors):
            spans = np.asarray(offsets[row], dtype=np.int32)
            # Special tokens and padding have empty ranges; the prompt's end before the text.
            kept = (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > len(prompt))
            yield Encoded(vector, tokens[row][kept], np.maximum(spans[kept] - len(prompt), 0))

    def _offsets(self, texts: list[str]) -> Any:
        batch = self._model.tokenizer(
            texts, padding=True, truncation=True, max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
        )  # fmt: skip
        return batch["offset_mapping"]


def load_encoder(
    name: str,
    *,
    threads: int = 0,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
) -> SentenceTransformerEncoder:
    """The embedded encoder, or any sentence-transformers model by folder or hub name.

    Prompts left at None are the model's own. Raises `SettingsError` when it cannot be loaded.
    """
    from sentence_transformers import SentenceTransformer

    given = {"query": query_prompt, "document": document_prompt}
    prompts = {key: prompt for key, prompt in given.items() if prompt is not None}
    if name == EMBEDDED:
        from oncoqa.retrieval.onnx_module import OnnxModule

        module = OnnxModule(EMBEDDED_FOLDER, threads=threads)
        model = SentenceTransformer(modules=[module], prompts=EMBEDDED_PROMPTS | prompts)
        fingerprint = _files_hash(EMBEDDED_FOLDER)
    else:
        try:
            model = SentenceTransformer(name)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"the encoder {name!r} cannot be loaded: {_first_line(error)}. Set ONCOQA_ENCODER "
                f"to {EMBEDDED!r}, to a folder, or to a model's name while the network is there."
            ) from error
        model.prompts.update(prompts)
        fingerprint = _files_hash(Path(name)) if Path(name).is_dir() else _revision(model, name)
    model.eval()
    digest = hashlib.sha256(f"{fingerprint}{sorted(model.prompts.items())}".encode()).hexdigest()
    return SentenceTransformerEncoder(model, name=name, fingerprint=digest[:16])


def unit_rows(vectors: NDArray[Any]) -> Floats:
    """Each row brought to unit length, as float32; a row of zeros stays as it is."""
    rows = vectors.astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows


def _files_hash(folder: Path) -> str:
    """Of a model's folder: every file that could change a vector."""
    digest = hashlib.sha256()
    for path in sorted(
        p for p in folder.rglob("*") if p.suffix in {".onnx", ".json", ".safetensors"}
    ):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _revision(model: "SentenceTransformer", name: str) -> str:
    config = getattr(model.transformers_model, "config", None)
    return f"{name}@{getattr(config, '_commit_hash', None)}"


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
