"""Generations on disk: written whole, put in service at once, kept for a while, gone back to.

index/CURRENT            the name of the generation in service
index/<generation>/      the files of each release (`part.py`), and
    manifest.json        the recipe, what is known of each release, the sha256 of every file
    manifest.sha256      its own, as `sha256sum --check` reads it

A new generation is written beside the others and flushed to disk; then CURRENT is replaced, which
is atomic. A release that has not changed is a hard link to its files in the generation before: each
folder is whole, and a thousand releases cost no copy. No file holds code: JSON and plain arrays.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import AwareDatetime, BaseModel, ConfigDict

from oncoqa.errors import IndexCorrupt, IndexMismatch, IndexMissing, SearchIndexError
from oncoqa.files import flush_folder, replace, sha256_of, write
from oncoqa.types import Audience, ReleaseStatus

FORMAT = 4  # one more when the files or the analysis of their text change
KEPT_GENERATIONS = 3
_GENERATION = re.compile(r"\d{8}T\d{9}-[0-9a-f]{8}")  # nothing else in the folder is ours


class Recipe(BaseModel):
    """What an index was built by; settings that differ from it cannot use it."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    encoder: str
    encoder_fingerprint: str
    max_words: int


class Entry(BaseModel):
    """A release of a generation: enough to tell whether it changed, and who may see it."""

    model_config = ConfigDict(frozen=True)

    id: str
    sha256: str  # of the release's file
    status: ReleaseStatus
    supersedes: str | None
    embargo_until: AwareDatetime | None
    passages: int
    tokens: int

    def visible(self, audience: Audience, now: datetime) -> bool:
        return audience == "staff" or self.embargo_until is None or self.embargo_until <= now


class Manifest(BaseModel):
    model_config = ConfigDict(frozen=True)

    generation: str
    built_at: AwareDatetime
    public_since: AwareDatetime  # since when the public part is what it is: see `public_sha256`
    recipe: Recipe
    corpus_sha256: str
    entries: tuple[Entry, ...]  # by id
    files: dict[str, str]  # sha256 of each

    @property
    def releases(self) -> int:
        return len(self.entries)

    @property
    def passages(self) -> int:
        return sum(entry.passages for entry in self.entries)

    @property
    def tokens(self) -> int:
        return sum(entry.tokens for entry in self.entries)

    def visible(self, audience: Audience, now: datetime) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.visible(audience, now))

    def view_sha256(self, audience: Audience, now: datetime) -> str:
        """Of what an audience may see; what it may not see changes nothing in it."""
        lines = [f"{entry.id} {entry.sha256}\n" for entry in self.visible(audience, now)]
        return hashlib.sha256((self.recipe.model_dump_json() + "".join(lines)).encode()).hexdigest()

    def view_since(self, audience: Audience, now: datetime) -> datetime:
        """When the view became what it is: indexed, or the hour of its last embargo."""
        if audience == "staff":
            return self.built_at
        passed = [e.embargo_until for e in self.visible(audience, now) if e.embargo_until]
        return max([self.public_since, *passed])

    def next_change(self, audience: Audience, now: datetime) -> datetime | None:
        """The hour at which the next embargo ends, for those whom it concerns."""
        if audience == "staff":
            return None
        to_come = [e.embargo_until for e in self.entries if e.embargo_until]
        return min((moment for moment in to_come if moment > now), default=None)


def name_of(moment: datetime, sha256: str) -> str:
    return f"{moment:%Y%m%dT%H%M%S%f}"[:18] + f"-{sha256[:8]}"


