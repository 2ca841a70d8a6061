"""What a run leaves behind: one JSON file, the same bytes for the same system but for `timings`."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from oncoqa.evals.cases import EvalsError
from oncoqa.evals.files import write_whole
from oncoqa.evals.item import Item

FORMAT = 1


class Run(BaseModel):
    """The items of a run, what they were measured on, and how long they took."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    corpus_sha256: str
    system: dict[str, str]  # encoder, thresholds: what the answers come from
    split: str
    filters: tuple[str, ...] = ()
    items: tuple[Item, ...]
    attribution: tuple[Item, ...] = ()
    ablation: dict[str, dict[str, float]] = {}  # ranking: metric: mean
    timings: dict[str, float] = {}

    @property
    def verdicts(self) -> str:
        """All but the timings, as text that two runs can be compared by."""
        return self.model_dump_json(exclude={"timings"})


def save(run: Run, path: Path, *, words: bool = True) -> None:
    """One item a line, so that a difference can be read; `words=False` leaves out what was said."""
    head = run.model_dump(mode="json", exclude={"items", "attribution"})
    left_out = set() if words else {"said", "question", "expected", "flaws"}
    lines = [f" {json.dumps(name)}: {json.dumps(head[name], sort_keys=True)}," for name in head]
    for name in ("items", "attribution"):
        rows = [
            "  " + json.dumps(item.model_dump(exclude=left_out), ensure_ascii=False)
            for item in getattr(run, name)
        ]
        lines.append(f' "{name}": [\n' + ",\n".join(rows) + "\n ],")
    text = "{\n" + "\n".join(lines).rstrip(",") + "\n}\n"
    write_whole(path, text)


def load(path: Path) -> Run:
    """Raises `EvalsError` for a file that is missing, damaged or of another format."""
    try:
        run = Run.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise EvalsError(
            f"{path}: no such file; write a baseline with `oncoqa eval baseline`"
        ) from error
    except (OSError, ValidationError) as error:
        raise EvalsError(
            f"{path}: cannot be read as a run; write it anew with `oncoqa eval baseline`"
        ) from error
    if run.format != FORMAT:
        raise EvalsError(
            f"{path}: format {run.format}, this version writes {FORMAT}; write it anew with "
            "`oncoqa eval baseline`"
        )
    return run
