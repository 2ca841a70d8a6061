"""The known releases, sent as web page, PDF and Word, come back with every word in its place."""

import re
from collections.abc import Sequence

import pytest

from corpus.importers.exports import as_docx, as_html, as_pdf
from oncoqa.corpus.importers.draft import Draft, markdown
from oncoqa.corpus.importers.library import Original, plan
from oncoqa.corpus.importers.read import read
from oncoqa.corpus.importers.structure import understand
from oncoqa.corpus.markdown import blocks
from oncoqa.types import Release

EXPORTS = {"html": as_html, "pdf": as_pdf, "docx": as_docx}


@pytest.fixture(scope="module", params=sorted(EXPORTS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def imported(kind: str, releases: Sequence[Release]) -> list[tuple[Release, Draft]]:
    return [
        (release, understand(read(EXPORTS[kind](release), f"{release.id}.{kind}")[0]))
        for release in releases
    ]


def words(text: str) -> list[str]:
    return re.sub(r"^\s*(?:#+|-) ", "", text, flags=re.MULTILINE).split()


def test_no_word_is_lost_nor_added(imported: list[tuple[Release, Draft]]) -> None:
    for release, draft in imported:
        assert draft.title.split() == release.title.split()
        assert words(markdown(draft.blocks)) == words(release.text)


def test_headings_and_items_are_found(kind: str, imported: list[tuple[Release, Draft]]) -> None:
    """A paragraph of short lines may come in two from a PDF, where a page ends within it."""
    wanted = {"heading", "item"} if kind == "pdf" else {"heading", "item", "paragraph"}
    for release, draft in imported:
        shape = [
            (b.kind, b.level if b.kind == "item" else 0, release.text[b.start : b.end].split())
            for b in blocks(release.text)
            if b.kind in wanted
        ]
        found = [
            (b.kind, b.level if b.kind == "item" else 0, b.text.split())
            for b in draft.blocks
            if b.kind in wanted
        ]
        assert found == shape


def test_the_dateline_is_read_and_nothing_is_invented(
    imported: list[tuple[Release, Draft]],
) -> None:
    for release, draft in imported:
        assert (draft.published, draft.place) == (release.published, release.place)
        assert draft.language == release.language


def test_what_is_in_the_corpus_is_recognised(
    imported: list[tuple[Release, Draft]], releases: Sequence[Release]
) -> None:
    for release, draft in imported:
        found = plan(draft, Original("x.html", b""), releases)
        assert (found.outcome, found.former) == ("known", release.id)
