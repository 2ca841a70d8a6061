"""A contestant's process: `worker.py NAME FOLDER MODEL`, run by the Python of its environment.

FOLDER holds `texts.json`, `questions.json` and their vectors, `texts.npy` and `questions.npy`.
Orders come as JSON, one a line; so do the replies. Whatever a library prints goes to stderr.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.alternatives.contract import Search
from bench.alternatives.encoder import PASSAGE, QUERY, Encoder, Floats

Reply = dict[str, Any]


class Worker:
    def __init__(self, folder: Path, encoder: Encoder, search: Search) -> None:
        self._texts, given = _load(folder, "texts", PASSAGE)
        self._questions, asked = _load(folder, "questions", QUERY)
        self._given = given | asked
        self._encoder = encoder
        self._search = search

    def index(self, *, given: bool) -> Reply:
        with self._vectors(given):
            return {"seconds": _seconds(self._search.index, self._texts)}

    def round(self, *, given: bool, start: int, stop: int) -> Reply:
        """Milliseconds of each question, asked one after the other, and of processor on average;
        then the seconds that all of them take together."""
        questions = self._questions[start:stop]
        with self._vectors(given):
            self._fresh()
            before = time.process_time()
            each = [_seconds(self._search.search, question) * 1000 for question in questions]
            processor = (time.process_time() - before) * 1000 / len(questions)
            many = getattr(self._search, "search_many", None)
            self._fresh()
            whole = _seconds(many, questions) if many else sum(each) / 1000
        return {"each": each, "processor": processor, "whole": whole}

    def rank(self) -> Reply:
        with self._vectors(True):
            return {"rows": [self._search.search(question) for question in self._questions]}

    def memory(self) -> Reply:
        """Megabytes: the most that this process has held (Linux: VmHWM)."""
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return {"peak": next(int(x.split()[1]) for x in lines if x.startswith("VmHWM")) / 1024}

    def _fresh(self) -> None:
        getattr(self._search, "fresh", lambda: None)()

    @contextmanager
    def _vectors(self, given: bool) -> Iterator[None]:
        self._encoder.given = self._given if given else {}
        yield
        self._encoder.given = {}


def _load(folder: Path, name: str, prompt: str) -> tuple[list[str], dict[str, Floats]]:
    texts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / f"{name}.npy")
    return texts, {prompt + text: v for text, v in zip(texts, vectors, strict=True)}


def _seconds(call: Callable[[Any], object], what: object) -> float:
    start = time.perf_counter()
    call(what)
    return time.perf_counter() - start


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    name, folder, model = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, whatever it starts
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    adapter = import_module(f"bench.alternatives.adapters.{name}")
    encoder = getattr(adapter, "make_encoder", Encoder)(model)
    encoder.query("Prêt ?")  # loads the model
    print(json.dumps({"ready": True}), file=replies, flush=True)
    worker = Worker(folder, encoder, adapter.Search(encoder))
    for order in _orders():
        reply = getattr(worker, order.pop("do"))(**order)
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
