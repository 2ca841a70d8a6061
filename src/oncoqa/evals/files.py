"""Reading and writing: a file that cannot be read is one line, one that is written is whole."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from oncoqa.evals.cases import EvalsError
from oncoqa.files import replace

T = TypeVar("T")


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalsError(f"{path}: cannot be read: {error}") from error


def read_rows(path: Path, made: Callable[[Any], T], *, what: str) -> Iterator[T]:
    """Each line of JSON made into a row; a line that is not `what` is told with its number."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = made(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvalsError(f"{path}:{number}: not {what}: {error!r}") from error
        yield row


def write_whole(path: Path, text: str) -> None:
    """Written beside and put in place at once: nobody reads half a file, and none is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, text.encode())
