"""Killed while it indexes: the index is the old one or the new one, and serves again at once."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from fault.world import build_state, die, in_child, state_of, write_state
from oncoqa import files
from oncoqa.settings import Settings

pytestmark = pytest.mark.fault

STEPS = [(os, "fsync"), (os, "replace"), (os, "link"), (Path, "rename"), (Path, "mkdir"),
         (files, "write"), (shutil, "rmtree")]  # fmt: skip


def test_killed_at_random_no_release_is_lost_and_no_index_is_mixed(
    place: Settings, scaled: Callable[[int], int], proven: Callable[[str, int], None]
) -> None:
    kills, random_ = scaled(300), random.Random(6)  # noqa: S311 the same moments each time
    build_state(place, 0)
    state, slowest = 0, 0.0
    for _ in range(kills):
        acknowledged, written = _killed(place, state, after=random_.uniform(0, 0.25))
        start = time.perf_counter()
        found = state_of(place)
        slowest = max(slowest, time.perf_counter() - start)
        assert max(state, acknowledged) <= found <= written
        state = found
    assert slowest < 5
    proven(f"SIGKILL while indexing (slowest start after: {slowest:.2f} s)", kills)


def _killed(place: Settings, state: int, *, after: float) -> tuple[int, int]:
    """Index one state after another until killed: the last acknowledged, the last begun."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        while True:
            state += 1
            os.write(writing, f"+{state}\n".encode())
            build_state(place, state)
            os.write(writing, f"={state}\n".encode())
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, encoding="utf-8") as told:
        lines = told.read().split()
    last = {sign: [int(line[1:]) for line in lines if line[0] == sign] or [state] for sign in "+="}
    return last["="][-1], last["+"][-1]


@contextmanager
def stopped_at(step: int | None, *, before: bool, count: list[int]) -> Iterator[None]:
    """Die before or after the n-th thing done to the disk."""

    def wrapped(do: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **named: object) -> object:
            count[0] += 1
            mine = count[0] == step
            if mine and before:
                die()
            result = do(*args, **named)
            if mine:
                die()
            return result

        return run

    with ExitStack() as stack:
        for owner, name in STEPS:
            stack.enter_context(patch.object(owner, name, wrapped(getattr(owner, name))))
        from oncoqa.retrieval import generation

        stack.enter_context(patch.object(generation, "write", files.write))
        stack.enter_context(patch.object(generation, "replace", files.replace))
        yield


def test_stopped_before_and_after_each_step(
    place: Settings, proven: Callable[[str, int], None]
) -> None:
    build_state(place, 1)
    kept = place.index_dir.with_name("kept")
    shutil.copytree(place.index_dir, kept)
    count = [0]
    with stopped_at(None, before=False, count=count):
        build_state(place, 2)
    steps = count[0]
    assert steps > 30
    for step in range(1, steps + 1):
        for before in (True, False):
            shutil.rmtree(place.index_dir)
            shutil.copytree(kept, place.index_dir)
            write_state(place, 2)

            def stopped(step: int = step, before: bool = before) -> None:
                with stopped_at(step, before=before, count=[0]):
                    build_state(place, 2)

            assert in_child(stopped) == -signal.SIGKILL
            assert state_of(place) in {1, 2}
            build_state(place, 2)
            assert state_of(place) == 2
            assert not list(place.index_dir.glob(".*.tmp"))
    proven(f"stopped before and after each of {steps} steps", 2 * steps)
