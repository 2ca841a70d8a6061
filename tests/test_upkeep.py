"""Looking after an installation: import, doctor, backup and restore, from the command line."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fakes import HashingEncoder, write_release
from oncoqa import build
from oncoqa.backup import BackupError, restore, save
from oncoqa.build import build_index, load_assistant
from oncoqa.cli import app
from oncoqa.conversations import Turn, open_store
from oncoqa.retrieval.generation import current
from oncoqa.settings import Settings

ENCODER = HashingEncoder()


@pytest.fixture
def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in use: releases, an index, a conversation."""
    monkeypatch.setattr(build, "make_encoder", lambda _: ENCODER)
    for name in ("corpus_dir", "index_dir", "data_dir"):
        monkeypatch.setenv(f"ONCOQA_{name.upper()}", str(getattr(settings, name)))
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.\n\nUne étude compte.")
    write_release(settings.corpus_dir, "deux", "Le prix est remis à Lyon.")
    build_index(settings, ENCODER)
    store = open_store(settings.data_dir)
    store.add_turn("c", "moi", Turn("t", {"question": "Où ?"}, {}), begins=True)
    store.close()
    return settings


@pytest.fixture
def oncoqa(place: Settings) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(app, [*map(str, words)])


def answers(settings: Settings) -> list[object]:
    assistant = load_assistant(settings, ENCODER)
    questions = ["Où ouvre le congrès ?", "Où le prix est-il remis ?", "Que compte l'étude ?"]
    found = [assistant.ask(question) for question in questions]
    return [(a.status, a.statements, a.confidence, a.hits, a.index_generation) for a in found]


def test_doctor_finds_nothing_wrong(oncoqa: Callable[..., Result]) -> None:
    result = oncoqa("doctor")
    assert (result.exit_code, "✗" in result.output) == (0, False), result.output


def test_doctor_names_what_is_wrong_and_what_mends_it(
    place: Settings, oncoqa: Callable[..., Result]
) -> None:
    name = current(place.index_dir)
    path = place.index_dir / str(name) / "un.npz"
    path.write_bytes(path.read_bytes()[:-1])
    result = oncoqa("doctor")
    assert result.exit_code == 1
    assert "un.npz" in result.output
    assert "→ oncoqa index" in result.output
    assert oncoqa("index").exit_code == 0  # what it said to do
    assert oncoqa("doctor").exit_code == 0


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda s: write_release(s.corpus_dir, "trois", "Texte."), "ont changé depuis : trois"),
        (lambda s: (s.corpus_dir / "un.md").write_text("rien"), "no front matter"),
        (lambda s: (s.index_dir / "CURRENT").unlink(), "no index yet"),
        (lambda s: (s.data_dir / "conversations.sqlite3").write_bytes(b"x" * 999), "conversations"),
        (lambda s: (s.data_dir / "cle").touch() or (s.data_dir / "cle").chmod(0o666), "par tous"),
    ],
)  # fmt: skip
def test_doctor_sees_each_harm(
    harm: Callable[[Settings], object], told: str, place: Settings, oncoqa: Callable[..., Result]
) -> None:
    harm(place)
    result = oncoqa("doctor")
    assert result.exit_code == 1
    assert told in result.output
    assert "→" in result.output


def test_a_restored_backup_answers_the_same(
    place: Settings, tmp_path: Path, oncoqa: Callable[..., Result]
) -> None:
    before, archive = answers(place), tmp_path / "b.tar.gz"
    assert oncoqa("backup", archive).exit_code == 0
    new = place.model_copy(
        update={name: tmp_path / "new" / name for name in ("corpus_dir", "index_dir", "data_dir")}
    )
    (tmp_path / "new").mkdir()
    assert restore(new, archive) > 0
    assert answers(new) == before
    store = open_store(new.data_dir)
    kept = store.get("c", "moi")
    store.close()
    assert kept is not None
    assert kept.title == "Où ?"
    assert archive.stat().st_mode & 0o077 == 0


def test_a_backup_is_put_back_whole_or_not_at_all(place: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    save(place, archive)
    before = answers(place)
    with pytest.raises(BackupError, match="--force"):
        restore(place, archive)
    whole = archive.read_bytes()
    for cut in (0, 10, len(whole) // 2, 3 * len(whole) // 4):
        archive.write_bytes(whole[:cut])
        with pytest.raises(BackupError):
            restore(place, archive, force=True)
        assert answers(place) == before
    archive.write_bytes(whole)
    (place.corpus_dir / "un.md").unlink()
    restore(place, archive, force=True)
    assert answers(place) == before


def test_a_backup_of_someone_else_writes_nothing_outside(place: Settings, tmp_path: Path) -> None:
    for name in ("../evil", "/etc/evil", "corpus/../../evil", "autre/x"):
        archive = tmp_path / "evil.tar.gz"
        with tarfile.open(archive, "w:gz") as entries:
            entries.addfile(tarfile.TarInfo(name))
        with pytest.raises(BackupError):
            restore(place, archive, force=True)
    assert not list(tmp_path.rglob("evil"))


def test_an_import_is_shown_then_kept_then_known(
    place: Settings, tmp_path: Path, oncoqa: Callable[..., Result]
) -> None:
    path = tmp_path / "communique.txt"
    path.write_text("Un titre\n\nLyon, le 2 mai 2025 – Un essai ouvre à Lyon.", encoding="utf-8")
    shown = oncoqa("import", path)
    assert "rien n'est écrit" in shown.output
    assert "2025-05-02, Lyon" in shown.output
    assert len(list(place.corpus_dir.glob("*.md"))) == 2
    assert oncoqa("import", "--yes", path).exit_code == 0
    assert (place.corpus_dir / "2025-05-02-un-titre.md").exists()
    assert "déjà présent" in oncoqa("import", "--yes", path).output
    assert oncoqa("index").exit_code == 0
    assert "2025-05-02-un-titre" in load_assistant(place, ENCODER).releases


def test_an_import_that_fails_says_why_and_takes_the_others(
    place: Settings, tmp_path: Path, oncoqa: Callable[..., Result]
) -> None:
    folder = tmp_path / "recus"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"rien")
    (folder / "b.md").write_text("# Un titre\n\nUn texte.", encoding="utf-8")
    result = oncoqa("import", "--yes", folder)
    assert result.exit_code == 1
    assert "1 importés, 1 refusés" in result.output
    assert oncoqa("import", "https://www.unicancer.fr/a").exit_code == 1


def test_index_says_and_rollback_goes_back(place: Settings, oncoqa: Callable[..., Result]) -> None:
    first = current(place.index_dir)
    write_release(place.corpus_dir, "trois", "Un essai.")
    assert "3 communiqués" in oncoqa("index").output
    assert f"{first} en service" in oncoqa("index", "rollback").output
    assert current(place.index_dir) == first
