"""Whose conversation it is, which pages may ask, and what a browser may load."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import Response
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncoqa.conversations import Conversation, Share, StoreError, Turn
from oncoqa.web.policy import HEADERS
from oncoqa.web.problems import FOREIGN, NO_CONVERSATION, NO_SHARE, NO_TURN
from oncoqa.web.site import site_of
from oncoqa.web.view import YEAR

OWNER_COOKIE = "oncoqa_owner"
MAX_BODY = 64 * 1024


class SecurityHeaders:
    """ASGI middleware: every response carries the same policy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


class HeadAsGet:
    """ASGI middleware: whatever can be read can be asked after; the server sends no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked_after = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if asked_after else scope, receive, send)


class BodyLimit:
    """ASGI middleware: reading past `MAX_BODY` raises a 413, told like every other refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


def make_signer(data_dir: Path) -> URLSafeSerializer:
    """Signs the owner's cookie with a key made on first use, which no one else may read.

    Raises `StoreError` when it can be neither read nor made.
    """
    path = data_dir / "cookie.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32), encoding="ascii")
            with suppress(FileExistsError):
                os.link(fresh, path)  # of two processes that start together, the first one's stays
            fresh.unlink()
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StoreError(
            f"ONCOQA_DATA_DIR: {path} cannot be used ({error.strerror}); "
            "give a folder that can be written"
        ) from error
    return URLSafeSerializer(key, salt="owner")


def owner_of(request: Request) -> str | None:
    """Who asks, by their signed cookie; None without one, or with one that was tampered with."""
    try:
        owner = site_of(request).signer.loads(request.cookies.get(OWNER_COOKIE, ""))
    except BadSignature:
        return None
    return owner if isinstance(owner, str) else None


def keep_owner(request: Request, response: Response) -> None:
    """Give whoever has no cookie yet the one that will find their conversations again."""
    if owner_of(request) is None:
        response.set_cookie(
            OWNER_COOKIE,
            str(site_of(request).signer.dumps(secrets.token_urlsafe(16))),
            max_age=YEAR,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )


async def same_origin(request: Request) -> None:
    """A browser may only write from our own pages. Programs send neither header, nor a cookie."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site not in {None, "same-origin", "none"}:
        raise FOREIGN
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FOREIGN


# Each route declares one of these as a dependency: what it lets through is what it declares.


async def public() -> None:
    """The same for everyone."""


async def asker(request: Request) -> str | None:
    """Whoever asks, for what is theirs alone: see `owner_of`."""
    return owner_of(request)


TheOwner = Annotated[str | None, Depends(asker)]


def owned_conversation(conversation_id: str, request: Request, owner: TheOwner) -> Conversation:
    """Its owner's, or without an owner. To anyone else it does not exist."""
    conversation = site_of(request).conversations.get(conversation_id, owner)
    if conversation is None:
        raise NO_CONVERSATION
    return conversation


TheConversation = Annotated[Conversation, Depends(owned_conversation)]


def owned_turn(turn_id: str, conversation: TheConversation) -> Turn:
    """An answer of a conversation that is the caller's."""
    turn = next((turn for turn in conversation.turns if turn.id == turn_id), None)
    if turn is None:
        raise NO_TURN
    return turn


TheTurn = Annotated[Turn, Depends(owned_turn)]


def shared_with_link(share_id: str, request: Request) -> Share:
    """Whoever was given the address may read."""
    share = site_of(request).conversations.shared(share_id)
    if share is None:
        raise NO_SHARE
    return share


TheShare = Annotated[Share, Depends(shared_with_link)]


def owned_share(request: Request, share: TheShare, owner: TheOwner) -> Share:
    """Whoever shared it may take it back; having been given the link is not enough."""
    conversation = site_of(request).conversations.get(share.conversation_id, owner)
    if owner is None or conversation is None or conversation.owner != owner:
        raise NO_SHARE
    return share


POLICIES = (public, asker, owned_conversation, shared_with_link)
