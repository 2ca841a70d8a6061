"""Other people's texts as release files, so that they are indexed and asked as ours are."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from oncoqa.settings import Settings

Section = tuple[str, str]  # heading, empty for none; text


@contextmanager
def corpus_of(documents: Iterable[Iterable[Section]], settings: Settings) -> Iterator[Settings]:
    """Settings over a corpus of these documents, for as long as it lasts.

    A document is a few sections; the n-th becomes the release `d-n`.
    """
    with TemporaryDirectory(prefix="oncoqa-eval-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, sections in enumerate(documents):
            path = corpus / f"{release_id(number)}.md"
            path.write_text(_markdown(number, sections), encoding="utf-8")
        yield settings.model_copy(update={"corpus_dir": corpus, "index_dir": Path(folder, "index")})


def release_id(number: int) -> str:
    return f"d-{number}"


def number_of(release: str) -> int:
    return int(release.removeprefix("d-"))


def _markdown(number: int, sections: Iterable[Section]) -> str:
    front = {
        "id": release_id(number),
        "title": release_id(number),
        "publisher": "benchmark",
        "language": "fr",
        "status": "published",
    }
    body = "\n\n".join(
        (f"## {_line(heading)}\n\n" if heading else "") + text for heading, text in sections
    )
    return f"---\n{yaml.safe_dump(front)}---\n\n{body}\n"


def _line(heading: str) -> str:
    return " ".join(heading.split())
