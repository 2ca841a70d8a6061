"""`python -m bench.alternatives --data FOLDER…`; the package's docstring says what it measures."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as version_here
from pathlib import Path
from typing import Any

import numpy as np

from bench.alternatives.corpora import Corpus, collection, releases
from bench.alternatives.encoder import Encoder
from bench.alternatives.install import HERE, installed, python_of, say
from oncoqa.retrieval.encoder import EMBEDDED_FOLDER

ROOT = HERE.parents[1]
OWN = ("oncoqa", "oncoqa_understanding")  # in the project's own environment
LIBRARIES = {
    "oncoqa": ("faiss-cpu", "scipy", "onnxruntime"),
    "oncoqa_understanding": (),
    "haystack": ("haystack-ai",),
    "txtai": ("txtai", "faiss-cpu", "torch"),
    "llamaindex": ("llama-index-core", "llama-index-retrievers-bm25", "bm25s", "faiss-cpu"),
    "tutorial": ("rank-bm25", "faiss-cpu"),
    "haiku": ("haiku.rag-slim", "lancedb"),
}
WARM_UP = 10
# One thread for each library that asks, no network for any; a process is held to one core besides.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LOGFIRE_IGNORE_NO_CONFIG": "1",
}
COLUMNS = {
    "recall@5": "recall@5", "ndcg@10": "nDCG@10",
    "ask_ms_p50": "ask p50", "ask_ms_p95": "p95", "ask_cpu_ms": "cpu", "ask_per_s": "ask/s",
    "search_ms_p50": "search p50", "search_ms_p95": "p95", "search_cpu_ms": "cpu",
    "search_per_s": "search/s",
    "index_s": "index s", "index_whole_s": "whole s", "start_s": "start s", "peak_mb": "peak MB",
}  # fmt: skip
Figures = dict[str, float]


class Contestant:
    """A worker's process, spoken to line by line."""

    def __init__(self, name: str, folder: Path) -> None:
        python = sys.executable if name in OWN else str(python_of(name))
        command = [python, "-m", "bench.alternatives.worker", name, str(folder)]
        self.name = name
        self._log = (folder / f"{name}.log").open("w+", encoding="utf-8")
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, str(EMBEDDED_FOLDER)],
            cwd=ROOT, env={**os.environ, **ENVIRONMENT}, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip
        self._reply()
        self.start_s = time.perf_counter() - start

    def __call__(self, do: str, **arguments: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._reply()

    def close(self) -> None:
        self._process.communicate()  # closes its stdin, at which it ends
        self._log.close()

    def _reply(self) -> Any:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return json.loads(line)
        self._process.wait()
        self._log.seek(0)
        raise SystemExit(f"{self.name} ended:\n{self._log.read()[-3000:]}")


def main() -> None:
    arguments = read_arguments()
    corpora = [releases(ROOT)]
    corpora += [collection(folder, limit=arguments.questions) for folder in arguments.data]
    report = {
        "machine": machine(),
        "settings": {name: getattr(arguments, name) for name in ("questions", "timed", "rounds")},
        "versions": {name: dict(versions(name)) for name in arguments.only},
        "corpora": {},
    }
    for corpus in corpora:
        measured = measure(corpus, arguments)
        report["corpora"][corpus.name] = measured
        say("\n".join(table(corpus.name, measured)))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def read_arguments() -> argparse.Namespace:
    names = [*OWN, *installed()]
    parser = argparse.ArgumentParser(prog="python -m bench.alternatives")
    parser.add_argument("--data", nargs="*", type=Path, default=[], help="folders as BEIR has them")
    parser.add_argument("--questions", type=int, default=1_000, help="of a folder, at most")
    parser.add_argument("--timed", type=int, default=100, help="of those, in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=names, choices=names, metavar="NAME")
    parser.add_argument("--out", type=Path, help="a file for all figures, as JSON")
    return parser.parse_args()


def measure(corpus: Corpus, arguments: argparse.Namespace) -> dict[str, Any]:
    timed = min(arguments.timed, len(corpus.questions))
    with prepared(corpus) as (folder, encoding_s), ExitStack() as running:
        contestants = [Contestant(name, folder) for name in arguments.only]
        for contestant in contestants:
            running.callback(contestant.close)
        index = {c.name: c("index", given=True)["seconds"] for c in contestants}
        rounds = list(take_turns(contestants, arguments.rounds, timed))
        figures = {
            c.name: corpus.quality(c("rank")["rows"])
            | timings([r[c.name] for r in rounds])
            | {"index_s": index[c.name], "start_s": c.start_s, "peak_mb": c("memory")["peak"]}
            for c in contestants
        }
        if corpus.name == "releases":
            for name in arguments.only:
                figures[name]["index_whole_s"] = indexed_whole(name, folder)
    return {
        "passages": len(corpus.texts),
        "questions": len(corpus.questions),
        "timed": timed,
        "encoding_s": encoding_s,
        "contestants": {
            name: {key: round(value, 4) for key, value in row.items()}
            for name, row in figures.items()
        },
    }


@contextmanager
def prepared(corpus: Corpus) -> Iterator[tuple[Path, float]]:
    """A folder as `worker.py` reads it, and the seconds that the passages took to be encoded."""
    encoder = Encoder(EMBEDDED_FOLDER)
    questions = [question.text for question in corpus.questions]
    vectors = np.stack([encoder.query(question) for question in questions])
    start = time.perf_counter()
    passages = encoder.passages(corpus.texts)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory(prefix="alternatives-") as name:
        folder = Path(name)
        for what, texts, rows in (
            ("texts", corpus.texts, passages),
            ("questions", questions, vectors),
        ):
            (folder / f"{what}.json").write_text(json.dumps(list(texts)), encoding="utf-8")
            np.save(folder / f"{what}.npy", rows)
        yield folder, seconds


def take_turns(
    contestants: Sequence[Contestant], rounds: int, timed: int
) -> Iterator[dict[str, dict[str, Any]]]:
    """What each said of each round; who begins changes, so that a busy moment falls on all."""
    for contestant in contestants:
        for given in (True, False):
            contestant("round", given=given, start=0, stop=min(WARM_UP, timed))
    for number in range(rounds):
        first = number % len(contestants)
        yield {
            c.name: {
                "ask": c("round", given=False, start=0, stop=timed),
                "search": c("round", given=True, start=0, stop=timed),
            }
            for c in [*contestants[first:], *contestants[:first]]
        }


def timings(rounds: Sequence[Mapping[str, Any]]) -> Figures:
    figures: Figures = {}
    for what in ("ask", "search"):
        quantiles = [np.percentile(r[what]["each"], [50, 95]) for r in rounds]
        p50, p95 = np.median(quantiles, axis=0)
        per_s = statistics.median(len(r[what]["each"]) / r[what]["whole"] for r in rounds)
        figures |= {f"{what}_ms_p50": float(p50), f"{what}_ms_p95": float(p95)}
        figures[f"{what}_per_s"] = per_s
        figures[f"{what}_cpu_ms"] = statistics.median(r[what]["processor"] for r in rounds)
    return figures


def indexed_whole(name: str, folder: Path) -> float:
    contestant = Contestant(name, folder)
    seconds = contestant("index", given=False)["seconds"]
    contestant.close()
    return float(seconds)


def versions(name: str) -> Iterator[tuple[str, str]]:
    for library in LIBRARIES[name]:
        yield library, version_here(library) if name in OWN else version_there(name, library)


def version_there(name: str, library: str) -> str:
    lines = (HERE / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    pinned = dict(line.split("==") for line in lines.splitlines())
    return pinned[library]


def machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "processor": processor(),
        "system": platform.system(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
    }


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def table(name: str, measured: Mapping[str, Any]) -> Iterator[str]:
    """In Markdown, times in milliseconds unless a column says seconds."""
    yield f"\n{name}: {measured['passages']} passages, {measured['questions']} questions, "
    yield f"{measured['timed']} of them timed; encoding the passages {measured['encoding_s']:.1f} s"
    rows = measured["contestants"]
    shown = [key for key in COLUMNS if any(key in row for row in rows.values())]
    yield "| | " + " | ".join(COLUMNS[key] for key in shown) + " |"
    yield "|---" * (len(shown) + 1) + "|"
    for contestant, row in rows.items():
        yield f"| {contestant} | " + " | ".join(cell(key, row[key]) for key in shown) + " |"


def cell(key: str, value: float) -> str:
    if "@" in key:
        return f"{value:.1%}"
    return f"{value:.0f}" if key in {"peak_mb", "ask_per_s", "search_per_s"} else f"{value:.2f}"


if __name__ == "__main__":
    main()
