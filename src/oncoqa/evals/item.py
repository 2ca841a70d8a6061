"""One question and what became of it, as it is recorded."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch

from pydantic import BaseModel, ConfigDict

from oncoqa.evals.cases import Answerable, Case, EvalsError, split_of
from oncoqa.evals.judge import Verdict
from oncoqa.evals.reply import Reply

FACETS = (
    "id", "split", "kind", "language", "form", "asks", "class", "fact", "follow_up", "turn",
)  # fmt: skip


class Item(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    facets: dict[str, str]  # what tables group by; those of FACETS that the case has
    case: str  # hash of the case, so that only like is compared with like
    scores: dict[str, float]  # by metric
    status: str
    reason: str | None
    confidence: float
    stage: str | None  # that lost the answer; None when it is right
    right_if_answered: float | None = None  # what it would have said, had it never abstained
    question: str = ""
    expected: str = ""
    said: tuple[str, ...] = ()
    flaws: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return self.scores["right"] == 1


def item_of(case: Case, reply: Reply, verdict: Verdict, if_answered: float | None) -> Item:
    return Item(
        id=case.id,
        facets=facets_of(case),
        case=case_hash(case),
        scores={name: round(verdict.scores[name], 6) for name in sorted(verdict.scores)},
        status=reply.status,
        reason=reply.reason,
        confidence=round(reply.confidence, 6),
        stage=verdict.stage,
        right_if_answered=if_answered,
        question=case.question,
        expected=expected(case),
        said=tuple(statement.text for statement in reply.statements),
        flaws=verdict.flaws,
    )


def facets_of(case: Case) -> dict[str, str]:
    facets = {
        "split": split_of(case.fact),
        "kind": case.kind,
        "language": case.language,
        "fact": case.fact,
    }
    if isinstance(case, Answerable):
        facets |= {"form": case.form, "asks": case.asks}
    else:
        facets |= {"class": case.class_}
    if case.follow_up is not None:
        facets |= {"follow_up": case.follow_up, "turn": case.id.rsplit(".", 1)[1]}
    return facets


def case_hash(case: Case) -> str:
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()[:12]


def expected(case: Case) -> str:
    """What a reader of the report is told that the answer should have been."""
    if isinstance(case, Answerable):
        return case.answers[0] if case.answers else " + ".join(n[0] for n in case.nuggets)
    if case.corrections:
        return f"abstain ({case.reason}), or correct: {case.corrections[0].quote}"
    return f"abstain ({case.reason})"


def wanted(cases: Iterable[Case], split: str, filters: Sequence[str]) -> Iterator[str]:
    """The ids of a split that pass every filter: `facet=pattern`, or a pattern of the id."""
    pairs = [f.split("=", 1) if "=" in f else ["id", f] for f in filters]
    for name, _ in pairs:
        if name not in FACETS:
            raise EvalsError(f"--filter {name}: no such facet; known: {', '.join(FACETS)}")
    for case in cases:
        facets = facets_of(case) | {"id": case.id}
        if split in {"all", facets["split"]} and all(
            fnmatch(facets.get(name, ""), pattern) for name, pattern in pairs
        ):
            yield case.id
