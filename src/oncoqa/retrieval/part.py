"""What the index keeps of one release. It depends on the words of that release and on nothing else.

So an index of a thousand releases is a thousand parts: one that has not changed is taken over as it
is, and an index built step by step is byte for byte the one built from nothing. Whatever depends on
several releases (idf, the mean token, what is repeated) is computed on loading, from those that
the audience may see.

<id>.release.json  the release, where its passages stand, its terms
<id>.npz     vectors (passages, dim); how often each passage holds each term; where tokens stand
<id>.tokens  int8 (tokens, dim), read when a question needs them
"""

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from oncoqa.retrieval.encoder import Encoded, Encoder
from oncoqa.retrieval.late import passage_text
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.lexical import TermCounts
from oncoqa.text import terms
from oncoqa.types import Passage, Release, Span

_RELEASE = TypeAdapter(Release)


class Block(NamedTuple):
    """A passage's vectors. Tokens are `mean + scale * quantised`, so no other passage matters."""

    vector: Floats  # (dim,)
    spans: NDArray[np.int32]  # (tokens, 2)
    mean: Floats  # (dim,)
    scales: Floats  # (tokens,)
    quantised: NDArray[np.int8]  # (tokens, dim)

    @classmethod
    def of(cls, encoded: Encoded) -> "Block":
        tokens = encoded.tokens.astype(np.float32)
        mean = tokens.mean(axis=0) if len(tokens) else np.zeros_like(encoded.vector)
        centred = tokens - mean
        scales = np.maximum(np.abs(centred).max(axis=1, initial=0.0), 1e-6) / 127
        quantised = np.rint(centred / scales[:, None]).astype(np.int8)
        return cls(encoded.vector, encoded.spans, mean, scales.astype(np.float32), quantised)


class Rows(Protocol):
    """Token vectors as stored, from memory or from a file."""

    def __call__(self, start: int, stop: int) -> NDArray[np.int8]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    release: Release
    passages: Sequence[Passage]
    vectors: Floats  # (passages, dim)
    terms: TermCounts
    starts: NDArray[np.int64]  # (passages + 1,): where the tokens of each begin
    spans: NDArray[np.int32]
    means: Floats  # (passages, dim)
    scales: Floats  # (tokens,)
    rows: Rows

    @property
    def token_sum(self) -> NDArray[np.float64]:
        """(dim,): what the mean token of an index is made of."""
        lengths = np.diff(self.starts).astype(np.float64)
        return np.asarray(lengths @ self.means.astype(np.float64))

    def block(self, passage: int) -> Block:
        own = slice(*self.starts[passage : passage + 2])
        return Block(
            self.vectors[passage],
            self.spans[own],
            self.means[passage],
            self.scales[own],
            self.rows(own.start, own.stop),
        )


def make(
    release: Release, passages: Sequence[Passage], encoder: Encoder, known: Mapping[str, Block]
) -> Part:
    """Encode the passages of a release that are not among the `known` blocks, by `content_key`."""
    texts = [passage_text(passage) for passage in passages]
    held = [known.get(content_key(text)) for text in texts]
    missing = [text for text, block in zip(texts, held, strict=True) if block is None]
    fresh = iter(encoder.encode_documents(missing))
    blocks = [block or Block.of(next(fresh)) for block in held]
    quantised = np.concatenate([b.quantised for b in blocks])
    return Part(
        release,
        passages,
        np.stack([b.vector for b in blocks]),
        TermCounts.build([terms(text) for text in texts]),
        np.cumsum([0, *(len(b.spans) for b in blocks)], dtype=np.int64),
        np.concatenate([b.spans for b in blocks]),
        np.stack([b.mean for b in blocks]),
        np.concatenate([b.scales for b in blocks]),
        lambda start, stop: quantised[start:stop],
    )


def content_key(text: str) -> str:
    """Of a passage as it is encoded."""
    return hashlib.sha256(text.encode()).hexdigest()


def known_blocks(part: Part) -> dict[str, Block]:
    return {
        content_key(passage_text(passage)): part.block(row)
        for row, passage in enumerate(part.passages)
    }


def file_names(release_id: str) -> tuple[str, str, str]:
    return f"{release_id}.release.json", f"{release_id}.npz", f"{release_id}.tokens"


def files(part: Part) -> Iterator[tuple[str, bytes]]:
    """What is written of a part, by name of file."""
    text, arrays, tokens = file_names(part.release.id)
    data = {
        "release": _RELEASE.dump_python(part.release, mode="json"),
        "passages": [_passage_row(passage) for passage in part.passages],
        "terms": part.terms.vocabulary,
    }
    yield text, json.dumps(data, ensure_ascii=False, indent=1).encode()
    buffer = io.BytesIO()
    np.savez(
        buffer,
        vectors=part.vectors,
        indptr=part.terms.indptr,
        indices=part.terms.indices,
        counts=part.terms.counts,
        starts=part.starts,
        spans=part.spans,
        means=part.means,
        scales=part.scales,
    )
    yield arrays, buffer.getvalue()
    yield tokens, part.rows(0, int(part.starts[-1])).tobytes()


def read(folder: Path, release_id: str) -> Part:
    """A part from its files, which the caller has checked. Raises `ValueError`, `KeyError`."""
    text, arrays, tokens = (folder / name for name in file_names(release_id))
    data = json.loads(text.read_bytes())
    release = _RELEASE.validate_python(data["release"])
    with np.load(io.BytesIO(arrays.read_bytes()), allow_pickle=False) as stored:
        a = {name: stored[name] for name in stored.files}
    return Part(
        release,
        [_passage(row, release) for row in data["passages"]],
        a["vectors"],
        TermCounts(data["terms"], a["indptr"], a["indices"], a["counts"]),
        a["starts"],
        a["spans"],
        a["means"],
        a["scales"],
        _FileRows(tokens, a["vectors"].shape[1]),
    )


@dataclass(frozen=True, slots=True)
class _FileRows:
    """Reads what it is asked for: the token vectors of 40,000 passages are a gigabyte."""

    path: Path
    width: int

    def __call__(self, start: int, stop: int) -> NDArray[np.int8]:
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            data = os.pread(descriptor, int(stop - start) * self.width, int(start) * self.width)
        finally:
            os.close(descriptor)
        return np.frombuffer(data, np.int8).reshape(-1, self.width)


def _passage_row(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "introduction": passage.introduction,
        "furniture": passage.furniture,
    }


def _passage(row: dict[str, Any], release: Release) -> Passage:
    introduction = row["introduction"]
    return Passage(
        id=row["id"],
        release=release,
        start=row["start"],
        end=row["end"],
        headings=tuple(row["headings"]),
        introduction=Span(*introduction) if introduction else None,
        furniture=row["furniture"],
    )
