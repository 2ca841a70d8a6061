"""An answer or a conversation to take away, with its references."""

from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncoqa.conversations import Turn
from oncoqa.web.document import Document, make_document
from oncoqa.web.docx_file import to_docx
from oncoqa.web.markdown_file import to_markdown
from oncoqa.web.pdf_file import to_pdf
from oncoqa.web.security import TheConversation, TheShare, TheTurn
from oncoqa.web.turns import turn_view
from oncoqa.web.view import language_of
from oncoqa.web.words import words_in

router = APIRouter(include_in_schema=False)
Format = Literal["md", "docx", "pdf"]

_WRITERS: dict[Format, tuple[str, Callable[[Document], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", to_markdown),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        to_docx,
    ),
    "pdf": ("application/pdf", to_pdf),
}


@router.get("/conversations/{conversation_id}/export.{form}")
def export_conversation(
    form: Format,
    request: Request,
    conversation: TheConversation,
) -> Response:
    return _file(request, form, conversation.title, conversation.turns)


@router.get("/conversations/{conversation_id}/reponses/{turn_id}/export.{form}")
def export_answer(form: Format, request: Request, turn: TheTurn) -> Response:
    return _file(request, form, str(turn.answer["question"]), [turn])


@router.get("/partages/{share_id}/export.{form}")
def export_share(form: Format, request: Request, share: TheShare) -> Response:
    return _file(request, form, share.title, share.turns)


def _file(request: Request, form: Format, title: str, turns: Sequence[Turn]) -> Response:
    media_type, write = _WRITERS[form]
    views = [turn_view(turn, None) for turn in turns]
    origin = str(request.base_url).rstrip("/")
    document = make_document(title, views, words_in(language_of(request)), origin)
    name = f"oncoqa-{views[-1].receipt.answered_at:%Y-%m-%d}.{form}" if views else f"oncoqa.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(write(document), media_type=media_type, headers=headers)
