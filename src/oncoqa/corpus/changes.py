"""The files of a corpus and what they hash to, so that only those that changed are parsed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oncoqa.corpus.parse import parse_bytes
from oncoqa.errors import CorpusError
from oncoqa.types import Release


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A release's file as it was read: a later change of the file changes nothing here."""

    path: Path
    data: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return self.path.stem

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    def parse(self) -> Release:
        """Raises `CorpusError`."""
        release = parse_bytes(self.data, self.path)
        if release.id != self.id:
            raise CorpusError(
                [f"{self.path}:2: id: {release.id!r} is not the file's name; make both the same"]
            )
        return release


def release_files(folder: Path) -> list[ReleaseFile]:
    """By id. Raises `CorpusError`."""
    if not folder.is_dir():
        raise CorpusError([f"{folder}: no such folder; set ONCOQA_CORPUS_DIR or create it"])
    try:
        files = [ReleaseFile(path, path.read_bytes()) for path in sorted(folder.glob("*.md"))]
    except OSError as error:
        raise CorpusError([f"{error.filename}: cannot be read: {error.strerror}"]) from error
    if not files:
        raise CorpusError([f"{folder}: no release here (files *.md)"])
    return sorted(files, key=lambda file: file.id)


def corpus_hash(files: Sequence[ReleaseFile]) -> str:
    """As `parse.corpus_sha256` makes it of the folder."""
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path.name):
        digest.update(f"{file.path.name}\0{len(file.data)}\0".encode())
        digest.update(file.data)
    return digest.hexdigest()


def parse_all(files: Sequence[ReleaseFile]) -> dict[str, Release]:
    """By id. Raises `CorpusError` with the problems of every file."""
    releases: dict[str, Release] = {}
    problems: list[str] = []
    for file in files:
        try:
            releases[file.id] = file.parse()
        except CorpusError as error:
            problems.extend(error.problems)
    if problems:
        raise CorpusError(problems)
    return releases


def check_supersedes(supersedes: Mapping[str, str | None], folder: Path) -> None:
    """By id: a release replaces one that is there, and in the end none replaces itself."""
    problems: list[str] = []
    for id_, former in supersedes.items():
        where = f"{folder / id_}.md:1: supersedes"
        if former is not None and former not in supersedes:
            problems.append(
                f"{where}: no release has the id {former!r}; correct it or add that release"
            )
        elif _replaces_itself(id_, supersedes):
            problems.append(f"{where}: the release ends up replacing itself; remove the key")
    if problems:
        raise CorpusError(problems)


def _replaces_itself(id_: str, supersedes: Mapping[str, str | None]) -> bool:
    seen, former = {id_}, supersedes[id_]
    while former is not None and former not in seen:
        seen.add(former)
        former = supersedes.get(former)
    return former is not None
