"""How long people wait, alone and in company; what indexing costs. Differs from run to run."""

import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from oncoqa.assistant import Assistant
from oncoqa.build import build_index, make_encoder
from oncoqa.settings import Settings

CLIENTS = (1, 10, 50)
QUESTIONS = 200  # put in all, by as many clients


def latency(assistant: Assistant, questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds to the first event and to the answer, p50 and p95, for each number of clients.

    The clients are threads of this process that ask without a pause; the wait in line counts.
    """
    put = [questions[number % len(questions)] for number in range(QUESTIONS)]
    found = {}
    for clients in CLIENTS:
        with ThreadPoolExecutor(max_workers=clients) as pool:
            waits = np.array(list(pool.map(lambda question: _wait(assistant, question), put)))
        for column, name in enumerate(("first", "answer")):
            for percent in (50, 95):
                key = f"{name}_ms_p{percent}_at_{clients}"
                found[key] = round(float(np.percentile(waits[:, column], percent)), 1)
    return found


def _wait(assistant: Assistant, question: str) -> tuple[float, float]:
    start = time.perf_counter()
    events = assistant.stream(question)
    next(events)
    first = time.perf_counter()
    for _ in events:
        pass
    return (first - start) * 1000, (time.perf_counter() - start) * 1000


def indexing(settings: Settings) -> dict[str, float]:
    """Seconds for 1,000 passages, size on disk, and this process's peak memory so far."""
    encoder = make_encoder(settings)
    with TemporaryDirectory(prefix="oncoqa-eval-") as folder:
        apart = settings.model_copy(update={"index_dir": Path(folder)})
        start = time.perf_counter()
        manifest = build_index(apart, encoder)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {
        "index_s_per_1000_passages": round(seconds / manifest.passages * 1000, 1),
        "index_kb_per_passage": round(size / manifest.passages / 1000, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
