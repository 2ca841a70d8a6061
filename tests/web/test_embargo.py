"""A release under embargo changes no byte of any public answer."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from fakes import HashingEncoder, write_release
from oncoqa.build import build_index, load_service
from oncoqa.conversations import open_store
from oncoqa.retrieval import index as search_index
from oncoqa.settings import Settings
from oncoqa.web.app import create_app

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
HOUR = datetime.now(UTC) + timedelta(days=1)
ENCODER = HashingEncoder()
QUESTIONS = [
    "Que montre l'essai SECRETO ?",
    "Où ouvre le congrès ?",
    "Combien de patientes sont traitées ?",
    "Quand paraît le communiqué sur le sein ?",
    "What is SECRETO?",
]
ROUTES = [
    "/", "/communiques", "/communiques/un", "/communiques/secret", "/communiques?q=SECRETO",
    "/communiques?q=congr%C3%A8s", "/communiques.atom", "/sitemap.xml", "/readyz", "/healthz",
    "/api/releases", "/api/releases/un", "/api/releases/secret", "/api/search?q=SECRETO",
    "/api/search?q=congr%C3%A8s", "/api/openapi.json",
]  # fmt: skip


@contextmanager
def site(folder: Path, *, secret: bool, audience: str = "public") -> Iterator[TestClient]:
    folder.mkdir(exist_ok=True)
    settings = Settings(
        corpus_dir=folder / "corpus", index_dir=folder / "index", data_dir=folder / "data",
        audience=audience,
    )  # fmt: skip
    write_release(settings.corpus_dir, "un", "Le congrès ouvre à Reims.\n\n900 patientes traitées.")
    write_release(settings.corpus_dir, "deux", "Le prix Avenir est remis à Lyon.")
    if secret:
        body = "L’essai SECRETO montre 900 patientes traitées.\n\nLe congrès ouvre à Reims."
        ends = HOUR.isoformat()
        write_release(settings.corpus_dir, "secret", body, embargo_until=ends, supersedes="deux")
    store = open_store(settings.data_dir)
    with patch.object(search_index, "now", lambda: NOW):
        build_index(settings, ENCODER)
        service = load_service(settings, ENCODER)
    app = create_app(
        service.assistant, settings, built_at=service.index.built_at, conversations=store
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
    store.close()


# What differs from one answer to the next: identifiers drawn at random, and how long it took.
VARIES = re.compile(
    r'"(?:id|conversation_id)": ?"[^"]*"|"timings_ms": ?\{[^}]*\}|\d+[.,]\d+ ?(?:ms|s)\b'
    r"|[\w-]{22}(?=[\"'/&?<])|nonce-[\w+/=-]+|nonce=\"[^\"]*\""
)


def answers(client: TestClient) -> list[tuple[int, str]]:
    told = [client.get(route) for route in ROUTES]
    for question in QUESTIONS:
        told.append(client.post("/api/chat", json={"question": question}))
        stream = {"Accept": "text/event-stream"}
        told.append(client.post("/api/chat", json={"question": question}, headers=stream))
        filters = {"release_id": "secret"}
        told.append(client.post("/api/chat", json={"question": question, "filters": filters}))
    return [(response.status_code, VARIES.sub("·", response.text)) for response in told]


def test_every_public_answer_is_as_if_it_did_not_exist(tmp_path: Path) -> None:
    with site(tmp_path / "without", secret=False) as client:
        without = answers(client)
    with site(tmp_path / "with", secret=True) as client:
        with_it = answers(client)
    assert with_it == without
    assert {status for status, _ in without} <= {200, 404}
    assert not any("Avenir" in text and "remplacé" in text for _, text in with_it)


def test_the_metrics_do_not_count_it(tmp_path: Path) -> None:
    with site(tmp_path, secret=True) as client:
        assert re.search(r"^oncoqa_\w*releases\w* 2\.0$", client.get("/metrics").text, re.M)


def test_staff_see_it(tmp_path: Path) -> None:
    with site(tmp_path, secret=True, audience="staff") as client:
        assert client.get("/communiques/secret").status_code == 200
        found = client.post("/api/chat", json={"question": "Que montre l'essai SECRETO ?"}).json()
        assert "secret" in {citation["release"]["id"] for citation in found["citations"]}


@pytest.mark.parametrize("route", ["/api/releases", "/communiques"])
def test_the_list_counts_what_may_be_seen(route: str, tmp_path: Path) -> None:
    with site(tmp_path, secret=True) as client:
        assert "secret" not in client.get(route).text
