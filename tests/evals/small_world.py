"""A small world for the suite: two releases, cases about them, and an oncoqa that is always right.

`Oracle` answers from the gold, so that what a test breaks is all that is wrong.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from oncoqa.evals.gold import Place
from oncoqa.evals.reference import Reference
from oncoqa.evals.reply import Cited, Found, Reply, Said

TOWNS = "Reims Nancy Caen Lyon Paris Nantes Rennes Lille Dijon Nice Angers Toulouse".split()
HEAD = "---\nid: {id}\ntitle: Essais\npublisher: Unicancer\nlanguage: fr\nstatus: published\n---\n"


def sentence(number: int) -> str:
    return f"L’essai ESSAI-{number} a inclus {100 + number} patients à {TOWNS[number]}."


def answerable(number: int, **changes: object) -> dict[str, object]:
    quote = {"release": "essais", "quote": sentence(number)}
    return {
        "id": f"a-{number}", "kind": "answerable", "language": "fr", "form": "direct",
        "question": f"Combien de patients dans ESSAI-{number} ?", "asks": "number",
        "fact": f"essai-{number}", "evidence": [[quote]], "nuggets": [[f"{100 + number}"]],
        "answers": [f"{100 + number} patients", f"{100 + number}"], "must_not": [],
    } | changes  # fmt: skip


def unanswerable(number: int, **changes: object) -> dict[str, object]:
    return {
        "id": f"u-{number}", "kind": "unanswerable", "language": "fr", "class": "near",
        "question": f"Combien de centres pour ESSAI-{number} ?", "fact": f"un-essai-{number}",
        "reason": "not_in_releases", "corrections": [], "must_not": [],
    } | changes  # fmt: skip


def write_cases(folder: Path, *rows: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@dataclass
class Oracle:
    """Cites the first alternative of each gold group, abstains when there is none."""

    reference: Reference
    asked: list[str] = field(default_factory=list)

    def talk(self) -> "Oracle":
        return self

    def ask(self, question: str) -> Reply:
        self.asked.append(question)
        statements = tuple(self._said(group[0]) for group in self._groups(question))
        return Reply(
            language="fr", status="answered" if statements else "abstained",
            reason=None if statements else "not_in_releases", statements=statements,
            confidence=0.9 if statements else 0.1, hits=tuple(self.search(question)),
        )  # fmt: skip

    def search(self, question: str) -> Sequence[Found]:
        wanted = [place for group in self._groups(question) for place in group]
        found = [Found(Place(p.release.id, p.start, p.end), p.id) for p in self.reference.passages]
        return sorted(found, key=lambda hit: hit.place not in wanted)

    def _groups(self, question: str) -> Sequence[Sequence[Place]]:
        case = next((c for c in self.reference.suite.cases if c.question == question), None)
        return self.reference.gold[case.id].groups if case else ()

    def _said(self, place: Place) -> Said:
        release = self.reference.corpus.releases[place.release]
        passage = next(p for p in self.reference.passages if p.start <= place.start < p.end)
        quote = release.text[place.start : place.end]
        cited = Cited(place, passage.id, quote, (release.id, release.title, None, None))
        return Said(quote, (cited,))


class Broken(Oracle):
    """An oracle whose replies or rankings are spoilt on their way out."""

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(oracle.reference)


class SwappedRanks(Broken):
    def search(self, question: str) -> Sequence[Found]:
        found = list(super().search(question))
        return [found[1], found[0], *found[2:]]


class ShiftedSpan(Broken):
    def ask(self, question: str) -> Reply:
        reply = super().ask(question)
        return replace(reply, statements=tuple(map(self._shifted, reply.statements)))

    def _shifted(self, said: Said) -> Said:
        moved = tuple(
            replace(c, place=c.place._replace(start=c.place.start + 1, end=c.place.end + 1))
            for c in said.citations
        )
        return replace(said, citations=moved)


class Rewriting(Broken):
    def ask(self, question: str) -> Reply:
        reply = super().ask(question)
        said = tuple(replace(s, text=f"Oui : {s.text}") for s in reply.statements)
        return replace(reply, statements=said)


class StuckAbstention(Broken):
    def ask(self, question: str) -> Reply:
        reply = super().ask(question)
        return replace(reply, statements=(), status="abstained", reason="not_in_releases")


class NeverSilent(Broken):
    def ask(self, question: str) -> Reply:
        reply = super().ask(question)
        first = next(iter(self.reference.gold.values())).groups[0][0]
        return replace(reply, statements=reply.statements or (self._said(first),))


class Wavering(Broken):
    """Gives another confidence each time it is asked."""

    def ask(self, question: str) -> Reply:
        reply = super().ask(question)
        return replace(reply, confidence=0.5 + len(self.asked) / 1000)
