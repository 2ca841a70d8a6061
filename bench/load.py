"""Clients over HTTP: each keeps its connection, as a browser does, and asks again once answered.

The clients are coroutines of one process that knows no more of HTTP than it needs, since it shares
the cores with the server: `client_ms` says what a request costs on this side.
"""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

JSON, EVENTS = "application/json", "text/event-stream"


HEAD = (
    b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Accept: %b\r\nContent-Length: %d\r\n\r\n"
)


OWN = re.compile(rb'"timings_ms":\{[^}]*"total":([\d.]+)')


class Wait(NamedTuple):
    """Milliseconds from the request to the first event, or the whole body, and to the end."""

    first: float
    whole: float
    over: float  # of the whole, what the server does not say that the answer took


@dataclass(frozen=True, slots=True)
class Waits:
    """Of every request answered."""

    first: list[float]
    whole: list[float]
    over: list[float]
    errors: int
    seconds: float  # from the first request to the last answer
    client_ms: float  # processor time of this side, a request

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.whole) / self.seconds


def put(port: int, questions: Sequence[str], *, clients: int, accept: str = JSON) -> Waits:
    """Every question once, dealt out to the clients in turn."""
    return asyncio.run(_put(port, questions, clients, accept))


async def _put(port: int, questions: Sequence[str], clients: int, accept: str) -> Waits:
    start, own = time.perf_counter(), time.process_time()
    shares = [list(islice(questions, client, None, clients)) for client in range(clients)]
    found = await asyncio.gather(*(_client(port, share, accept) for share in shares))
    seconds, spent = time.perf_counter() - start, time.process_time() - own
    waits = [wait for own_waits in found for wait in own_waits]
    good = [wait for wait in waits if wait is not None]
    return Waits(
        first=[wait.first for wait in good],
        whole=[wait.whole for wait in good],
        over=[wait.over for wait in good],
        errors=len(waits) - len(good),
        seconds=seconds,
        client_ms=spent * 1000 / max(len(waits), 1),
    )


async def _client(port: int, questions: Sequence[str], accept: str) -> list[Wait | None]:
    """None for a question that got no answer; its connection is then made anew."""
    waits: list[Wait | None] = []
    async with AsyncExitStack() as opened:
        ends = await _open(port, opened)
        for question in questions:
            try:
                waits.append(await _ask(*ends, question, accept))
            except (OSError, EOFError, ValueError):
                waits.append(None)
                ends = await _open(port, opened)
    return waits


async def _open(
    port: int, opened: AsyncExitStack
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    opened.callback(writer.close)
    return reader, writer


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: str, accept: str
) -> Wait:
    """Raises `ValueError` for what is no answer."""
    body = json.dumps({"question": question}).encode()
    start = time.perf_counter()
    writer.write(HEAD % (accept.encode(), len(body)) + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise ValueError("refused")
    if length := re.search(rb"\r\ncontent-length: (\d+)", head):
        text = await reader.readexactly(int(length[1]))
        first = time.perf_counter()
    else:
        text, first = b"", 0.0
        while size := int(await reader.readline(), 16):
            text += (await reader.readexactly(size + 2))[:-2]
            first = first or time.perf_counter()
        await reader.readline()
    whole = (time.perf_counter() - start) * 1000
    if (own := OWN.search(text)) is None:
        raise ValueError("no answer")
    return Wait((first - start) * 1000, whole, whole - float(own[1]))
