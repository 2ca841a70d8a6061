"""The suite put to oncoqa: every thread asked in order, every reply judged."""

from collections.abc import Callable, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from oncoqa.evals.ask import Asker
from oncoqa.evals.cases import Case
from oncoqa.evals.item import Item, item_of
from oncoqa.evals.judge import judge, leak_scores
from oncoqa.evals.reference import Reference
from oncoqa.evals.reply import Reply


@dataclass(frozen=True, slots=True)
class Timed:
    item: Item
    ms: float


def run(
    reference: Reference,
    asker: Asker,
    *,
    kept: Set[str],
    forced: Asker | None = None,
    jobs: int = 1,
    progress: Callable[[], object] = lambda: None,
) -> list[Timed]:
    """Every kept case, in the suite's order whatever the number of jobs.

    A conversation is asked whole, so that a kept turn has the turns before it. `forced` is an
    oncoqa that never abstains, asked for the risk-coverage curve.
    """

    def put(thread: tuple[Case, ...]) -> list[Timed]:
        found = []
        talk, talk_forced = asker.talk(), forced.talk() if forced else None
        for turn, case in enumerate(thread):
            reply = talk.ask(case.question)
            would = talk_forced.ask(case.question) if talk_forced else None
            if case.id in kept:
                item = _judged(case, reply, would, reference, asker)
                leak = leak_scores(case, reply, [reference.gold[c.id] for c in thread[: turn + 1]])
                scored = item.model_copy(update={"scores": item.scores | leak})
                found.append(Timed(scored, reply.ms))
            progress()
        return found

    threads = [t for t in reference.suite.threads if any(case.id in kept for case in t)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return [timed for found in pool.map(put, threads) for timed in found]


def _judged(
    case: Case, reply: Reply, would: Reply | None, reference: Reference, asker: Asker
) -> Item:
    gold = reference.gold[case.id]
    alone = case.follow_up is None  # a follow-up means nothing to a search without its history
    found = asker.search(case.question) if alone and gold.groups else None
    verdict = judge(case, gold, reply, reference.corpus, found)
    forced = judge(case, gold, would, reference.corpus).scores if would else {}
    return item_of(case, reply, verdict, forced.get("first_right", forced.get("right")))
