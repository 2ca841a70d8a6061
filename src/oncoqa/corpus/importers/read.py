"""A file of any format that is known, into what it says."""

import json
import re
import subprocess
import sys
from pathlib import PurePath

from oncoqa.corpus.importers.draft import Found
from oncoqa.errors import ImportRefused

LARGEST = 30_000_000  # bytes
PATIENCE = 90  # seconds
FORMATS = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".pdf": "pdf", ".docx": "docx",
    ".json": "wordpress", ".rss": "feed", ".atom": "feed", ".xml": "feed",
    ".md": "markdown", ".markdown": "markdown", ".txt": "text",
}  # fmt: skip
_TYPES = {
    "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf",
    "application/json": "wordpress", "application/rss+xml": "feed", "application/atom+xml": "feed",
    "application/xml": "feed", "text/xml": "feed", "text/markdown": "markdown",
    "text/plain": "text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}  # fmt: skip
_RELEASE = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?:.*\r?\n)*?id:")


def read(data: bytes, name: str, *, media_type: str | None = None) -> list[Found]:
    """The releases that a file holds. Raises `ImportRefused`, which says why."""
    if len(data) > LARGEST:
        raise ImportRefused(f"{name}: plus de {LARGEST // 1_000_000} Mo")
    kind = format_of(data, name, media_type)
    command = [sys.executable, "-m", "oncoqa.corpus.importers.worker", kind]
    try:
        done = subprocess.run(  # noqa: S603 our own module, in a process that may be killed
            command, input=data, capture_output=True, timeout=PATIENCE, check=False
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise ImportRefused(f"{name}: lecture abandonnée après {PATIENCE} s") from error
    except json.JSONDecodeError as error:  # killed: by its limits, or by a fault of a library
        raise ImportRefused(f"{name}: la lecture dépasse le temps ou la mémoire permis") from error
    if "refused" in answer:
        raise ImportRefused(f"{name}: {answer['refused']}")
    return [Found.from_json(each) for each in answer["found"]]


def format_of(data: bytes, name: str, media_type: str | None) -> str:
    """By what the file begins with, then by its type, then by its name."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    kind = _TYPES.get((media_type or "").partition(";")[0].strip().casefold())
    kind = kind or FORMATS.get(PurePath(name).suffix.casefold())
    if kind is None:
        known = ", ".join(FORMATS)
        raise ImportRefused(f"{name}: format inconnu ; formats lus : {known}")
    return kind


def is_release_file(data: bytes) -> bool:
    """A Markdown file with our front matter: there is nothing to find out."""
    return _RELEASE.match(data[:4096]) is not None
