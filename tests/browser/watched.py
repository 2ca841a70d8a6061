"""The site on a port of its own, and an eye on what its pages do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import BrowserContext, Page

from oncoqa.assistant import Assistant
from oncoqa.conversations import open_store
from oncoqa.settings import Settings
from oncoqa.web.app import create_app


@contextmanager
def served(assistant: Assistant, folder: Path) -> Iterator[str]:
    """The site on a free port of this machine alone; its address."""
    store = open_store(folder)
    app = create_app(
        assistant,
        Settings(data_dir=folder),
        built_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        conversations=store,
    )
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    store.close()


class Watch:
    """What went wrong on the pages of a context."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.wrong: list[str] = []
        self._site = site
        context.on("page", self._watch)
        context.on("request", self._request)
        context.on("dialog", lambda dialog: self._note(f"dialog: {dialog.message}", dialog))

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        expected = "Failed to load resource" in message.text  # a status that the test asks for
        if message.type in {"error", "warning"} and not expected:
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self._site, "blob:", "about:")):
            self.wrong.append(f"request: {request.url}")

    def _note(self, what: str, dialog: Any) -> None:
        self.wrong.append(what)
        dialog.dismiss()


OpenContext = Callable[..., BrowserContext]
