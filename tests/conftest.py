"""Fixtures that no test changes are made once for the session."""

import os
from collections.abc import Sequence
from pathlib import Path

import hypothesis
import pytest

from fakes import CORPUS, HashingEncoder
from oncoqa.assistant import Assistant
from oncoqa.build import build_index, load_assistant
from oncoqa.corpus.parse import read_corpus
from oncoqa.corpus.split import split
from oncoqa.retrieval.encoder import Encoder, load_encoder
from oncoqa.retrieval.index import SearchIndex, load
from oncoqa.settings import Settings
from oncoqa.types import Passage, Release

# The same examples on every machine; no deadline, since its cores are shared.
hypothesis.settings.register_profile("oncoqa", derandomize=True, deadline=None, max_examples=60)
hypothesis.settings.load_profile("oncoqa")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("ONCOQA_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """Deterministic, without a model."""
    return HashingEncoder()


@pytest.fixture(scope="session")
def embedded() -> Encoder:
    """The encoder that the package carries; tests that use it are marked `model`."""
    return load_encoder("embedded")


@pytest.fixture(scope="session")
def releases() -> Sequence[Release]:
    return read_corpus(CORPUS)


@pytest.fixture(scope="session")
def passages(releases: Sequence[Release]) -> Sequence[Passage]:
    return [passage for release in releases for passage in split(release)]


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Settings:
    """Settings whose index, of the two releases, is in service. Copy the folder to harm it."""
    folder = tmp_path_factory.mktemp("indexed")
    settings = Settings(corpus_dir=CORPUS, index_dir=folder / "index", data_dir=folder / "data")
    build_index(settings, encoder)
    return settings


@pytest.fixture(scope="session")
def index(indexed: Settings) -> SearchIndex:
    return load(indexed.index_dir)


@pytest.fixture(scope="session")
def assistant(indexed: Settings, encoder: Encoder) -> Assistant:
    return load_assistant(indexed, encoder)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Nothing there yet: a test writes its own corpus."""
    return Settings(
        corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", data_dir=tmp_path / "data"
    )
