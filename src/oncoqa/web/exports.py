"""An answer or a conversation to take away, with its references."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncoqa.conversations import Turn
from oncoqa.web.document import Document, make_document
from oncoqa.web.markdown_file import to_markdown
from oncoqa.web.security import TheConversation, TheShare, TheTurn
from oncoqa.web.turns import turn_view
from oncoqa.web.view import language_of
from oncoqa.web.words import words_in

router = APIRouter(include_in_schema=False)
Format = Literal["md", "docx", "pdf"]

MEDIA_TYPES: dict[Format, str] = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
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
    views = [turn_view(turn, None) for turn in turns]
    origin = str(request.base_url).rstrip("/")
    document = make_document(title, views, words_in(language_of(request)), origin)
    name = f"oncoqa-{views[-1].receipt.answered_at:%Y-%m-%d}.{form}" if views else f"oncoqa.{form}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(_written(document, form), media_type=MEDIA_TYPES[form], headers=headers)


def _written(document: Document, form: Format) -> bytes:
    """Each library is imported for its first file: else a third of a second of every start."""
    match form:
        case "md":
            return to_markdown(document)
        case "docx":
            from oncoqa.web.docx_file import to_docx

            return to_docx(document)
        case "pdf":
            from oncoqa.web.pdf_file import to_pdf

            return to_pdf(document)
