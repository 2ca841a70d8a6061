"""What this machine is, and the processes that are measured on it."""

import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
ONCOQA = [sys.executable, "-m", "oncoqa.cli"]
PATIENCE = 60  # seconds for a server to answer
TELLING = ("avx2", "avx512f", "avx512_vnni", "amx_int8")  # what decides how fast products are

Process = subprocess.Popen[bytes]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def described() -> dict[str, str | float]:
    info = _read("/proc/cpuinfo")
    model = re.search(r"model name\s*:\s*(.+)", info)
    flags = re.search(r"flags\s*:\s*(.+)", info)
    known = set(flags[1].split()) if flags else set()
    memory = re.search(r"MemTotal:\s*(\d+)", _read("/proc/meminfo"))
    return {
        "cores": os.cpu_count() or 1,
        "processor": model[1].strip() if model else platform.machine(),
        "instructions": ", ".join(name for name in TELLING if name in known),
        "memory_gb": round(int(memory[1]) / 2**20) if memory else 0,
        "system": platform.system(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        "load": os.getloadavg()[0],
    }


def quantiles(values: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Of each figure, over several runs."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def timed(
    command: Sequence[str], told: IO[bytes] | int = subprocess.DEVNULL, **environment: str
) -> float:
    """Seconds that a process takes; what it says goes to `told`."""
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=True, stdout=told)
    return time.perf_counter() - start


@contextmanager
def server() -> Iterator[tuple[int, Process, float]]:
    """`oncoqa serve` with conversations of its own: port, process, seconds until it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as data:
        start = time.perf_counter()
        process = subprocess.Popen(
            [*ONCOQA, "serve", "--port", str(port)],
            cwd=ROOT, env={**os.environ, "ONCOQA_DATA_DIR": data},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_until_ready(port, process)
            yield port, process, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _wait_until_ready(port: int, process: Process) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the server was not ready within {PATIENCE} s")


def memory(process: Process) -> dict[str, float]:
    """Megabytes that a process holds now, and the most that it has held."""
    status = _read(f"/proc/{process.pid}/status")
    held = {name: int(kb) / 1024 for name, kb in re.findall(r"(VmRSS|VmHWM):\s*(\d+)", status)}
    return {"now_mb": held["VmRSS"], "peak_mb": held["VmHWM"]}


def processor_seconds(process: Process) -> float:
    """Spent by a process so far, in the kernel too."""
    fields = _read(f"/proc/{process.pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_questions() -> list[str]:
    """Every question of the evaluation, once."""
    paths = sorted((ROOT / "evals" / "cases").glob("*.jsonl"))
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    cases = (json.loads(line) for line in lines)
    return list(dict.fromkeys(case["question"] for case in cases if "question" in case))


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
