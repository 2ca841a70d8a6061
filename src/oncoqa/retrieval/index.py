"""The index on disk: build, save, load. A generation is whole or is not there.

index/CURRENT            the name of the generation in service
index/<generation>/      manifest.json, the files that it lists with their hashes, and its own hash:
    manifest.sha256      as `sha256sum --check` reads it
    releases.jsonl       each release with its text: an answer needs nothing but its generation
    passages.jsonl       where each passage stands
    vectors.npy          (passages, dim), unit rows
    lexical.npz          BM25's scores, terms.txt naming the rows
    tokens.npy           (tokens, dim), int8: the token vectors of each passage
    tokens.npz           where the tokens of each passage begin, where each stands; the mean token

A new generation is written beside the others and flushed to disk; then CURRENT is replaced, which
is atomic. No file holds code: JSON lines and plain arrays.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter
from scipy.sparse import csr_array

from oncoqa.errors import IndexCorrupt, IndexMismatch, IndexMissing, SearchIndexError
from oncoqa.retrieval.dense import DenseIndex
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.late import TokenVectors, passage_text
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.text import terms
from oncoqa.types import Passage, Release, Span

FORMAT = 1  # one more when the files or the analysis of their text change
KEPT_GENERATIONS = 3
_GENERATION = re.compile(r"\d{8}T\d{9}-[0-9a-f]{8}")  # nothing else in the folder is ours

_RELEASE = TypeAdapter(Release)


class Recipe(BaseModel):
    """What an index was built by; settings that differ from it cannot use it."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    encoder: str
    encoder_fingerprint: str
    max_words: int


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)

    generation: str
    built_at: datetime
    recipe: Recipe
    corpus_sha256: str
    releases: int
    passages: int
    tokens: int
    files: dict[str, str]  # sha256 of each


@dataclass(frozen=True, slots=True)
class SearchIndex:
    manifest: Manifest
    passages: Sequence[Passage]
    dense: DenseIndex
    lexical: LexicalIndex
    tokens: TokenVectors

    @property
    def releases(self) -> dict[str, Release]:
        return {passage.release.id: passage.release for passage in self.passages}


def build(
    passages: Sequence[Passage], encoder: Encoder, *, recipe: Recipe, corpus_sha256: str
) -> SearchIndex:
    """Encode every passage. `passages` are in the order of their releases."""
    texts = [passage_text(passage) for passage in passages]
    encoded = list(encoder.encode_documents(texts))
    tokens = TokenVectors.build(encoded)
    now = datetime.now(UTC)
    manifest = Manifest(
        generation=f"{now:%Y%m%dT%H%M%S%f}"[:18] + f"-{corpus_sha256[:8]}",
        built_at=now,
        recipe=recipe,
        corpus_sha256=corpus_sha256,
        releases=len({passage.release.id for passage in passages}),
        passages=len(passages),
        tokens=len(tokens.spans),
        files={},
    )
    lexical = LexicalIndex.build([terms(text) for text in texts])
    return SearchIndex(
        manifest, passages, DenseIndex(np.stack([e.vector for e in encoded])), lexical, tokens
    )