def current(folder: Path) -> str | None:
    """The name of the generation in service, as CURRENT has it; None when there is none."""
    try:
        return (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def all_generations(folder: Path) -> list[str]:
    """Oldest first, damaged ones included."""
    return sorted(p.name for p in folder.iterdir() if _GENERATION.fullmatch(p.name))


def read_manifest(folder: Path) -> tuple[Path, Manifest]:
    """The folder of the generation in service, and its manifest.

    Raises `IndexMissing`, and `IndexCorrupt` when it does not match its hash.
    """
    try:
        name = (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"{folder}: no index yet; run `oncoqa index`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexCorrupt(f"{folder / 'CURRENT'}: unreadable; run `oncoqa index`") from error
    if not _GENERATION.fullmatch(name):
        raise IndexCorrupt(f"{folder / 'CURRENT'}: names no generation; run `oncoqa index`")
    return folder / name, manifest_of(folder / name)


def manifest_of(generation: Path) -> Manifest:
    try:
        sha256 = (generation / "manifest.sha256").read_text(encoding="utf-8")
        data = (generation / "manifest.json").read_bytes()
        if sha256 != f"{hashlib.sha256(data).hexdigest()}  manifest.json\n":
            raise ValueError("does not match its hash")
        return Manifest.model_validate_json(data)
    except (OSError, ValueError) as error:
        raise IndexCorrupt(
            f"{generation / 'manifest.json'}: missing or damaged; run `oncoqa index`"
        ) from error


def check_recipe(found: Recipe, expected: Recipe) -> None:
    for field in Recipe.model_fields:
        old, new = getattr(found, field), getattr(expected, field)
        if old != new:
            raise IndexMismatch(
                f"the index was built with {field} {old!r}, the settings say {new!r}; run "
                "`oncoqa index` to build it anew, or set the former value back"
            )


def damaged(generation: Path, files: Mapping[str, str]) -> list[str]:
    """The files that are missing or do not match their hash."""
    with ThreadPoolExecutor(max_workers=2) as threads:  # hashing leaves the interpreter free
        good = threads.map(lambda name: _matches(generation / name, files[name]), files)
        return [name for name, ok in zip(files, good, strict=True) if not ok]


def _matches(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def write_generation(
    folder: Path,
    name: str,
    files: Iterable[tuple[str, bytes]],
    *,
    linked: Mapping[str, Path],
    manifest: Callable[[dict[str, str]], Manifest],
) -> Manifest:
    """Write files, link others to those of the generation before, and put the whole in service.

    `manifest` makes it from the hashes of what was written. Raises `SearchIndexError` when a file
    cannot be written; the former generation then stays in service.
    """
    with _told(folder):
        _remove_unfinished(folder)
        unfinished = folder / f".{name}.tmp"
        unfinished.mkdir()
        hashes = {file: write(unfinished / file, data) for file, data in files}
        for file, source in linked.items():
            os.link(source, unfinished / file)
        made = manifest(hashes)
        sha256 = write(unfinished / "manifest.json", made.model_dump_json(indent=1).encode())
        write(unfinished / "manifest.sha256", f"{sha256}  manifest.json\n".encode())
        flush_folder(unfinished)
        unfinished.rename(folder / name)
        flush_folder(folder)
        put_in_service(folder, name)
        _remove_old(folder, kept=name)
    return made


def roll_back(folder: Path, name: str | None = None, *, reveal: bool = False) -> Manifest:
    """Put a former generation back in service: the one before, or that of the name given.

    Raises `SearchIndexError` when there is none, or when it would show again what has since been
    withdrawn, removed or put under embargo, unless told to `reveal` it.
    """
    with only_writer(folder):
        path, last = read_manifest(folder)
        former = [g for g in all_generations(folder) if g < path.name]
        name = name or (former[-1] if former else None)
        if name not in all_generations(folder):
            kept = ", ".join(all_generations(folder))
            raise SearchIndexError(f"{folder}: no generation to go back to; kept: {kept}")
        manifest = manifest_of(folder / name)
        if bad := damaged(folder / name, manifest.files):
            raise IndexCorrupt(f"{folder / name / bad[0]}: damaged; choose another generation")
        if not reveal and (shown := _shown_again(last, manifest)):
            raise SearchIndexError(
                f"{name} would show again {', '.join(shown)}: withdrawn, removed or under embargo "
                "since; correct the corpus and run `oncoqa index`, or add --reveal"
            )
        put_in_service(folder, name)
        return manifest


def _shown_again(last: Manifest, former: Manifest) -> list[str]:
    now = datetime.now(UTC)

    def shown(manifest: Manifest) -> set[str]:
        return {e.id for e in manifest.visible("public", now) if e.status != "withdrawn"}

    return sorted(shown(former) - shown(last))


def put_in_service(folder: Path, name: str) -> None:
    with _told(folder):
        replace(folder / "CURRENT", f"{name}\n".encode())


@contextmanager
def only_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the index alone, after whoever holds it when told to `wait`.

    Raises `SearchIndexError` when it is held, or cannot be written.
    """
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        _lock(lock, folder, wait=wait)
        yield


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SearchIndexError(
            f"{folder}: the index cannot be written ({error.strerror}); make room there, or set "
            "ONCOQA_INDEX_DIR to a folder that can be written"
        ) from error


def _lock(lock: IO[str], folder: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SearchIndexError(
            f"{folder}: another `oncoqa index` is writing; wait for it to end"
        ) from error


class Pin:
    """While it lives, its generation is not removed: tokens are read when they are needed."""

    def __init__(self, generation: Path) -> None:
        self._descriptor = os.open(generation / "manifest.json", os.O_RDONLY)
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)


def _remove_old(folder: Path, *, kept: str) -> None:
    """Leave the last generations, those in use, and whatever is no generation."""
    former = [name for name in all_generations(folder) if name != kept]
    for name in former[: -(KEPT_GENERATIONS - 1)]:
        if not _in_use(folder / name):
            shutil.rmtree(folder / name)


def _in_use(generation: Path) -> bool:
    try:
        with (generation / "manifest.json").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # damaged: nobody reads it
        return False
    return False


def _remove_unfinished(folder: Path) -> None:
    """What an interrupted build left behind: on a full disk, its room is needed first."""
    for path in folder.glob(".*.tmp"):
        if _GENERATION.fullmatch(path.name[1 : -len(".tmp")]):
            shutil.rmtree(path, ignore_errors=True)
