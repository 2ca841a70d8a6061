"""The pages as a browser without JavaScript meets them: forms, 303, and a page to GET."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from scripted import CONVENTION, ENGLISH, ScriptedAssistant
from starlette.testclient import TestClient
from visitor import ask, see, text_of

import oncoqa.web
from oncoqa.conversations import ConversationStore, Turn
from oncoqa.web.app import publish
from oncoqa.web.view import asset

WEB = Path(oncoqa.web.__file__).parent


def test_asking_leads_to_a_page_that_can_be_read_again(client: TestClient) -> None:
    client.get("/")
    address = ask(client)
    html = client.get(address).text
    assert re.search(r"<mark>plus de 13\s800 patients inclus</mark>", html)
    link = unescape(re.findall(r'class="cite"[^>]*href="([^"]+)"', html)[0])
    assert re.fullmatch(
        rf"/communiques/{CONVENTION}\?hl=\d+-\d+&v=[0-9a-f]{{8}}#p-[0-9a-f]{{12}}", link
    )
    assert 'aria-label="Source 1\u00a0: Cancer, patients' in html


def test_a_conversation_is_listed_renamed_and_deleted(client: TestClient) -> None:
    client.get("/")
    address = ask(client)
    assert f'href="{address}"' in client.get("/").text
    assert client.post(f"{address}/titre", data={"titre": "Mon <titre>"}).status_code == 303
    assert "Mon &lt;titre&gt;" in client.get("/").text
    assert client.post(f"{address}/supprimer").headers["location"] == "/"
    assert client.get(address).status_code == 404
    assert f'href="{address}"' not in client.get("/").text


def test_a_follow_up_says_what_was_understood(client: TestClient) -> None:
    client.get("/")
    address = ask(client, "Qu'est-ce que l'étude HEROES ?")
    assert ask(client, "Depuis quand ?", address.rpartition("/")[2]) == address
    assert "Compris : étude HEROES" in see(client, address)


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("Quel est le budget ?", "Les communiqués n’y répondent pas."),
        ("Dois-je arrêter mon traitement ?", "Cette question relève d’un médecin."),
        ("Une recette de tarte ?", "Cette question sort du champ des communiqués."),
        ("Et celle-là ?", "La question peut se comprendre de plusieurs façons."),
    ],
)
def test_each_refusal_has_its_own_words_and_the_press_office(
    client: TestClient, question: str, heading: str
) -> None:
    client.get("/")
    said = see(client, ask(client, question))
    assert heading in said
    assert said.count("Contacter le service de presse") == 2  # with the answer, and in the footer


def test_an_unclear_question_offers_what_it_could_mean(client: TestClient) -> None:
    client.get("/")
    html = client.get(ask(client, "Et celle-là ?")).text
    assert 'value="Quand l’étude HEROES a-t-elle ouvert ?"' in html


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "La question est vide"),
        ("a" * 2_001, "compte 2001 caractères"),
        ("\x07", "de contrôle"),
    ],
)
def test_a_question_that_cannot_be_asked_comes_back_in_its_box(
    client: TestClient, question: str, message: str
) -> None:
    response = client.post("/", data={"question": question})
    assert response.status_code == 422
    assert message in text_of(response.text)
    assert f"{question}</textarea>" in response.text


@pytest.mark.parametrize(
    "question",
    [
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% raw %} ${7*7} #{7*7} %(num)s %s",
        "'; DROP TABLE turns; --",
        "\u202eabc\u202c \u200f مرحبا",
        "🎗️" * 100,
        "é" * 2_000,
    ],
)
def test_a_question_shows_as_typed(client: TestClient, question: str) -> None:
    client.get("/")
    html = client.get(ask(client, question)).text
    shown = re.search(r'<bdi data-slot="question">(.*?)</bdi>', html)
    assert shown is not None
    assert unescape(shown[1]) == question
    assert "<script>alert" not in html


def test_a_quotation_stays_in_its_language_and_says_so(client: TestClient) -> None:
    client.get("/?lang=en")
    html = client.get(ask(client)).text
    assert '<html lang="en">' in html
    assert '<blockquote lang="fr"' in html
    assert "original text in French" in text_of(html)


def test_the_toggle_keeps_the_page_and_is_remembered(client: TestClient) -> None:
    page = client.get(f"/communiques/{CONVENTION}?hl=0-5").text
    toggle = unescape(re.findall(r'class="toggle" href="([^"]+)"', page)[0])
    assert toggle == f"/communiques/{CONVENTION}?hl=0-5&lang=en"
    assert "Press release" in see(client, toggle)
    assert "Search the press releases" in see(client, "/communiques")


def test_feedback_is_kept_with_its_receipt(client: TestClient, app: FastAPI) -> None:
    client.get("/")
    address = ask(client)
    turn = re.findall(r'id="t-([\w-]{22})"', client.get(address).text)[0]
    form = {"utile": "non", "raison": "wrong_passage", "remarque": "voir le titre"}
    response = client.post(f"{address}/reponses/{turn}/avis", data=form)
    [kept] = app.state.site.conversations.feedback()
    assert "Merci" in see(client, response.headers["location"])
    assert (kept.useful, kept.reason, kept.comment) == (False, "wrong_passage", "voir le titre")
    assert kept.receipt["generation"] == "generation-1"


def test_suggested_questions_are_answered(client: TestClient, scripted: ScriptedAssistant) -> None:
    html = re.sub(r"(?s)<template.*?</template>", "", client.get("/").text)
    suggested = [unescape(value) for value in re.findall(r'name="question" value="([^"]+)"', html)]
    assert len(suggested) >= 2
    assert all(scripted.ask(question).status == "answered" for question in suggested)


def test_freshness_is_on_every_page(client: TestClient) -> None:
    for address in ("/", "/communiques", f"/communiques/{CONVENTION}", "/absent"):
        said = text_of(client.get(address).text)
        assert "Index du 23 novembre 2026, 10:30, 5 communiqués" in said


def test_conversations_outlive_their_releases(client: TestClient, app: FastAPI) -> None:
    client.get("/")
    address = ask(client)
    publish(app, ScriptedAssistant([ENGLISH], "generation-2"), None)
    assert "13 800 patients inclus" in see(client, address)
    assert ask(client, "Et ensuite ?", address.rpartition("/")[2]) == address


def test_whoever_refuses_cookies_can_still_ask(client: TestClient) -> None:
    address = ask(client)
    client.cookies.clear()
    assert "13 800 patients" in see(client, address)


def test_questions_asked_at_once_are_all_kept(client: TestClient) -> None:
    client.get("/")
    with ThreadPoolExecutor(16) as pool:
        addresses = list(pool.map(lambda n: ask(client, f"Question {n} ?"), range(48)))
    assert len(set(addresses)) == 48
    assert all(f'href="{address}"' in client.get("/").text for address in addresses[:10])


def test_a_conversation_deleted_while_it_is_answered_stays_deleted(
    store: ConversationStore,
) -> None:
    late = Turn("turn", {"question": "Et ensuite ?"}, {})
    store.add_turn("deleted", None, late, begins=False)
    assert store.get("deleted", None) is None
    store.add_turn("new", None, late, begins=True)
    assert store.get("new", None) is not None


def test_a_page_can_be_asked_after(client: TestClient) -> None:
    for address in ("/", "/communiques", f"/communiques/{CONVENTION}", "/healthz"):
        assert client.head(address).status_code == 200
    assert client.head("/communiques/absent").status_code == 404


def test_without_javascript_a_citation_is_there_to_select(client: TestClient) -> None:
    client.get("/")
    html = client.get(ask(client)).text
    ready = re.search(r'(?s)<noscript>.*?class="ready"[^>]*>(.*?)</p>', html)
    assert ready is not None
    assert re.fullmatch(
        r"«\u00a0Après .+\.\u00a0» — Unicancer, .+, 28 novembre 2025, http://testserver/\S+",
        unescape(ready[1]),
    )


def test_every_page_carries_the_same_policy(client: TestClient) -> None:
    for address in ("/", "/communiques", "/absent", "/api/absent", "/static/site.css", "/healthz"):
        headers = client.get(address).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_pages_hold_nothing_inline_and_nothing_from_elsewhere(client: TestClient) -> None:
    client.get("/")
    for address in (ask(client), "/communiques", f"/communiques/{CONVENTION}?hl=3-9"):
        html = client.get(address).text
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", html) == []
        assert re.findall(r"<script(?![^>]*(?:src=|ld\+json))", html) == []
        assert (
            re.findall(
                r'(?:src|action)="(?:https?:)?//|<link[^>]+href="https?://(?!testserver)', html
            )
            == []
        )


def test_nothing_marks_text_as_safe() -> None:
    banned = re.compile(r"\|\s*safe\b|Markup\(|innerHTML|insertAdjacentHTML|\beval\(|\bpickle\b")
    files = [f for f in WEB.rglob("*") if f.suffix in {".py", ".html", ".xml", ".js"}]
    assert len(files) > 30
    assert [f.name for f in files if banned.search(f.read_text("utf-8"))] == []


def test_what_is_vendored_is_what_was_published() -> None:
    own = (WEB / "static" / "site.css").read_text("utf-8")
    assert asset("pico.min.css").removeprefix("/static/") in own
    listed = (WEB / "static" / "VENDORED").read_text("utf-8").partition("\n\n")[0]
    for line in listed.splitlines():
        wanted, name = line.split()
        assert hashlib.sha256((WEB / "static" / name).read_bytes()).hexdigest() == wanted
