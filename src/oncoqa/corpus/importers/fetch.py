"""A page from an address. Off unless the settings name hosts: an importer that fetches whatever it
is told would read the inside of the network that it runs in.

https only, standard port, a host of the list, every address that the name resolves to public; the
connection is made to the address that was checked, so that the name cannot mean another one then;
a redirection goes through the same; size and time are bounded.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from oncoqa.corpus.importers.read import LARGEST
from oncoqa.errors import ImportRefused

PATIENCE = 30.0  # seconds, redirections included
REDIRECTIONS = 5
_MOVED = {301, 302, 303, 307, 308}

Resolve = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Page:
    url: str  # where it was in the end
    data: bytes
    media_type: str


class Connection(http.client.HTTPSConnection):
    """To one address, under the certificate of the name."""

    def __init__(self, host: str, address: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout, context=ssl.create_default_context())
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, 443), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


Connect = Callable[[str, str, float], http.client.HTTPConnection]


def resolve(host: str) -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(host, 443)})
    except OSError as error:
        raise ImportRefused(f"{host}: nom introuvable") from error


def fetch(
    url: str, hosts: Sequence[str], *, resolve: Resolve = resolve, connect: Connect = Connection
) -> Page:
    """Raises `ImportRefused`, which says what is not allowed."""
    if not hosts:
        raise ImportRefused("import par adresse fermé : donnez les hôtes dans ONCOQA_IMPORT_HOSTS")
    deadline = time.monotonic() + PATIENCE
    for _ in range(REDIRECTIONS + 1):
        address = checked(url, hosts, resolve)
        answer = _get(url, address, deadline, connect)
        if isinstance(answer, Page):
            return answer
        url = urljoin(url, answer)
    raise ImportRefused(f"{url}: plus de {REDIRECTIONS} redirections")


def checked(url: str, hosts: Sequence[str], resolve: Resolve) -> str:
    """The address to connect to."""
    parts = _parts(url)
    if parts.scheme != "https" or parts.port not in {None, 443} or parts.username is not None:
        raise ImportRefused(f"{url}: seulement https, au port habituel, sans identifiant")
    host = (parts.hostname or "").rstrip(".").casefold()
    if host not in {allowed.strip().casefold() for allowed in hosts}:
        raise ImportRefused(f"{url}: hôte absent de ONCOQA_IMPORT_HOSTS ({', '.join(hosts)})")
    addresses = resolve(host)
    if not addresses or not all(is_public(address) for address in addresses):
        raise ImportRefused(f"{url}: {host} ne mène pas (seulement) à une adresse publique")
    return addresses[0]


def is_public(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):  # an IPv4 address behind a translator
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError as error:
        raise ImportRefused(f"{url}: adresse mal écrite") from error
    return parts


def _get(url: str, address: str, deadline: float, connect: Connect) -> Page | str:
    """The page, or where it has moved to."""
    parts = _parts(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = connect(str(parts.hostname), address, _left(deadline, url))
    try:
        connection.request(
            "GET", path, headers={"User-Agent": "oncoqa", "Accept-Encoding": "identity"}
        )
        answer = connection.getresponse()
        if answer.status in _MOVED:
            return answer.getheader("Location") or ""
        if answer.status != 200:
            raise ImportRefused(f"{url}: le serveur répond {answer.status}")
        data = _body(answer, connection, deadline, url)
        return Page(url, data, answer.getheader("Content-Type") or "")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ImportRefused(f"{url}: la page ne vient pas ({type(error).__name__})") from error
    finally:
        connection.close()


def _body(
    answer: http.client.HTTPResponse,
    connection: http.client.HTTPConnection,
    deadline: float,
    url: str,
) -> bytes:
    data = bytearray()
    while chunk := answer.read1(65_536):
        data += chunk
        if len(data) > LARGEST:
            raise ImportRefused(f"{url}: plus de {LARGEST // 1_000_000} Mo")
        left = _left(deadline, url)
        if connection.sock is not None:
            connection.sock.settimeout(left)
    return bytes(data)


def _left(deadline: float, url: str) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise ImportRefused(f"{url}: la page ne vient pas en {PATIENCE:.0f} s")
    return left
