"""What serves goes on: generations are swapped under load, and an embargo ends at its second."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from fakes import write_release
from fault.world import ENCODER, build_state
from oncoqa.build import Service, build_index, load_service
from oncoqa.conversations import open_store
from oncoqa.renewal import Renewal
from oncoqa.settings import Settings
from oncoqa.web.app import create_app, prepared

pytestmark = pytest.mark.fault

QUESTION = "Quelle est la valeur mesurée par alpha ?"


@contextmanager
def server(place: Settings) -> Iterator[tuple[TestClient, Renewal]]:
    service = load_service(place, ENCODER)
    store = open_store(place.data_dir)
    app = create_app(service.assistant, place, built_at=None, conversations=store)

    def prepare(new: Service) -> Callable[[], None]:
        return prepared(app, new.assistant, new.index.built_at)

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, Renewal(place, ENCODER, service, prepare)
    store.close()


def test_generations_are_swapped_without_dropping_a_question(
    place: Settings, scaled: Callable[[int], int], proven: Callable[[str, int], None]
) -> None:
    swaps, questions = scaled(20), scaled(2_000)
    build_state(place, 1)
    seen: list[tuple[int, str, str]] = []
    states: dict[str, int] = {}
    with server(place) as (client, renewal):
        states[load_service(place, ENCODER).assistant.generation] = 1

        def ask(n: int) -> None:
            conversation = None
            for _ in range(n):
                body = {
                    "question": QUESTION,
                    "conversation_id": conversation,
                }
                answer = client.post("/api/chat", json=body)
                told = answer.json()
                conversation = told.get("conversation_id")
                text = told.get("text", "")
                seen.append((answer.status_code, told["index"]["generation"], text))

        askers = [threading.Thread(target=ask, args=(questions // 4,)) for _ in range(4)]
        for asker in askers:
            asker.start()
        for state in range(2, swaps + 2):
            build_state(place, state)
            states[load_service(place, ENCODER).assistant.generation] = state
            renewal.step()
            time.sleep(0.02)
        for asker in askers:
            asker.join()
    assert {status for status, _, _ in seen} == {200}
    assert len({generation for _, generation, _ in seen}) > 1
    for _, generation, text in seen:
        assert f" est {states[generation]}." in text
    proven(f"questions under {swaps} swaps", len(seen))


def test_an_embargo_ends_at_its_second_without_a_restart(place: Settings) -> None:
    hour = datetime.now(UTC) + timedelta(seconds=4)
    write_release(place.corpus_dir, "un", "Le congrès ouvre à Reims.")
    ends = hour.isoformat()
    write_release(place.corpus_dir, "secret", "L’essai SECRETO réussit.", embargo_until=ends)
    build_index(place, ENCODER)
    with server(place) as (client, renewal):
        renewal.start()
        last_hidden = first_shown = None
        while first_shown is None and datetime.now(UTC) < hour + timedelta(seconds=5):
            asked = datetime.now(UTC)
            shown = "secret" in {r["id"] for r in _listed(client)} and "SECRETO" in _asked(client)
            if shown:
                first_shown = datetime.now(UTC)
            else:
                last_hidden = asked
        renewal.stop()
    assert last_hidden is not None
    assert first_shown is not None
    assert first_shown >= hour
    assert last_hidden <= hour + timedelta(seconds=1)


def _listed(client: TestClient) -> list[dict[str, str]]:
    told = client.get("/api/releases").json()
    return list(told["releases"] if isinstance(told, dict) else told)


def _asked(client: TestClient) -> str:
    body = {"question": "Que montre l'essai SECRETO ?"}
    return " ".join(c["quote"] for c in client.post("/api/chat", json=body).json()["citations"])


def test_an_earlier_clock_shows_nothing_and_a_later_one_catches_up(place: Settings) -> None:
    hour = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    write_release(place.corpus_dir, "un", "Le congrès ouvre à Reims.")
    write_release(place.corpus_dir, "secret", "Un essai.", embargo_until=hour.isoformat())
    build_index(place, ENCODER)
    clock = [hour - timedelta(minutes=10)]
    published: list[Service] = []

    def prepare(new: Service) -> Callable[[], None]:
        return lambda: published.append(new)

    service = load_service(place, ENCODER, moment=clock[0])
    renewal = Renewal(place, ENCODER, service, prepare, clock=lambda: clock[0])
    for minutes, shown in [(-10, 0), (-4, 0), (-90, 0), (-0.001, 0), (0, 1), (60, 1), (-5, 1)]:
        clock[0] = hour + timedelta(minutes=minutes)
        renewal.step()
        assert len(published) == shown
    assert "secret" in published[0].index.releases


def test_a_generation_that_cannot_be_loaded_leaves_the_one_that_serves(place: Settings) -> None:
    build_state(place, 1)
    with server(place) as (client, renewal):
        before = client.get("/readyz").json()["generation"]
        build_state(place, 2)
        name = (place.index_dir / "CURRENT").read_text(encoding="utf-8").strip()
        path = place.index_dir / name / "alpha.npz"
        path.write_bytes(path.read_bytes()[:-1])
        renewal.step()
        assert client.get("/readyz").json()["generation"] == before
        build_state(place, 3)
        renewal.step()
        assert client.get("/readyz").json()["generation"] != before
