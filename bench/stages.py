"""How long each stage of an answer takes, in this process.

The clocks are put around the parts from outside, so that the product carries none. A stage's time
is its own: what it spends in another stage, as when matching asks the encoder, counts for that one.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bench.machine import medians, quantiles
from oncoqa.assistant import Assistant
from oncoqa.build import load_index, make_assistant, make_encoder
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.index import SearchIndex
from oncoqa.settings import Settings
from oncoqa.web.payload import answer_as_payload

STAGES = {
    "understand": "question to query",
    "encode": "question to vectors",
    "dense": "search by vector",
    "lexical": "search by words",
    "fuse": "the words' terms, the fusion, the hits",
    "match": "each sentence of the passages found with each word (late interaction)",
    "read": "the best sentences, each with the question (the reader)",
    "choose": "which sentences, or silence",
    "verify": "compose, and check every word",
    "render": "the answer as JSON",
}
PASSES = 3
WARM_UP = 10

Stages = dict[str, float]  # milliseconds of a question, by stage


class Clock:
    """Milliseconds spent in each stage since the last `taken`."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._inner: list[float] = []  # for each call under way, what calls within it have taken

    def around(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            start = time.perf_counter()
            try:
                return call(*args, **options)
            finally:
                whole = (time.perf_counter() - start) * 1000
                self._spent[stage] += whole - self._inner.pop()
                if self._inner:
                    self._inner[-1] += whole

        return measured

    def taken(self) -> Stages:
        spent = dict(self._spent)
        self._spent.clear()
        return spent


class Watched:
    """In place of a part, one of whose methods is timed."""

    def __init__(self, part: Any, clock: Clock, **stages: str) -> None:
        self._part = part
        for method, stage in stages.items():
            setattr(self, method, clock.around(stage, getattr(part, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)

    def __contains__(self, item: object) -> bool:
        return item in self._part


def watched(settings: Settings, clock: Clock) -> tuple[Assistant, SearchIndex, Encoder]:
    encoder: Any = Watched(make_encoder(settings), clock, encode_query="encode")
    index = load_index(settings, encoder)
    seen = replace(
        index,
        dense=Watched(index.dense, clock, search="dense"),  # type: ignore[arg-type]
        lexical=Watched(index.lexical, clock, search="lexical"),  # type: ignore[arg-type]
    )
    assistant: Any = make_assistant(seen, settings, encoder)
    selector = assistant._selector
    ranker = getattr(selector, "_ranker", selector)
    ranker._scorer = Watched(ranker._scorer, clock, score="match")
    if hasattr(ranker, "_reader"):
        ranker._reader = Watched(ranker._reader, clock, read="read")
    assistant._understand = clock.around("understand", assistant._understand)
    assistant._retriever = Watched(assistant._retriever, clock, search="fuse")
    assistant._selector = Watched(selector, clock, select="choose")
    return assistant, index, encoder


def measure(assistant: Assistant, clock: Clock, questions: Sequence[str]) -> dict[str, Stages]:
    """Quantiles of each stage that took any time, and of the total; medians over the passes."""
    for question in questions[:WARM_UP]:
        ask(assistant, clock, question)
    passes = [[ask(assistant, clock, question) for question in questions] for _ in range(PASSES)]
    return {
        stage: medians([quantiles([told[stage] for told in asked]) for asked in passes])
        for stage in (*STAGES, "total")
        if any(told[stage] for told in passes[0])
    }


def ask(assistant: Assistant, clock: Clock, question: str) -> Stages:
    clock.taken()
    start = time.perf_counter()
    answer = assistant.ask(question)
    answered = time.perf_counter()
    answer_as_payload(answer).model_dump_json()
    end = time.perf_counter()
    told = dict.fromkeys(STAGES, 0.0) | clock.taken()
    told["verify"] = answer.timings_ms["verify"]
    told["render"] = (end - answered) * 1000
    return told | {"total": (end - start) * 1000}
