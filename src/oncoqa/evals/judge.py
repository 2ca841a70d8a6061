"""A case and a reply into scores, flaws, and the stage that lost the answer."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from oncoqa.evals import answers as metrics
from oncoqa.evals.cases import Answerable, Case, Unanswerable
from oncoqa.evals.gold import Gold, overlap
from oncoqa.evals.normalise import contains, numbers
from oncoqa.evals.ranking import ranking_scores
from oncoqa.evals.reply import Cited, Found, Reply, Said
from oncoqa.types import Release


@dataclass(frozen=True, slots=True)
class Verdict:
    scores: Mapping[str, float]  # by metric, 0 to 1; one that does not apply is left out
    flaws: tuple[str, ...]  # why the reply is not right
    stage: str | None  # that lost the answer; None when the reply is right


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a citation is checked against: the releases on disk, not the index's copy."""

    releases: Mapping[str, Release]
    passages: Set[str]

    def validity(self, reply: Reply) -> dict[str, float]:
        """The hard gates: 1 when every citation is what it says."""
        return {
            "id_valid": float(all(self.id_valid(said) for said in reply.statements)),
            "span_valid": float(all(self.span_valid(said) for said in reply.statements)),
            "verbatim": float(all(said.verbatim for said in reply.statements)),
        }

    def id_valid(self, said: Said) -> bool:
        return all(
            c.place.release in self.releases and c.passage in self.passages for c in said.citations
        )

    def span_valid(self, said: Said) -> bool:
        """Each range holds the words quoted."""
        return all(
            (release := self.releases.get(c.place.release)) is not None
            and 0 <= c.place.start < c.place.end
            and release.text[c.place.start : c.place.end] == c.quote
            for c in said.citations
        )


def judge(
    case: Case, gold: Gold, reply: Reply, corpus: Corpus, found: Sequence[Found] | None = None
) -> Verdict:
    """`found` is what a search alone returns, for the retrieval metrics; None for a follow-up."""
    common = corpus.validity(reply)
    if isinstance(case, Unanswerable):
        return _with(common, judge_unanswerable(case, gold, reply))
    if found is None:
        return _with(common, judge_answerable(case, gold, reply))
    read = reply if reply.hits else replace(reply, hits=tuple(found))  # an API tells no hits
    verdict = _with(common, judge_answerable(case, gold, read))
    return _with(retrieval_scores(gold, found), verdict)


def _with(scores: Mapping[str, float], verdict: Verdict) -> Verdict:
    return replace(verdict, scores={**verdict.scores, **scores})


def judge_answerable(case: Answerable, gold: Gold, reply: Reply) -> Verdict:
    flaws = tuple(answer_flaws(case, gold, reply))
    scores = {
        "right": float(not flaws),
        "publishable": float(not flaws),
        "first_right": float(first_right(case, gold, reply)),
        "nugget_recall": metrics.nugget_recall(reply.text, case.nuggets),
        "evidence_recall": metrics.evidence_recall(reply.places, gold),
        "needless_abstention": float(reply.abstained),
    }
    if reply.statements:
        bodies = [[c.place for c in bodies_of(said)] for said in reply.statements]
        scores["evidence_precision"] = metrics.evidence_precision(bodies, gold)
    if case.answers:
        pointed = reply.statements[0].pointed if reply.statements else ""
        scores["exact_match"] = metrics.exact_match(pointed, case.answers)
        scores["f1"] = metrics.f1(pointed, case.answers)
    return Verdict(scores, flaws, lost_at(gold, reply) if flaws else None)


