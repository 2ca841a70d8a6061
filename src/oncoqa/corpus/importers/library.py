"""The corpus that drafts come into: what is known already, what is a new version, what is new.

A release is never overwritten. A changed text is a file of its own that replaces the former one
(`supersedes`), so that what was quoted can still be shown as it stood.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Literal

from oncoqa.corpus.importers.draft import Draft, markdown
from oncoqa.corpus.parse import parse
from oncoqa.errors import ImportRefused
from oncoqa.files import flush_folder, replace
from oncoqa.text import fold
from oncoqa.types import Release

ORIGINALS = "originals"  # folder of the corpus
SLUG_WORDS = 8
SHINGLE = 5  # words
SAME_TEXT = 0.5  # share of their shingles that two versions of a release have in common


@dataclass(frozen=True, slots=True)
class Original:
    """The file that a draft was read from."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def kept_as(self) -> str:
        suffix = PurePath(self.name).suffix.casefold()
        return f"{self.sha256[:16]}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What accepting a draft would do."""

    draft: Draft
    original: Original
    id: str
    outcome: Literal["new", "known", "version"]
    former: str | None = None  # the release that is the same, or that this one replaces


def plan(
    draft: Draft, original: Original, releases: Sequence[Release], *, replaces: str | None = None
) -> Plan:
    """`replaces` says which release a draft is a new version of; else it is found out."""
    taken = {release.id for release in releases}
    if replaces is not None and replaces not in taken:
        raise ImportRefused(f"aucun communiqué ne porte l'identifiant {replaces!r}")
    words = _folded_words(draft.words)
    for release in releases:
        if words == _folded_words([*release.title.split(), *_without_marks(release.text)]):
            return Plan(draft, original, release.id, "known", release.id)
    former = replaces or _former(draft, words, releases)
    if former is None:
        return Plan(draft, original, _free(_slug(draft), taken), "new")
    return Plan(draft, original, _free(re.sub(r"-v\d+$", "", former), taken), "version", former)


def accept(
    plan: Plan,
    folder: Path,
    *,
    publisher: str,
    embargo_until: datetime | None = None,
    today: date | None = None,
) -> Path:
    """Keep the original and write the release's file; what it says is checked by reading it."""
    path = folder / f"{plan.id}.md"
    content = _content(plan, publisher, embargo_until, today or date.today())
    release = parse(content, where=path.name)
    if _folded_words(_without_marks(release.text)) != _folded_words(
        [word for text in plan.draft.texts() for word in text.split()]
    ):
        raise ImportRefused(f"{plan.original.name}: des mots se perdraient ; signalez ce fichier")
    originals = folder / ORIGINALS
    try:
        originals.mkdir(parents=True, exist_ok=True)
        replace(originals / plan.original.kept_as, plan.original.data)
        replace(path, content.encode())
        flush_folder(folder)
    except OSError as error:
        raise ImportRefused(f"{folder}: écriture impossible ({error.strerror})") from error
    return path


def _content(plan: Plan, publisher: str, embargo_until: datetime | None, today: date) -> str:
    draft, embargo = plan.draft, embargo_until or plan.draft.embargo_until
    version = plan.outcome == "version"
    keys: list[tuple[str, object]] = [
        ("id", plan.id),
        ("title", _quoted(draft.title)),
        ("publisher", _quoted(publisher)),
        ("published", draft.published),
        ("place", _quoted(draft.place)),
        ("language", draft.language),
        ("url", draft.url if re.fullmatch(r"https?://\S+", draft.url or "") else None),
        ("status", "corrected" if version else "published"),
        ("corrected", today if version else None),
        ("supersedes", plan.former if version else None),
        ("embargo_until", embargo.isoformat() if embargo else None),
    ]
    lines = [f"{key}: {value}" for key, value in keys if value is not None]
    source = f"source:\n  file: {_quoted(plan.original.name)}\n  sha256: {plan.original.sha256}"
    return "---\n" + "\n".join(lines) + f"\n{source}\n---\n\n" + markdown(draft.blocks)


def _quoted(text: str | None) -> str | None:
    """For YAML, which reads what JSON writes."""
    return None if text is None else json.dumps(text, ensure_ascii=False)


def _slug(draft: Draft) -> str:
    """From the date and the first words of the title."""
    plain = unicodedata.normalize("NFKD", fold(draft.title)).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)[:SLUG_WORDS]
    day = [draft.published.isoformat()] if draft.published else []
    return "-".join([*day, *words])[:80].strip("-") or "communique"


def _free(id_: str, taken: set[str]) -> str:
    version, free = 1, id_
    while free in taken:
        version += 1
        free = f"{id_}-v{version}"
    return free


def _former(draft: Draft, words: Sequence[str], releases: Sequence[Release]) -> str | None:
    """The last version of the release that this one is another version of."""
    replaced = {release.supersedes for release in releases}
    last = [r for r in releases if r.id not in replaced and r.language == draft.language]
    for release in last:
        same_title = fold(release.title) == fold(draft.title)
        if draft.url and draft.url == release.url:
            return release.id
        if same_title and release.published == draft.published:
            return release.id
    shingles = _shingles(words)
    alike = [(_likeness(shingles, r), r.id) for r in last]
    best, id_ = max(alike, default=(0.0, None))
    return id_ if best >= SAME_TEXT else None


def _likeness(shingles: set[tuple[str, ...]], release: Release) -> float:
    other = _shingles(_folded_words([*release.title.split(), *_without_marks(release.text)]))
    return len(shingles & other) / max(len(shingles | other), 1)


def _shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def _without_marks(text: str) -> list[str]:
    """The words of a release file's body; `-` and `##` at the start of a line are none."""
    return re.sub(r"^[ \t]*(?:#{1,6}|-)[ \t]+", "", text, flags=re.MULTILINE).split()


def _folded_words(words: Sequence[str]) -> list[str]:
    """As they count when two texts are compared: no case, no accents, no marks alone."""
    kept = (re.sub(r"\W+", "", fold(word)) for word in words)
    return [word for word in kept if word]
