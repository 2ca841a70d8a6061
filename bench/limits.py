"""What each stage must do for a question, and how long the machine would need for it at the least.

Operations are multiplications and additions; bytes are those that must be read once. The floor is
the longer of the two, each at the peak that `peaks.py` measures. What is counted is what the method
asks for, not what the code does: the words of the question alone go through the encoder, search
reads each vector once, matching compares each word of the question with each token of the passages.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oncoqa.assistant import Assistant
from oncoqa.retrieval.encoder import EMBEDDED_FOLDER, Encoder
from oncoqa.retrieval.index import SearchIndex
from oncoqa.retrieval.late import passage_text
from oncoqa.retrieval.reader import READER_FOLDER
from oncoqa.retrieval.search import DEPTH
from oncoqa.text import terms, words
from oncoqa.types import Evidence
from oncoqa.web.payload import answer_as_payload

FLOAT = 4  # bytes
POSTING = 8  # bytes: a passage and its score
MAX_LAYER = 2**14  # a matrix with more rows is a table of words, of which a question reads some


@dataclass(frozen=True, slots=True)
class Work:
    """`int8`: the operations may be those of small integers."""

    operations: float = 0
    bytes: float = 0
    int8: bool = False

    def floor_ms(self, peaks: dict[str, float]) -> float:
        peak = peaks["int8_ops" if self.int8 else "float_ops"]
        return max(self.operations / peak, self.bytes / peaks["bytes"]) * 1000


class Counting:
    """Counts the work of each stage for a question."""

    def __init__(self, index: SearchIndex, assistant: Assistant, encoder: Encoder) -> None:
        self._assistant = assistant
        self._encoder = encoder
        self._passages = len(index.passages)
        self._width = len(encoder.encode_query("?").vector)
        self._weights = sum(matrix_sizes(EMBEDDED_FOLDER / "model.onnx", self._width))
        self._holders = Counter(t for p in index.passages for t in set(terms(passage_text(p))))
        self._evidence: Sequence[Evidence] = ()  # what the reader was given
        ranker = getattr(assistant._selector, "_ranker", None)
        if reader := getattr(ranker, "_reader", None):
            self._reader_weights = sum(matrix_sizes(READER_FOLDER / "model.onnx", self._width))
            reader.read = self._noting(reader.read)
        self._tokens = {p.id: len(index.tokens.spans_of(i)) for i, p in enumerate(index.passages)}

    def _noting(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def noted(question: str, evidence: Sequence[Evidence], **options: str) -> Any:
            self._evidence = [*self._evidence, *evidence]
            return read(question, evidence, **options)

        return noted

    def work(self, question: str) -> dict[str, Work]:
        self._evidence = ()
        answer = self._assistant.ask(question)
        tokens = len(self._encoder.encode_query(question).tokens)
        postings = sum(self._holders[term] for term in set(terms(question, answer.language)))
        asked = sum(not word.stop for word in words(question, answer.language))
        met = sum(self._tokens[h.passage.id] for h in answer.hits if not h.passage.furniture)
        quoted = sum(len(s.text.encode()) for s in answer.statements)
        sent = len(answer_as_payload(answer).model_dump_json().encode())
        return {
            "understand": Work(bytes=len(question.encode())),
            "encode": Work(2 * tokens * self._weights, self._weights, int8=True),
            "dense": Work(
                2 * self._passages * self._width, self._passages * self._width * FLOAT
            ),
            "lexical": Work(postings, postings * POSTING),
            "fuse": Work(2 * 2 * DEPTH * self._width, 2 * DEPTH * self._width * FLOAT),
            "match": Work(2 * met * asked * self._width, met * self._width, int8=True),
            "read": self._reading(tokens),
            "choose": Work(bytes=FLOAT * len(answer.hits)),
            "verify": Work(bytes=2 * quoted),
            "render": Work(bytes=2 * sent),
        }  # fmt: skip

    def _reading(self, asked: int) -> Work:
        """Of each sentence with the question; one round of the weights at the least."""
        if not self._evidence:
            return Work(int8=True)
        own = (len(self._encoder.encode_query(e.text).tokens) for e in self._evidence)
        tokens = sum(asked + tokens for tokens in own)
        return Work(2 * tokens * self._reader_weights, self._reader_weights, int8=True)


def mean_work(counting: Counting, questions: Sequence[str]) -> dict[str, Work]:
    each = [counting.work(question) for question in questions]
    return {
        stage: Work(
            statistics.mean(work[stage].operations for work in each),
            statistics.mean(work[stage].bytes for work in each),
            first.int8,
        )
        for stage, first in each[0].items()
    }


def matrix_sizes(model: Path, width: int) -> Iterator[int]:
    """The weights of each matrix product of an ONNX file whose sides are multiples of `width`."""
    file = memoryview(model.read_bytes())
    for field, tensor in _fields(next(g for f, g in _fields(file) if f == 7)):
        if field == 5:  # an initializer
            sides = [v for f, v in _fields(tensor) if f == 1]
            if len(sides) == 2 and max(sides) < MAX_LAYER and not any(s % width for s in sides):
                yield sides[0] * sides[1]


def _fields(message: Any) -> Iterator[tuple[int, Any]]:
    """The fields of a protobuf message, by number: enough of the format to find a shape."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
            case 2:
                size, at = _varint(message, at)
                yield key >> 3, message[at : at + size]
                at += size
            case kind:
                at += 8 if kind == 1 else 4


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
