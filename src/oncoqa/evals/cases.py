"""Reference questions: `evals/cases/*.jsonl`, described in `evals/README.md`.

A file that does not pass is described by one line for each problem, `file:line: field: what`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from oncoqa.errors import OncoqaError
from oncoqa.types import Language, Reason

Split = Literal["dev", "test"]
Form = Literal["direct", "paraphrase", "keywords", "no_accents", "typos"]
Asks = Literal[
    "person", "date", "place", "number", "list", "definition", "reason", "comparison", "result",
    "other",
]  # fmt: skip
Class = Literal[
    "near", "false_presupposition", "underspecified", "medical", "off_topic", "instructions"
]
FollowUp = Literal["none", "carried", "new_subject"]

Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(\.[0-9]+)?$")]


class EvalsError(OncoqaError):
    """The suite cannot be run as it stands; `problems` holds one line each."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GoldQuote(_Strict):
    """A verbatim excerpt that stands exactly once in its release."""

    release: Name
    quote: Text


class Answerable(_Strict):
    id: Id
    kind: Literal["answerable"]
    question: Text
    language: Language
    form: Form
    asks: Asks
    fact: Name
    evidence: Annotated[tuple[Annotated[tuple[GoldQuote, ...], Field(min_length=1)], ...],
                        Field(min_length=1)]  # fmt: skip
    nuggets: Annotated[tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...],
                       Field(min_length=1)]  # fmt: skip
    answers: tuple[Text, ...]
    must_not: tuple[Text, ...]
    follow_up: FollowUp | None = None  # of a turn of a conversation


class Unanswerable(_Strict):
    id: Id
    kind: Literal["unanswerable"]
    question: Text
    language: Language
    class_: Annotated[Class, Field(alias="class")]
    fact: Name
    reason: Reason
    corrections: tuple[GoldQuote, ...]
    must_not: tuple[Text, ...]
    follow_up: FollowUp | None = None


Case = Answerable | Unanswerable


class Conversation(_Strict):
    """Turns get the conversation's language, and its id with their number: `talk-01.2`."""

    id: Name
    kind: Literal["conversation"]
    language: Language
    turns: Annotated[tuple[Annotated[Case, Field(discriminator="kind")], ...], Field(min_length=2)]

    @model_validator(mode="before")
    @classmethod
    def _complete_turns(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("turns"), list):
            return data
        turns = [
            turn | {"id": f"{data.get('id')}.{number}", "language": data.get("language")}
            if isinstance(turn, dict)
            else turn
            for number, turn in enumerate(data["turns"], start=1)
        ]
        return data | {"turns": turns}


_LINE: TypeAdapter[Answerable | Unanswerable | Conversation] = TypeAdapter(
    Annotated[Answerable | Unanswerable | Conversation, Field(discriminator="kind")]
)


@dataclass(frozen=True, slots=True)
class Suite:
    """`threads` are asked in order: a conversation, or one question alone."""

    threads: tuple[tuple[Case, ...], ...]
    places: Mapping[str, str]  # file:line of each case id

    @property
    def cases(self) -> Iterator[Case]:
        return (case for thread in self.threads for case in thread)


def split_of(fact: str) -> Split:
    """By a hash of the fact, so that every wording of one fact is on the same side."""
    digest = hashlib.sha256(fact.encode()).digest()
    return "test" if int.from_bytes(digest[:4]) % 2 else "dev"


def load(paths: Iterable[Path]) -> Suite:
    """Every case of some files. Raises `EvalsError` with a line for each problem."""
    threads: list[tuple[Case, ...]] = []
    places: dict[str, str] = {}
    problems: list[str] = []
    for path in paths:
        for number, line in _lines(path):
            where = f"{path}:{number}"
            try:
                parsed = _LINE.validate_python(_json(line), by_alias=True)
            except ValueError as error:  # pydantic's own is one
                problems.extend(f"{where}: {problem}" for problem in _problems(error))
                continue
            thread = parsed.turns if isinstance(parsed, Conversation) else (parsed,)
            for case in thread:
                if case.id in places:
                    problems.append(f"{where}: id: {case.id!r} stands already at {places[case.id]}")
                places.setdefault(case.id, where)
            threads.append(thread)
    if problems:
        raise EvalsError(*problems)
    if not threads:
        raise EvalsError("no case found; evals/cases/*.jsonl should hold one JSON object a line")
    return Suite(tuple(threads), places)


def load_folder(folder: Path) -> Suite:
    return load(sorted(folder.glob("*.jsonl")))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalsError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _json(line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from error


def _problems(error: ValueError) -> Iterator[str]:
    if not isinstance(error, ValidationError):
        yield str(error)
        return
    for detail in error.errors():
        where = ".".join(str(part) for part in detail["loc"][1:])
        yield f"{where or 'line'}: {detail['msg'][0].lower()}{detail['msg'][1:]}"
