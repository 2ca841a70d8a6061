"""Texts into vectors: one for the whole text, and one for each token, in one pass.

Any model of sentence-transformers will do; the embedded one is run by ONNX Runtime.
"""

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from oncoqa.errors import SettingsError
from oncoqa.retrieval.layer import Floats, Model
from oncoqa.retrieval.onnx_model import EMBEDDED_PROMPTS, OnnxModel

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent.parent / "models" / "e5-small-fr-en-piaf"
# Search and reading encode the same question: once is enough, even of two hundred asked at once.
RECENT_QUESTIONS = 256
AHEAD = 64  # documents encoded before the first of them is taken: their vectors fill memory


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
        self,
        model: Model,
        prompts: Mapping[str, str],
        *,
        name: str,
        fingerprint: str,
        threads: int = 1,
    ) -> None:
        """`threads`: how many may call the model at once; transformers' tokenizers bear one."""
        self.name = name
        digest = hashlib.sha256(f"{fingerprint}{sorted(prompts.items())}".encode()).hexdigest()
        self.fingerprint = digest[:16]
        self._model = model
        self._prompts = prompts
        self._threads = threads
        self._free = threading.Semaphore(threads)
        self._asked = lru_cache(RECENT_QUESTIONS)(partial(self._encode, kind="query"))

    def encode_query(self, text: str) -> Encoded:
        return self._asked(text)

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """In the order of `texts`; each alone, so that no other text can change its vectors."""
        encode = partial(self._encode, kind="document")
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), AHEAD):
                yield from pool.map(encode, texts[start : start + AHEAD])

    def _encode(self, text: str, kind: str) -> Encoded:
        prompt = self._prompts.get(kind) or ""
        with self._free:
            layer = self._model([prompt + text])
        [vector], [tokens], [spans] = unit_rows(layer.vectors), layer.tokens, layer.spans
        # Special tokens and padding have empty ranges; the prompt's end before the text.
        kept = (spans[:, 1] > spans[:, 0]) & (spans[:, 1] > len(prompt))
        return Encoded(vector, tokens[kept], np.maximum(spans[kept] - len(prompt), 0))


def load_encoder(
    name: str,
    *,
    threads: int = 0,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
) -> TextEncoder:
    """The embedded encoder, or any sentence-transformers model by folder or hub name.

    `threads` encode as many texts of the embedded encoder at once; 0 is one for each core.
    Prompts left at None are the model's own. Raises `SettingsError` when it cannot be loaded.
    """
    given = {"query": query_prompt, "document": document_prompt}
    prompts = {kind: prompt for kind, prompt in given.items() if prompt is not None}
    if name == EMBEDDED:
        return TextEncoder(
            OnnxModel(EMBEDDED_FOLDER),
            EMBEDDED_PROMPTS | prompts,
            name=name,
            fingerprint=_files_hash(EMBEDDED_FOLDER),
            threads=threads or os.cpu_count() or 1,
        )
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
