"""Asking oncoqa: in this process through `Assistant`, or a running server through its API.

`Talk.ask` is the only place that asks a turn.
"""

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from oncoqa.assistant import Assistant
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.gold import Place
from oncoqa.evals.reply import Found, Reply, found_of_hits, reply_of_answer, reply_of_json
from oncoqa.types import Answer

DEPTH = 20  # hits that the retrieval metrics look at


class Talk(Protocol):
    """One conversation, its turns asked in order."""

    def ask(self, question: str) -> Reply: ...


class Asker(Protocol):
    """Whom the questions are put to."""

    def talk(self) -> Talk: ...

    def search(self, question: str) -> Sequence[Found]: ...


class LocalAsker:
    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    def talk(self) -> Talk:
        return LocalTalk(self._assistant)

    def search(self, question: str) -> Sequence[Found]:
        return found_of_hits(self._assistant.search(question, DEPTH))


class LocalTalk:
    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._answers: list[Answer] = []

    def ask(self, question: str) -> Reply:
        start = time.perf_counter()
        answer = self._assistant.ask(question, history=tuple(self._answers))
        self._answers.append(answer)
        return replace(reply_of_answer(answer), ms=_milliseconds(start))


class HttpAsker:
    """A server by its address, as anyone outside reaches it."""

    def __init__(self, url: str, *, timeout: float = 30) -> None:
        if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
            raise EvalsError(f"{url!r} is no address of a server; give http://… or https://…")
        self._url = url.rstrip("/")
        self._timeout = timeout
        # Whose conversation it is stands in a cookie.
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def talk(self) -> Talk:
        return HttpTalk(HttpAsker(self._url, timeout=self._timeout))

    def search(self, question: str) -> Sequence[Found]:
        query = urllib.parse.urlencode({"q": question, "limit": DEPTH})
        return [
            Found(Place(hit["release"]["id"], hit["start"], hit["end"]), hit["passage_id"])
            for hit in self.call(f"/api/search?{query}")["passages"]
        ]

    def call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310 - checked
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return json.load(response)
        except (OSError, ValueError) as error:  # URLError and timeouts are OSErrors
            raise EvalsError(f"{self._url}{path}: {error}; is the server running?") from error


class HttpTalk:
    def __init__(self, server: HttpAsker) -> None:
        self._server = server
        self._conversation: str | None = None

    def ask(self, question: str) -> Reply:
        start = time.perf_counter()
        body = {"question": question, "conversation_id": self._conversation}
        data = self._server.call("/api/chat", body)
        self._conversation = data["conversation_id"]
        return replace(reply_of_json(data), ms=_milliseconds(start))


def _milliseconds(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 2)
