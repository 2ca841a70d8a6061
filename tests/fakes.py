"""What tests share: an encoder without a model, and releases made of a few lines."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oncoqa.corpus.parse import parse
from oncoqa.corpus.split import split
from oncoqa.retrieval.encoder import Encoded, Floats, unit_rows
from oncoqa.text import fold
from oncoqa.types import Passage, Query, Release

REPOSITORY = Path(__file__).parents[1]
CORPUS = REPOSITORY / "corpus"
DIMENSIONS = 48


@dataclass(frozen=True)
class HashingEncoder:
    """Each word has the vector that its hash draws; a text's is the sum of its words'.

    The same everywhere and always; two texts are close when they share words.
    """

    name: str = "hashing"
    fingerprint: str = "1"

    def encode_query(self, text: str) -> Encoded:
        found = list(re.finditer(r"\w+", text))
        tokens = np.zeros((len(found), DIMENSIONS), np.float32)
        for row, match in enumerate(found):
            tokens[row] = word_vector(match.group())
        spans = np.array([match.span() for match in found], np.int32).reshape(-1, 2)
        return Encoded(unit_rows(tokens.sum(axis=0, keepdims=True))[0], tokens, spans)

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        return (self.encode_query(text) for text in texts)


def word_vector(word: str) -> Floats:
    seed = int.from_bytes(hashlib.sha256(fold(word).encode()).digest()[:8])
    return np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)


def release_source(id_: str, body: str, **keys: object) -> str:
    """A release file's text; a key set to None is left out."""
    front = {"id": id_, "title": f"Titre de {id_}", "publisher": "Unicancer", "language": "fr"}
    lines = {**front, "status": "published", **keys}
    head = "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)
    return f"---\n{head}---\n\n{body}\n"


def write_release(folder: Path, id_: str, body: str, **keys: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{id_}.md"
    path.write_text(release_source(id_, body, **keys), encoding="utf-8")
    return path


def release(body: str, id_: str = "essai", **keys: object) -> Release:
    return parse(release_source(id_, body, **keys), where=f"{id_}.md")


def passages_of(body: str, id_: str = "essai", **keys: object) -> list[Passage]:
    return split(release(body, id_, **keys))


def query(text: str, **fields: object) -> Query:
    given = {"question": text, "language": "fr", "asks": "other", "meant": text}
    return Query(**{**given, "search_texts": (text,), **fields})
