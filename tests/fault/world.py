"""A corpus whose state is a number, so that an index that mixes two states shows it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from fakes import HashingEncoder, write_release
from oncoqa.build import build_index
from oncoqa.retrieval.index import load
from oncoqa.settings import Settings

ENCODER = HashingEncoder()
RELEASES = ("alpha", "beta", "gamma")


def write_state(settings: Settings, state: int) -> None:
    for name in RELEASES:
        body = f"La valeur mesurée par {name} est {state}.\n\n## Détail\n\nLe texte de {name}."
        write_release(settings.corpus_dir, name, body)
    extra = settings.corpus_dir / "extra.md"
    if state % 2:
        write_release(settings.corpus_dir, "extra", f"La valeur de plus est {state}.")
    else:
        extra.unlink(missing_ok=True)


def build_state(settings: Settings, state: int) -> None:
    write_state(settings, state)
    build_index(settings, ENCODER)


def state_of(settings: Settings) -> int:
    """The one state that the whole index is of; an assertion fails when there are several."""
    index = load(settings.index_dir)
    states = {int(r.text.split(" est ")[1].split(".")[0]) for r in index.releases.values()}
    assert len(states) == 1
    (state,) = states
    assert set(index.releases) == {*RELEASES, *(("extra",) if state % 2 else ())}
    assert {p.release.id for p in index.passages} == set(index.releases)
    for row, passage in enumerate(index.passages):
        assert len(index.tokens.of(row)) > 0
        assert passage.text in passage.release.text
    return state


def in_child(task: Callable[[], None]) -> int:
    """Run a task in a fork; its exit status, negative when a signal ended it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
