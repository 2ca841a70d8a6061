"""What readers thought of an answer, kept with its receipt, and given back as draft cases."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from oncoqa.conversations import ConversationStore, Feedback
from oncoqa.web.payload import AnswerPayload
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


def draft_cases(store: ConversationStore) -> Iterator[str]:
    """One line of JSON for each opinion, shaped like `evals/cases/*.jsonl` and marked as a draft.

    Whoever reviews it fills in what no reader said: the fact, the nuggets, the right evidence.
    """
    for feedback in store.feedback():
        yield json.dumps(_draft(feedback), ensure_ascii=False)


def _draft(feedback: Feedback) -> dict[str, Any]:
    answer = AnswerPayload.model_validate(feedback.answer)
    answerable = (answer.status == "answered") == feedback.useful
    if feedback.reason in {"wrong_passage", "incomplete", "outdated"}:
        answerable = True
    case: dict[str, Any] = {
        "id": f"draft-{feedback.turn_id}",
        "kind": "answerable" if answerable else "unanswerable",
        "question": answer.question,
        "language": answer.language,
        "fact": "",
        "must_not": [],
    }
    case |= _expected(answer, feedback.useful) if answerable else _refusal(answer)
    receipt = {"generation": feedback.receipt["generation"], "model": feedback.receipt["model"]}
    said = {"useful": feedback.useful, "reason": feedback.reason, "comment": feedback.comment}
    return case | {"draft": said | receipt}


def _expected(answer: AnswerPayload, useful: bool) -> dict[str, Any]:
    """What was shown counts as evidence only when it was found useful."""
    cited = answer.citations if useful else ()
    evidence = [[{"release": c.release.id, "quote": c.quote}] for c in cited]
    marked = [s.text[slice(*s.highlight)] for s in answer.statements if s.highlight]
    return {
        "form": "direct",
        "asks": "other",
        "evidence": evidence,
        "nuggets": [],
        "answers": marked if useful else [],
    }


def _refusal(answer: AnswerPayload) -> dict[str, Any]:
    reason = answer.reason or "not_in_releases"
    return {"class": "near", "reason": reason, "corrections": []}
