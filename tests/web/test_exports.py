"""What a journalist takes away: files with references, copies that do not change."""

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from fastapi import FastAPI
from scripted import CONVENTION, ScriptedAssistant, corpus
from starlette.testclient import TestClient
from visitor import ask, see

from oncoqa.conversations import ConversationStore, StoreError, open_store
from oncoqa.evals.drafts import drafts
from oncoqa.settings import Settings
from oncoqa.web.app import create_app, publish
from oncoqa.web.feedback import feedback_lines
from oncoqa.web.speaker import speaker

REFERENCE = re.compile(
    r"«\u00a0Après quatre années [^»]+ à domicile\.\u00a0» — Unicancer, Cancer, patients et "
    r"territoire[^\n]+ 2025, 28 novembre 2025"
)


@pytest.fixture
def address(client: TestClient) -> str:
    client.get("/")
    address = ask(client)
    ask(client, "Quel prix le projet CANTO a-t-il reçu ?", address.rpartition("/")[2])
    return ask(client, "Quel est le budget ?", address.rpartition("/")[2])


def test_markdown_keeps_answers_and_references(client: TestClient, address: str) -> None:
    response = client.get(f"{address}/export.md")
    assert response.headers["content-disposition"].startswith('attachment; filename="oncoqa-20')
    text = response.text.replace("\\", "")
    assert REFERENCE.search(text)
    assert f"<http://testserver/communiques/{CONVENTION}?hl=" in text
    assert "\n- Le projet CANTO" in text
    assert "> Les communiqués n’y répondent pas." in text


def test_word_keeps_answers_and_references(client: TestClient, address: str) -> None:
    content = client.get(f"{address}/export.docx").content
    document = Document(BytesIO(content))
    texts = {p.text: p.style.name for p in document.paragraphs if p.style is not None}
    assert any(REFERENCE.search(text) for text in texts)
    assert any(t.startswith("Le projet CANTO") and s == "List Bullet" for t, s in texts.items())
    relations = zipfile.ZipFile(BytesIO(content)).read("word/_rels/document.xml.rels").decode()
    assert f"http://testserver/communiques/{CONVENTION}?hl=" in relations


def test_pdf_embeds_its_fonts_and_links(client: TestClient, address: str) -> None:
    response = client.get(f"{address}/export.pdf")
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert b"/FontFile2" in response.content
    assert f"/communiques/{CONVENTION}?hl=".encode() in response.content
    assert b"/Lang (fr-FR)" in response.content
    assert len(response.content) < 150_000


@pytest.mark.parametrize("form", ["md", "docx", "pdf"])
@pytest.mark.parametrize(
    "question", ["# <b>&amp; *[a](b)* \\", "مرحبا \u202e 🎗️ ≥ α", "=1+1|cmd", "a" * 2_000]
)
def test_any_question_can_be_exported(client: TestClient, form: str, question: str) -> None:
    client.get("/")
    assert client.get(f"{ask(client, question)}/export.{form}").status_code == 200


def test_markdown_lets_no_markup_through(client: TestClient) -> None:
    client.get("/")
    text = client.get(f"{ask(client, '<img src=x> *a* [b](c) `d`')}/export.md").text
    assert "## \\<img src=x\\> \\*a\\* \\[b\\](c) \\`d\\`" in text


def test_one_answer_can_be_exported_alone(client: TestClient, address: str) -> None:
    turn = re.findall(r'id="t-([\w-]{22})"', client.get(address).text)[0]
    text = client.get(f"{address}/reponses/{turn}/export.md").text
    assert "13" in text
    assert "CANTO" not in text


def test_a_share_stays_as_it_was_with_its_receipt(
    client: TestClient, stranger: TestClient, app: FastAPI, address: str
) -> None:
    share = client.post(f"{address}/partager").headers["location"]
    before = see(stranger, share)
    ask(client, "Et ensuite ?", address.rpartition("/")[2])
    publish(app, ScriptedAssistant(corpus(), "generation-2"), app.state.site.edition.built_at)
    assert see(stranger, share) == before
    assert "generation-1" in before
    assert re.search(r"sha256 [0-9a-f]{64}", before)
    assert stranger.get(f"{share}/export.md").status_code == 200


