"""A run as a page for people: `evals/REPORT.md`, and one HTML file with charts.

Both are made from one view, by Jinja2. Whatever comes from cases, releases or answers is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from oncoqa.evals.abstention import risk_coverage
from oncoqa.evals.files import write_whole
from oncoqa.evals.item import Item
from oncoqa.evals.record import Run
from oncoqa.evals.summary import (
    ABSTENTION,
    ANSWER,
    CONVERSATION,
    HARD,
    RETRIEVAL,
    Share,
    alone,
    by,
    confidence_scores,
    follow_up_gap,
    refusals,
    share,
    stages,
    turns,
)

MEANING = {
    "right": "published as it stands, or kept silent as it should",
    "publishable": "all nuggets and gold cited, no stray number, at most 4 sentences, language",
    "first_right": "the first sentence answers and cites gold",
    "exact_match": "the marked words are an accepted answer (SQuAD EM, French normalisation)",
    "f1": "the marked words share tokens with an accepted answer (SQuAD F1)",
    "nugget_recall": "what must be said is said",
    "evidence_recall": "gold spans that are cited",
    "evidence_precision": "sentences that cite gold, of those given",
    "needless_abstention": "kept silent although the releases answer (lower is better)",
    "abstained": "silent where the releases do not answer, or corrected what was supposed",
    "reason_right": "the reason given for silence is the true one",
    "no_leak": "after a change of subject, nothing cited from the turns before",
    "recall@1": "gold in the first passage found",
    "recall@5": "gold in the first five",
    "recall@20": "gold in the first twenty",
    "mrr@10": "mean of 1 / rank of the first gold passage",
    "ndcg@10": "gold high in the list",
    "release@1": "the first passage is of the right release",
    "id_valid": "every citation names a release and a passage that exist",
    "span_valid": "every range holds the words quoted",
    "verbatim": "the words shown are the quotations and nothing else",
}
TABLES = (
    ("By kind", "kind", alone),
    ("By language", "language", alone),
    ("By wording", "form", alone),
    ("By what is asked", "asks", alone),
    ("Unanswerable, by class", "class", alone),
    ("Conversations, by turn", "turn", turns),
)
WEAK = 6  # groups named as what to improve next


@dataclass(frozen=True, slots=True)
class Weakness:
    """A group of like questions with what loses most of them."""

    facet: str
    value: str
    right: Share
    lost: int
    stage: str
    example: Item | None  # of the dev split, the only one to be looked at


def view(run: Run, benchmarks: Mapping[str, Any]) -> dict[str, Any]:
    """All that the templates show."""
    asked = (*run.items, *run.attribution)
    splits = {
        name: [item for item in run.items if name in {"all", item.facets["split"]}]
        for name in ("dev", "test", "all")
    }
    return {
        "run": run,
        "meaning": MEANING,
        "sections": [
            ("Answers", _rows(splits, ("right", *ANSWER))),
            ("Abstention", _rows(splits, ABSTENTION)),
            ("Retrieval", _rows(splits, RETRIEVAL)),
            ("Hard gates", _rows(splits, HARD)),
        ],
        "counts": {name: (len(alone(items)), len(turns(items))) for name, items in splits.items()},
        "confidence": {name: confidence_scores(alone(items)) for name, items in splits.items()},
        "refusals": refusals(alone(run.items)),
        "tables": [
            (title, {name: by(pick(items), facet, "right") for name, items in splits.items()})
            for title, facet, pick in TABLES
        ],
        "talks": [(metric, by(turns(run.items), "follow_up", metric)) for metric in CONVERSATION],
        "gap": follow_up_gap(run.items),
        "attribution": share(run.attribution, "right"),
        "stages": stages(run.items),
        "weak": weaknesses(run.items),
        "curve": _curve(alone(run.items)),
        "benchmarks": benchmarks,
        "failures": [i for i in asked if i.stage and i.facets["split"] == "dev"],
        "hidden": sum(i.stage is not None and i.facets["split"] == "test" for i in asked),
    }


def _rows(
    splits: Mapping[str, Sequence[Item]], metrics: Iterable[str]
) -> list[tuple[str, dict[str, Share | None]]]:
    """Of the questions asked alone."""
    return [
        (metric, {name: share(alone(items), metric) for name, items in splits.items()})
        for metric in metrics
    ]


def weaknesses(items: Sequence[Item]) -> list[Weakness]:
    """The groups below the mean that hold the most wrong questions, with the stage that loses most.

    A question asked alone is in several (what it asks, how it is worded); a turn only in one.
    """
    mean = share(items, "right")
    found = []
    for facet, pick in (("class", alone), ("asks", alone), ("form", alone), ("follow_up", turns)):
        for value, right in by(pick(items), facet, "right").items():
            if mean and right.value < mean.value:
                members = [item for item in pick(items) if item.facets.get(facet) == value]
                found.append(_weakness(facet, value, right, members))
    return sorted(found, key=lambda weak: (-weak.lost, weak.value))[:WEAK]


def _weakness(facet: str, value: str, right: Share, members: Sequence[Item]) -> Weakness:
    wrong = [item for item in members if item.stage is not None]
    stage = next(iter(stages(wrong)))
    dev = [item for item in wrong if item.facets["split"] == "dev"]
    shown = [item for item in dev if item.stage == stage] or dev
    return Weakness(facet, value, right, len(wrong), stage, shown[0] if shown else None)


def _curve(items: Sequence[Item]) -> list[tuple[float, float]]:
    """(coverage, risk), for the chart."""
    forced = [item for item in items if item.right_if_answered is not None]
    if not forced:
        return []
    risks = risk_coverage(
        [item.confidence for item in forced], [item.right_if_answered or 0.0 for item in forced]
    )
    return [(number / len(risks), risk) for number, risk in enumerate(risks, start=1)]


def write(shown: Mapping[str, Any], markdown: Path, html: Path) -> None:
    environment = Environment(
        loader=PackageLoader("oncoqa.evals"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = markdown_cell
    for name, path in (("report.md", markdown), ("report.html", html)):
        text = environment.get_template(name).render(shown)
        write_whole(path, text)


def markdown_cell(text: str) -> str:
    """Text within a table: one line, no mark of Markdown or HTML taken for one.

    >>> markdown_cell("a | b <i>")
    'a \\\\| b &lt;i>'
    """
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for mark in "\\|`*_[]#":
        line = line.replace(mark, f"\\{mark}")
    return line
