from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from scripted import ScriptedAssistant, corpus
from starlette.testclient import TestClient

from oncoqa.conversations import ConversationStore, open_store
from oncoqa.settings import Settings
from oncoqa.web.app import create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def store(settings: Settings) -> Iterator[ConversationStore]:
    opened = open_store(settings.data_dir)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def scripted() -> ScriptedAssistant:
    return ScriptedAssistant(corpus())


@pytest.fixture
def app(scripted: ScriptedAssistant, settings: Settings, store: ConversationStore) -> FastAPI:
    built_at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    return create_app(scripted, settings, built_at=built_at, conversations=store)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser: it keeps its cookies."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """Someone else's browser."""
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        client.get("/")
        yield client
