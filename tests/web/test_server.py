"""What the HTTP server is given to serve on."""

import asyncio
import socket

from oncoqa.settings import Settings
from oncoqa.web.server import listen


def test_an_answer_on_a_kept_connection_leaves_at_once() -> None:
    """Else its last part waits 40 ms for the reader to acknowledge the first."""
    listener = listen(Settings(port=0))
    undelayed: list[int] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted: socket.socket = writer.get_extra_info("socket")
        undelayed.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def connect() -> None:
        async with await asyncio.start_server(take, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            await writer.wait_closed()

    asyncio.run(connect())
    assert undelayed == [1]
