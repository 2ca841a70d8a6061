"""`make bench`: what a question, a start, an index and a crowd cost on this machine.

Everything is measured on the product as it is: the stages of an answer in this process, the rest in
processes of their own. Figures are medians of several runs. `results.json` holds all of them, and
`report.py` makes `RESULTS.md` and its plots of that file.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as cli.py does, before numpy loads

from bench import limits, report, stages
from bench.load import EVENTS, JSON, put
from bench.machine import (
    ONCOQA,
    ROOT,
    Process,
    described,
    medians,
    memory,
    processor_seconds,
    quantiles,
    read_questions,
    say,
    server,
    timed,
)
from oncoqa.build import build_index, load_assistant, make_encoder
from oncoqa.retrieval.generation import read_manifest
from oncoqa.settings import load_settings

__all__ = ["ROOT", "main", "say"]

RESULTS = ROOT / "bench" / "results.json"
CROWDS = ((1, JSON), (10, JSON), (50, JSON), (200, EVENTS))
ROUNDS = 3
STARTS = 5

Figures = dict[str, Any]


def main() -> None:
    build_index(load_settings())  # nothing to do, unless the releases or the encoder have changed
    questions = read_questions()
    results: Figures = {"machine": described(), "questions": len(questions)}
    say("peaks: a matrix product, a copy; what PyTorch costs")
    results |= peaks()
    say("stages of an answer")
    results |= answers(questions, results["peaks"])
    say(f"over HTTP, {', '.join(str(clients) for clients, _ in CROWDS)} clients")
    results |= served(questions)
    say("starts and indexing")
    results |= started() | indexed() | encoded()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    say(report.write(RESULTS.parent))


def peaks() -> Figures:
    """Of a child that may use every core."""
    with tempfile.TemporaryFile() as told:
        timed([sys.executable, "-m", "bench.peaks"], told, OPENBLAS_NUM_THREADS="")
        told.seek(0)
        figures = json.load(told)
    return {"torch": figures.pop("torch"), "peaks": figures}


def answers(questions: Sequence[str], peaks: dict[str, float]) -> Figures:
    """Each stage and its limit, in this process."""
    clock = stages.Clock()
    assistant, index, encoder = stages.watched(load_settings(), clock)
    times = stages.measure(assistant, clock, questions)
    work = limits.mean_work(limits.Counting(index, assistant, encoder), questions)
    floors = {
        stage: {"operations": w.operations, "bytes": w.bytes, "floor_ms": w.floor_ms(peaks)}
        for stage, w in work.items()
        if stage in times
    }
    return {"passages": len(index.passages), "stages": times, "limits": floors}


def served(questions: Sequence[str]) -> Figures:
    """What clients wait for and what it takes of the server; its memory before and after."""
    with server() as (port, process, _):
        put(port, questions[: stages.WARM_UP], clients=2)
        begun = memory(process)["now_mb"]
        crowds = [crowd(port, process, questions, *each) for each in CROWDS]
        return {"crowds": crowds, "memory": {"begun_mb": begun, **memory(process)}}


def crowd(
    port: int, process: Process, questions: Sequence[str], clients: int, accept: str
) -> Figures:
    """Medians over the rounds; two questions or more for each client."""
    asked = list(questions) * -(-2 * clients // len(questions))
    rounds, errors = [], 0
    for _ in range(ROUNDS):
        before = processor_seconds(process)
        waits = put(port, asked, clients=clients, accept=accept)
        spent = processor_seconds(process) - before
        errors += waits.errors
        first = {f"first_{name}": ms for name, ms in quantiles(waits.first).items()}
        own = {"server_ms": spent * 1000 / len(asked), "client_ms": waits.client_ms}
        own |= {"over_ms": statistics.median(waits.over), "rate": waits.rate}
        rounds.append(quantiles(waits.whole) | first | own)
    counted = {"clients": clients, "accept": accept, "asked": len(asked) * ROUNDS}
    return counted | {"errors": errors} | medians(rounds)


def started() -> Figures:
    """Seconds, medians of several."""
    ready = []
    for _ in range(STARTS):
        with server() as (_, _, seconds):
            ready.append(seconds)
    ask = [timed([*ONCOQA, "ask", "Qu'est-ce que l'étude HEROES ?"]) for _ in range(STARTS)]
    told = [timed([*ONCOQA, "--help"]) for _ in range(STARTS)]
    names = {"serve": ready, "ask": ask, "help": told}
    return {"starts": {name: statistics.median(seconds) for name, seconds in names.items()}}


def indexed() -> Figures:
    """`oncoqa index` from nothing, as a process."""
    seconds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(timed([*ONCOQA, "index"], ONCOQA_INDEX_DIR=folder))
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            passages = read_manifest(Path(folder))[1].passages
    return {"index": {"seconds": statistics.median(seconds), "bytes": size, "passages": passages}}


def encoded() -> Figures:
    """Passages of fifty of the releases' words that are encoded in a second, by every core."""
    settings = load_settings()
    encoder = make_encoder(settings)
    words = " ".join(r.text for r in load_assistant(settings).releases.values()).split()
    passages = [" ".join(words[n : n + 50]) for n in range(0, len(words) - 50, 50)]
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = sum(1 for _ in encoder.encode_documents(passages))
        rates.append(count / (time.perf_counter() - start))
    return {"encoded": statistics.median(rates)}


if __name__ == "__main__":
    main()
