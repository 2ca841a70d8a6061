"""Torn files, a full disk, a folder that cannot be written, two indexers."""

import errno
import os
import resource
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from fault.world import ENCODER, build_state, in_child, state_of, write_state
from oncoqa.build import build_index, load_index
from oncoqa.errors import IndexCorrupt, SearchIndexError
from oncoqa.retrieval.generation import read_manifest
from oncoqa.retrieval.index import load
from oncoqa.settings import Settings

pytestmark = pytest.mark.fault


def test_torn_files_are_always_detected_and_mended(
    place: Settings, scaled: Callable[[int], int], proven: Callable[[str, int], None]
) -> None:
    build_state(place, 1)
    generation, _ = read_manifest(place.index_dir)
    tried, random = 0, Random(1)  # noqa: S311 the same harm each time
    for path in sorted(generation.iterdir()):
        whole = path.read_bytes()
        for harmed in [*_cut(whole, scaled(50), random), *_flipped(whole, scaled(200), random)]:
            path.write_bytes(harmed)
            with pytest.raises(IndexCorrupt):
                load(place.index_dir)
            tried += 1
        mended = load_index(place, ENCODER)
        assert mended.manifest.generation != generation.name
        assert state_of(place) == 1
        path.write_bytes(whole)
        (place.index_dir / "CURRENT").write_text(generation.name + "\n", encoding="utf-8")
    proven("torn index files", tried)


def _cut(whole: bytes, n: int, random: Random) -> list[bytes]:
    return [whole[: random.randrange(len(whole))] for _ in range(n)]


def _flipped(whole: bytes, n: int, random: Random) -> list[bytes]:
    places = [random.randrange(len(whole)) for _ in range(n)]
    return [
        whole[:i] + bytes([whole[i] ^ 1 << random.randrange(8)]) + whole[i + 1 :] for i in places
    ]


def test_a_full_disk_at_each_write_leaves_the_old_index(
    place: Settings, proven: Callable[[str, int], None]
) -> None:
    build_state(place, 1)
    write_state(place, 2)
    fsync, steps = os.fsync, 0
    while True:
        steps += 1
        left = iter(range(steps))

        def full(descriptor: int, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, "No space left on device")
            fsync(descriptor)

        told = _told(place, full)
        assert state_of(place) in {1, 2}
        if told is None:
            break
        assert "No space left" in told
        assert "make room" in told
    assert state_of(place) == 2
    proven("a full disk at each write", steps)


def _told(place: Settings, fsync: Callable[[int], None]) -> str | None:
    try:
        with patch.object(os, "fsync", fsync):
            build_index(place, ENCODER)
    except SearchIndexError as error:
        return str(error)
    return None


def test_files_that_may_not_grow_leave_the_old_index(place: Settings) -> None:
    build_state(place, 1)
    write_state(place, 2)

    def limited(size: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(SearchIndexError, match="cannot be written"):
            build_index(place, ENCODER)

    for size in (0, 1, 100, 1000):
        assert in_child(lambda size=size: limited(size)) == 0
        assert state_of(place) == 1
    build_index(place, ENCODER)
    assert state_of(place) == 2


def test_a_folder_that_cannot_be_written_is_told_and_serves() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        place = Settings(corpus_dir=Path(folder, "corpus"), index_dir=Path(folder, "index"))
        build_state(place, 1)
        write_state(place, 2)
        for path in (place.index_dir, *place.index_dir.iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)

        def as_nobody() -> None:
            if os.geteuid() == 0:
                os.setresuid(65534, 65534, 65534)
            with pytest.raises(SearchIndexError, match=r"cannot be written .*ONCOQA_INDEX_DIR"):
                build_index(place, ENCODER)
            assert state_of(place) == 1

        assert in_child(as_nobody) == 0
        for path in (place.index_dir, *place.index_dir.iterdir()):
            path.chmod(0o755)
        shutil.rmtree(place.index_dir)


def test_two_indexers_never_mix(
    place: Settings, scaled: Callable[[int], int], proven: Callable[[str, int], None]
) -> None:
    rounds = scaled(100)
    for state in range(1, rounds + 1):
        write_state(place, state)
        children = [_indexer(place) for _ in range(2)]
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert set(ends) <= {0, 3}  # done, or told to wait
        assert 0 in ends
        assert state_of(place) == state
    proven("two indexers at once", rounds)


def _indexer(place: Settings) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            build_index(place, ENCODER)
            status = 0
        except SearchIndexError as error:
            status = 3 if "another" in str(error) else 1
        finally:
            os._exit(status)
    return child
