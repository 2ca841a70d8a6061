"""What readers thought of an answer, kept with its receipt, and given back as lines of JSON."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from oncoqa.conversations import ConversationStore, Feedback
from oncoqa.web.payload import AnswerPayload, StatementPayload
from oncoqa.web.security import TheTurn
from oncoqa.web.site import TheSite
from oncoqa.web.wording import FEEDBACK_REASONS

router = APIRouter(include_in_schema=False)

MAX_COMMENT = 2_000


@router.post("/conversations/{conversation_id}/reponses/{turn_id}/avis")
def give_feedback(
    conversation_id: str,
    turn: TheTurn,
    site: TheSite,
    utile: Annotated[Literal["oui", "non"], Form()],
    raison: Annotated[str, Form()] = "",
    remarque: Annotated[str, Form(max_length=MAX_COMMENT)] = "",
) -> RedirectResponse:
    site.conversations.add_feedback(
        turn,
        useful=utile == "oui",
        reason=raison if raison in FEEDBACK_REASONS else None,
        comment=remarque.strip(),
    )
    return RedirectResponse(f"/conversations/{conversation_id}?avis=merci#t-{turn.id}", 303)


def feedback_lines(store: ConversationStore) -> Iterator[str]:
    """One line of JSON for each opinion, oldest first: what `evals/drafts.py` makes cases of.

    Statements carry their citations whole, so that a line can be read without the index.
    """
    for feedback in store.feedback():
        yield json.dumps(_record(feedback), ensure_ascii=False)


def _record(feedback: Feedback) -> dict[str, Any]:
    answer = AnswerPayload.model_validate(feedback.answer)
    return {
        "question": answer.question,
        "language": answer.language,
        "answer_id": feedback.turn_id,
        "useful": feedback.useful,
        "reason": feedback.reason,
        "comment": feedback.comment,
        "given_at": feedback.created_at.isoformat(),
        "status": answer.status,
        "abstained_for": answer.reason,
        "statements": [_statement(answer, statement) for statement in answer.statements],
        "receipt": feedback.receipt,
    }


def _statement(answer: AnswerPayload, statement: StatementPayload) -> dict[str, Any]:
    cited = (answer.citations[number - 1] for number in statement.citations)
    whole = [citation.model_dump(mode="json") for citation in cited]
    return statement.model_dump(mode="json") | {"citations": whole}
