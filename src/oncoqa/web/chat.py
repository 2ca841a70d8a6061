"""A question asked through the site: what the assistant says, numbered, kept, and sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from oncoqa.answering.verify import verify
from oncoqa.conversations import Conversation, Turn, new_id
from oncoqa.types import Answer, Claim, Filters, Language, Passage, Quote, Sources, Statement
from oncoqa.web.payload import (
    AnswerPayload,
    Citations,
    Receipt,
    StatementEvent,
    answer_as_payload,
    passage_hashes,
)
from oncoqa.web.site import Edition, Site

NO_FILTERS = Filters()
REMEMBERED = 4  # turns that a follow-up may lean on


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    question: str
    language: Language | None = None
    filters: Filters = NO_FILTERS
    conversation: Conversation | None = None
    owner: str | None = None


def stream(
    site: Site, edition: Edition, asked: Asked
) -> Iterator[Sources | StatementEvent | AnswerPayload]:
    """What a reader receives; the answer is kept before it is sent, so that it can be acted on."""
    citations = Citations()
    turns = asked.conversation.turns if asked.conversation else ()
    for event in edition.assistant.stream(
        asked.question,
        language=asked.language,
        filters=asked.filters,
        history=recall(edition, turns[-REMEMBERED:]),
    ):
        match event:
            case Sources():
                yield event
            case Statement():
                yield citations.state(event)
            case Answer():
                yield _keep(site, edition, asked, event)


def ask(site: Site, edition: Edition, asked: Asked) -> AnswerPayload:
    *_, answer = stream(site, edition, asked)
    assert isinstance(answer, AnswerPayload)
    return answer


def recall(edition: Edition, turns: Sequence[Turn]) -> tuple[Answer, ...]:
    """Answers given earlier, as far as this edition still bears them out.

    Each kept statement goes through `verify` again: a release may have changed since.
    """
    return tuple(_recall(edition, turn) for turn in turns)


def _recall(edition: Edition, turn: Turn) -> Answer:
    payload = AnswerPayload.model_validate(turn.answer)
    receipt = Receipt.model_validate(turn.receipt)
    claims = (_claim(edition, payload, index) for index in range(len(payload.statements)))
    statements = [verify(claim) for claim in claims if claim is not None]
    return Answer(
        question=payload.question,
        language=payload.language,
        status=payload.status,
        reason=payload.reason,
        statements=tuple(s for s in statements if s is not None),
        hits=(),
        rejected=(),
        confidence=payload.confidence,
        understood=payload.understood,
        choices=payload.choices,
        names=receipt.names,
        index_generation=payload.index.generation,
        timings_ms={},
    )


def _claim(edition: Edition, payload: AnswerPayload, index: int) -> Claim | None:
    statement = payload.statements[index]
    quotes = []
    for number in statement.citations:
        cited = payload.citations[number - 1]
        release = edition.release(cited.release.id)
        if release is None or release.text[cited.start : cited.end] != cited.quote:
            return None
        passage = Passage(
            id=cited.passage_id,
            release=release,
            start=cited.start,
            end=cited.end,
            headings=cited.headings,
        )
        quotes.append(Quote(passage, cited.start, cited.end))
    return Claim(statement.text, tuple(quotes))


def _keep(site: Site, edition: Edition, asked: Asked, answer: Answer) -> AnswerPayload:
    conversation_id = asked.conversation.id if asked.conversation else new_id()
    payload = answer_as_payload(answer, index=edition.index, conversation_id=conversation_id)
    turn = Turn(
        payload.id,
        payload.model_dump(mode="json"),
        _receipt(site, asked, answer).model_dump(mode="json"),
    )
    begins = asked.conversation is None
    site.conversations.add_turn(conversation_id, asked.owner, turn, begins=begins)
    site.metrics.answers.labels(answer.status, answer.reason or "").inc()
    site.metrics.answer_seconds.observe(answer.timings_ms.get("total", 0) / 1000)
    return payload


def _receipt(site: Site, asked: Asked, answer: Answer) -> Receipt:
    cited = (c.passage for statement in answer.statements for c in statement.citations)
    filters = {
        name: str(value)
        for name in ("release_id", "published_from", "published_to")
        if (value := getattr(asked.filters, name)) is not None
    }
    return Receipt(
        answered_at=datetime.now(UTC),
        generation=answer.index_generation,
        model=site.settings.encoder,
        filters=filters,
        names=answer.names,
        passages=passage_hashes(cited),
    )
