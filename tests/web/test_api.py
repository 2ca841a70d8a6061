"""The HTTP contract of DESIGN §6, on values."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from scripted import CONVENTION, CORPUS, ScriptedAssistant, corpus
from starlette.testclient import TestClient

from oncoqa.build import build_index, load_assistant
from oncoqa.conversations import ConversationStore
from oncoqa.retrieval.encoder import Encoder
from oncoqa.settings import Settings
from oncoqa.web.app import create_app, publish

QUESTION = "Combien de patients ont été inclus dans Onco'Link ?"


def ask(client: TestClient, question: str = QUESTION, **body: Any) -> Any:
    response = client.post("/api/chat", json={"question": question, **body})
    assert response.status_code == 200, response.text
    return response.json()


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, data); the parser holds to the specification's lines."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line)
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def stream(client: TestClient, question: str, **body: Any) -> list[tuple[str, Any]]:
    response = client.post(
        "/api/chat",
        json={"question": question, **body},
        headers={"Accept": "text/event-stream"},
    )
    assert response.headers["content-type"].startswith("text/event-stream")
    return events(response.text)


def test_an_answer_has_the_shape_of_the_contract(client: TestClient) -> None:
    answer = ask(client)
    text = client.get(f"/api/releases/{CONVENTION}").json()["text"]
    [statement], [citation] = answer["statements"], answer["citations"]
    assert answer["status"] == "answered"
    assert answer["reason"] is None
    assert answer["text"] == f"{statement['text']} [1]"
    assert statement["citations"] == [1] == [citation["number"]]
    start, end = statement["highlight"]
    assert statement["text"][start:end] == "plus de 13 800 patients inclus"
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert citation["release"]["published"] == "2025-11-28"
    assert citation["permalink"] == f"/communiques/{citation['passage_id']}"
    assert answer["index"] == {
        "generation": "generation-1",
        "built_at": "2026-11-23T09:30:00Z",
        "releases": 5,  # one of six was withdrawn
    }


def test_a_list_item_is_cited_with_its_introduction(client: TestClient) -> None:
    answer = ask(client, "Quel prix le projet CANTO a-t-il reçu ?")
    introduction, item = answer["citations"]
    assert answer["statements"][0]["citations"] == [1, 2]
    assert answer["statements"][0]["text"] == f"{introduction['quote']}\n{item['quote']}"


def test_an_abstention_gives_the_reason_and_the_nearest_releases(client: TestClient) -> None:
    answer = ask(client, "Quel est le budget annuel d'Unicancer ?")
    assert (answer["status"], answer["reason"]) == ("abstained", "not_in_releases")
    assert answer["statements"] == answer["citations"] == []
    assert answer["text"] == ""
    assert 1 <= len(answer["nearest"]) <= 3


def test_a_stream_gives_sources_statements_and_the_answer(client: TestClient) -> None:
    names, data = zip(*stream(client, QUESTION), strict=True)
    assert names == ("sources", "statement", "answer")
    assert data[1]["sources"] == data[2]["citations"]
    assert {k: data[1][k] for k in ("text", "citations", "highlight", "item")} == data[2][
        "statements"
    ][0]


def test_a_stream_that_fails_says_so_in_an_event(client: TestClient) -> None:
    names, data = zip(*stream(client, "rupture"), strict=True)
    assert names == ("sources", "error")
    assert data[1]["error"]["code"] == "internal_error"
    assert "scripted" not in json.dumps(data[1])


@pytest.mark.parametrize(
    "question", ["a\r\nevent: answer\ndata: {}\n\n b", "é\u2028è\u2029 \u200f?"]
)
def test_no_question_breaks_an_event_frame(client: TestClient, question: str) -> None:
    assert [name for name, _ in stream(client, question)] == ["sources", "answer"]


def test_a_follow_up_is_given_the_turns_before(client: TestClient) -> None:
    first = ask(client, "Qu'est-ce que l'étude HEROES ?")
    second = ask(client, "Depuis quand ?", conversation_id=first["conversation_id"])
    assert second["conversation_id"] == first["conversation_id"]
    assert (first["understood"], second["understood"]) == (None, "étude HEROES")


def test_filters_reach_the_assistant(client: TestClient) -> None:
    answer = ask(client, filters={"release_id": "esmo-2025"})
    assert answer["status"] == "abstained"


BAD = [
    ({"question": ""}, 422, "question_empty"),
    ({"question": " \n"}, 422, "question_empty"),
    ({"question": "a" * 2_001}, 422, "question_too_long"),
    ({"question": "a\x00b"}, 422, "question_unreadable"),
    ({"question": "a\x1bb"}, 422, "question_unreadable"),
    ({"question": 3}, 422, "invalid_request"),
    ({"question": None}, 422, "invalid_request"),
    ({}, 422, "invalid_request"),
    ([], 422, "invalid_request"),
    ({"question": "a", "language": "de"}, 422, "invalid_request"),
    ({"question": "a", "filters": {"published_from": "hier"}}, 422, "invalid_request"),
    ({"question": "a", "filter": {}}, 422, "invalid_request"),
    ({"question": "a", "filters": {"release_id": "absent"}}, 404, "release_not_found"),
    ({"question": "a", "conversation_id": "absent"}, 404, "conversation_not_found"),
    ({"question": "a", "conversation_id": "'; drop table turns"}, 404, "conversation_not_found"),
]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_bad_input_is_refused_in_words(
    client: TestClient, body: Any, status: int, code: str, accept: str
) -> None:
    response = client.post("/api/chat", json=body, headers={"Accept": accept})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert set(response.json()) == {"error"}
    assert set(error) == {"code", "message"}
    assert error["message"].endswith(".")


@pytest.mark.parametrize("body", [b'{"question": ', b"\xff\xfe", b"", b"{}{}"])
def test_what_is_not_json_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post("/api/chat", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}
    assert response.json()["error"]["code"] in {"invalid_json", "invalid_request"}


def test_lone_surrogates_are_refused(client: TestClient) -> None:
    body = b'{"question": "\\ud800 ?"}'
    response = client.post("/api/chat", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["error"]["code"] in {"question_unreadable", "invalid_request"}


def test_a_body_too_large_is_refused(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": "a" * 70_000})
    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


def test_errors_are_told_in_english_to_those_who_read_it(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": ""}, headers={"Accept-Language": "en"})
    assert (
        response.json()["error"]["message"] == "The question is empty: write what you want to know."
    )


def test_an_unforeseen_failure_shows_nothing_of_itself(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": "panne"})
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    assert "scripted" not in response.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/releases/absent", 404, "release_not_found"),
        ("/api/releases/retire", 410, "release_withdrawn"),
        ("/api/search", 422, "invalid_request"),
        ("/api/search?q=", 422, "question_empty"),
        ("/api/search?q=a&limit=x", 422, "invalid_request"),
        ("/api/search?q=a&limit=999", 422, "invalid_request"),
        ("/api/absent", 404, "not_found"),
        ("/api/chat", 405, "method_not_allowed"),
    ],
)
def test_reading_what_is_not_there(client: TestClient, path: str, status: int, code: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_releases_are_listed_newest_first_without_the_withdrawn(client: TestClient) -> None:
    ids = [release["id"] for release in client.get("/api/releases").json()["releases"]]
    assert ids == [CONVENTION, "hearing-network", "nouveau", "ancien", "esmo-2025"]


def test_search_gives_passages_where_they_stand(client: TestClient) -> None:
    found = client.get("/api/search", params={"q": "réseau protonthérapie", "limit": 2}).json()
    for passage in found["passages"]:
        text = client.get(f"/api/releases/{passage['release']['id']}").json()["text"]
        assert text[passage["start"] : passage["end"]] == passage["text"]
    assert len(found["passages"]) == 2


def test_another_generation_comes_into_service_whole(app: FastAPI, client: TestClient) -> None:
    publish(app, ScriptedAssistant(corpus()[:1], "generation-2"), None)
    assert ask(client)["index"] == {"generation": "generation-2", "built_at": None, "releases": 1}


def test_the_operator_sees_health_and_counts_but_no_question(client: TestClient) -> None:
    ask(client, "Qu'est-ce que l'étude HEROES ?")
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"generation": "generation-1", "conversations": True}
    metrics = client.get("/metrics").text
    assert 'oncoqa_answers_total{reason="",status="answered"} 1.0' in metrics
    assert 'oncoqa_requests_total{method="POST",route="/api/chat",status="200"} 1.0' in metrics
    assert "HEROES" not in metrics


def test_logs_hold_no_question(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="oncoqa"):
        ask(client, "Qu'est-ce que l'étude HEROES ?")
        client.get("/api/search", params={"q": "HEROES"})
        client.post("/api/chat", json={"question": "panne HEROES"})
    assert caplog.records
    assert "HEROES" not in caplog.text


def test_the_schema_says_how_refusals_look(client: TestClient) -> None:
    schema = client.get("/api/openapi.json").json()
    answers = schema["paths"]["/api/chat"]["post"]["responses"]
    for status in ("404", "422", "503"):
        content = answers[status]["content"]["application/json"]["schema"]
        assert content == {"$ref": "#/components/schemas/Refusal"}


@pytest.mark.model
def test_the_embedded_model_answers_through_the_door(
    embedded: Encoder, settings: Settings, store: ConversationStore
) -> None:
    """The main job of the product, end to end, whichever the language."""
    real = settings.model_copy(update={"corpus_dir": CORPUS, "index_dir": settings.data_dir / "i"})
    build_index(real, embedded)
    app = create_app(load_assistant(real, embedded), settings, built_at=None, conversations=store)
    client = TestClient(app)
    for question in (QUESTION, "How many patients were enrolled in Onco'Link?"):
        [first, *_] = ask(client, question)["citations"]
        assert "13 800 patients inclus" in " ".join(first["quote"].split())
        page = client.get(first["link"]).text
        assert f"<mark>{first['quote'][:20]}" in page
    assert ask(client, "Quel est le budget annuel d'Unicancer ?")["status"] == "abstained"
