"""The reader: a question and a sentence read together, so that each word sees all the others.

It says whether the sentence answers, which an average over words cannot, and which of its words do.
Made by `training/reader.py`, whose windows these are.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.onnx_model import open_graph
from oncoqa.text import sentences
from oncoqa.types import Evidence, Reading, Span

READER_FOLDER = Path(__file__).parent.parent / "models" / "reader"
START, END = 0, 2  # of a text, for the tokenizer
# Tokens, as trained.
MOST_QUESTION, MOST_AFTER, MOST_TITLE, MOST_AROUND, MOST_SENTENCE = 48, 40, 24, 40, 112
LONGEST = 20  # tokens of the words that answer


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence with its release's title, and the headings and the sentence before it."""

    title: str
    around: str
    text: str

    @classmethod
    def of(cls, evidence: Evidence) -> "Shown":
        return cls(evidence.passage.release.title, _before(evidence), evidence.text)


def asked_ids(tokenizer: Tokenizer, question: str, after: str = "") -> list[int]:
    """Of a question and, behind it, the end of those that it follows."""
    texts = [f"query: {question}", f"— {after}"]
    asked, earlier = tokenizer.encode_batch(texts, add_special_tokens=False)
    return [*asked.ids[:MOST_QUESTION], *(earlier.ids[-MOST_AFTER:] if after else [])]


def fed(
    tokenizer: Tokenizer, asked: Sequence[int], shown: Shown
) -> tuple[list[int], tuple[int, int], list[tuple[int, int]]]:
    """Ids that are read, where the sentence's own stand in them, and each own token's characters.

    What is too long is cut: what stands around a sentence at its start, all else at its end.
    """
    texts = [shown.title, shown.around, shown.text]
    title, around, own = tokenizer.encode_batch(texts, add_special_tokens=False)
    sentence = own.ids[:MOST_SENTENCE]
    before = [*title.ids[:MOST_TITLE], *around.ids[-MOST_AROUND:]]
    ids = [START, *asked, END, *before, END, *sentence, END]
    first = len(ids) - 1 - len(sentence)
    return ids, (first, len(ids) - 1), own.offsets[:MOST_SENTENCE]


class SentenceReader:
    """Runs a graph whose int64 inputs are `input_ids`, `attention_mask` and `held`, which marks the
    sentence's own tokens (batch, tokens), and whose outputs, log-odds, are `answers` (batch,),
    `start` and `end` (batch, tokens).

    Immutable; any number of threads may read at once.
    """

    def __init__(self, model: Path, tokenizer: Path, *, threads: int = 0) -> None:
        """`threads` sentences are read at once; 0 is one for each core."""
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._session = open_graph(model)
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)

    def read(
        self, question: str, evidence: Sequence[Evidence], *, after: str = ""
    ) -> list[Reading]:
        """In the order of `evidence`; each alone, so that no score depends on another's.

        `after` holds the questions before, where this one leans on them.
        """
        asked = asked_ids(self._tokenizer, question, after)
        return list(self._pool.map(partial(self._read, asked), evidence))

    def _read(self, asked: Sequence[int], evidence: Evidence) -> Reading:
        ids, (first, last), offsets = fed(self._tokenizer, asked, Shown.of(evidence))
        held = np.zeros((1, len(ids)), np.int64)
        held[0, first:last] = 1
        feed = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones_like(held),
            "held": held,
        }
        [answers], [start], [end] = self._session.run(["answers", "start", "end"], feed)
        begins, ends = _likeliest(start[first:last], end[first:last])
        begin, finish = offsets[begins][0], offsets[ends][1]
        begin = finish - len(evidence.text[begin:finish].lstrip())  # a token opens with its blank
        return Reading(float(answers), Span(evidence.start + begin, evidence.start + finish))


def _before(evidence: Evidence) -> str:
    """Headings and introduction, then the sentence before in the passage, where there is one."""
    passage = evidence.passage
    ranges = sentences(passage.text)
    earlier = [span for span in ranges if passage.start + span.start < evidence.start]
    said = passage.text[slice(*earlier[-1])] if earlier else ""
    return f"{passage.context}\n{said}".strip()


def _likeliest(start: Floats, end: Floats) -> tuple[int, int]:
    """First and last of at most `LONGEST` tokens, whose two log-odds have the best sum."""
    both = start[:, None] + end[None, :]
    both[np.tril_indices_from(both, -1)] = -np.inf
    both[np.triu_indices_from(both, LONGEST)] = -np.inf
    first, last = np.unravel_index(both.argmax(), both.shape)
    return int(first), int(last)