def answer_flaws(case: Answerable, gold: Gold, reply: Reply) -> Iterator[str]:
    """What keeps an answer from being published as it stands; none is the headline metric."""
    if reply.abstained:
        yield f"abstained ({reply.reason})"
        return
    said = metrics.nuggets_said(reply.text, case.nuggets)
    yield from (
        f"not said: {forms[0]}"
        for forms, there in zip(case.nuggets, said, strict=True)
        if not there
    )
    if metrics.evidence_recall(reply.places, gold) < 1:
        yield "evidence not cited"
    if not all(statement.citations for statement in reply.statements):
        yield "a sentence without a citation"
    extra = sorted(stated_numbers(reply) - gold_numbers(case))
    if extra:
        yield f"numbers that are not in the gold: {', '.join(extra)}"
    if len(reply.statements) > metrics.most_statements(gold):
        yield f"{len(reply.statements)} sentences"
    if reply.language != case.language:
        yield f"taken for {reply.language}"
    yield from (f"says {bad!r}" for bad in case.must_not if contains(reply.text, bad))


def stated_numbers(reply: Reply) -> set[str]:
    """Of the sentences that answer: an introduction is there because its list item is."""
    return set[str]().union(*(numbers(said.body) for said in reply.statements))


def gold_numbers(case: Answerable) -> set[str]:
    """In the evidence, the accepted answers, and the question, whose numbers may be taken up."""
    quotes = [quote.quote for group in case.evidence for quote in group]
    forms = [form for nugget in case.nuggets for form in nugget]
    return set[str]().union(*map(numbers, [case.question, *quotes, *forms, *case.answers]))


def first_right(case: Answerable, gold: Gold, reply: Reply) -> bool:
    """The first statement cites gold and says the nuggets: all, or one where several are cited."""
    if not reply.statements:
        return False
    first = reply.statements[0]
    said = metrics.nuggets_said(first.text, case.nuggets)
    cites = any(metrics.covered_groups(c.place, gold.groups) for c in first.citations)
    return cites and (all(said) if len(gold.groups) == 1 else any(said))


def bodies_of(said: Said) -> Sequence[Cited]:
    """The citations that answer: the last, when those before it introduce a list."""
    return said.citations[-1:] if said.verbatim else said.citations


def judge_unanswerable(case: Unanswerable, gold: Gold, reply: Reply) -> Verdict:
    """Right is to abstain, or to cite what corrects a false presupposition."""
    corrected = any(overlap(p, c) for p in reply.places for c in gold.corrections)
    right = reply.abstained or corrected
    scores = {"right": float(right), "abstained": float(right)}
    if reply.abstained:
        scores["reason_right"] = float(reply.reason == case.reason)
    flaws = () if right else ("answered",)
    bad = [f"says {bad!r}" for bad in case.must_not if contains(reply.text, bad)]
    return Verdict(scores, (*flaws, *(bad if flaws else ())), None if right else "abstention")


def leak_scores(case: Case, reply: Reply, golds: Sequence[Gold]) -> dict[str, float]:
    """After a change of subject, 1 when nothing is cited that only the turns before asked for.

    `golds` are those of the conversation so far, this turn's last.
    """
    if case.follow_up != "new_subject":
        return {}
    *before, now = golds
    mine = [place for group in (*now.groups, now.corrections) for place in group]
    old = [place for gold in before for group in gold.groups for place in group]
    leaked = [p for p in reply.places if any(overlap(p, o) for o in old)]
    return {"no_leak": float(all(any(overlap(p, m) for m in mine) for p in leaked))}


def retrieval_scores(gold: Gold, found: Sequence[Found]) -> dict[str, float]:
    ranked = [metrics.covered_groups(hit.place, gold.groups) for hit in found]
    releases = {place.release for group in gold.groups for place in group}
    first = float(bool(found) and found[0].place.release in releases)
    return ranking_scores(ranked, len(gold.groups)) | {"release@1": first}


def lost_at(gold: Gold, reply: Reply) -> str:
    """The first stage after which the gold was gone.

    search: not among the passages read; verification: a claim on it was refused; abstention:
    oncoqa kept silent; selection: it said something else; composition: the gold is cited, but with
    too much or too little beside it.
    """
    cited = metrics.evidence_recall(reply.places, gold)
    if cited == 1:
        return "composition"
    if reply.hits and metrics.evidence_recall([hit.place for hit in reply.hits], gold) < 1:
        return "search"
    if metrics.evidence_recall([*reply.places, *reply.rejected], gold) > cited:
        return "verification"
    return "abstention" if reply.abstained else "selection"
