"""`python -m bench.growth --collection FOLDER`: what a search costs, 100 to 1,000,000 passages.

`growth_corpus.py` says how the passages are made; FOLDER is a collection in the layout of BEIR,
whose passages and questions they resemble (PIAF: 1,518 and 300). Each size is measured by a process
of its own, on one thread. Times are in milliseconds, sizes in bytes. The JSON has

machine      as `machine.described`
encoder_ms   p50, p95, p99 of what a question costs before it is searched
passages_real, nearness
neighbours   mean cosine with the nearest and the tenth nearest passage, of the `real` passages and
             of as many `generated`; of `questions` with their best and tenth best real passages
control      share of the ten best real vectors among so many `candidates`, and of as many generated
index_bytes  of a passage of the releases, on disk, by kind of file: `.tokens` are most of it
sizes        one for each number of `passages`:
  dense      `exact` and `chosen` (the same up to EXACT_UP_TO): p50, p95, p99; `recall@10` and
             `recall@50` of the exact; `build_s`; `bytes`, of the vectors; `cosines`, mean of
             questions with their best and tenth best passages; `cold`, each question's first time
  filtered   with the releases filtered to a `share` of the passages: p50, p95, p99, `recall@10`
  lexical    p50, p95, p99, `build_s`, `bytes`, `postings` of a question at p50 and p95
  search     p50, p95, p99 of the whole, encoding left out; `fuse` alone
  memory     `before` anything is loaded; `own` and `file` (which the system may take back) once
             all is searched; `peak`, of both
kinds        what FAISS offers, at 100,000 and at the largest size: `index`, `passages`, `build_s`,
             p50, p95, p99, `recall@10`, `bytes` in memory besides the vectors
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import growth_corpus, growth_kinds, growth_size
from bench.growth_corpus import Cloud, Real, nearest
from bench.machine import ROOT, described, read_questions, say
from oncoqa.build import build_index, make_encoder
from oncoqa.settings import Settings

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
KINDS_AT = 100_000
STEPS = {"size": growth_size.measured, "kinds": growth_kinds.measured}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--collection", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "growth.json")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step, folder, passages = given.step
        say(json.dumps(STEPS[step](Path(folder), int(passages))))
    else:
        figures = whole(given.collection, sorted(given.sizes))
        given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def whole(collection: Path | None, sizes: Sequence[int]) -> dict[str, Any]:
    real = growth_corpus.read(read_questions(), collection)
    cloud = Cloud.around(real.vectors)
    figures: dict[str, Any] = {
        "machine": described(),
        "encoder_ms": real.encoder_ms,
        "passages_real": len(real.vectors),
        "nearness": cloud.nearness,
        "neighbours": neighbours(real, cloud),
        "control": growth_kinds.control(real, cloud),
        "index_bytes": index_bytes(),
        "sizes": [],
        "kinds": [],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growth_corpus.generate(folder, real, cloud, sizes[-1])
        for size in sizes:
            figures["sizes"].append(apart("size", folder, size))
        for size in sorted({KINDS_AT, sizes[-1]} if sizes[-1] >= KINDS_AT else ()):
            figures["kinds"] += apart("kinds", folder, size)
    return figures


def neighbours(real: Real, cloud: Cloud) -> dict[str, Sequence[float]]:
    chance = np.random.default_rng(3)
    generated = cloud.draw(chance.integers(len(real.vectors), size=len(real.vectors)), chance)
    best = np.sort(real.asked @ real.vectors.T, axis=1)
    return {
        "real": [nearest(real.vectors), nearest(real.vectors, 10)],
        "generated": [nearest(generated), nearest(generated, 10)],
        "questions": [float(best[:, -1].mean()), float(best[:, -10].mean())],
    }


def index_bytes() -> dict[str, float]:
    """A passage's, on disk, by kind of file: of the real releases, with the embedded encoder."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(corpus_dir=ROOT / "corpus", index_dir=Path(name))
        manifest = build_index(settings, make_encoder(settings))
        files = [path for path in Path(name).glob("*/*") if path.is_file()]
        kinds = {path.suffix for path in files} - {".sha256"}
        size = {kind: sum(p.stat().st_size for p in files if p.suffix == kind) for kind in kinds}
    return {kind: size[kind] / manifest.passages for kind in sorted(kinds)}


def apart(step: str, folder: Path, passages: int) -> Any:
    """What a step finds, in a process of its own, so that its memory is its own."""
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bench.growth", "--step", step, str(folder), str(passages)]
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env=os.environ | one_thread,
    )  # fmt: skip
    say(run.stdout.strip())
    return json.loads(run.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
