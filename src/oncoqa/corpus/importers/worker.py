"""Reads one file in a process of its own, with little memory and little time: what it is given may
come from anyone. `python -m oncoqa.corpus.importers.worker FORMAT < file > found.json`."""

import json
import resource
import sys
from collections.abc import Callable
from typing import Any

from oncoqa.corpus.importers.draft import Found
from oncoqa.errors import ImportRefused

MEMORY = 2 << 30  # bytes of addresses
SECONDS = 60  # of processor


def reader(kind: str) -> Callable[[bytes], list[Found]]:
    """The heavy libraries of one format only."""
    match kind:
        case "html":
            from oncoqa.corpus.importers.html import read_html as read
        case "pdf":
            from oncoqa.corpus.importers.pdf import read_pdf as read
        case "docx":
            from oncoqa.corpus.importers.docx import read_docx as read
        case "wordpress":
            from oncoqa.corpus.importers.feeds import read_wordpress as read
        case "feed":
            from oncoqa.corpus.importers.feeds import read_feed as read
        case "markdown":
            from oncoqa.corpus.importers.plain import read_markdown as read
        case _:
            from oncoqa.corpus.importers.plain import read_text as read
    return read


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = reader(sys.argv[1])(sys.stdin.buffer.read())
        answer: dict[str, Any] = {"found": [each.as_json() for each in found]}
    except ImportRefused as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "le fichier demande trop de mémoire"}
    except RecursionError:
        answer = {"refused": "le fichier est trop imbriqué"}
    except Exception as error:  # whatever a format's library raises on a broken file
        answer = {"refused": f"fichier abîmé ({type(error).__name__})"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
