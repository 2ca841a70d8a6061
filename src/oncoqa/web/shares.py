"""Read-only copies: made and taken back by their owner, read by whoever has the link."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from oncoqa.conversations import Conversation, Share, Turn
from oncoqa.web.security import (
    owned_conversation,
    owned_share,
    owned_turn,
    owner_of,
    shared_with_link,
)
from oncoqa.web.site import Site, site_of
from oncoqa.web.turns import turn_view
from oncoqa.web.view import render

router = APIRouter(include_in_schema=False)
TheSite = Annotated[Site, Depends(site_of)]
TheConversation = Annotated[Conversation, Depends(owned_conversation)]


@router.post("/conversations/{conversation_id}/partager")
def share_conversation(site: TheSite, conversation: TheConversation) -> RedirectResponse:
    share_id = site.conversations.share(conversation, conversation.turns)
    return RedirectResponse(f"/partages/{share_id}", 303)


@router.post("/conversations/{conversation_id}/reponses/{turn_id}/partager")
def share_answer(
    site: TheSite, conversation: TheConversation, turn: Annotated[Turn, Depends(owned_turn)]
) -> RedirectResponse:
    share_id = site.conversations.share(conversation, [turn])
    return RedirectResponse(f"/partages/{share_id}", 303)


@router.get("/partages/{share_id}")
def read_share(
    request: Request, site: TheSite, share: Annotated[Share, Depends(shared_with_link)]
) -> Response:
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
