"""Serving: the assistant of the settings behind an HTTP server."""

import socket
from collections.abc import Callable

import uvicorn

from oncoqa.build import Service, load_service, make_encoder
from oncoqa.conversations import open_store
from oncoqa.errors import SettingsError
from oncoqa.renewal import Renewal
from oncoqa.settings import Settings
from oncoqa.web.app import create_app, prepared


def serve(settings: Settings) -> None:
    """Until interrupted. Raises `SettingsError` at once when the port is taken."""
    listener = listen(settings)
    conversations = open_store(settings.data_dir, settings.database_url)
    encoder = make_encoder(settings)
    service = load_service(settings, encoder)
    app = create_app(
        service.assistant, settings, built_at=service.index.built_at, conversations=conversations
    )

    def prepare(service: Service) -> Callable[[], None]:
        return prepared(app, service.assistant, service.index.built_at)

    renewal = Renewal(settings, encoder, service, prepare)
    renewal.start()
    # The access log is ours: uvicorn's would write the words of a search.
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
    try:
        server.run(sockets=[listener])
    finally:
        renewal.stop()


def listen(settings: Settings) -> socket.socket:
    """The listening socket, opened before anything slow is loaded.

    TCP by its number: asyncio switches Nagle's algorithm off only where it reads it, and with it
    every answer on a kept connection waited 40 ms.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"ONCOQA_PORT={settings.port}: {settings.host}:{settings.port} cannot be used "
            f"({error.strerror}); stop what uses it, or choose another with --port"
        ) from error
    return listener
