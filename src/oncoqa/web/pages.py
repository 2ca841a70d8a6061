"""The chat: ask, read again, rename, delete. Each form is answered by 303 and a page to GET."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from oncoqa.conversations import Conversation
from oncoqa.web import chat
from oncoqa.web.problems import Problem, checked_question
from oncoqa.web.security import (
    TheConversation,
    TheOwner,
    keep_owner,
    owned_conversation,
    owner_of,
    public,
)
from oncoqa.web.site import TheEdition, TheSite, edition_of, site_of
from oncoqa.web.turns import BLANK_ANSWER, blank_source, turn_view
from oncoqa.web.view import language_of, render
from oncoqa.web.words import words_in

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[Depends(public)])
def home(request: Request) -> Response:
    return _page(request)


@router.post("/")
def ask(
    request: Request,
    site: TheSite,
    edition: TheEdition,
    owner: TheOwner,
    question: Annotated[str, Form()] = "",
    conversation_id: Annotated[str, Form()] = "",
) -> Response:
    conversation = None
    if conversation_id:
        conversation = owned_conversation(conversation_id, request, owner)
    try:
        asked = chat.Asked(
            question=checked_question(question), conversation=conversation, owner=owner
        )
    except Problem as problem:
        return _page(request, conversation, question=question, problem=problem)
    answer = chat.ask(site, edition, asked)
    return RedirectResponse(f"/conversations/{answer.conversation_id}#t-{answer.id}", 303)


@router.get("/conversations/{conversation_id}")
def conversation(request: Request, conversation: TheConversation) -> Response:
    return _page(request, conversation)


@router.post("/conversations/{conversation_id}/titre")
def rename(
    site: TheSite, conversation: TheConversation, titre: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """An empty title leaves the one it has."""
    if titre.strip():
        site.conversations.rename(conversation.id, titre)
    return RedirectResponse(f"/conversations/{conversation.id}", 303)


@router.post("/conversations/{conversation_id}/supprimer")
def delete(site: TheSite, conversation: TheConversation) -> RedirectResponse:
    site.conversations.delete(conversation.id)
    return RedirectResponse("/", 303)


def _page(
    request: Request,
    conversation: Conversation | None = None,
    *,
    question: str = "",
    problem: Problem | None = None,
) -> Response:
    site, edition = site_of(request), edition_of(request)
    response = render(
        request,
        "chat.html",
        status=problem.status if problem else 200,
        conversation=conversation,
        mine=site.conversations.mine(owner_of(request)),
        turns=[turn_view(t, conversation.id) for t in conversation.turns] if conversation else [],
        suggestions=edition.suggestions,
        question=question,
        thanks=request.query_params.get("avis") == "merci",
        blank_answer=BLANK_ANSWER,
        blank_source=blank_source(language_of(request)),
        problem=problem.told(words_in(language_of(request))) if problem else None,
    )
    response.headers["Cache-Control"] = "private, no-store"
    keep_owner(request, response)
    return response
