"""Backups: one archive with the releases and their originals, the index in service, the
conversations and the key that signs cookies. Each file is listed with its hash, and a backup is
put back only when it is whole."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from oncoqa.errors import IndexMissing, OncoqaError
from oncoqa.retrieval.generation import only_writer, read_manifest
from oncoqa.settings import Settings

LIST = "backup.json"
DATABASE = "conversations.sqlite3"


class BackupError(OncoqaError):
    """A backup cannot be made or put back."""


def save(settings: Settings, to: Path) -> int:
    """Write the archive whole, or not at all; how many files it holds."""
    if settings.database_url is not None:
        raise BackupError(
            "ONCOQA_DATABASE_URL: les conversations sont ailleurs ; sauvegardez-les par les outils "
            "de cette base, puis relancez sans ce réglage"
        )
    unfinished = to.with_name(f".{to.name}.tmp")
    try:
        with only_writer(settings.index_dir), tempfile.TemporaryDirectory() as scratch:
            hashes = _write(unfinished, settings, Path(scratch))
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(unfinished, to)
    except (OSError, tarfile.TarError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise BackupError(f"{to}: la sauvegarde ne peut pas être écrite ({error})") from error
    return len(hashes)


def _write(to: Path, settings: Settings, scratch: Path) -> dict[str, str]:
    hashes: dict[str, str] = {}
    with tarfile.open(to, "w:gz", compresslevel=1) as archive:
        for name, path in _contents(settings, scratch):
            data = path.read_bytes()
            hashes[name] = hashlib.sha256(data).hexdigest()
            _add(archive, name, data)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        _add(archive, LIST, json.dumps({"made": made, "files": hashes}, indent=1).encode())
    to.chmod(0o600)  # conversations, the key, and releases under embargo
    return hashes


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def _contents(settings: Settings, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Names in the archive, and where each file is now."""
    for path in sorted(settings.corpus_dir.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            yield f"corpus/{path.relative_to(settings.corpus_dir).as_posix()}", path
    try:
        generation, manifest = read_manifest(settings.index_dir)
        names = ["manifest.json", "manifest.sha256", *manifest.files]
        yield from ((f"index/{generation.name}/{name}", generation / name) for name in names)
        yield "index/CURRENT", settings.index_dir / "CURRENT"
    except IndexMissing:
        pass  # it is made again from the releases
    for path in sorted(settings.data_dir.glob("*")):
        if path.is_file() and not path.name.startswith((".", DATABASE)):
            yield f"data/{path.name}", path
    if (settings.data_dir / DATABASE).exists():
        yield f"data/{DATABASE}", _snapshot(settings.data_dir / DATABASE, scratch / DATABASE)


def _snapshot(database: Path, copy: Path) -> Path:
    """The database at one moment, while others write to it."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def restore(settings: Settings, archive: Path, *, force: bool = False) -> int:
    """Put a backup back, the server being stopped; how many files it holds.

    Everything is unpacked beside and checked first. Folders that are there stay beside, as
    `<name>.avant`, and only with `force`.
    """
    folders = {
        "corpus": settings.corpus_dir, "index": settings.index_dir, "data": settings.data_dir,
    }  # fmt: skip
    there = [folder for folder in folders.values() if folder.is_dir() and any(folder.iterdir())]
    if there and not force:
        raise BackupError(
            f"{there[0]} n'est pas vide ; arrêtez le serveur et ajoutez --force (l'ancien contenu "
            "est gardé à côté, en .avant)"
        )
    try:
        unpacked = {
            name: folder.with_name(f".{folder.name}.tmp") for name, folder in folders.items()
        }
        files = _unpack(archive, unpacked)
        for name, folder in folders.items():
            _exchange(unpacked[name], folder)
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError) as error:
        raise BackupError(f"{archive}: la sauvegarde ne se lit pas ({error})") from error
    return files


def _unpack(archive: Path, folders: dict[str, Path]) -> int:
    """Each file checked against the list. Nothing outside the three folders is ever written."""
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)  # of a restoration that was interrupted
    found: dict[str, str] = {}
    wanted: dict[str, str] | None = None
    with tarfile.open(archive, "r:gz") as entries:
        for entry in entries:
            file = entries.extractfile(entry)
            if file is None:
                raise BackupError(f"{archive}: {entry.name} n'est pas un fichier")
            data = file.read()
            if entry.name == LIST:
                wanted = json.loads(data)["files"]
                continue
            path = _path(entry.name, folders)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600 if entry.name.startswith("data/") else 0o644)
            found[entry.name] = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise BackupError(f"{archive}: la sauvegarde est abîmée ; prenez-en une autre")
    return len(found)


def _path(name: str, folders: dict[str, Path]) -> Path:
    top, *rest = PurePosixPath(name).parts
    if top not in folders or not rest or ".." in rest:
        raise BackupError(f"{name}: cette sauvegarde n'est pas d'oncoqa")
    return folders[top].joinpath(*rest)


def _exchange(new: Path, folder: Path) -> None:
    if not new.exists():
        return
    if folder.exists():
        former = folder.with_name(f"{folder.name}.avant")
        if former.exists():
            former.rename(folder.with_name(f"{former.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
        folder.rename(former)
    new.rename(folder)
