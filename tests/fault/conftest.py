"""How much is tried, and what it proves. `FAULT_SCALE=1` is all of it, as `make fault` asks."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oncoqa.settings import Settings

SCALE = float(os.environ.get("FAULT_SCALE", "0.1"))
_REPORT: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _REPORT:
        terminalreporter.write_line(line)


@pytest.fixture
def proven() -> Callable[[str, int], None]:
    """Tell what was tried without a failure, and below what rate that puts it (rule of three)."""
    return lambda what, n: _REPORT.append(f"{what}: {n} tried, 0 failed, below {3 / n:.2%} at 95 %")


@pytest.fixture
def scaled() -> Callable[[int], int]:
    return lambda full: max(2, round(full * SCALE))


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(
        corpus_dir=tmp_path / "corpus",
        index_dir=tmp_path / "index",
        data_dir=tmp_path / "data",
        threshold=0.01,
    )
