"""The index on disk: what is saved is what is loaded, and what is harmed is refused or rebuilt."""

import fcntl
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fakes import REPOSITORY, HashingEncoder, write_release
from oncoqa.build import build_index, load_index, make_recipe
from oncoqa.errors import CorpusError, IndexCorrupt, IndexMismatch, IndexMissing, SearchIndexError
from oncoqa.retrieval.encoder import Encoded
from oncoqa.retrieval.index import KEPT_GENERATIONS, SearchIndex, load, read_manifest
from oncoqa.settings import Settings
from oncoqa.types import Passage

ENCODER = HashingEncoder()
ABSENT = "20250101T000000000-00000000"
FILES = {
    "manifest.json",
    "manifest.sha256",
    *(
        f"{id_}.{kind}"
        for id_ in ("2025-11-28-convention-nationale-clcc", "esmo-2025")
        for kind in ("release.json", "npz", "tokens")
    ),
}


@pytest.fixture
def own(indexed: Settings, settings: Settings) -> Settings:
    """A copy of the index of the releases, to harm."""
    shutil.copytree(indexed.index_dir, settings.index_dir)
    return settings.model_copy(update={"corpus_dir": indexed.corpus_dir})


@pytest.fixture
def small(settings: Settings) -> Settings:
    """A corpus of one release, indexed."""
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne étude.")
    build_index(settings, ENCODER)
    return settings


def generation(settings: Settings) -> Path:
    return settings.index_dir / (settings.index_dir / "CURRENT").read_text().strip()


def test_what_is_loaded_is_what_was_built(index: SearchIndex, passages: Sequence[Passage]) -> None:
    assert list(index.passages) == list(passages)
    assert index.releases == {passage.release.id: passage.release for passage in passages}
    vectors = np.stack([e.vector for e in ENCODER.encode_documents([p.text for p in passages])])
    assert index.dense.vectors.shape == vectors.shape
    assert index.manifest.passages == len(passages) == index.lexical.scores.shape[1]
    rows = range(len(passages))
    assert index.manifest.tokens == sum(len(index.tokens.of(row)) for row in rows)


def test_a_generation_holds_its_files_and_their_hashes(indexed: Settings) -> None:
    folder, manifest = read_manifest(indexed.index_dir)
    assert {path.name for path in folder.iterdir()} == FILES
    assert set(manifest.files) == FILES - {"manifest.json", "manifest.sha256"}
    assert manifest.generation == folder.name
    assert (manifest.releases, manifest.passages) == (2, 67)


def test_two_builds_of_the_same_corpus_are_the_same_files(own: Settings) -> None:
    _, first = read_manifest(own.index_dir)
    second = build_index(own, ENCODER, from_nothing=True)
    assert first.files == second.files
    assert first.corpus_sha256 == second.corpus_sha256
    assert first.generation != second.generation


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_cut_short_or_changed_is_always_detected(name: str, own: Settings) -> None:
    path = generation(own) / name
    whole, random = path.read_bytes(), np.random.default_rng(0)
    harmed = [b"", whole + b"\n", *(whole[:at] for at in random.integers(len(whole), size=10))]
    for at, bit in zip(
        random.integers(len(whole), size=20), random.integers(8, size=20), strict=True
    ):
        harmed.append(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
    for content in harmed:
        path.write_bytes(content)
        with pytest.raises(IndexCorrupt, match=r"run `oncoqa index`"):
            load(own.index_dir)
    path.unlink()
    with pytest.raises(IndexCorrupt):
        load(own.index_dir)


@pytest.mark.parametrize("name", ["esmo-2025.npz", "manifest.json", "esmo-2025.tokens"])
def test_a_damaged_index_is_rebuilt_with_a_warning(
    name: str, own: Settings, index: SearchIndex, caplog: pytest.LogCaptureFixture
) -> None:
    path = generation(own) / name
    path.write_bytes(path.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        rebuilt = load_index(own, ENCODER)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert name in caplog.text
    assert rebuilt.manifest.files == index.manifest.files
    assert load(own.index_dir).manifest == rebuilt.manifest


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"../index", b"/etc", b"\xff\xfe", b"a\0b", b"x" * 5000, ABSENT.encode()],
)
def test_a_current_that_names_no_generation_is_rebuilt(content: bytes, own: Settings) -> None:
    (own.index_dir / "CURRENT").write_bytes(content)
    with pytest.raises(IndexCorrupt, match=r"run `oncoqa index`"):
        load(own.index_dir)
    assert load_index(own, ENCODER).manifest.passages == 67


