"""The product on the invented releases that no model was trained on: `python -m training.held_out`.

Questions are put to one release at a time, conversations to all five of a series. Rules, weights
and calibration may be chosen by these figures; the reference questions of `evals/` then test them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from oncoqa.evals.abstention import auroc
from oncoqa.retrieval.encoder import Encoder, load_encoder
from oncoqa.types import Answer, Filters
from training.written import Series, all_series, conversations_of, opened, questions_of

NEEDLESS = 0.05  # share of answerable questions that may meet silence


@dataclass(frozen=True, slots=True)
class Outcome:
    answerable: bool
    right: bool  # the first statement is of the sentences that answer
    confidence: float


def outcomes(series: Series) -> Iterator[Outcome]:
    for asked in questions_of(series.folder):
        answer = series.assistant.ask(asked.question, filters=Filters(release_id=asked.release))
        first = [statement.text for statement in answer.statements[:1]]
        right = asked.answered and any(asked.is_met_by(text) for text in first)
        yield Outcome(asked.answered, right, answer.confidence)


def conversation_turns(series: Series) -> Iterator[tuple[str, str]]:
    """What a turn is, `none`, `carried`, `new_subject` or `unanswerable`; and `right`, `wrong` or
    `silent`."""
    for turns in conversations_of(series.folder):
        history: list[Answer] = []
        for turn in turns:
            answer = series.assistant.ask(turn.question, history=history)
            history.append(answer)
            silent = turn.answer is not None and answer.status == "abstained"
            how = "right" if turn.is_met(answer) else "silent" if silent else "wrong"
            yield turn.kind if turn.answer is not None else "unanswerable", how


def table(found: Sequence[Outcome]) -> str:
    sure = np.array([outcome.confidence for outcome in found])
    right = np.array([outcome.right for outcome in found])
    can = np.array([outcome.answerable for outcome in found])
    threshold = np.quantile(sure[can], NEEDLESS)
    return (
        f"{can.sum()} answerable, {(~can).sum()} not; first right {right[can].mean():.3f}; "
        f"AUROC of answerable {auroc(sure[can], sure[~can]):.3f}, "
        f"of right {auroc(sure[right], sure[~right]):.3f}; unanswerable below the confidence "
        f"{threshold:.2f} that {NEEDLESS:.0%} of the answerable do not reach: "
        f"{(sure[~can] < threshold).mean():.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("train", "dev"), default="dev")
    part = parser.parse_args().part
    encoder: Encoder = load_encoder("embedded")
    found: list[Outcome] = []
    turns: Counter[tuple[str, str]] = Counter()
    for folder in all_series(part):
        with opened(folder, encoder) as series:
            found += outcomes(series)
            turns.update(conversation_turns(series))
    print(table(found))
    for kind in sorted({kind for kind, _ in turns}):
        count = sum(n for (own, _), n in turns.items() if own == kind)
        shares = {how: f"{n / count:.3f}" for (own, how), n in sorted(turns.items()) if own == kind}
        print(f"turns, {kind}: {count}, {shares}")


if __name__ == "__main__":
    main()
