"""Release files: what is read, and the one line that each fault gives."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import release, release_source, write_release
from oncoqa.corpus.parse import corpus_sha256, parse, parse_file, read_corpus
from oncoqa.errors import CorpusError

HEAD = "---\nid: essai\ntitle: T\npublisher: U\nlanguage: fr\nstatus: published\n"  # 6 lines


def fault(content: str | bytes, tmp_path: Path) -> str:
    """The only line of the only problem, without its folder."""
    path = tmp_path / "essai.md"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    with pytest.raises(CorpusError) as caught:
        read_corpus(tmp_path)
    [problem] = caught.value.problems
    assert "\n" not in problem
    assert problem.startswith(f"{tmp_path}/essai.md:")
    return problem.removeprefix(f"{tmp_path}/")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("published: 2025-13-41", "published: 2025-13-41"),
        ("published: 2025-02-31", "published: 2025-02-31"),
        ("published: 28/11/2025", "published: 28/11/2025 will not do; give a date"),
        ("published: 20251128", "published: 20251128 will not do; give a date"),
        ("published: '1764288000'", "published: '1764288000' will not do"),  # no seconds since 1970
        ("published: 2025-11-28T10:00:00", "published: 2025-11-28T10:00:00 will not do"),
        ("embargo_until: 20251128", "embargo_until: 20251128 will not do; give a time with"),
        ("embargo_until: 2025-11-28", "embargo_until: 2025-11-28 will not do"),
        ("embargo_until: 2025-11-28T10:00:00", "2025-11-28T10:00:00 will not do; give a time with"),
        ("url: www.unicancer.fr", "url: www.unicancer.fr will not do; give an address"),
        ("place: [Reims]", "place: [Reims] will not do"),
        ("place: !!bool Reims", "place: !!bool Reims"),
        ("place: !!timestamp Reims", "place: !!timestamp Reims"),
        ("place: !!python/name:os.system", "front matter is not YAML"),
        (f"place: {'[' * 600}", "front matter: place"),
        (f"place: {'9' * 5000}", "front matter: place"),
        ("place: a\x07b", "special characters are not allowed"),
        ("place: a: b", "front matter is not YAML: mapping values"),
        ("place: 'Reims", "front matter is not YAML"),
        ("\tplace: Reims", "front matter is not YAML"),
        ("title: Another", "title: given twice; keep one"),
        ("publised: 2025-11-28", "publised: unknown key; known ones are id, title"),
        ("source: {file: a.txt}", "source: {file: a.txt} will not do; give file and sha256"),
        ("source: {file: a.txt, sha256: abc}", "source: "),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_bad_key_is_one_line_with_its_number(
    line: str, told: str, newline: str, tmp_path: Path
) -> None:
    content = f"\ufeff{HEAD}{line}\n---\n\nTexte.\n".replace("\n", newline)
    problem = fault(content, tmp_path)
    # A quotation left open is seen only where the front matter ends.
    assert problem.split(":")[1] == ("8" if line.endswith("'Reims") else "7")
    assert told in problem


@pytest.mark.parametrize("key", ["id", "title", "publisher", "language", "status"])
def test_a_missing_key_is_named(key: str, tmp_path: Path) -> None:
    content = release_source("essai", "Texte.", **{key: None})
    assert f"essai.md:1: {key}: missing; give" in fault(content, tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Texte seul.\n", "essai.md:1: no front matter"),
        ("", "essai.md:1: no front matter"),
        ("---\ntitle: T\n", "essai.md:1: no front matter"),
        ("\n---\ntitle: T\n---\nTexte.\n", "essai.md:1: no front matter"),
        ("---\n---\nTexte.\n", "essai.md:1: front matter has no keys"),
        ("---\n- id\n---\nTexte.\n", "essai.md:1: front matter has no keys"),
        (f"{HEAD}---\n", "essai.md:7: no text under the front matter"),
        (f"{HEAD}---\n \n\n\t\n", "essai.md:7: no text under the front matter"),
        (f"{HEAD}---\n\n## Un titre\n\n### Un autre\n", "essai.md:7: no text under"),
        (HEAD.encode() + b"---\n\nUn caf\xe9.\n", "essai.md:9: not UTF-8"),
        (f"{HEAD}---\n\nTexte.\n".encode("utf-16"), "essai.md:1: not UTF-8"),
        (
            HEAD.replace("id: essai", "id: autre") + "---\nTexte.\n",
            "essai.md:2: id: 'autre' is not",
        ),
        (
            HEAD.replace("id: essai", "id: Essai_1") + "---\nTexte.\n",
            "essai.md:2: id: Essai_1 will",
        ),
        (
            HEAD.replace("status: published", "status: draft") + "---\nT.\n",
            "essai.md:6: status: dr",
        ),
    ],
)
def test_a_file_that_does_not_pass_is_one_line(
    content: str | bytes, told: str, tmp_path: Path
) -> None:
    assert fault(content, tmp_path).startswith(told)


def test_two_files_cannot_share_an_id(tmp_path: Path) -> None:
    write_release(tmp_path, "un", "Texte.")
    (tmp_path / "deux.md").write_text(release_source("un", "Texte."), encoding="utf-8")
    with pytest.raises(CorpusError, match=r"deux\.md:2: id: 'un' is not the file's name"):
        read_corpus(tmp_path)


def test_every_file_at_fault_is_told_at_once(tmp_path: Path) -> None:
    for id_ in ("un", "deux", "trois"):
        write_release(tmp_path, id_, "Texte.", status="draft" if id_ != "un" else "published")
    with pytest.raises(CorpusError) as caught:
        read_corpus(tmp_path)
    assert [Path(line).name.split(":")[0] for line in caught.value.problems] == [
        "deux.md",
        "trois.md",
    ]


def test_a_release_cannot_supersede_one_that_is_not_there(tmp_path: Path) -> None:
    write_release(tmp_path, "un", "Texte.", supersedes="zero")
    with pytest.raises(CorpusError, match="no release has the id 'zero'"):
        read_corpus(tmp_path)
    write_release(tmp_path, "zero", "Texte.")
    assert [release.id for release in read_corpus(tmp_path)] == ["un", "zero"]


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_releases_is_told(made: bool, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    if made:
        folder.mkdir()
    with pytest.raises(CorpusError, match=r"corpus: no (such folder; set|release here)"):
        read_corpus(folder)


def test_a_byte_order_mark_and_line_ends_change_nothing(tmp_path: Path) -> None:
    body = "## Un titre\n\nLe café\nest prêt.\n\n- un\n- deux"
    plain = parse_file(write_release(tmp_path, "essai", body))
    for newline in ("\r\n", "\r"):
        source = "\ufeff" + release_source("essai", body).replace("\n", newline)
        assert parse(source, where="essai.md") == plain


def test_text_is_composed_and_otherwise_never_rewritten() -> None:
    decomposed = "Le cafe\u0301  a\u00a013\u202f800 « grains »…\n\tEt\u2028plus"
    assert release(decomposed).text == decomposed.replace("e\u0301", "é") + "\n"


def test_every_key_is_read() -> None:
    made = release(
        "Texte.", published="2025-11-28", place="Reims", url="https://unicancer.fr/x",
        status="corrected", embargo_until="2025-11-28T10:00:00+01:00", supersedes="un",
    )  # fmt: skip
    assert (made.id, made.publisher, made.language) == ("essai", "Unicancer", "fr")
    assert (made.published, made.place) == (date(2025, 11, 28), "Reims")
    assert (made.status, made.url, made.supersedes) == ("corrected", "https://unicancer.fr/x", "un")
    assert made.embargo_until is not None
    assert made.embargo_until.utcoffset() == timedelta(hours=1)
    assert made.embargo_until.isoformat() == "2025-11-28T10:00:00+01:00"


def test_sections_lie_under_their_path_of_headings() -> None:
    made = release("Avant.\n\n## A\n\nUn.\n\n### B\n\nDeux.\n\n# C\n\n### D\n\nTrois.\n\n## E")
    found = [(s.headings, made.text[s.start : s.end].strip()) for s in made.sections]
    assert found == [
        ((), "Avant."), (("A",), "Un."), (("A", "B"), "Deux."), (("C", "D"), "Trois."),
    ]  # fmt: skip


def test_a_heading_without_words_does_not_swallow_the_text_after_it() -> None:
    [section] = release("##\n\nUn paragraphe.\n\nUn autre.").sections
    assert section.headings == ()


@given(st.text(max_size=200).map(HEAD.__add__) | st.text(max_size=200))
def test_any_text_is_a_release_or_one_clear_error(content: str) -> None:
    problems: tuple[str, ...] = ()
    try:
        assert parse(content, where="essai.md").sections
    except CorpusError as error:
        problems = error.problems
    assert all(problem.startswith("essai.md:") and "\n" not in problem for problem in problems)


def test_the_hash_of_a_corpus_covers_names_and_bytes(tmp_path: Path) -> None:
    write_release(tmp_path, "un", "Texte.")
    seen = {corpus_sha256(tmp_path)}
    (tmp_path / "un.md").rename(tmp_path / "deux.md")
    seen.add(corpus_sha256(tmp_path))
    write_release(tmp_path, "un", "Texte ")
    seen.add(corpus_sha256(tmp_path))
    (tmp_path / "notes.txt").write_text("not a release", encoding="utf-8")
    assert len(seen) == 3
    assert corpus_sha256(tmp_path) in seen
