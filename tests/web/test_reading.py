"""The reading room, and addresses that outlive an index."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI
from scripted import CONVENTION, NEW, ScriptedAssistant, corpus, release
from starlette.testclient import TestClient
from visitor import see

from oncoqa.corpus.split import split
from oncoqa.types import Span
from oncoqa.web.app import publish
from oncoqa.web.article import Node, article, find_highlight
from oncoqa.web.links import fingerprint

UNDER_IT = ["hearing-network", "nouveau", "ancien", "esmo-2025"]  # newest first, undated last
ATOM = "{http://www.w3.org/2005/Atom}"


def text(nodes: list[Node]) -> str:
    return "".join(f"{node.text}\n{text(node.children)}" for node in nodes)


def words(said: str) -> list[str]:
    return re.findall(r"\w+", said)


@pytest.mark.parametrize("which", range(2))
def test_a_page_holds_every_word_of_its_release_in_order(which: int) -> None:
    shown = corpus()[which]
    assert words(text(article(shown, split(shown), None))) == words(shown.text)


def test_lists_are_set_within_the_item_that_introduces_them() -> None:
    nested = release("r", "R", "Avant :\n\n- un :\n  - deux\n  - trois\n- quatre\n\nAprès.")
    before, outer, after = article(nested, split(nested), None)
    assert (before.text, after.text) == ("Avant :", "Après.")
    assert [item.text for item in outer.children] == ["un :", "quatre"]
    assert [item.text for item in outer.children[0].children[0].children] == ["deux", "trois"]


def test_the_words_asked_for_are_marked_and_nothing_else() -> None:
    shown = corpus()[0]
    start = shown.text.index("Après quatre années")
    span = Span(start, start + 90)
    parts = [p for node in article(shown, split(shown), span) for p in node.parts]
    marked = "".join(p.text for part in parts for p in part.pieces if p.marked)
    assert marked == shown.text[span.start : span.end]


def test_a_citation_survives_a_text_put_before_it() -> None:
    old = corpus()[0]
    quote = "Après quatre années d’expérimentation"
    start = old.text.index(quote)
    address = (f"{start}-{start + len(quote)}", fingerprint(quote))
    new = replace(old, text="Une phrase de plus.\n\n" + old.text)
    found = find_highlight(new, *address)
    assert found is not None
    assert found.moved
    assert found.span is not None
    assert new.text[found.span.start : found.span.end] == quote


def test_a_citation_whose_words_are_gone_says_so(client: TestClient, app: FastAPI) -> None:
    link = client.post("/api/chat", json={"question": "Onco'Link"}).json()["citations"][0]["link"]
    assert "les mots cités" not in see(client, link)
    first, *others = corpus()
    changed = replace(first, text=first.text.replace("quatre années", "cinq années"))
    publish(app, ScriptedAssistant([changed, *others]), None)
    assert "les mots cités n’y figurent plus" in see(client, link)


@pytest.mark.parametrize("hl", ["", "a-b", "5", "9-3", "-1-4", "0-99999999", "1-2-3", "9" * 40])
def test_a_span_that_makes_no_sense_marks_nothing(client: TestClient, hl: str) -> None:
    response = client.get(f"/communiques/{CONVENTION}", params={"hl": hl})
    assert response.status_code == 200
    assert "<mark>" not in response.text


def test_a_passage_has_its_anchor(client: TestClient) -> None:
    hit = client.get("/api/search", params={"q": "protonthérapie", "limit": 1}).json()
    anchor = hit["passages"][0]["permalink"].partition("#")[2]
    assert f'id="{anchor}"' in client.get(f"/communiques/{CONVENTION}").text


def test_a_withdrawn_release_has_its_own_page(client: TestClient) -> None:
    response = client.get("/communiques/retire")
    assert response.status_code == 410
    assert "Ces mots ne tiennent plus" not in response.text
    assert "il ne doit plus être cité" in response.text


def test_an_unknown_release_has_its_own_page(client: TestClient) -> None:
    response = client.get("/communiques/absent")
    assert response.status_code == 404
    assert "Aucun communiqué ne porte cet identifiant" in response.text


def test_a_superseded_release_leads_to_the_one_that_replaces_it(client: TestClient) -> None:
    assert 'href="/communiques/nouveau"' in client.get("/communiques/ancien").text
    assert "corrigé par son éditeur" in see(client, "/communiques/nouveau")


def test_an_embargoed_release_is_nowhere(client: TestClient, app: FastAPI) -> None:
    secret = replace(NEW, id="secret", embargo_until=datetime(2999, 1, 1, tzinfo=UTC))
    publish(app, ScriptedAssistant([*corpus(), secret]), None)
    assert client.get("/communiques/secret").status_code == 404
    assert client.get("/api/releases/secret").status_code == 404
    for address in ("/communiques", "/communiques.atom", "/sitemap.xml", "/api/releases"):
        assert "secret" not in client.get(address).text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [CONVENTION, *UNDER_IT]),
        ("langue=en", ["hearing-network"]),
        ("du=2025-01-01", [CONVENTION, "hearing-network"]),
        ("du=2024-01-09&au=2024-01-09", ["ancien"]),
        (
            "du=hier&au=&langue=xx",
            [CONVENTION, "hearing-network", "nouveau", "ancien", "esmo-2025"],
        ),
        ("q=protonthérapie", [CONVENTION]),
        ("q=centres&langue=en", ["hearing-network"]),
    ],
)
def test_the_list_is_searched_and_filtered(client: TestClient, query: str, ids: list[str]) -> None:
    html = client.get(f"/communiques?{query}").text
    found = re.findall(r'<h[23] lang="\w\w"><a href="/communiques/([\w-]+)"', html)
    assert found == ids


def test_the_feed_gives_each_release_once_with_no_date_invented(client: TestClient) -> None:
    feed = ET.fromstring(client.get("/communiques.atom").content)  # noqa: S314 - our own
    entries = {e.findtext(f"{ATOM}title"): e for e in feed.iter(f"{ATOM}entry")}
    assert len(entries) == 5
    assert entries["A hearing network"].findtext(f"{ATOM}published") == "2025-05-02T00:00:00Z"
    assert entries["Unicancer est à l’ESMO 2025"].find(f"{ATOM}published") is None


def test_the_site_map_leads_to_pages(client: TestClient) -> None:
    sitemap = ET.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 - our own
    addresses = [loc.text for loc in sitemap.iter() if loc.tag.endswith("loc")]
    assert len(addresses) == 7
    assert all(client.get(str(address)).status_code == 200 for address in addresses)


def test_machines_read_a_news_article(client: TestClient) -> None:
    html = client.get(f"/communiques/{CONVENTION}").text
    match = re.search(r'<script type="application/ld\+json">(.*?)</script>', html)
    assert match is not None
    data = json.loads(match[1])
    assert (data["@type"], data["datePublished"]) == ("NewsArticle", "2025-11-28")
    assert 'property="og:title"' in html


def test_markup_in_a_release_stays_text(client: TestClient, app: FastAPI) -> None:
    payload = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    made = replace(release("piege", "T", f"Un {payload} ici."), title=payload, place=payload)
    publish(app, ScriptedAssistant([made]), None)
    for address in ("/communiques/piege", "/communiques", "/communiques.atom"):
        html = client.get(address).text
        assert "<img" not in html
        assert "<script>alert" not in html
    assert payload in unescape(client.get("/communiques/piege").text)