def test_an_unknown_share_has_its_own_page(client: TestClient) -> None:
    response = client.get("/partages/inconnu")
    assert response.status_code == 404
    assert "Ce lien de partage n’existe pas" in response.text


def test_deleting_a_conversation_takes_its_shares_away(client: TestClient, address: str) -> None:
    share = client.post(f"{address}/partager").headers["location"]
    client.post(f"{address}/supprimer")
    assert client.get(share).status_code == 404


def test_feedback_becomes_draft_cases(
    client: TestClient, store: ConversationStore, address: str, tmp_path: Path
) -> None:
    turns = re.findall(r'id="t-([\w-]{22})"', client.get(address).text)
    for turn, useful in zip(turns, ("oui", "non", "non"), strict=True):
        form = {"utile": useful, "raison": "other", "remarque": "Non.\nVoir plus bas."}
        client.post(f"{address}/reponses/{turn}/avis", data=form)
    lines = list(feedback_lines(store))
    good, bad, missed = (json.loads(line) for line in lines)
    assert (good["useful"], bad["useful"], missed["status"]) == (True, False, "abstained")
    assert bad["comment"] == "Non.\nVoir plus bas."
    assert good["receipt"]["generation"] == "generation-1"
    (tmp_path / "avis.jsonl").write_text("\n".join(lines), "utf-8")
    drafted = drafts(tmp_path / "avis.jsonl", {r.id: r for r in corpus()})
    assert drafted[0]["evidence"][0][0]["release"] == CONVENTION
    assert drafted[0]["evidence"][0][0]["quote"].startswith("Après quatre années")


def test_a_second_opinion_replaces_the_first(
    client: TestClient, store: ConversationStore, address: str
) -> None:
    turn = re.findall(r'id="t-([\w-]{22})"', client.get(address).text)[0]
    for useful in ("oui", "non"):
        client.post(f"{address}/reponses/{turn}/avis", data={"utile": useful})
    assert [kept.useful for kept in store.feedback()] == [False]


def test_conversations_survive_a_restart(
    client: TestClient, scripted: ScriptedAssistant, settings: Settings, address: str
) -> None:
    store = open_store(settings.data_dir)
    app = create_app(scripted, settings, built_at=None, conversations=store)
    again = TestClient(app, cookies=dict(client.cookies))
    assert again.get(address).text.count('id="t-') == 4  # three, and the blank one
    assert f'href="{address}"' in again.get("/").text
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "postgresql://", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_opened_is_told_in_a_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError, match="ONCOQA_DATABASE_URL"):
        open_store(tmp_path, url)


def test_a_store_that_fails_is_told_without_a_question(
    client: TestClient, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.site.conversations.close()
    (app.state.site.settings.data_dir / "conversations.sqlite3").write_bytes(b"not a database" * 99)
    for extra in app.state.site.settings.data_dir.glob("*-wal"):
        extra.unlink()
    response = client.post("/api/chat", json={"question": "HEROES ?"})
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "conversations_unavailable"
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert "HEROES" not in caplog.text


SAID = (
    "Un constat.\n\n« Nous avançons ensemble », explique le Pr Jeanne Roux, présidente du réseau. "
    "« Il reste à faire », souligne Paul Dubois. Et « sans personne » pour finir.\n\n"
    "Selon Anne de Villiers, oncologue : « La voie est ouverte ».\n\n« Isolé », dit-on."
)


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("Nous avançons ensemble", "le Pr Jeanne Roux, présidente du réseau"),
        ("Il reste à faire", "Paul Dubois"),
        ("sans personne", None),
        ("La voie est ouverte", "Anne de Villiers, oncologue"),
        ("Isolé", None),
        ("Un constat", None),
        ("avançons ensemble », explique le Pr Jeanne Roux, présidente du réseau. « Il reste", None),
    ],
)
def test_a_quotation_is_attributed_when_the_release_says_who(said: str, who: str | None) -> None:
    start = SAID.index(said)
    assert speaker(SAID, start, start + len(said)) == who