def save(index: SearchIndex, folder: Path) -> Manifest:
    """Write a generation beside the others, then put it in service.

    Raises `SearchIndexError` when it cannot be written; the former one then stays in service.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_writer(folder):
            return _save(index, folder)
    except OSError as error:
        raise SearchIndexError(
            f"{folder}: the index cannot be written ({error.strerror}); make room there, or set "
            "ONCOQA_INDEX_DIR to a folder that can be written"
        ) from error


def _save(index: SearchIndex, folder: Path) -> Manifest:
    _remove_unfinished(folder)
    name = index.manifest.generation
    unfinished = folder / f".{name}.tmp"
    unfinished.mkdir()
    hashes = {file: _write(unfinished / file, data) for file, data in _files(index)}
    manifest = index.manifest.model_copy(update={"files": hashes})
    sha256 = _write(unfinished / "manifest.json", manifest.model_dump_json(indent=2).encode())
    _write(unfinished / "manifest.sha256", f"{sha256}  manifest.json\n".encode())
    _flush(unfinished)
    unfinished.rename(folder / name)
    _flush(folder)
    _write(folder / ".CURRENT.tmp", f"{name}\n".encode())
    os.replace(folder / ".CURRENT.tmp", folder / "CURRENT")
    _flush(folder)
    _remove_old(folder, kept=name)
    return manifest


def load(folder: Path, *, expected: Recipe | None = None) -> SearchIndex:
    """The generation in service.

    Raises `IndexMissing`, `IndexCorrupt` when a file does not match its hash, and
    `IndexMismatch` when `expected` names a field that differs.
    """
    generation, manifest = read_manifest(folder)
    if expected is not None:
        _check_recipe(manifest.recipe, expected)
    contents = {name: _read(generation / name, sha) for name, sha in manifest.files.items()}
    try:
        return _assemble(manifest, contents)
    except (KeyError, ValueError) as error:  # hashes agree: written by another version
        raise IndexCorrupt(f"{generation}: {error}; run `oncoqa index`") from error


def read_manifest(folder: Path) -> tuple[Path, Manifest]:
    """The folder of the generation in service, and its manifest."""
    try:
        name = (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"{folder}: no index yet; run `oncoqa index`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexCorrupt(f"{folder / 'CURRENT'}: unreadable; run `oncoqa index`") from error
    if not _GENERATION.fullmatch(name):
        raise IndexCorrupt(f"{folder / 'CURRENT'}: names no generation; run `oncoqa index`")
    generation = folder / name
    try:
        sha256 = (generation / "manifest.sha256").read_text(encoding="utf-8")
        data = (generation / "manifest.json").read_bytes()
        if sha256 != f"{hashlib.sha256(data).hexdigest()}  manifest.json\n":
            raise ValueError("does not match its hash")
        return generation, Manifest.model_validate_json(data)
    except (OSError, ValueError) as error:
        raise IndexCorrupt(
            f"{generation / 'manifest.json'}: missing or damaged; run `oncoqa index`"
        ) from error


def _check_recipe(found: Recipe, expected: Recipe) -> None:
    for field in Recipe.model_fields:
        old, new = getattr(found, field), getattr(expected, field)
        if old != new:
            raise IndexMismatch(
                f"the index was built with {field} {old!r}, the settings say {new!r}; run "
                "`oncoqa index` to build it anew, or set the former value back"
            )


def _files(index: SearchIndex) -> Iterator[tuple[str, bytes]]:
    releases = [_RELEASE.dump_json(release) for release in index.releases.values()]
    yield "releases.jsonl", b"\n".join(releases)
    rows = [json.dumps(_passage_row(p), ensure_ascii=False) for p in index.passages]
    yield "passages.jsonl", "\n".join(rows).encode()
    yield "vectors.npy", _npy(np.save, index.dense.vectors)
    lexical = index.lexical
    arrays = {"indptr": lexical.scores.indptr, "indices": lexical.scores.indices}
    yield "lexical.npz", _npy(np.savez, **arrays, data=lexical.scores.data, idf=lexical.idf)
    yield "terms.txt", "\n".join(lexical.vocabulary).encode()
    t = index.tokens
    yield "tokens.npy", _npy(np.save, t.tokens)
    yield "tokens.npz", _npy(np.savez, starts=t.starts, spans=t.spans, mean=t.mean)


def _npy(save_array: Callable[..., None], *arrays: NDArray[Any], **named: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    save_array(buffer, *arrays, **named)
    return buffer.getvalue()


def _assemble(manifest: Manifest, contents: dict[str, bytes]) -> SearchIndex:
    releases = [_RELEASE.validate_json(line) for line in contents["releases.jsonl"].splitlines()]
    by_id = {release.id: release for release in releases}
    rows = (json.loads(line) for line in contents["passages.jsonl"].decode().split("\n"))
    passages = [_passage(row, by_id) for row in rows]
    lexical, tokens = _load_npy(contents["lexical.npz"]), _load_npy(contents["tokens.npz"])
    vocabulary = contents["terms.txt"].decode().split("\n")
    csr = (lexical["data"], lexical["indices"], lexical["indptr"])
    scores = csr_array(csr, shape=(len(vocabulary), len(passages)))
    return SearchIndex(
        manifest,
        passages,
        DenseIndex(_load_npy(contents["vectors.npy"])),
        LexicalIndex(vocabulary, scores, lexical["idf"]),
        TokenVectors(
            tokens["starts"], tokens["spans"], _load_npy(contents["tokens.npy"]), tokens["mean"]
        ),
    )


def _load_npy(data: bytes) -> Any:
    return np.load(io.BytesIO(data), allow_pickle=False)


def _passage_row(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "release": passage.release.id,
        "start": passage.start,
        "end": passage.end,
        "headings": passage.headings,
        "introduction": passage.introduction,
        "furniture": passage.furniture,
    }


def _passage(row: dict[str, Any], releases: dict[str, Release]) -> Passage:
    introduction = row["introduction"]
    return Passage(
        id=row["id"],
        release=releases[row["release"]],
        start=row["start"],
        end=row["end"],
        headings=tuple(row["headings"]),
        introduction=Span(*introduction) if introduction else None,
        furniture=row["furniture"],
    )


def _read(path: Path, sha256: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"{path}: missing; run `oncoqa index`") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IndexCorrupt(f"{path}: does not match its hash; run `oncoqa index`")
    return data


def _write(path: Path, data: bytes) -> str:
    """Write and flush a file; its sha256."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def _flush(folder: Path) -> None:
    """Make the names in a folder durable: fsync of a file does not cover its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SearchIndexError(
                f"{folder}: another `oncoqa index` is writing; wait for it to end"
            ) from error
        yield


def _remove_old(folder: Path, *, kept: str) -> None:
    """Leave the last generations, damaged ones included, and whatever is no generation."""
    generations = sorted(p for p in folder.iterdir() if _GENERATION.fullmatch(p.name))
    former = [path for path in generations if path.name != kept]
    for old in former[: -(KEPT_GENERATIONS - 1)]:
        shutil.rmtree(old)


def _remove_unfinished(folder: Path) -> None:
    """What an interrupted build left behind: on a full disk, its room is needed first."""
    for path in folder.glob(".*.tmp"):
        if _GENERATION.fullmatch(path.name[1 : -len(".tmp")]):
            shutil.rmtree(path, ignore_errors=True)
