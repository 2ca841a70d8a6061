"""`make bench`: what a question, a start, an index and the help cost on this machine.

Every figure is of a real process: the answers in this one, the rest in children. Times are medians
of several runs; a question is asked once only, so nothing is answered from a cache.
"""

import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as cli.py does, before numpy loads

from oncoqa.build import load_assistant
from oncoqa.settings import load_settings

ROOT = Path(__file__).parent.parent
ONCOQA = [sys.executable, "-m", "oncoqa.cli"]
WARM_UP = 10
PATIENCE = 60  # seconds for a server to answer


def main() -> None:
    questions = read_questions()
    say(
        f"machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    say(f"{len(questions)} questions of evals/cases, each asked once")
    answers(questions)
    served(questions)
    indexing()
    seconds = [timed([*ONCOQA, "--help"]) for _ in range(5)]
    say(f"oncoqa --help: {statistics.median(seconds):.2f} s (aim 0.5)")


def read_questions() -> list[str]:
    lines = (
        line
        for path in sorted((ROOT / "evals" / "cases").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    cases = (json.loads(line) for line in lines)
    return list(dict.fromkeys(case["question"] for case in cases if "question" in case))


def answers(questions: list[str]) -> None:
    """Question to answer in this process, stage by stage."""
    assistant = load_assistant(load_settings())
    for question in questions[:WARM_UP]:
        assistant.ask(question)
    timings = [assistant.ask(question).timings_ms for question in questions[WARM_UP:]]
    for stage in timings[0]:
        say(f"answer, {stage}: {quantiles([t[stage] for t in timings])}")
    say("   (aim: total p50 25 ms, p95 50 ms)")


def served(questions: list[str]) -> None:
    """Start to ready, answers over HTTP by one client, and the server's peak memory."""
    with server() as (address, process, ready):
        say(f"oncoqa serve: ready in {ready:.1f} s (aim 8)")
        times = []
        for question in questions[WARM_UP:]:
            body = json.dumps({"question": question}).encode()
            request = Request(f"{address}/api/chat", body, {"Content-Type": "application/json"})
            start = time.perf_counter()
            with urlopen(request) as response:
                response.read()
            times.append((time.perf_counter() - start) * 1000)
        say(f"answer over HTTP, one client: {quantiles(times)}")
        say(f"server's peak memory: {peak_memory(process.pid):.0f} MB (aim 1,000)")


@contextmanager
def server() -> Iterator[tuple[str, "subprocess.Popen[bytes]", float]]:
    """A server on a free port: its address, its process, and seconds until it was ready."""
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "ONCOQA_DATA_DIR": data}
        start = time.perf_counter()
        process = subprocess.Popen(
            [*ONCOQA, "serve", "--port", str(port)],
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(f"{address}/readyz", process)
            yield address, process, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def wait_until_ready(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(address) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server was not ready within {PATIENCE} s")


def indexing() -> None:
    """`oncoqa index` from nothing, as a process."""
    with tempfile.TemporaryDirectory() as folder:
        index = {**os.environ, "ONCOQA_INDEX_DIR": folder}
        seconds = timed([*ONCOQA, "index"], index)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    say(f"oncoqa index, both releases: {seconds:.1f} s (aim 15), {size / 1e6:.1f} MB on disk")


def timed(command: list[str], environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def peak_memory(pid: int) -> float:
    """Megabytes: the most that the process has held (Linux: VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def quantiles(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
