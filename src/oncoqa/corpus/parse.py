"""Release files: Markdown under YAML front matter. `read_corpus` is the only door in.

A file that does not pass is described by one line, `file:line: what is wrong and what to write`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

import yaml
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from oncoqa.corpus.markdown import blocks
from oncoqa.errors import CorpusError
from oncoqa.types import Language, Release, ReleaseStatus, Section

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)


_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


# pydantic would also take a number, or digits in quotes, for seconds since 1970: an embargo
# "until 20251128" would have ended in August of that year.
def _iso_date(value: object) -> object:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("not a date")


def _iso_time(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _ISO_DAY.match(value)):
        return value
    raise ValueError("not a time")


class Source(BaseModel):
    """What a release was imported from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FrontMatter(BaseModel):
    """The keys of a release file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Annotated[str, Field(min_length=1)]
    publisher: Annotated[str, Field(min_length=1)]
    published: Annotated[date, BeforeValidator(_iso_date)] | None = None
    place: str | None = None
    language: Language
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    status: ReleaseStatus
    embargo_until: Annotated[AwareDatetime, BeforeValidator(_iso_time)] | None = None
    supersedes: str | None = None
    corrected: Annotated[date, BeforeValidator(_iso_date)] | None = None
    source: Source | None = None


def read_corpus(folder: Path) -> list[Release]:
    """Every release of a folder, by id. Raises `CorpusError` with one line per problem."""
    if not folder.is_dir():
        raise CorpusError([f"{folder}: no such folder; set ONCOQA_CORPUS_DIR or create it"])
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise CorpusError([f"{folder}: no release here (files *.md)"])
    releases: dict[str, Release] = {}
    problems: list[str] = []
    for path in paths:
        try:
            release = parse_file(path)
        except CorpusError as error:
            problems.extend(error.problems)
            continue
        releases[release.id] = release
    if not problems:
        problems.extend(_unknown_superseded(releases, folder))
    if problems:
        raise CorpusError(problems)
    return [releases[id_] for id_ in sorted(releases)]


def _unknown_superseded(releases: Mapping[str, Release], folder: Path) -> Iterator[str]:
    for release in releases.values():
        if release.supersedes is not None and release.supersedes not in releases:
            yield (
                f"{folder / release.id}.md:1: supersedes: no release has the id "
                f"{release.supersedes!r}; correct it or add that release"
            )


def corpus_sha256(folder: Path) -> str:
    """One hash for all release files: their names and bytes, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.md")):
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def parse_file(path: Path) -> Release:
    try:
        return parse_bytes(path.read_bytes(), path)
    except OSError as error:
        raise CorpusError([f"{path}: cannot be read: {error.strerror}"]) from error


def parse_bytes(data: bytes, path: Path) -> Release:
    """A release from what was read of its file."""
    try:
        content = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CorpusError([f"{path}:{line}: not UTF-8; save the file as UTF-8"]) from error
    release = parse(content, where=str(path))
    if release.id != path.stem:
        raise CorpusError(
            [f"{path}:2: id: {release.id!r} is not the file's name; make both the same"]
        )
    return release


def parse(content: str, *, where: str) -> Release:
    """A release from the text of its file; `where` names the file in errors."""
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    fences = list(_FENCE.finditer(content))
    if len(fences) < 2 or fences[0].start() != 0:
        raise CorpusError([f"{where}:1: no front matter; start with '---', keys, '---'"])
    front = _front_matter(content[fences[0].end() : fences[1].start()], where)
    text = unicodedata.normalize("NFC", content[fences[1].end() :].strip("\n") + "\n")
    sections = tuple(_sections(text))
    if not sections:  # headings alone hold nothing that could be cited
        line = content[: fences[1].start()].count("\n") + 1
        raise CorpusError([f"{where}:{line}: no text under the front matter"])
    fields = {name: getattr(front, name) for name in FrontMatter.model_fields if name != "source"}
    return Release(text=text, sections=sections, **fields)


def _front_matter(source: str, where: str) -> FrontMatter:
    try:
        node = yaml.compose(source, Loader=yaml.SafeLoader)
        data = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = error.problem or error.context
        raise CorpusError([f"{where}:{line}: front matter is not YAML: {problem}"]) from error
    except yaml.reader.ReaderError as error:
        line = source[: error.position].count("\n") + 1
        raise CorpusError([f"{where}:{line}: front matter: {error.reason}; remove it"]) from error
    except Exception as error:  # PyYAML lets through what its constructors raise: 2025-02-31
        line, written = _at_fault(source)
        raise CorpusError(
            [f"{where}:{line}: front matter: {written}: {_first_line(error)}; correct it"]
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise CorpusError([f"{where}:1: front matter has no keys; see CONTRIBUTING.md"])
    keys: dict[str, tuple[int, str]] = {}  # the line of each, and what is written after it
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in keys:
            raise CorpusError([f"{where}:{line}: {key.value}: given twice; keep one"])
        written = source[value.start_mark.index : value.end_mark.index]
        keys[key.value] = (line, shorten(written, 80, placeholder=" …"))
    try:
        return FrontMatter.model_validate(data)
    except ValidationError as error:
        problems = dict.fromkeys(_problem(detail, keys, where) for detail in error.errors())
        raise CorpusError(list(problems)) from error


def _at_fault(source: str) -> tuple[int, str]:
    """The first line whose value PyYAML reads and cannot make: a date of no calendar."""
    for number, line in enumerate(source.split("\n"), start=1):
        try:
            yaml.safe_load(line)
        except yaml.YAMLError:
            continue
        except Exception:
            return number, shorten(line, 80, placeholder=" …")
    return 1, "unreadable"


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


_EXPECTED = {
    "id": "lower-case letters, digits and hyphens",
    "published": "a date such as 2025-11-28, or no such key",
    "corrected": "a date such as 2025-11-28, or no such key",
    "language": "fr or en",
    "url": "an address that starts with https://",
    "status": "published, corrected or withdrawn",
    "embargo_until": "a time with its offset, such as 2025-11-28T10:00:00+01:00",
    "source": "file and sha256 (64 hexadecimal digits)",
}


def _problem(detail: Any, keys: Mapping[str, tuple[int, str]], where: str) -> str:
    key = str(detail["loc"][0])
    line, written = keys.get(key, (1, ""))
    expected = _EXPECTED.get(key, "text that is not empty")
    if detail["type"] == "missing" and len(detail["loc"]) == 1:
        return f"{where}:1: {key}: missing; give {expected}"
    if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
        known = ", ".join(FrontMatter.model_fields)
        return f"{where}:{line}: {key}: unknown key; known ones are {known}"
    return f"{where}:{line}: {key}: {written or 'nothing'} will not do; give {expected}"


def _sections(text: str) -> Iterator[Section]:
    path: list[tuple[int, str]] = []  # (level, heading)
    start = 0
    for block in blocks(text):
        if block.kind != "heading":
            continue
        before = text.rfind("\n", 0, block.start) + 1  # where the heading's own line starts
        yield from _section(text, path, start, before)
        path = [(level, title) for level, title in path if level < block.level]
        path.append((block.level, text[block.start : block.end]))
        start = block.end
    yield from _section(text, path, start, len(text))


def _section(text: str, path: list[tuple[int, str]], start: int, end: int) -> Iterator[Section]:
    if text[start:end].strip():
        yield Section(tuple(title for _, title in path), start, end)
