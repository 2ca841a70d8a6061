"""Texts into vectors: one for the whole text, and one for each token, in one pass.

Any model of sentence-transformers will do; the embedded one is run by ONNX Runtime.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oncoqa.errors import SettingsError
from oncoqa.retrieval.layer import Floats, Model
from oncoqa.retrieval.onnx_model import EMBEDDED_PROMPTS, OnnxModel

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent.parent / "models" / "e5-small-fr-en-piaf"
RECENT_QUESTIONS = 16  # search and reading encode the same question: once is enough


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


class TextEncoder:
    """Questions and documents are encoded by different methods, so no prompt can be forgotten."""

    def __init__(
        self, model: Model, prompts: Mapping[str, str], *, name: str, fingerprint: str
    ) -> None:
        self.name = name
        digest = hashlib.sha256(f"{fingerprint}{sorted(prompts.items())}".encode()).hexdigest()
        self.fingerprint = digest[:16]
        self._model = model
        self._prompts = prompts
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
        """In the order of `texts`, one at a time.

        The int8 model rounds to the range of its batch: among 15 others a passage's vector had a
        cosine of 0.998 with its own, and changed whenever a neighbour did. Batches of 16 cost more
        too, by their padding: 2.4 s of processor for the two releases, against 1.6.
        """
        for text in texts:
            with self._lock:
                encoded = next(self._encode([text], "document"))
            yield encoded

    def _encode(self, texts: Sequence[str], kind: str) -> Iterator[Encoded]:
        prompt = self._prompts.get(kind) or ""
        layer = self._model([prompt + text for text in texts])
        for vector, tokens, spans in zip(unit_rows(layer.vectors), *layer[1:], strict=True):
            # Special tokens and padding have empty ranges; the prompt's end before the text.
            kept = (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > len(prompt))
            yield Encoded(vector, tokens[kept], np.maximum(spans[kept] - len(prompt), 0))


def load_encoder(
    name: str,
    *,
    threads: int = 0,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
) -> TextEncoder:
    """The embedded encoder, or any sentence-transformers model by folder or hub name.

    Prompts left at None are the model's own. Raises `SettingsError` when it cannot be loaded.
    """
    given = {"query": query_prompt, "document": document_prompt}
    prompts = {kind: prompt for kind, prompt in given.items() if prompt is not None}
    if name == EMBEDDED:
        model = OnnxModel(EMBEDDED_FOLDER, threads=threads)
        fingerprint = _files_hash(EMBEDDED_FOLDER)
        return TextEncoder(model, EMBEDDED_PROMPTS | prompts, name=name, fingerprint=fingerprint)
    return _load_other(name, prompts)


def _load_other(name: str, prompts: dict[str, str]) -> TextEncoder:
    from sentence_transformers import SentenceTransformer

    from oncoqa.retrieval.torch_model import TorchModel

    try:
        model = SentenceTransformer(name, device="cpu")  # where its vectors are read
    except Exception as error:  # a damaged file raises whatever its reader does
        reason = str(error).strip().split("\n", 1)[0]
        raise SettingsError(
            f"the encoder {name!r} cannot be loaded: {reason}. Set ONCOQA_ENCODER to {EMBEDDED!r}, "
            "to a folder, or to a model's name while the network is there."
        ) from error
    folder = Path(name)
    fingerprint = _files_hash(folder) if folder.is_dir() else _revision(model, name)
    own = {kind: prompt or "" for kind, prompt in model.prompts.items()}
    return TextEncoder(TorchModel(model), own | prompts, name=name, fingerprint=fingerprint)


def unit_rows(vectors: NDArray[Any]) -> Floats:
    """Each row brought to unit length, as float32; a row of zeros stays as it is."""
    rows = vectors.astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows


_DECIDES = {".onnx", ".json", ".safetensors"}  # files that could change a vector


def _files_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _DECIDES):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _revision(model: Any, name: str) -> str:
    config = getattr(model.transformers_model, "config", None)
    return f"{name}@{getattr(config, '_commit_hash', None)}"
