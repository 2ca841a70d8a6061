"""Figures of public collections, kept in `evals/benchmarks.json` for the report."""

import json
from pathlib import Path
from typing import Any

from oncoqa.evals.cases import EvalsError
from oncoqa.evals.files import write_whole


def keep(name: str, figures: dict[str, Any], path: Path) -> None:
    """Put the figures of one collection beside those of the others."""
    kept = read(path) | {name: figures}
    text = json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(path, text + "\n")


def read(path: Path) -> dict[str, Any]:
    """Empty when there is no such file. Raises `EvalsError` for one that is damaged."""
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvalsError(f"{path}: cannot be read: {error}; delete it to start anew") from error
    if not isinstance(found, dict):
        raise EvalsError(f"{path}: not an object of figures; delete it to start anew")
    return found
