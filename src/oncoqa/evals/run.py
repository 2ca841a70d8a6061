"""The suite put to oncoqa: every thread asked in order, every reply judged."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch

from pydantic import BaseModel, ConfigDict

from oncoqa.evals.ask import Asker
from oncoqa.evals.cases import Answerable, Case, EvalsError, Suite, split_of
from oncoqa.evals.gold import Gold
from oncoqa.evals.judge import Corpus, Verdict, judge
from oncoqa.evals.reply import Reply


class Item(BaseModel):
    """One question and what became of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    question: str
    facets: dict[str, str]  # what tables group by: split, kind, language, form, asks, class, …
    case: str  # hash of the case, so that only like is compared with like
    scores: dict[str, float]
    flaws: tuple[str, ...]
    stage: str | None
    expected: str
    said: tuple[str, ...]
    status: str
    reason: str | None
    confidence: float
    right_if_answered: float | None = None  # what it would have said, had it never abstained


def wanted(cases: Iterable[Case], split: str, filters: Sequence[str]) -> Iterator[Case]:
    """The cases of a split that pass every filter: `facet=pattern`, or a pattern of the id."""
    for case in cases:
        facets = facets_of(case) | {"id": case.id}
        if split not in {"all", facets["split"]}:
            continue
        pairs = [f.split("=", 1) if "=" in f else ["id", f] for f in filters]
        for name, _ in pairs:
            if name not in FACETS:
                raise EvalsError(f"--filter {name}: no such facet; known: {', '.join(FACETS)}")
        if all(fnmatch(facets.get(name, ""), pattern) for name, pattern in pairs):
            yield case


FACETS = (
    "id", "split", "kind", "language", "form", "asks", "class", "fact", "follow_up", "turn",
)  # fmt: skip


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


def run(
    suite: Suite,
    gold: Mapping[str, Gold],
    corpus: Corpus,
    asker: Asker,
    *,
    kept: Set[str],
    forced: Asker | None = None,
    jobs: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> list[Item]:
    """Every kept case, in the suite's order whatever the number of jobs.

    A conversation is asked whole, so that a kept turn has the turns before it. `forced` is an
    oncoqa that never abstains, asked for the risk-coverage curve.
    """

    def items(thread: tuple[Case, ...]) -> list[Item]:
        talk, talk_forced = asker.talk(), forced.talk() if forced else None
        found = []
        for case in thread:
            reply = talk.ask(case.question)
            would = talk_forced.ask(case.question) if talk_forced else None
            if case.id in kept:
                hits = asker.search(case.question) if case.follow_up is None else None
                verdict = judge(case, gold[case.id], reply, corpus, hits)
                found.append(_item(case, gold[case.id], reply, verdict, would, corpus))
            progress()
        return found

    threads = [t for t in suite.threads if any(case.id in kept for case in t)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return [item for found in pool.map(items, threads) for item in found]


def _item(
    case: Case, gold: Gold, reply: Reply, verdict: Verdict, would: Reply | None, corpus: Corpus
) -> Item:
    forced = judge(case, gold, would, corpus).scores if would else {}
    return Item(
        id=case.id,
        question=case.question,
        facets=facets_of(case),
        case=case_hash(case),
        scores={name: round(verdict.scores[name], 6) for name in sorted(verdict.scores)},
        flaws=verdict.flaws,
        stage=verdict.stage,
        expected=expected(case),
        said=tuple(statement.text for statement in reply.statements),
        status=reply.status,
        reason=reply.reason,
        confidence=round(reply.confidence, 6),
        right_if_answered=forced.get("first_right", forced.get("right")),
    )


def case_hash(case: Case) -> str:
    return hashlib.sha256(case.model_dump_json().encode()).hexdigest()[:12]


def expected(case: Case) -> str:
    """What a reader of the report is told that the answer should have been."""
    if isinstance(case, Answerable):
        return case.answers[0] if case.answers else " + ".join(n[0] for n in case.nuggets)
    if case.corrections:
        return f"abstain ({case.reason}), or correct: {case.corrections[0].quote}"
    return f"abstain ({case.reason})"
