"""Read-only copies: made and taken back by their owner, read by whoever has the link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from oncoqa.conversations import Share
from oncoqa.web.security import TheConversation, TheShare, TheTurn, owned_share, owner_of
from oncoqa.web.site import TheSite
from oncoqa.web.turns import turn_view
from oncoqa.web.view import render

router = APIRouter(include_in_schema=False)


@router.post("/conversations/{conversation_id}/partager")
def share_conversation(site: TheSite, conversation: TheConversation) -> RedirectResponse:
    share_id = site.conversations.share(conversation, conversation.turns)
    return RedirectResponse(f"/partages/{share_id}", 303)


@router.post("/conversations/{conversation_id}/reponses/{turn_id}/partager")
def share_answer(site: TheSite, conversation: TheConversation, turn: TheTurn) -> RedirectResponse:
    share_id = site.conversations.share(conversation, [turn])
    return RedirectResponse(f"/partages/{share_id}", 303)


@router.get("/partages/{share_id}")
def read_share(request: Request, site: TheSite, share: TheShare) -> Response:
    owner = owner_of(request)
    mine = site.conversations.get(share.conversation_id, owner)
    return render(
        request,
        "share.html",
        share=share,
        turns=[turn_view(turn, None) for turn in share.turns],
        mine=owner is not None and mine is not None and mine.owner == owner,
    )


@router.post("/partages/{share_id}/retirer")
def take_back(site: TheSite, share: Annotated[Share, Depends(owned_share)]) -> RedirectResponse:
    site.conversations.unshare(share.id)
    return RedirectResponse(f"/conversations/{share.conversation_id}", 303)
