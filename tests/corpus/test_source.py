"""The two first releases hold every word of the pages that they come from, in their order."""

import hashlib
import re
from collections.abc import Sequence

import yaml

from fakes import CORPUS, REPOSITORY
from oncoqa.types import Passage, Release

SOURCE = REPOSITORY / "tests/data/unicancer-releases.txt"
ORDER = ("2025-11-28-convention-nationale-clcc", "esmo-2025")  # as the source has them
MARKS = re.compile(r"^[ \t]*(?:#{1,6}|[-•◦▪])[ \t\u00a0]+", re.MULTILINE)


def words_of(text: str) -> list[str]:
    return MARKS.sub("", text).split()


def test_no_word_of_the_source_is_lost_added_or_moved(releases: Sequence[Release]) -> None:
    by_id = {release.id: release for release in releases}
    written = "\n".join(f"{by_id[id_].title}\n{by_id[id_].text}" for id_ in ORDER)
    assert words_of(written) == words_of(SOURCE.read_text(encoding="utf-8"))


def test_each_release_names_its_source_by_hash() -> None:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    for path in CORPUS.glob("*.md"):
        front = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
        assert front["source"] == {"file": SOURCE.name, "sha256": digest}, path


def test_a_date_that_the_source_does_not_give_is_not_invented(
    releases: Sequence[Release],
) -> None:
    dates = {release.id: release.published for release in releases}
    assert str(dates[ORDER[0]]) == "2025-11-28"
    assert dates[ORDER[1]] is None


def test_the_releases_of_today_make_67_passages(passages: Sequence[Passage]) -> None:
    counts = [sum(p.release.id == id_ for p in passages) for id_ in ORDER]
    assert counts == [16, 51]
    assert len({passage.id for passage in passages}) == 67


def test_links_and_contacts_are_furniture_and_nothing_else(passages: Sequence[Passage]) -> None:
    assert [passage.text.split("\n")[0][:30] for passage in passages if passage.furniture] == [
        "En savoir plus et voir la list",
        "L’ESMO remet aussi un prix pre",
        "Publications",
    ]


def test_a_programme_entry_stays_whole(passages: Sequence[Passage]) -> None:
    [entry] = [p for p in passages if "Morgan Rouprêt" in p.text]
    assert entry.text.startswith("17/10/2025 – 14h\nProffered Paper session 1: GU tumours")
    assert entry.headings == ("Programme des présentations orales Unicancer",)


def test_items_under_an_item_keep_its_words_as_introduction(passages: Sequence[Passage]) -> None:
    esme = [p for p in passages if p.context.endswith("quatre études présentent des posters.")]
    assert [p.text.split(" ")[0] for p in esme] == ["La", "La", "Une", "Une", "Enfin,"]
    assert all(p.headings == ("Posters Unicancer",) for p in esme)
