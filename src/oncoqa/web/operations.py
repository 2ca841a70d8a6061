"""For those who run the site: is it alive, can it answer, how is it doing."""

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from oncoqa.web.security import public
from oncoqa.web.site import TheEdition, TheSite

router = APIRouter(dependencies=[Depends(public)])


@router.get("/healthz")
def alive() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(site: TheSite, edition: TheEdition) -> JSONResponse:
    """Whether a question would be answered and kept."""
    conversations = site.conversations.ready()
    body = {"generation": edition.assistant.generation, "conversations": conversations}
    return JSONResponse(body, 200 if conversations else 503)


@router.get("/metrics")
def metrics(site: TheSite, edition: TheEdition) -> Response:
    site.metrics.releases.set(len(edition.assistant.releases))
    if edition.built_at is not None:
        site.metrics.built.set(edition.built_at.timestamp())
    return PlainTextResponse(site.metrics.text(), media_type="text/plain; version=0.0.4")
