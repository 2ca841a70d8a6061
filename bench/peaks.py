"""The most that this machine does, and what PyTorch costs: `python -m bench.peaks`, a child's JSON.

A process of its own, since the product holds numpy to one thread and never imports PyTorch.
"""

import importlib
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

SIDE = 2048  # of the matrices
COPIED = 2**28  # bytes that each core copies, far more than its own cache
RUNS = 7


def best(call: Callable[[], object]) -> float:
    """Seconds of the fastest run: a peak is what nothing disturbed."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)


def imported(*names: str) -> dict[str, float]:
    """Seconds and megabytes that an import costs."""
    start, before = time.perf_counter(), resident()
    for name in names:
        importlib.import_module(name)
    return {"seconds": time.perf_counter() - start, "mb": resident() - before}


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def float_product() -> float:
    """Operations a second of a product of two matrices of float32, on every core."""
    matrix = np.random.default_rng(1).standard_normal((SIDE, SIDE), np.float32)
    return 2 * SIDE**3 / best(lambda: matrix @ matrix)


def int8_product() -> float:
    """The same of int8, as the encoder's weights are."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(os.cpu_count() or 1)
    matrix = torch.randint(-128, 127, (SIDE, SIDE), dtype=torch.int8)
    return 2 * SIDE**3 / best(lambda: torch._int_mm(matrix, matrix))


def copy() -> float:
    """Bytes a second read or written by a copy, on every core."""
    cores = os.cpu_count() or 1
    pairs = [(np.ones(COPIED, np.uint8), np.empty(COPIED, np.uint8)) for _ in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        return 2 * COPIED * cores / best(lambda: list(pool.map(lambda p: np.copyto(*p), pairs)))


def main() -> None:
    told: dict[str, object] = {"torch": imported("torch", "sentence_transformers")}
    told |= {"float_ops": float_product(), "int8_ops": int8_product(), "bytes": copy()}
    print(json.dumps(told))  # noqa: T201 -- for the process that started this one


if __name__ == "__main__":
    main()
