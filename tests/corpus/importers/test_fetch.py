"""An address is fetched only when all of it is allowed, at each step."""

import http.client
import io

import pytest

from oncoqa.corpus.importers import fetch as fetching
from oncoqa.corpus.importers.fetch import fetch, is_public
from oncoqa.errors import ImportRefused

PUBLIC = "93.184.215.14"
HOSTS = ["www.unicancer.fr"]


class Answer:
    def __init__(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.status = status
        self._body = io.BytesIO(body)
        self._headers = headers

    def getheader(self, name: str) -> str | None:
        return self._headers.get(name.replace("-", "_"))

    def read1(self, size: int) -> bytes:
        return self._body.read(size)


class Server:
    """Answers by path, and keeps the addresses that were connected to."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.addresses: list[str] = []
        self.sock = None

    def __call__(self, host: str, address: str, timeout: float) -> http.client.HTTPConnection:
        self.addresses.append(address)
        return self  # type: ignore[return-value]

    def request(self, method: str, path: str, headers: dict[str, str]) -> None:
        self.path = path

    def getresponse(self) -> Answer:
        return self.answers[self.path]

    def close(self) -> None:
        pass


def test_a_page_of_an_allowed_host_is_fetched_from_the_address_that_was_checked() -> None:
    server = Server({"/a?b=1": Answer(200, b"<p>", Content_Type="text/html")})
    page = fetch(
        "https://www.unicancer.fr/a?b=1", HOSTS, resolve=lambda _: [PUBLIC], connect=server
    )
    assert (page.data, page.media_type, server.addresses) == (b"<p>", "text/html", [PUBLIC])


@pytest.mark.parametrize(
    "url",
    [
        "http://www.unicancer.fr/", "https://www.unicancer.fr:8443/", "https://autre.fr/",
        "https://www.unicancer.fr@autre.fr/", "https://u:p@www.unicancer.fr/", "file:///etc/passwd",
        "https://www.unicancer.fr.autre.fr/", "https://[::1]/", "https://127.0.0.1/",
        "https://www.unicancer.fr:port/", "https:///x", "ftp://www.unicancer.fr/",
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_never_connected_to(url: str) -> None:
    server = Server({})
    with pytest.raises(ImportRefused):
        fetch(url, HOSTS, resolve=lambda _: [PUBLIC], connect=server)
    assert server.addresses == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%eth0",
        "2001:db8::1", "ff02::1", "name",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused_even_among_others(address: str) -> None:
    assert not is_public(address)
    server = Server({})
    with pytest.raises(ImportRefused, match="adresse publique"):
        fetch(
            "https://www.unicancer.fr/", HOSTS, resolve=lambda _: [PUBLIC, address], connect=server
        )
    assert server.addresses == []


def test_a_redirection_goes_through_the_same_checks() -> None:
    for target in ("https://autre.fr/", "http://www.unicancer.fr/", "https://127.0.0.1/"):
        server = Server({"/": Answer(302, Location=target)})
        with pytest.raises(ImportRefused):
            fetch("https://www.unicancer.fr/", HOSTS, resolve=lambda _: [PUBLIC], connect=server)
        assert len(server.addresses) == 1
    server = Server({"/": Answer(301, Location="/b"), "/b": Answer(200, b"x")})
    page = fetch("https://www.unicancer.fr/", HOSTS, resolve=lambda _: [PUBLIC], connect=server)
    assert (page.url, len(server.addresses)) == ("https://www.unicancer.fr/b", 2)


def test_a_name_that_changes_its_address_between_two_steps_is_refused() -> None:
    addresses = iter([[PUBLIC], ["127.0.0.1"]])
    server = Server({"/": Answer(302, Location="/b")})
    with pytest.raises(ImportRefused, match="adresse publique"):
        fetch("https://www.unicancer.fr/", HOSTS, resolve=lambda _: next(addresses), connect=server)


def test_endless_redirections_and_bodies_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server({"/": Answer(302, Location="/")})
    with pytest.raises(ImportRefused, match="redirections"):
        fetch("https://www.unicancer.fr/", HOSTS, resolve=lambda _: [PUBLIC], connect=server)
    monkeypatch.setattr(fetching, "LARGEST", 100_000)
    server = Server({"/": Answer(200, b"x" * 300_000)})
    with pytest.raises(ImportRefused, match="Mo"):
        fetch("https://www.unicancer.fr/", HOSTS, resolve=lambda _: [PUBLIC], connect=server)


def test_it_is_off_until_hosts_are_named() -> None:
    with pytest.raises(ImportRefused, match="ONCOQA_IMPORT_HOSTS"):
        fetch("https://www.unicancer.fr/", [])