def test_an_index_that_is_not_there_is_built_with_a_warning(
    small: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(small.index_dir)
    with pytest.raises(IndexMissing, match=r"no index yet; run `oncoqa index`"):
        load(small.index_dir)
    assert len(load_index(small, ENCODER).passages) == 2
    assert "building it" in caplog.text


@pytest.mark.parametrize(
    ("encoder", "changed", "field"),
    [
        (HashingEncoder(name="other"), {}, "encoder 'hashing', the settings say 'other'"),
        (HashingEncoder(fingerprint="2"), {}, "encoder_fingerprint '1', the settings say '2'"),
        (ENCODER, {"max_words": 60}, "max_words 120, the settings say 60"),
    ],
)
def test_an_index_built_by_other_settings_is_refused(
    encoder: HashingEncoder, changed: dict[str, int], field: str, small: Settings
) -> None:
    before = sorted(small.index_dir.rglob("*"))
    with pytest.raises(IndexMismatch, match=f"built with {field}; run `oncoqa index`"):
        load_index(small.model_copy(update=changed), encoder)
    assert sorted(small.index_dir.rglob("*")) == before
    assert load(small.index_dir, expected=make_recipe(small, ENCODER)).manifest.passages == 2


def test_a_second_writer_is_told_to_wait_and_the_index_serves(small: Settings) -> None:
    current = generation(small)
    with (small.index_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SearchIndexError, match="another `oncoqa index` is writing"):
            build_index(small, ENCODER)
    assert generation(small) == current
    assert load(small.index_dir).manifest.passages == 2
    build_index(small, ENCODER, from_nothing=True)
    assert generation(small) != current


def test_a_corpus_that_does_not_pass_leaves_the_index_in_service(small: Settings) -> None:
    current, before = generation(small), sorted(small.index_dir.rglob("*"))
    write_release(small.corpus_dir, "deux", "Texte.", published="2025-13-41")
    with pytest.raises(CorpusError, match=r"deux\.md:7:"):
        build_index(small, ENCODER)
    assert (generation(small), sorted(small.index_dir.rglob("*"))) == (current, before)


def test_an_index_that_cannot_be_written_is_told_in_words(small: Settings) -> None:
    (small.data_dir).write_text("a file", encoding="utf-8")
    settings = small.model_copy(update={"index_dir": small.data_dir / "index"})
    with pytest.raises(SearchIndexError, match=r"cannot be written .*ONCOQA_INDEX_DIR"):
        load_index(settings, ENCODER)


def test_the_last_three_generations_are_kept(small: Settings) -> None:
    anew = (build_index(small, ENCODER, from_nothing=True).generation for _ in range(4))
    built = [generation(small).name, *anew]
    kept = sorted(path.name for path in small.index_dir.iterdir() if path.is_dir())
    assert kept == built[-KEPT_GENERATIONS:]
    assert generation(small).name == built[-1]


def test_only_generations_are_ever_removed(small: Settings) -> None:
    for name in ("photos", "20250101-notes", ".cache.tmp"):
        (small.index_dir / name).mkdir()
        (small.index_dir / name / "manifest.json").write_text("{}", encoding="utf-8")
    for _ in range(4):
        build_index(small, ENCODER, from_nothing=True)
    assert all((small.index_dir / name).is_dir() for name in ("photos", "20250101-notes"))
    assert (small.index_dir / ".cache.tmp/manifest.json").exists()


def test_what_an_interrupted_build_left_is_removed(small: Settings) -> None:
    unfinished = small.index_dir / f".{ABSENT}.tmp"
    unfinished.mkdir()
    (unfinished / "vectors.npy").write_bytes(b"half")
    assert load(small.index_dir).manifest.passages == 2
    build_index(small, ENCODER, from_nothing=True)
    assert not unfinished.exists()


def test_nothing_in_the_package_reads_or_writes_pickles(indexed: Settings) -> None:
    sources = (REPOSITORY / "src/oncoqa").rglob("*.py")
    wanted = re.compile(
        r"allow_pickle=True|^\s*(?:import|from) (?:pickle|joblib|dill|shelve)", re.M
    )
    assert [path.name for path in sources if wanted.search(path.read_text("utf-8"))] == []
    for path in generation(indexed).glob("*.np?"):
        np.load(path, allow_pickle=False)


def test_an_index_brought_up_to_date_is_the_one_built_anew(small: Settings) -> None:
    """Releases are added, edited, renamed and taken away, several at a time."""
    random = np.random.default_rng(0)
    lines = [f"Le centre {number} ouvre. Une étude {number % 3} suit." for number in range(12)]
    for _ in range(12):
        for id_ in random.choice(["un", "deux", "trois", "quatre"], size=2, replace=False):
            body = "\n\n".join(random.choice(lines, size=random.integers(1, 5)))
            if (small.corpus_dir / f"{id_}.md").exists() and random.random() < 0.3 and id_ != "un":
                (small.corpus_dir / f"{id_}.md").unlink()
            else:
                write_release(small.corpus_dir, str(id_), body)
        renewed = build_index(small, ENCODER)
        anew = build_index(small, ENCODER, from_nothing=True)
        assert renewed.files == anew.files
        assert renewed.corpus_sha256 == anew.corpus_sha256


def test_only_what_changed_is_encoded(small: Settings) -> None:
    encoded: list[str] = []

    class Counting(HashingEncoder):
        def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
            encoded.extend(texts)
            return super().encode_documents(texts)

    build_index(small, Counting())
    assert encoded == []
    write_release(small.corpus_dir, "deux", "Neuf.")
    write_release(small.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne autre étude.")
    build_index(small, Counting())
    assert sorted(encoded) == ["Neuf.", "Une autre étude."]


@pytest.mark.parametrize("id_", ["manifest", "current", "index", "con", "a" * 200])
def test_no_id_of_a_release_is_taken_for_a_file_of_the_index(id_: str, small: Settings) -> None:
    write_release(small.corpus_dir, id_, "Un texte à part.")
    build_index(small, ENCODER)
    loaded = load(small.index_dir, expected=make_recipe(small, ENCODER))
    assert loaded.releases.keys() == {"un", id_}
    assert [p.text for p in loaded.passages if p.release.id == id_] == ["Un texte à part."]
