"""New cases: written from the candidate evidence of a question, or drafted from feedback.

A draft lacks what only a person can say. It is no case until its `draft` key is gone: `check` takes
no unknown key.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from oncoqa.answering.understand import detect_language
from oncoqa.evals.cases import Answerable, EvalsError, Suite
from oncoqa.evals.files import read_rows, write_whole
from oncoqa.text import sentences
from oncoqa.types import Hit, Release

TO_SAY = "À COMPLÉTER"


def candidates(hits: Sequence[Hit]) -> list[dict[str, str]]:
    """The sentences of the passages found, as evidence: those that stand once in their release."""
    found = {}
    for hit in hits:
        release = hit.passage.release
        for start, end in sentences(hit.passage.text):
            quote = hit.passage.text[start:end]
            if release.text.count(quote) == 1:
                found[release.id, quote] = {"release": release.id, "quote": quote}
    return list(found.values())


def next_id(suite: Suite, prefix: str = "n") -> str:
    """`n-001`, or the first number that is free."""
    taken = {case.id for case in suite.cases}
    return next(id_ for n in range(1, 10_000) if (id_ := f"{prefix}-{n:03}") not in taken)


def case_of(
    question: str,
    found: Sequence[Mapping[str, str]],
    given: Mapping[str, Any],
    **facets: Any,
) -> Answerable:
    """A case whose evidence is given by numbers of `found`, from 1. Raises `EvalsError`."""
    wrong = [number for number in given["evidence"] if not 1 <= number <= len(found)]
    if wrong or not given["evidence"]:
        raise EvalsError(f"no sentence {wrong or 'given'}; they are numbered 1 to {len(found)}")
    try:
        return Answerable.model_validate(
            {
                "id": facets.pop("id_"),
                "kind": "answerable",
                "question": question,
                "language": detect_language(question),
                "fact": given["fact"],
                "evidence": [[found[number - 1]] for number in given["evidence"]],
                "nuggets": [[text] for text in given["nuggets"]],
                "must_not": [],
                **facets,
            }
        )
    except ValidationError as error:
        details = (f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in error.errors())
        raise EvalsError(*details) from error


def append(case: Answerable, path: Path) -> None:
    """Put a case at the end of its file. What stands there is kept, whatever happens."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    separator = "" if not before or before.endswith("\n") else "\n"
    line = case.model_dump_json(by_alias=True, exclude_none=True)
    write_whole(path, f"{before}{separator}{line}\n")


def drafts(feedback: Path, releases: Mapping[str, Release]) -> list[dict[str, Any]]:
    """A draft case for each question of some feedback, the last word on it first.

    A line is `{"question", "answer_id", "useful", "reason", "comment", "statements"}`; a statement
    is as in the API's answers, its citations whole or left out. What a useful answer cites is
    proposed as evidence; what was wrong is for a person to say.
    """
    made = read_rows(feedback, lambda row: _draft(row, releases), what="a line of feedback")
    last = {draft["question"]: draft for draft in made}
    return [{"id": f"draft-{n:03}"} | draft for n, draft in enumerate(last.values(), start=1)]


def save_drafts(found: Iterable[Mapping[str, Any]], path: Path) -> None:
    if path.exists():
        raise EvalsError(f"{path}: exists already, nothing written; move it or give another --out")
    lines = [json.dumps(draft, ensure_ascii=False) for draft in found]
    write_whole(path, "\n".join(lines) + "\n" if lines else "")


def _draft(record: Mapping[str, Any], releases: Mapping[str, Release]) -> dict[str, Any]:
    useful = bool(record["useful"])
    quotes = list(_quotes(record.get("statements") or (), releases)) if useful else []
    return {
        "kind": "answerable",
        "question": record["question"],
        "language": record.get("language") or "fr",
        "form": "direct",
        "asks": "other",
        "fact": TO_SAY,
        "evidence": [[quote] for quote in quotes],
        "nuggets": [],
        "answers": [],
        "must_not": [],
        "draft": {
            "useful": useful,
            "reason": record.get("reason"),
            "comment": record.get("comment"),
            "answer_id": record.get("answer_id"),
        },
    }


def _quotes(
    statements: Sequence[Mapping[str, Any]], releases: Mapping[str, Release]
) -> Iterator[dict[str, str]]:
    """What the statements cite, when the releases still hold it once."""
    for statement in statements:
        for citation in statement.get("citations") or ():
            if not isinstance(citation, Mapping):
                continue  # a number that points at citations which were not sent
            release, quote = _release_of(citation), citation["quote"]
            if release in releases and releases[release].text.count(quote) == 1:
                yield {"release": release, "quote": quote}


def _release_of(citation: Mapping[str, Any]) -> str:
    release = citation["release"]
    return str(release["id"] if isinstance(release, Mapping) else release)
