"""Whose conversation it is. To anyone else it does not exist, on any route."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from scripted import CONVENTION
from starlette.testclient import TestClient
from visitor import ask

from oncoqa.web.policy import HEADERS
from oncoqa.web.security import MAX_BODY, POLICIES, make_signer, owned_conversation

# The schema is FastAPI's own route; the static files are the same for everyone.
UNDECLARED = {"/api/openapi.json", "/static"}


def calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    yield dependant.call
    for below in dependant.dependencies:
        yield from calls(below)


def routes(app: FastAPI) -> dict[str, set[Any]]:
    """Every method and path with all that it depends on."""
    found: dict[str, set[Any]] = {}
    for context in iter_route_contexts(app.routes):
        if isinstance(context.route, APIRoute):
            for method in context.route.methods or ():
                found[f"{method} {context.path}"] = set(calls(context.dependant))
        else:
            found[str(context.path)] = set()
    return found


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    declared = routes(app)
    assert len(declared) > 20
    silent = {path for path, uses in declared.items() if not uses & set(POLICIES)}
    assert {path for path in silent if path not in UNDECLARED} == set()


@pytest.fixture
def mine(client: TestClient) -> dict[str, str]:
    """A conversation of `client`, one of its answers and a share of it."""
    client.get("/")
    address = ask(client)
    turn = re.findall(r'id="t-([\w-]{22})"', client.get(address).text)[0]
    share = client.post(f"{address}/partager").headers["location"].rpartition("/")[2]
    return {"conversation_id": address.rpartition("/")[2], "turn_id": turn, "share_id": share}


def test_a_stranger_finds_nothing_on_any_route_of_a_conversation(
    app: FastAPI, mine: dict[str, str], stranger: TestClient
) -> None:
    owned = [path for path, uses in routes(app).items() if owned_conversation in uses]
    assert len(owned) == 8
    for route in owned:
        method, path = route.split()
        address = path.format(**mine, form="md")
        form = {"utile": "oui"} if method == "POST" else None
        assert stranger.request(method, address, data=form).status_code == 404, route
        assert TestClient(app).request(method, address, data=form).status_code == 404, route


def test_a_stranger_cannot_add_to_a_conversation(
    client: TestClient, stranger: TestClient, mine: dict[str, str]
) -> None:
    body = {"question": "Et ensuite ?", "conversation_id": mine["conversation_id"]}
    for accept in ("application/json", "text/event-stream"):
        answer = stranger.post("/api/chat", json=body, headers={"Accept": accept})
        assert answer.json()["error"]["code"] == "conversation_not_found"
    assert stranger.post("/", data=body).status_code == 404
    assert client.get(f"/conversations/{mine['conversation_id']}").text.count('id="t-') == 2


def test_a_share_is_read_by_all_and_taken_back_by_its_owner(
    client: TestClient, stranger: TestClient, mine: dict[str, str]
) -> None:
    address = f"/partages/{mine['share_id']}"
    assert "Retirer ce partage" in client.get(address).text
    shared = stranger.get(address)
    assert shared.status_code == 200
    assert "Retirer ce partage" not in shared.text
    assert mine["conversation_id"] not in shared.text
    assert stranger.post(f"{address}/retirer").status_code == 404
    assert client.post(f"{address}/retirer").status_code == 303
    assert stranger.get(address).status_code == 404


def test_a_program_without_a_cookie_goes_by_the_id_it_was_given(app: FastAPI) -> None:
    first = TestClient(app).post("/api/chat", json={"question": "HEROES ?"}).json()
    body = {"question": "Depuis quand ?", "conversation_id": first["conversation_id"]}
    second = TestClient(app).post("/api/chat", json=body)
    assert second.json()["understood"] == "étude HEROES"
    assert len(first["conversation_id"]) == 22  # 128 bits


@pytest.mark.parametrize("forged", ["", "abc", "ImFiYyI.AAAA", "\u00e9"])
def test_a_forged_cookie_is_no_cookie(app: FastAPI, mine: dict[str, str], forged: str) -> None:
    headers = {"Cookie": f"oncoqa_owner={forged}".encode("latin-1")}
    address = f"/conversations/{mine['conversation_id']}"
    assert TestClient(app).get(address, headers=headers).status_code == 404  # type: ignore[arg-type]


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    cookie = client.get("/").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_reading_leaves_no_cookie(client: TestClient) -> None:
    for address in ("/communiques", f"/communiques/{CONVENTION}", "/api/releases"):
        assert "set-cookie" not in client.get(address).headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://ailleurs.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_write(client: TestClient, headers: dict[str, str]) -> None:
    api = client.post("/api/chat", json={"question": "HEROES ?"}, headers=headers)
    assert (api.status_code, api.json()["error"]["code"]) == (403, "foreign_origin")
    assert client.post("/", data={"question": "HEROES ?"}, headers=headers).status_code == 403


def test_our_own_pages_can_write(client: TestClient) -> None:
    headers = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/", data={"question": "HEROES ?"}, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%5capp.py"]
)
def test_static_files_are_the_static_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_policy_forbids_what_a_page_does_not_need() -> None:
    policy = HEADERS["Content-Security-Policy"]
    for part in ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "require-trusted-types-for 'script'" in policy


def test_a_form_too_large_is_refused(client: TestClient) -> None:
    response = client.post("/", data={"question": "a" * (MAX_BODY + 1)})
    assert response.status_code == 413


def test_a_failure_is_told_with_the_same_policy(client: TestClient) -> None:
    response = client.post("/", data={"question": "panne"})
    assert response.status_code == 500
    assert response.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "scripted" not in response.text


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda _: make_signer(tmp_path).dumps("a"), range(8)))
    assert len({*signed, make_signer(tmp_path).dumps("a")}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["cookie.key"]
    assert (tmp_path / "cookie.key").stat().st_mode & 0o777 == 0o600
