"""The HTTP contract: /api/*. Each route takes the edition once and says who may call it."""

from collections.abc import AsyncIterable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.routing import Match
from starlette.types import Scope

from oncoqa.types import Answer, Filters, Language, Sources
from oncoqa.web import chat
from oncoqa.web.payload import (
    AnswerPayload,
    IndexPayload,
    PassagePayload,
    Payload,
    ReleaseInFull,
    ReleasePayload,
    SourcesEvent,
    StatementEvent,
    answer_as_payload,
)
from oncoqa.web.problems import NO_RELEASE, WITHDRAWN, as_problem, checked_question
from oncoqa.web.security import TheOwner, owned_conversation, public
from oncoqa.web.site import TheEdition, TheSite
from oncoqa.web.view import language_of
from oncoqa.web.words import words_in


class EventStreamRoute(APIRoute):
    """Chosen when `Accept` asks for events; the JSON route of the same path takes the rest."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        accepted = dict(scope.get("headers", ())).get(b"accept", b"")
        if b"text/event-stream" not in accepted:
            return Match.NONE, {}
        return super().matches(scope)


class FilterBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    release_id: str | None = None
    published_from: date | None = None
    published_to: date | None = None


class ChatBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    question: str
    conversation_id: str | None = None
    language: Language | None = None
    filters: FilterBody | None = None


class Fault(Payload):
    code: str
    message: str  # for a person: what is wrong and what to do, in French or English


class Refusal(Payload):
    error: Fault


class ReleaseList(Payload):
    releases: tuple[ReleasePayload, ...]
    index: IndexPayload


class SearchResults(Payload):
    query: str
    passages: tuple[PassagePayload, ...]
    index: IndexPayload


async def asked(
    body: ChatBody,
    request: Request,
    edition: TheEdition,
    owner: TheOwner,
) -> chat.Asked:
    """All that may be refused is refused here, before the first event of a stream."""
    filters = Filters(**(body.filters.model_dump() if body.filters else {}))
    if filters.release_id is not None and edition.release(filters.release_id) is None:
        raise NO_RELEASE
    conversation = None
    if body.conversation_id is not None:
        conversation = await run_in_threadpool(
            owned_conversation, body.conversation_id, request, owner
        )
    return chat.Asked(
        question=checked_question(body.question),
        language=body.language,
        filters=filters,
        conversation=conversation,
        owner=owner,
    )


TheQuestion = Annotated[chat.Asked, Depends(asked)]

events = APIRouter(prefix="/api", route_class=EventStreamRoute)
router = APIRouter(
    prefix="/api",
    responses={status: {"model": Refusal} for status in (400, 403, 404, 410, 413, 422, 500, 503)},
)


@events.post("/chat", response_class=EventSourceResponse, include_in_schema=False)
async def stream_answer(
    request: Request, site: TheSite, edition: TheEdition, asked: TheQuestion
) -> AsyncIterable[ServerSentEvent]:
    """`sources`, each `statement`, then `answer`; or `error`, and nothing after it."""
    steps = map(_event, chat.stream(site, edition, asked))
    try:
        first = True
        while event := await site.in_turn(next, steps, None, first=first):
            first = False
            yield event
            if event.event == "answer":  # do not wait in line for the end
                return
    except Exception as error:  # the status line has gone: an event must say it
        problem = as_problem(error)
        message = problem.told(words_in(language_of(request)))
        body = {"error": {"code": problem.code, "message": message}}
        yield ServerSentEvent(event="error", data=body)


def _event(event: Sources | StatementEvent | AnswerPayload) -> ServerSentEvent:
    match event:
        case Sources(hits):
            found = SourcesEvent(passages=tuple(PassagePayload.of(hit) for hit in hits))
            return ServerSentEvent(event="sources", data=found)
        case StatementEvent():
            return ServerSentEvent(event="statement", data=event)
        case AnswerPayload():
            return ServerSentEvent(event="answer", data=event)


def answer_payload(answer: Answer) -> dict[str, Any]:
    """The JSON of an answer given outside any conversation: the command line's."""
    return answer_as_payload(answer).model_dump(mode="json")


@router.post("/chat", response_model=AnswerPayload)
async def give_answer(site: TheSite, edition: TheEdition, asked: TheQuestion) -> Response:
    answer = await site.in_turn(chat.ask, site, edition, asked)
    # Given as it is: FastAPI would validate again, in a thread, what is valid by its type.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/releases", dependencies=[Depends(public)])
def releases(edition: TheEdition) -> ReleaseList:
    listed = tuple(ReleasePayload.of(release) for release in edition.releases())
    return ReleaseList(releases=listed, index=edition.index)


@router.get("/releases/{release_id}", dependencies=[Depends(public)])
def release(release_id: str, edition: TheEdition) -> ReleaseInFull:
    found = edition.release(release_id)
    if found is None:
        raise NO_RELEASE
    if found.status == "withdrawn":
        raise WITHDRAWN
    return ReleaseInFull.model_validate(found, from_attributes=True)


@router.get("/search", dependencies=[Depends(public)])
def search(
    edition: TheEdition, q: str, limit: Annotated[int, Query(ge=1, le=50)] = 10
) -> SearchResults:
    query = checked_question(q)
    hits = edition.assistant.search(query, limit)
    passages = tuple(PassagePayload.of(hit) for hit in hits)
    return SearchResults(query=query, passages=passages, index=edition.index)
