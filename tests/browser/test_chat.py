"""The chat as its users meet it: with a pointer, with a keyboard, without JavaScript."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from scripted import CONVENTION, ScriptedAssistant
from watched import OpenContext

pytestmark = pytest.mark.browser

ONCOLINK = "Combien de patients ont été inclus dans Onco'Link ?"
CANTO = "Quel prix le projet CANTO a-t-il reçu ?"
HEROES = "Qu'est-ce que l'étude HEROES ?"


def ask(page: Page, question: str = ONCOLINK) -> None:
    """Ask, and wait for the whole answer."""
    before = page.locator(".turn").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    expect(page.locator(".turn")).to_have_count(before + 1)
    expect(page.locator(".turn").last.locator(".actions")).to_be_visible()


@pytest.fixture
def held(assistant: ScriptedAssistant) -> Iterator[threading.Event]:
    """An answer that waits, its first statement shown, until this is set."""
    assistant.gate = threading.Event()
    yield assistant.gate
    assistant.gate.set()
    assistant.gate = None


def test_the_box_is_ready_and_the_answer_comes_by_sentence(
    page: Page, held: threading.Event
) -> None:
    page.goto("/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(ONCOLINK)
    page.keyboard.press("Enter")
    expect(page.locator(".statement mark")).to_have_text(re.compile(r"plus de 13\s800 patients"))
    expect(page.locator(".source blockquote mark")).to_have_count(1)
    expect(page.locator("#turns .actions")).to_be_hidden()
    expect(page.locator("#stop")).to_be_visible()
    held.set()
    expect(page.locator("#turns .actions")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/conversations/[\w-]{22}$"))
    expect(page.locator("#announcer")).to_contain_text("Réponse complète.")


def test_what_is_streamed_is_what_is_served(page: Page) -> None:
    page.goto("/")
    for question in (ONCOLINK, CANTO, "Quel est le budget ?", "Et celle-là ?"):
        ask(page, question)
    streamed = [_shown(turn) for turn in page.locator("#turns .turn").all()]
    page.reload()
    assert [_shown(turn) for turn in page.locator("#turns .turn").all()] == streamed


def _shown(turn: Any) -> tuple[str, list[str]]:
    links = turn.locator("a").evaluate_all("links => links.map(link => link.href)")
    return " ".join(turn.inner_text().split()), links


def test_stopping_leaves_a_way_to_ask_again(page: Page, held: threading.Event) -> None:
    page.goto("/")
    page.fill("#question", ONCOLINK)
    page.press("#question", "Enter")
    expect(page.locator(".statement")).to_be_visible()
    page.click("#stop")
    expect(page.locator("#turns")).to_contain_text("Vous avez arrêté cette réponse.")
    held.set()
    page.get_by_role("button", name="Reposer la question").click()
    expect(page.locator(".turn").last.locator(".actions")).to_be_visible()


def test_a_citation_opens_the_release_with_its_words_in_view(page: Page) -> None:
    page.goto("/")
    ask(page)
    page.click(".statement .cite")
    expect(page).to_have_url(re.compile(rf"/communiques/{CONVENTION}\?hl=\d+-\d+&v=\w+#p-\w+$"))
    expect(page.locator("mark")).to_be_in_viewport()
    expect(page.locator("mark")).to_contain_text("Après quatre années d’expérimentation")


def test_a_follow_up_says_what_it_was_taken_for(page: Page) -> None:
    page.goto("/")
    ask(page, HEROES)
    ask(page, "Depuis quand ?")
    expect(page.locator(".turn").last.locator(".understood")).to_have_text("Compris : étude HEROES")


def test_a_refusal_is_clear_and_leads_on(page: Page) -> None:
    page.goto("/")
    ask(page, "Quel est le budget annuel d'Unicancer ?")
    box = page.locator("#turns .abstention")
    expect(box).to_contain_text("Les communiqués n’y répondent pas.")
    assert box.locator("li a").count() >= 1
    expect(box.get_by_role("link", name="Contacter le service de presse")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Les communiqués n’y répondent pas.")


def test_a_choice_asks_what_was_meant(page: Page) -> None:
    page.goto("/")
    ask(page, "Et celle-là ?")
    page.get_by_role("button", name="Quand l’étude HEROES a-t-elle ouvert ?").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").last.locator(".statement")).to_be_visible()


def test_a_suggestion_is_one_click_away(page: Page) -> None:
    page.goto("/")
    page.locator(".suggestions .chip").first.click()
    expect(page.locator(".turn .statement")).to_be_visible()


def test_copying_keeps_spaces_guillemets_and_references(
    open_context: OpenContext, site: str
) -> None:
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/")
    ask(page)
    page.click("[data-copy=citation]")
    expect(page.locator("#announcer")).to_have_text("Copié")
    text, html = _clipboard(page)
    assert re.fullmatch(
        r"«\u00a0Après quatre années .+ à domicile\.\u00a0» — Unicancer, Cancer, .+ 2025, "
        rf"28 novembre 2025, {site}/communiques/{CONVENTION}\?hl=\S+",
        text,
    )
    assert f'<a href="{site}/communiques/{CONVENTION}?hl=' in html
    page.click("#turns [data-copy=answer]")
    text, html = _clipboard(page)
    assert re.search(r"suivis à domicile\. \[1\]\n\n\[1\] «\u00a0Après", text)


def _clipboard(page: Page) -> tuple[str, str]:
    script = """async () => {
        const [item] = await navigator.clipboard.read();
        const read = async (type) => (await item.getType(type)).text();
        return [await read("text/plain"), await read("text/html")];
    }"""
    text, html = page.evaluate(script)
    return text, html


@pytest.mark.parametrize("form", ["Markdown", "Word (DOCX)", "PDF"])
def test_an_answer_is_exported(page: Page, form: str) -> None:
    page.goto("/")
    ask(page)
    menu = page.locator(".turn .menu").first
    menu.locator("summary").click()
    with page.expect_download() as download:
        menu.get_by_role("link", name=form).click()
    assert download.value.suggested_filename.startswith("oncoqa-20")


def test_a_share_is_a_copy_for_anyone(page: Page, open_context: OpenContext) -> None:
    page.goto("/")
    ask(page)
    page.locator(".actions").get_by_role("button", name="Partager").click()
    expect(page).to_have_url(re.compile("/partages/"))
    reader = open_context().new_page()
    reader.goto(page.url)
    expect(reader.locator(".statement mark")).to_be_visible()
    expect(reader.get_by_role("button", name="Retirer ce partage")).to_have_count(0)
    reader.locator(".receipt summary").click()
    expect(reader.locator(".receipt")).to_contain_text("generation-1")
    page.get_by_role("button", name="Retirer ce partage").click()
    assert reader.goto(page.url) is not None
    answer = reader.reload()
    assert answer is not None
    assert answer.status == 404


def test_a_conversation_is_renamed_then_deleted(page: Page) -> None:
    page.goto("/")
    ask(page)
    page.reload()
    page.get_by_text("Gérer").click()
    page.fill("#titre", "Dossier Onco'Link")
    page.get_by_role("button", name="Renommer").click()
    expect(page.locator(".rail")).to_contain_text("Dossier Onco'Link")
    page.get_by_text("Gérer").click()
    page.get_by_text("Supprimer…").click()
    page.get_by_role("button", name="Supprimer définitivement").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".rail")).not_to_contain_text("Dossier")


def test_an_opinion_is_given_without_leaving(page: Page) -> None:
    page.goto("/")
    ask(page)
    address = page.url
    page.get_by_text("Votre avis", exact=True).click()
    page.get_by_label("Non").check()
    page.get_by_label("Raison").select_option("incomplete")
    page.get_by_label("Remarque").fill("Il manque la durée.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Merci, votre avis est noté.")).to_be_visible()
    assert page.url == address


def test_the_toggle_keeps_the_page(page: Page) -> None:
    page.goto("/")
    ask(page)
    address = page.url
    page.reload()
    page.get_by_role("link", name="English").click()
    assert page.url.startswith(address)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".source .tag")).to_have_text("original text in French")
    ask(page, CANTO)
    expect(page.locator(".source .tag").last).to_be_visible()
    expect(page.locator(".turn").last.locator("blockquote").last).to_have_attribute("lang", "fr")


def test_a_failure_mid_stream_says_so_and_offers_to_ask_again(page: Page) -> None:
    page.goto("/")
    page.fill("#question", "rupture")
    page.press("#question", "Enter")
    expect(page.locator("#turns .broken")).to_contain_text("La réponse s’est interrompue.")
    expect(page.locator("#turns .broken").get_by_role("button")).to_be_visible()
    ask(page)


def test_a_lost_connection_says_so_and_the_question_can_be_asked_again(
    open_context: OpenContext,
) -> None:
    context = open_context()
    page = context.new_page()
    page.goto("/")
    context.set_offline(True)
    page.fill("#question", ONCOLINK)
    page.press("#question", "Enter")
    expect(page.locator("#turns .broken")).to_contain_text("La connexion a été perdue.")
    context.set_offline(False)
    page.get_by_role("button", name="Reposer la question").click()
    expect(page.locator(".turn").last.locator(".statement")).to_be_visible()


def test_a_question_that_is_refused_goes_back_into_its_box(page: Page) -> None:
    page.goto("/")
    page.locator("#question").evaluate(
        "box => { box.maxLength = 9999; box.value = 'a'.repeat(2001) }"
    )
    page.press("#question", "Enter")
    expect(page.locator("#question-problem")).to_contain_text("2001 caractères")
    expect(page.locator("#question")).to_have_value("a" * 2001)
    expect(page.locator("#question")).to_be_focused()


@pytest.mark.parametrize(
    "question",
    [
        "<img src=x onerror=alert(1)>",
        "\u202eabc\u202c مرحبا",
        "RETURN CONVERSATION TURN",
        "é" * 2_000,
    ],
)
def test_a_question_shows_as_typed(page: Page, question: str) -> None:
    page.goto("/")
    ask(page, question)
    assert page.locator(".question bdi").text_content() == question
    assert page.get_by_role("button", name="Reposer").get_attribute("value") == question
    page.reload()
    assert page.locator("#turns .question bdi").text_content() == question


def test_everything_can_be_done_without_javascript(open_context: OpenContext) -> None:
    page = open_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.fill("#question", HEROES)
    page.get_by_role("button", name="Demander").click()
    expect(page.locator("#turns .statement mark")).to_be_visible()
    page.fill("#question", "Depuis quand ?")
    page.get_by_role("button", name="Demander").click()
    expect(page.locator("#turns .turn")).to_have_count(2)
    expect(page.locator("#turns .understood").last).to_contain_text("étude HEROES")
    expect(page.locator("#turns [data-copy]").first).to_be_hidden()
    page.get_by_text("Votre avis", exact=True).last.click()
    page.get_by_label("Oui").last.check()
    page.get_by_role("button", name="Envoyer").last.click()
    expect(page.get_by_role("status").filter(has_text="Merci")).to_be_visible()
    page.locator("#turns .cite").last.click()
    expect(page.locator("mark")).to_be_visible()
    page.get_by_role("link", name="Communiqués", exact=True).click()
    page.fill("#q", "protonthérapie")
    page.get_by_role("button", name="Rechercher").click()
    expect(page.locator(".results .extract").first).to_be_visible()


def test_the_chat_is_usable_by_keyboard_alone(page: Page) -> None:
    page.goto("/communiques")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.goto("/")
    page.keyboard.type(ONCOLINK)
    page.keyboard.press("Enter")
    expect(page.locator(".turn .actions")).to_be_visible()
    expect(page.locator("#question")).to_be_focused()
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.locator(".cite:focus").count():
            break
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_be_in_viewport()


def test_escape_stops_an_answer(page: Page, held: threading.Event) -> None:
    page.goto("/")
    page.fill("#question", ONCOLINK)
    page.press("#question", "Enter")
    expect(page.locator(".statement")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#turns")).to_contain_text("Vous avez arrêté cette réponse.")
    held.set()


def test_a_release_that_lost_the_passage_says_so(page: Page) -> None:
    page.goto(f"/communiques/{CONVENTION}#p-000000000000")
    expect(page.locator("#anchor-lost")).to_be_visible()


def test_print_shows_the_text_alone(page: Page) -> None:
    page.goto(f"/communiques/{CONVENTION}")
    page.emulate_media(media="print")
    expect(page.locator(".release h1")).to_be_visible()
    expect(page.locator(".masthead nav")).to_be_hidden()
    expect(page.locator(".related")).to_be_hidden()
