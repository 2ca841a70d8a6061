"""Asking a server: the public API's shapes, over a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from oncoqa.evals.ask import HttpAsker
from oncoqa.evals.cases import EvalsError
from oncoqa.evals.gold import Place

RELEASE = {"id": "essais", "title": "Essais", "published": None, "publisher": "U", "url": None}
CITED = {"number": 1, "release": RELEASE, "passage_id": "essais#p-1", "start": 3, "end": 9,
         "quote": "Reims.", "headings": [], "permalink": "/"}  # fmt: skip


class Api(BaseHTTPRequestHandler):
    """Answers any question with one sentence, and with the conversation that it was told of."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mine = self.headers.get("Cookie") == "owner=me"
        known = asked["conversation_id"] == "talk" and mine
        self._send({
            "language": "fr", "status": "answered", "reason": None, "confidence": 0.5 + known / 4,
            "conversation_id": "talk", "timings_ms": {"total": 1.0}, "citations": [CITED],
            "statements": [{"text": "Reims.", "citations": [1], "highlight": [0, 5]}],
        })  # fmt: skip

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        hit = {"release": RELEASE, "passage_id": query["q"][0], "start": 0, "end": 9}
        self._send({"passages": [hit] * int(query["limit"][0])})

    def _send(self, body: object) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", "owner=me; Path=/")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_reply_over_http_has_the_shape_of_one_in_this_process(url: str) -> None:
    reply = HttpAsker(url).talk().ask("Où ?")
    (said,) = reply.statements
    assert said.citations[0].place == Place("essais", 3, 9)
    assert said.citations[0].about == ("essais", "Essais", None, None)
    assert (said.verbatim, said.pointed) == (True, "Reims")


def test_a_conversation_goes_on_under_its_id_and_cookie(url: str) -> None:
    asker = HttpAsker(url)
    talk = asker.talk()
    assert [talk.ask("Où ?").confidence for _ in range(2)] == [0.5, 0.75]
    assert asker.talk().ask("Où ?").confidence == 0.5


def test_a_search_over_http_returns_twenty_places(url: str) -> None:
    found = HttpAsker(url).search("à Reims & ailleurs")
    assert len(found) == 20
    assert found[0].passage == "à Reims & ailleurs"


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(EvalsError, match="is the server running"):
        HttpAsker("http://127.0.0.1:9").search("Où ?")
    with pytest.raises(EvalsError, match="is no address"):
        HttpAsker("file:///etc/hosts")
