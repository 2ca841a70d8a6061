"""Excerpt in, release out: questions generated from the corpus.

After the Tow Center's test of 2025, where eight AI search tools were given an excerpt of an article
and asked for its source: the best was wrong for 37 % of them.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from oncoqa.evals.ask import Asker
from oncoqa.evals.cases import split_of
from oncoqa.evals.gold import Place, overlap
from oncoqa.evals.item import Item
from oncoqa.evals.reference import Reference
from oncoqa.evals.reply import Reply
from oncoqa.text import sentences
from oncoqa.types import Passage, Release

LEAST_WORDS = 8
QUESTIONS = (
    "De quel communiqué vient cette phrase : « {} » ?",
    "Quelle est la source de cet extrait : « {} » ?",
    "« {} »",
    "Which release does this quotation come from: “{}”?",
)


def excerpts(passages: Sequence[Passage]) -> Iterator[tuple[str, Place]]:
    """Every sentence of eight words or more that stands once in the corpus, with a question."""
    releases = {p.release.id: p.release for p in passages}
    for passage in passages:
        if passage.furniture:
            continue
        for start, end in sentences(passage.text):
            excerpt = passage.text[start:end]
            times = sum(release.text.count(excerpt) for release in releases.values())
            if len(excerpt.split()) >= LEAST_WORDS and times == 1:
                where = Place(passage.release.id, passage.start + start, passage.start + end)
                yield excerpt, where


def attribute(reference: Reference, asker: Asker, split: str) -> Iterator[Item]:
    """One item for each excerpt; half of the excerpts, by hash, are of each split."""
    corpus = reference.corpus
    for number, (excerpt, where) in enumerate(excerpts(reference.passages)):
        of = split_of(excerpt)
        if split not in {"all", of}:
            continue
        question = QUESTIONS[number % len(QUESTIONS)].format(" ".join(excerpt.split()))
        reply = asker.talk().ask(question)
        flaws = tuple(_flaws(reply, where, corpus.releases))
        yield Item(
            id=f"excerpt-{number + 1:03}",
            question=question,
            facets={"split": of, "kind": "attribution"},
            case=hashlib.sha256(question.encode()).hexdigest()[:12],
            scores={
                "right": float(not flaws),
                **corpus.validity(reply),
            },
            flaws=flaws,
            stage="attribution" if flaws else None,
            expected=where.release,
            said=tuple(said.text for said in reply.statements),
            status=reply.status,
            reason=reply.reason,
            confidence=round(reply.confidence, 6),
        )


def _flaws(reply: Reply, where: Place, releases: Mapping[str, Release]) -> Iterator[str]:
    """The first statement must be the excerpt, its release's title, date and address right."""
    if reply.abstained:
        yield f"abstained ({reply.reason})"
        return
    cited = [c for c in reply.statements[0].citations if overlap(c.place, where)]
    if not cited:
        yield "another sentence first"
        return
    release = releases[where.release]
    day = release.published.isoformat() if release.published else None
    for name, shown, true in zip(
        ("title", "date", "address"), cited[0].about[1:], (release.title, day, release.url),
        strict=True,
    ):  # fmt: skip
        if shown != true:
            yield f"{name}: {shown!r}, the release has {true!r}"
