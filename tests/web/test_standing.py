"""What has become of a release since it was quoted is told wherever it is quoted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from fakes import HashingEncoder, write_release
from oncoqa.build import build_index, load_service
from oncoqa.conversations import open_store
from oncoqa.settings import Settings
from oncoqa.web.app import create_app, publish

ENCODER = HashingEncoder()


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    settings = Settings(
        corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data",
        threshold=0.01,
    )  # fmt: skip
    write_release(settings.corpus_dir, "ancien", "Le congrès Avenir ouvre à Reims.")
    write_release(settings.corpus_dir, "autre", "Le prix est remis à Lyon.")
    build_index(settings, ENCODER)
    return settings


@contextmanager
def shared(place: Settings) -> Iterator[tuple[TestClient, str]]:
    """A shared copy of an answer that quotes `ancien`."""
    store = open_store(place.data_dir)
    service = load_service(place, ENCODER)
    app = create_app(service.assistant, place, built_at=None, conversations=store)
    with TestClient(app) as client:
        client.get("/")
        told = client.post("/api/chat", json={"question": "Où ouvre le congrès Avenir ?"}).json()
        assert told["citations"][0]["release"]["id"] == "ancien"
        where = f"/conversations/{told['conversation_id']}/reponses/{told['id']}/partager"
        copy = client.post(where, follow_redirects=False).headers["location"]
        yield client, copy
    store.close()


def renew(client: TestClient, place: Settings) -> None:
    build_index(place, ENCODER)
    publish(client.app, load_service(place, ENCODER).assistant, None)  # type: ignore[arg-type]


def test_a_copy_says_that_its_source_was_replaced(place: Settings) -> None:
    with shared(place) as (client, copy):
        assert "remplacé par" not in client.get(copy).text
        write_release(
            place.corpus_dir, "nouveau", "Le congrès Avenir ouvre à Nancy.", supersedes="ancien",
            status="corrected", corrected="2026-11-20", title="Le congrès",
        )  # fmt: skip
        renew(client, place)
        page = client.get(copy).text
        assert "remplacé par" in page
        assert '/communiques/nouveau" lang="fr">Le congrès</a>, 20 novembre 2026' in page
        asked = {"question": "Où ouvre le congrès Avenir ?"}
        quoted = client.post("/api/chat", json=asked).json()["citations"][0]
        assert (quoted["release"]["id"], quoted["release"]["status"]) == ("nouveau", "corrected")
        assert quoted["release"]["corrected"] == "2026-11-20"
        assert "corrigé le 20 novembre 2026" in client.post("/", data=asked).text


def test_a_copy_says_that_its_source_was_withdrawn_or_is_gone(place: Settings) -> None:
    with shared(place) as (client, copy):
        body = "Le congrès Avenir ouvre à Reims."
        write_release(place.corpus_dir, "ancien", body, status="withdrawn")
        renew(client, place)
        assert "retiré depuis par son éditeur" in client.get(copy).text
        asked = {"question": "Où ouvre le congrès Avenir ?"}
        cited = client.post("/api/chat", json=asked).json()["citations"]
        assert "ancien" not in {citation["release"]["id"] for citation in cited}
        (place.corpus_dir / "ancien.md").unlink()
        renew(client, place)
        assert "plus parmi les communiqués" in client.get(copy).text
