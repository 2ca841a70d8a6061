"""Broken and hostile files: refused in words or accepted, in bounded time and memory."""

import io
import json
import random
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from corpus.importers.exports import as_docx, as_html, as_pdf
from oncoqa.corpus.importers.draft import markdown
from oncoqa.corpus.importers.read import PATIENCE, read
from oncoqa.corpus.importers.structure import understand
from oncoqa.corpus.importers.worker import reader
from oncoqa.errors import ImportRefused
from oncoqa.types import Release

pytestmark = pytest.mark.fault

LONGEST = 20.0  # seconds for a file of ordinary size, on a busy machine


@pytest.fixture(scope="module")
def seeds(releases: Sequence[Release]) -> dict[str, bytes]:
    esmo = releases[1]
    post = b'{"title": {"rendered": "T"}, "content": {"rendered": "<p>Un <b>texte</b>.</p>"}}'
    rss = (
        b"<rss><channel><item><title>T</title><description>Un.</description></item></channel></rss>"
    )
    return {
        "a.html": as_html(esmo),
        "a.pdf": as_pdf(esmo),
        "a.docx": as_docx(esmo),
        "a.md": esmo.text.encode(),
        "a.txt": esmo.text.encode(),
        "a.json": post,
        "a.xml": rss,
    }


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut, doubled, or replaced by what often breaks readers."""
    nasty = [
        b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", "é".encode("cp1252"), b"<" * 200,
        b"&#0;", b"<!--", b"]]>", b"\r", "\u202e\u200b".encode(), b"9" * 5_000, b"-" * 2_000,
    ]  # fmt: skip
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data = data[:at] + chance.choice(nasty) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.randrange(200) :]
            case 2:
                data = data[:at] + data[at : at + 500] * 3 + data[at:]
            case _:
                flipped = bytes(b ^ chance.randrange(256) for b in data[at : at + 4])
                data = data[:at] + flipped + data[at + 4 :]
    return data


def mutated_file(data: bytes, name: str, chance: random.Random) -> bytes:
    """As `mutated`; half the time within what is packed, so that it is read to its text."""
    if name == "a.docx" and chance.random() < 0.5:
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
            for entry in old.namelist():
                inner = old.read(entry)
                body = entry == "word/document.xml"
                new.writestr(entry, swapped(inner, chance) if body else inner)
        return packed.getvalue()
    if name == "a.json" and chance.random() < 0.5:
        post = json.loads(data)
        html = mutated(post["content"]["rendered"].encode(), chance)
        post["content"]["rendered"] = html.decode("utf-8", errors="replace")
        return json.dumps(post).encode()
    return mutated(data, chance)


def swapped(xml: bytes, chance: random.Random) -> bytes:
    """Elements in another order, some twice, some gone: still XML."""
    parts = xml.split(b"</w:p>")
    middle = parts[1:-1]
    chance.shuffle(middle)
    kept = [part for part in middle for _ in range(chance.choice([0, 1, 1, 1, 2]))]
    return b"</w:p>".join([parts[0], *kept, parts[-1]])


@pytest.mark.parametrize("name", ["a.html", "a.pdf", "a.docx", "a.md", "a.txt", "a.json", "a.xml"])
def test_mutated_files_are_refused_or_read(
    name: str,
    seeds: dict[str, bytes],
    scaled: Callable[[int], int],
    proven: Callable[[str, int], None],
) -> None:
    chance, n = random.Random(name), scaled(100)  # noqa: S311 the same files each time
    accepted = 0
    for _ in range(n):
        start = time.monotonic()
        with suppress(ImportRefused):  # anything else that it raises fails the test
            for found in read(mutated_file(seeds[name], name, chance), name):
                assert "\0" not in markdown(understand(found).blocks)
                accepted += 1
        assert time.monotonic() - start < LONGEST
    proven(f"mutated {name[2:]} ({accepted} accepted)", n)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("line.txt", b"mot " * 2_500_000),
        ("line.md", b"- " * 1_000_000),
        ("deep.html", b"<div>" * 100_000 + b"texte"),
        ("lists.html", b"<ul><li>" * 20_000 + b"texte"),
        ("many.html", b"<p>un mot</p>" * 50_000),
        ("deep.json", b"[" * 200_000),
        ("laugh.xml", b"<a>" * 100_000),
        ("hyphens.txt", b"a-\n" * 100_000),
        ("dates.txt", b"Paris, le 12 janvier " * 50_000),
    ],
)
def test_hostile_files_end_in_time(name: str, data: bytes) -> None:
    start = time.monotonic()
    with suppress(ImportRefused):
        for found in read(data, name):
            understand(found)
    assert time.monotonic() - start < PATIENCE + 10


def test_a_document_that_unpacks_without_end_is_refused() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 250_000_000)
    with pytest.raises(ImportRefused, match="décompressé"):
        read(bomb.getvalue(), "bomb.docx")


def test_a_reader_refuses_what_is_not_its_own() -> None:
    for kind in ("pdf", "docx", "wordpress", "feed"):
        with pytest.raises(ImportRefused):
            reader(kind)(b"autre chose")
