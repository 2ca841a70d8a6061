"""For those who run the site: is it alive, can it answer, how is it doing."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from oncoqa.web.security import public
from oncoqa.web.site import Edition, Site, edition_of, site_of

router = APIRouter(dependencies=[Depends(public)])


@router.get("/healthz")
def alive() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(
    site: Annotated[Site, Depends(site_of)], edition: Annotated[Edition, Depends(edition_of)]
) -> JSONResponse:
    """Whether a question would be answered and kept."""
    conversations = site.conversations.ready()
    body = {"generation": edition.assistant.generation, "conversations": conversations}
    return JSONResponse(body, 200 if conversations else 503)


@router.get("/metrics")
def metrics(
    site: Annotated[Site, Depends(site_of)], edition: Annotated[Edition, Depends(edition_of)]
) -> Response:
    site.metrics.releases.set(len(edition.assistant.releases))
    if edition.built_at is not None:
        site.metrics.built.set(edition.built_at.timestamp())
    return PlainTextResponse(site.metrics.text(), media_type="text/plain; version=0.0.4")
