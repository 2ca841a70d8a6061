"""The application, made of a ready assistant: no globals, nothing loaded on a first request."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from oncoqa.assistant import Assistant
from oncoqa.conversations import ConversationStore
from oncoqa.settings import Settings
from oncoqa.web import (
    api,
    exports,
    feedback,
    operations,
    pages,
    problems,
    reading,
    shares,
)
from oncoqa.web.metrics import Measure
from oncoqa.web.security import BodyLimit, HeadAsGet, SecurityHeaders, make_signer, same_origin
from oncoqa.web.site import Edition, Site
from oncoqa.web.suggest import suggestions
from oncoqa.web.view import Assets


def create_app(
    assistant: Assistant,
    settings: Settings,
    *,
    built_at: datetime | None,
    conversations: ConversationStore,
) -> FastAPI:
    # No /docs: that page loads scripts from another site. The schema itself is served.
    app = FastAPI(
        title="oncoqa",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        dependencies=[Depends(same_origin)],
    )
    app.include_router(api.events)  # before the JSON of the same path
    app.state.site = Site(
        make_edition(assistant, built_at, settings),
        settings=settings,
        conversations=conversations,
        signer=make_signer(settings.data_dir),
    )
    for part in (api, operations, pages, reading, exports, shares, feedback):
        app.include_router(part.router)
    app.mount("/static", Assets(packages=[("oncoqa.web", "static")]), name="static")
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware)  # leaves event streams alone
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measure, metrics=app.state.site.metrics)
    app.add_middleware(HeadAsGet)
    return app


def publish(app: FastAPI, assistant: Assistant, built_at: datetime | None) -> None:
    """Put another generation in service. Requests under way end on the one they began with."""
    prepared(app, assistant, built_at)()


def prepared(app: FastAPI, assistant: Assistant, built_at: datetime | None) -> Callable[[], None]:
    """As `publish`, in two steps: what takes time now, one assignment when the result is called."""
    site: Site = app.state.site
    edition = make_edition(assistant, built_at, site.settings)

    def put_in_service() -> None:
        site.edition = edition

    return put_in_service


def make_edition(assistant: Assistant, built_at: datetime | None, settings: Settings) -> Edition:
    return Edition(assistant, built_at, suggestions(assistant), settings.audience)
