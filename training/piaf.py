"""PIAF as passages, sentences and questions, split by article."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.text import fold, sentences, words

SEED = 20251127
SHARES = (("test", 0.20), ("dev", 0.08))  # the rest trains


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: `passages[passage][start:end]`."""

    passage: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the passage and the sentence that answer it (indices), and every accepted answer,
    folded and as it stands."""

    text: str
    passage: int
    sentence: int
    answers: tuple[str, ...]
    spans: tuple[str, ...]
    part: str


@dataclass(frozen=True, slots=True)
class Piaf:
    """`titles[i]`, `parts[i]` and `sentence_ids[i]` belong to `passages[i]`; `articles[i]` is its
    article's number."""

    passages: list[str]
    titles: list[str]
    articles: list[int]
    parts: list[str]
    sentences: list[Sentence]
    sentence_ids: list[range]
    questions: list[Question]

    def passage_texts(self) -> list[str]:
        """Each passage with its heading in front, as it is encoded and indexed."""
        return [headed(t, p) for t, p in zip(self.titles, self.passages, strict=True)]


def headed(heading: str, text: str) -> str:
    return f"{heading}\n{text}"


def _clean(title: str) -> str:
    return re.sub(r"<[^>]+>", "", title).strip()


def load(path: Path) -> Piaf:
    """Read the SQuAD layout; the parts are drawn over articles, with a fixed seed, so no article is
    on two sides."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    order = list(range(len(articles)))
    random.Random(SEED).shuffle(order)  # noqa: S311
    part_of, taken = dict.fromkeys(order, "train"), 0
    for part, share in SHARES:
        count = round(share * len(articles))
        part_of |= dict.fromkeys(order[taken : taken + count], part)
        taken += count
    data = Piaf([], [], [], [], [], [], [])
    for number, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            _add(data, paragraph, _clean(article["title"]), number, part_of[number])
    return data


def _add(data: Piaf, paragraph: dict, title: str, article: int, part: str) -> None:
    context, passage, first = paragraph["context"], len(data.passages), len(data.sentences)
    ranges = sentences(context)
    data.passages.append(context)
    data.titles.append(title)
    data.articles.append(article)
    data.parts.append(part)
    data.sentences.extend(Sentence(passage, a, b, context[a:b]) for a, b in ranges)
    data.sentence_ids.append(range(first, first + len(ranges)))
    for qa in paragraph["qas"]:
        starts = [a["answer_start"] for a in qa["answers"] if a["text"].strip()]
        if not starts or not any(w.kind != "stop" for w in words(qa["question"])):
            continue
        votes = [
            max(i for i, (a, _) in enumerate(ranges) if a <= max(start, ranges[0][0]))
            for start in starts
        ]
        answers = tuple(sorted({fold(a["text"]).strip(" .,;") for a in qa["answers"]}))
        best = max(set(votes), key=lambda v: (votes.count(v), -v))
        data.questions.append(
            Question(
                qa["question"],
                passage,
                first + best,
                answers,
                tuple(a["text"].strip() for a in qa["answers"]),
                part,
            )
        )


_YEAR, _NUMBER = r"(?<!\w)(?:1\d{3}|20\d{2})(?!\w)", r"(?<!\w)\d+(?!\w)"
_NAME = r"(?<=[a-zà-ÿ'’,] )[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+)*"  # not the first word
_SWAPPABLE = re.compile(f"{_YEAR}|{_NAME}|{_NUMBER}")


def swapped(
    data: Piaf, question: Question, rng: random.Random, near: Sequence[int] = ()
) -> str | None:
    """The question with one year, name or number changed for another of the same kind: its passage
    no longer answers it.
    A name comes from a passage of `near` two times in three, where there is one: "Kinsler" becomes
    another player.
    None where there is nothing to change, or where the passage names the new one as well.
    """
    spots = list(_SWAPPABLE.finditer(question.text))
    if not spots:
        return None
    spot = rng.choice(spots)
    old = spot.group()
    if old.isdigit():
        span = 30 if len(old) == 4 else 9
        new = str(max(1, int(old) + rng.choice([-1, 1]) * rng.randint(1, span)))
    else:
        new = _name_like(data, question, rng, near)
    if not new or fold(new) in fold(data.passages[question.passage]):
        return None
    return question.text[: spot.start()] + new + question.text[spot.end() :]


def _name_like(data: Piaf, question: Question, rng: random.Random, near: Sequence[int]) -> str:
    pools = [rng.sample(list(near), len(near))] if near and rng.random() < 0.67 else []
    for other in [
        *(p for pool in pools for p in pool),
        *(rng.randrange(len(data.passages)) for _ in range(1000)),
    ]:
        if data.parts[other] == question.part and other != question.passage:
            names = [
                m.group()
                for m in _SWAPPABLE.finditer(data.passages[other])
                if not m.group()[0].isdigit()
            ]
            if names:
                return rng.choice(names)
    return ""
