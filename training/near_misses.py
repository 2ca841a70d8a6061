"""PIAF's questions as groups of windows: the one that answers, and near-misses made from the data.

Near-misses are other sentences of the passage and of passages on the subject, hardest first by the
encoder's cosine, none that holds an accepted answer; and the answering window under the question
with one year, name or number changed, and with one plain word changed for a word of like meaning
that its passage does not hold ("la population" becomes "la superficie").

Nothing about a window alone tells its label: every sentence of PIAF answers some questions and not
others. Nor does a changed question: where the window holds the word too, one positive in two is
made by changing it on both sides.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from torch import nn

from oncoqa.retrieval.reader import Shown
from training import piaf
from training.encoder import TorchRunner, tokenize
from training.text import fold, words
from training.windows import Group, Windows, changed

HARD = 6  # negatives are drawn from the so many nearest


@dataclass(frozen=True, slots=True)
class Change:
    """One word for another."""

    old: str
    new: str

    def made_in(self, text: str) -> str:
        return re.sub(rf"(?<!\w){re.escape(self.old)}(?!\w)", self.new, text)


class Alike:
    """Words of like meaning and ending, from all questions: what a plain word may change for."""

    def __init__(self, data: piaf.Piaf, encoder: nn.Module, tokenizer: Tokenizer) -> None:
        counts = Counter(word for q in data.questions for word in plain_words(q.text))
        self.words = sorted(word for word, count in counts.items() if count > 1)
        vectors, _ = TorchRunner(encoder).run(tokenize(tokenizer, self.words, "query"))
        like = vectors @ vectors.T
        self.near: dict[str, list[str]] = {}
        for row, word in enumerate(self.words):
            order = [self.words[i] for i in np.argsort(-like[row])[1:400]]
            same = [other for other in order if other[-2:] == word[-2:] and not akin(word, other)]
            self.near[word] = same[3:30]  # the very nearest may be synonyms


def plain_words(text: str) -> list[str]:
    """Content words in small letters."""
    found = (text[word.start : word.end] for word in words(text) if word.kind == "content")
    return [word for word in found if word.isalpha() and word.islower() and len(word) > 3]


def akin(one: str, other: str) -> bool:
    return fold(one)[:5] == fold(other)[:5]


class Neighbours:
    """For each question the sentences nearest to it that do not answer: of its passage, and of the
    others of its part."""

    def __init__(
        self,
        data: piaf.Piaf,
        questions: Sequence[piaf.Question],
        encoder: nn.Module,
        tokenizer: Tokenizer,
    ) -> None:
        runner = TorchRunner(encoder)
        texts = [piaf.headed(data.titles[s.passage], s.text) for s in data.sentences]
        held, _ = runner.run(tokenize(tokenizer, texts, "passage"))
        asked, _ = runner.run(tokenize(tokenizer, [q.text for q in questions], "query"))
        parts = np.array([data.parts[s.passage] for s in data.sentences])
        of_passage = np.array([s.passage for s in data.sentences])
        folded = [fold(s.text) for s in data.sentences]
        self.inside: list[list[int]] = []
        self.outside: list[list[int]] = []
        for question, vector in zip(questions, asked, strict=True):
            order = np.argsort(-(held @ vector))
            order = [
                int(s)
                for s in order[parts[order] == question.part][:80]
                if not any(a in folded[s] for a in question.answers)
            ]
            mine = [
                s
                for s in data.sentence_ids[question.passage]
                if s != question.sentence and not any(a in folded[s] for a in question.answers)
            ]
            near = sorted(mine, key=lambda s: -float(held[s] @ vector))
            self.inside.append(near[:HARD])
            self.outside.append([s for s in order if of_passage[s] != question.passage][:HARD])


class PiafGroups:
    def __init__(
        self, data: piaf.Piaf, windows: Windows, encoder: nn.Module, cache: Path, seed: int
    ) -> None:
        self.data, self.windows = data, windows
        self.rng = random.Random(seed)  # noqa: S311
        cache.mkdir(parents=True, exist_ok=True)
        file = cache / "neighbours.json"
        if not file.exists():
            near = Neighbours(data, data.questions, encoder, windows.tokenizer)
            file.write_text(json.dumps([near.inside, near.outside]), encoding="utf-8")
        self.inside, self.outside = json.loads(file.read_text(encoding="utf-8"))
        file = cache / "alike.json"
        if not file.exists():
            alike = Alike(data, encoder, windows.tokenizer)
            file.write_text(json.dumps(alike.near, ensure_ascii=False), encoding="utf-8")
        self.alike: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
        by_article: dict[int, list[int]] = {}
        for passage, article in enumerate(data.articles):
            by_article.setdefault(article, []).append(passage)
        self.near = [by_article[article] for article in data.articles]

    def group(self, number: int) -> Group:
        question, of = self.data.questions[number], self.windows.of
        drawn = [
            self.rng.choice(near) for near in (self.inside[number], self.outside[number]) if near
        ]
        here = shown(self.data, question.sentence)
        change = self.change(question, self.rng)
        altered = change.made_in(question.text) if change else question.text
        both = (
            change is not None and self._on_both_sides(question, change) and self.rng.random() < 0.5
        )
        group = [
            of(altered, changed(here, change.made_in), question.spans)
            if both and change
            else of(question.text, here, question.spans)
        ]
        group += [of(question.text, shown(self.data, sentence)) for sentence in drawn]
        if change is not None:
            group.append(of(altered, here))
        other = piaf.swapped(self.data, question, self.rng, self.near[question.passage])
        if other:
            group.append(of(other, here))
        return Group(group)

    def change(self, question: piaf.Question, rng: random.Random) -> Change | None:
        """A plain word of the question for one of like meaning that its passage does not hold."""
        passage = {fold(word)[:5] for word in plain_words(self.data.passages[question.passage])}
        old = [word for word in plain_words(question.text) if self.alike.get(word)]
        if not old:
            return None
        word = rng.choice(old)
        new = [other for other in self.alike[word] if fold(other)[:5] not in passage]
        return Change(word, rng.choice(new)) if new else None

    def _on_both_sides(self, question: piaf.Question, change: Change) -> bool:
        text = self.data.sentences[question.sentence].text
        held = change.made_in(text) != text
        return held and not any(change.old in span for span in question.spans)


def shown(data: piaf.Piaf, sentence: int) -> Shown:
    here = data.sentences[sentence]
    first = sentence == data.sentence_ids[here.passage][0]
    before = "" if first else data.sentences[sentence - 1].text
    return Shown(data.titles[here.passage], before, here.text)
