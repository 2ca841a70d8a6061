"""A real Chromium, the system's own, before a site whose assistant answers by script.

Every page is watched: a console error, a violated policy, a dialog or a request that leaves the
site fails the test that caused it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from scripted import ScriptedAssistant, corpus
from watched import OpenContext, Watch, served

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", help="folder for a picture of each page state")


@pytest.fixture(scope="session")
def assistant() -> ScriptedAssistant:
    return ScriptedAssistant(corpus())


@pytest.fixture(scope="session")
def site(assistant: ScriptedAssistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(assistant, tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_context(browser: Browser, site: str) -> Iterator[OpenContext]:
    """Makes contexts, one a person; at the end, nothing may have gone wrong in any."""
    made: list[tuple[BrowserContext, Watch]] = []

    def make(**options: Any) -> BrowserContext:
        address = options.pop("site", site)
        given = {"locale": "fr-FR", "base_url": address, "viewport": {"width": 1280, "height": 860}}
        context = browser.new_context(**(given | options))
        context.set_default_timeout(10_000)
        made.append((context, Watch(context, address)))
        return context

    yield make
    for context, _ in made:
        context.close()
    assert [what for _, watch in made for what in watch.wrong] == []


@pytest.fixture
def page(open_context: OpenContext) -> Page:
    return open_context().new_page()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.exists():
        pytest.fail("axe-core is missing: npm install --prefix tests/browser --no-package-lock")
    return AXE.read_text("utf-8")
