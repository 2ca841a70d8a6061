"""`python -m bench.scale`: a thousand releases. What the index costs at that size, and how long a
question waits.

The text is generated, the encoder a hash of each word, of the embedded one's width: what is
measured is everything but the encoder. Its own speed is measured apart, on the real releases, and
told beside. Each step is a process of its own, so that its memory is its own.
"""

import argparse
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from bench.__main__ import ROOT, say
from oncoqa.build import build_index, load_service, make_encoder
from oncoqa.corpus.parse import read_corpus
from oncoqa.corpus.split import split
from oncoqa.retrieval.encoder import Encoded, Floats, unit_rows
from oncoqa.retrieval.late import passage_text
from oncoqa.settings import Settings
from oncoqa.types import Query

DIMENSIONS = 384
PASSAGES = 40  # of a release
WORDS = 45  # of a passage
VOCABULARY = 30_000


class Hashing:
    """Each word has a vector of its own."""

    name = fingerprint = "hashing"

    def encode_query(self, text: str) -> Encoded:
        words = text.split() or ["."]
        tokens = np.stack([_vector(word) for word in words])
        ends = np.cumsum([len(word) + 1 for word in words])
        spans = np.stack([ends - [len(word) + 1 for word in words], ends - 1], axis=1)
        vector = unit_rows(tokens.sum(axis=0, keepdims=True))[0]
        return Encoded(vector, tokens, spans.astype(np.int32))

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        return (self.encode_query(text) for text in texts)


@lru_cache(maxsize=VOCABULARY * 2)
def _vector(word: str) -> Floats:
    seed = int.from_bytes(word.encode()[:8].ljust(8), "big")
    return np.random.default_rng(seed).standard_normal(DIMENSIONS, np.float32)


def generate(folder: Path, releases: int) -> None:
    """Releases of French-looking words, as frequent as words are (Zipf), the same each time."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(1)
    letters = random.Random(1)  # noqa: S311
    syllables = [c + v for c in "bcdfglmnprstv" for v in ("a", "e", "i", "o", "ou", "an", "on")]
    words = [
        "".join(letters.choices(syllables, k=letters.randint(1, 4))) for _ in range(VOCABULARY)
    ]
    weights = 1 / np.arange(1, VOCABULARY + 1)
    weights /= weights.sum()
    for number in range(releases):
        drawn = chance.choice(VOCABULARY, size=(PASSAGES, WORDS), p=weights)
        body = [" ".join(words[w] for w in row).capitalize() + "." for row in drawn]
        body = [f"## Partie {i}\n\n{p}" if i % 8 == 0 else p for i, p in enumerate(body)]
        write(folder, number, "\n\n".join(body))


def write(folder: Path, number: int, body: str) -> None:
    front = f"id: r{number}\ntitle: Titre {number}\npublisher: Unicancer\nlanguage: fr\n"
    path = folder / f"r{number}.md"
    path.write_text(f"---\n{front}status: published\n---\n\n{body}\n", encoding="utf-8")


def indexed(settings: Settings) -> dict[str, float]:
    """Index what has changed."""
    start, encoder = time.perf_counter(), Timed()
    manifest = build_index(settings, encoder)
    whole = time.perf_counter() - start
    return {"seconds": whole, "encoding": encoder.seconds, "passages": manifest.passages}


class Timed(Hashing):
    def __init__(self) -> None:
        self.seconds = 0.0

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        start = time.perf_counter()
        encoded = list(super().encode_documents(texts))
        self.seconds += time.perf_counter() - start
        return iter(encoded)


def started(settings: Settings) -> dict[str, float]:
    """Load, then search and read: times in milliseconds."""
    start = time.perf_counter()
    service = load_service(settings, Hashing())
    ready = time.perf_counter() - start
    passages = service.index.passages
    times, texts = [], [p.text.split() for p in passages[:: max(len(passages) // 300, 1)]]
    for words in texts:
        question = " ".join(words[3:11])
        query = Query(
            question=question, language="fr", asks="other", meant=question, search_texts=(question,)
        )
        start = time.perf_counter()
        service.assistant._retriever.search(query, 16)
        times.append((time.perf_counter() - start) * 1000)
    answers = [
        service.assistant.ask(" ".join(words[3:11])).timings_ms["total"] for words in texts[:60]
    ]
    return {
        "ready": ready,
        "p50": statistics.median(times),
        "p95": statistics.quantiles(times, n=20)[18],
        "answer": statistics.median(answers),
    }


def encoder_speed() -> float:
    """Passages a second of the embedded encoder, on this machine as busy as it is."""
    encoder = make_encoder(Settings())
    texts = [passage_text(p) for r in read_corpus(ROOT / "corpus") for p in split(r)]
    start = time.perf_counter()
    for text in texts:
        list(encoder.encode_documents([text]))
    return len(texts) / (time.perf_counter() - start)


def apart(step: str, settings: Settings) -> dict[str, float]:
    """A step in a child: its figures and its peak memory, in megabytes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        figures = {"indexed": indexed, "started": started}[step](settings)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(writing, json.dumps(figures | {"memory": peak}).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as told:
        figures = json.loads(told.read() or "{}")
    os.waitpid(child, 0)
    return {str(name): float(value) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--releases", type=int, default=1_000)
    releases = parser.parse_args().releases
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        settings = Settings(
            corpus_dir=place / "corpus", index_dir=place / "index", data_dir=place / "data"
        )
        generate(settings.corpus_dir, releases)
        full = apart("indexed", settings)
        own = full["seconds"] - full["encoding"]
        say(
            f"{releases} releases, {full['passages']:.0f} passages from nothing: {own:.1f} s "
            f"besides the encoder, peak {full['memory']:.0f} MB (aim 1,500)"
        )
        for what in ("first start", "restart"):
            begun = apart("started", settings)
            say(
                f"{what}: {begun['ready']:.1f} s (aim 5), peak {begun['memory']:.0f} MB (aim 1,500)"
            )
        say(f"search: p50 {begun['p50']:.1f} ms, p95 {begun['p95']:.1f} ms (aim 20)")
        say(f"answer: p50 {begun['answer']:.1f} ms, the encoder being a hash")
        write(settings.corpus_dir, releases, "Un communiqué de plus.\n\nUne autre phrase.")
        added = apart("indexed", settings)
        say(
            f"one release more: {added['seconds']:.1f} s (aim 3), "
            f"of which encoding {added['encoding']:.2f}"
        )
        size = sum(p.stat().st_size for p in (settings.index_dir).rglob("*") if p.is_file())
        say(f"on disk, two generations counted apart: {size / 1e6:.0f} MB")
    speed = encoder_speed()
    whole = full["passages"] / speed
    say(
        f"embedded encoder: {speed:.1f} passages a second now, so {whole / 60:.0f} min for "
        f"{full['passages']:.0f}; all else adds {own / whole:.1%} (aim 10 %)"
    )


if __name__ == "__main__":
    sys.exit(main())
