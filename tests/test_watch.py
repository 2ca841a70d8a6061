"""`oncoqa index --watch` and a server, each a process: a release added is answered from."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from fakes import write_release
from oncoqa.settings import Settings

PATIENCE = 60.0


@contextmanager
def oncoqa(settings: Settings, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    names = ("corpus_dir", "index_dir", "data_dir")
    given = {f"ONCOQA_{name.upper()}": str(getattr(settings, name)) for name in names}
    process = subprocess.Popen(
        [sys.executable, "-m", "oncoqa.cli", *words],
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)


def listed(port: int) -> set[str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/releases", timeout=5) as answer:
            told = json.load(answer)
    except OSError:
        return set()
    return {release["id"] for release in told["releases"]}


def wait_for(port: int, wanted: set[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := listed(port)) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.model
def test_a_release_written_is_served_without_a_restart(settings: Settings) -> None:
    port = 18_000 + os.getpid() % 10_000
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.")
    with oncoqa(settings, "index", "--watch"), oncoqa(settings, "serve", "--port", str(port)):
        wait_for(port, {"un"})
        write_release(settings.corpus_dir, "deux", "Le prix est remis à Lyon.")
        wait_for(port, {"un", "deux"})
        (settings.corpus_dir / "un.md").unlink()
        wait_for(port, {"deux"})
