"""`python -m bench.report`: RESULTS.md and its plots, of the files that the benches leave.

`results.json` is of `python -m bench`, `growth.json` of `python -m bench.growth`, and
`alternatives.json` of `python -m bench.alternatives`. One that is missing is said to be missing.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench import growth_report
from bench.load import EVENTS
from bench.machine import ROOT, say
from bench.plot import bars, lines
from bench.stages import STAGES
from bench.table import table

Figures = dict[str, Any]

FOLDER = ROOT / "bench"
QUEUE = "p95 of one × clients"  # what waiting in line alone would make
AIM_P50, AIM_P95 = 40, 80  # with a reader of question and sentence together; 15 and 30 without
AIM_READY, AIM_MEMORY, AIM_FIRST, AIM_SEARCH, AIM_ENCODED = 5, 700, 1000, 7, 100
SEARCHING = ("encode", "dense", "lexical", "fuse")


def write(folder: Path = FOLDER) -> str:
    """Write the report; its words."""
    parts = ["# What oncoqa costs", *_of_results(folder), *growth_report.sections(folder)]
    parts += _of_alternatives(folder)
    text = "\n\n".join(parts) + "\n"
    (folder / "RESULTS.md").write_text(text, encoding="utf-8")
    return text


def _of_results(folder: Path) -> Iterable[str]:
    results = read(folder / "results.json")
    if results is None:
        return ["`results.json` is missing: `make bench` makes it."]
    plots = {"stages": _stages_plot(results), "clients": _clients_plot(results)}
    for name, plot in plots.items():
        (folder / f"{name}.svg").write_text(plot, encoding="utf-8")
    sections = (_machine, _aims, _stages, _limits, _crowds, _rest)
    return [section(results) for section in sections]


def read(path: Path) -> Figures | None:
    if not path.exists():
        return None
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found


def _machine(results: Figures) -> str:
    m, peaks = results["machine"], results["peaks"]
    return (
        f"Machine: {m['cores']} cores of an {m['processor']} ({m['instructions']}), "
        f"{m['memory_gb']} GB, {m['system']}, Python {m['python']}; {m['date']}, load "
        f"{m['load']:.1f} before the run. A product of float32 matrices runs at "
        f"{peaks['float_ops'] / 1e9:,.0f} billion operations a second, one of int8 at "
        f"{peaks['int8_ops'] / 1e9:,.0f}, a copy moves {peaks['bytes'] / 1e9:.1f} GB a second.\n\n"
        f"`make bench` made this page: {results['questions']} questions of `evals/cases` over "
        f"{results['passages']} passages, medians of several runs. Compare figures of one run with "
        "each other, not with those of another day."
    )


def _aims(results: Figures) -> str:
    one, *_, fifty, streams = results["crowds"]
    memory = results["memory"]["now_mb"]
    growth = fifty["p95"] / one["p95"]
    search = sum(results["stages"][stage]["p50"] for stage in SEARCHING)
    aims = (
        ("answer over HTTP, one client, p50", one["p50"], AIM_P50, "ms"),
        ("answer over HTTP, one client, p95", one["p95"], AIM_P95, "ms"),
        ("search alone: its stages, p50", search, AIM_SEARCH, "ms"),
        ("seconds to encode 100 passages of 50 words", AIM_ENCODED / results["encoded"], 1, "s"),
        ("`oncoqa serve` ready", results["starts"]["serve"], AIM_READY, "s"),
        ("resident memory after the load", memory, AIM_MEMORY, "MB"),
        ("errors of 50 clients", fifty["errors"], 0, ""),
        ("p95 of 50 clients over p95 of one", growth, fifty["clients"], "times"),
        (f"first event, {streams['clients']} streams, p95", streams["first_p95"], AIM_FIRST, "ms"),
    )
    rows = [
        (
            what,
            f"{_short(figure)} {unit}",
            f"≤ {aim:,} {unit}",
            "yes" if figure <= aim else "**no**",
        )
        for what, figure, aim, unit in aims
    ]
    missed = sum(figure > aim for _, figure, aim, _ in aims)
    return f"## Aims\n\n{missed or 'None'} of {len(aims)} missed.\n\n" + table(
        ("", "measured", "aim", "met"), rows
    )


def _stages(results: Figures) -> str:
    times = results["stages"]
    stages = [stage for stage in STAGES if stage in times]
    whole = sum(times[stage]["p50"] for stage in stages)
    costly = sorted(stages, key=lambda stage: -times[stage]["p50"])[:2]
    share = sum(times[stage]["p50"] for stage in costly) / whole
    rows = [
        (stage, what, *_ms(times[stage]), f"{times[stage]['p50'] / whole:.0%}")
        for stage, what in STAGES.items()
        if stage in times
    ]
    rows.append(("**total**", "in process, no answer kept", *_ms(times["total"]), ""))
    return (
        f"## Stage by stage\n\n{costly[0].capitalize()} and {costly[1]} take {share:.0%} of an "
        "answer.\n\n"
        + table(("stage", "", "p50 ms", "p95 ms", "p99 ms", "share"), rows, words=2)
        + "\n\n![p50 and p95 of each stage](stages.svg)"
    )


def _limits(results: Figures) -> str:
    times = results["stages"]
    rows = []
    for stage, limit in results["limits"].items():
        took, floor = times[stage]["p50"], limit["floor_ms"]
        work = f"{limit['operations'] / 1e6:,.3f}", f"{limit['bytes'] / 1e6:,.4f}"
        rows.append((stage, *work, f"{floor:.2g}", f"{took:.2f}", f"{took / floor:,.1f}"))
    models = [row for row in rows if row[0] in {"encode", "read"}]
    said = ", ".join(f"{row[0]} takes {row[-1]} times its floor" for row in models)
    return (
        f"## The limit\n\nThe models have nearly all the arithmetic: {said}. The other stages move "
        "so little that what they take is Python itself.\n\n"
        + table(("stage", "M operations", "MB", "floor ms", "p50 ms", "times the floor"), rows)
        + "\n\nThe floor is the longer of the operations at the peak of a matrix product (int8 for "
        "encoding, matching and reading) and the bytes at the speed of a copy. `limits.py` says "
        "what is counted."
    )


def _crowds(results: Figures) -> str:
    crowds = results["crowds"]
    one = crowds[0]
    rows = [
        (
            str(c["clients"]), "stream" if c["accept"] == EVENTS else "JSON", f"{c['asked']:,}",
            str(c["errors"]), f"{c['rate']:.0f}", *_ms(c), f"{c['first_p95']:,.0f}",
            f"{c['server_ms']:.1f}", f"{c['client_ms']:.1f}",
        )
        for c in crowds
    ]  # fmt: skip
    columns = (
        "clients", "", "asked", "errors", "a second", "p50 ms", "p95 ms", "p99 ms",
        "first, p95 ms", "server ms", "client ms",
    )  # fmt: skip
    return (
        f"## Clients over HTTP\n\nHTTP adds {one['over_ms']:.1f} ms to an answer, with the turn "
        f"kept; fifty clients get {crowds[2]['rate'] / one['rate']:.1f} times the answers a second "
        "that one gets, and wait in line for the rest.\n\n"
        + table(columns, rows, words=2)
        + "\n\nEach client keeps its connection and asks again once it is answered. `server ms` "
        "and `client ms` are processor time a question; the clients run on the same cores.\n\n"
        "![Latency by number of clients](clients.svg)"
    )


def _rest(results: Figures) -> str:
    starts, memory, index = results["starts"], results["memory"], results["index"]
    torch, passages = results["torch"], index["passages"]
    rows = [
        ("`oncoqa serve`, until ready", f"{starts['serve']:.2f} s"),
        ("`oncoqa ask`, one question", f"{starts['ask']:.2f} s"),
        ("`oncoqa --help`", f"{starts['help']:.2f} s"),
        ("server's memory, ready", f"{memory['begun_mb']:.0f} MB"),
        ("server's memory, after the load (most)",
         f"{memory['now_mb']:.0f} MB ({memory['peak_mb']:.0f})"),
        ("PyTorch and sentence-transformers, if they were imported",
         f"{torch['seconds']:.1f} s, {torch['mb']:.0f} MB"),
        ("`oncoqa index` from nothing", f"{index['seconds']:.2f} s"),
        ("passages a second, start included", f"{passages / index['seconds']:.0f}"),
        ("index on disk", f"{index['bytes'] / 1e6:.1f} MB"),
        ("a passage on disk", f"{index['bytes'] / passages / 1e3:.1f} kB"),
    ]  # fmt: skip
    return (
        f"## Starts, memory, index\n\nA server holds {memory['now_mb']:.0f} MB; importing PyTorch, "
        f"which the embedded encoder does without, would add {torch['mb']:.0f} MB.\n\n"
        + table(("", ""), rows)
    )


def _of_alternatives(folder: Path) -> Iterable[str]:
    found = read(folder / "alternatives.json")
    if found is None:
        return ["## Alternatives\n\n`alternatives.json` is missing: see `bench/alternatives`."]
    columns = (
        "recall@5", "ndcg@10", "ask_ms_p50", "ask_ms_p95", "ask_cpu_ms", "search_ms_p50",
        "search_cpu_ms", "ask_per_s", "search_per_s", "index_s", "start_s", "peak_mb",
    )  # fmt: skip
    libraries = (
        f"{who} ({', '.join(f'{name} {version}' for name, version in versions.items())})"
        for who, versions in found["versions"].items()
        if versions
    )
    parts = [
        "## Alternatives\n\nThe same passages, questions and encoder, one core each; "
        f"`bench/alternatives` says how. {'; '.join(libraries)}."
    ]
    for name, corpus in found["corpora"].items():
        contestants = corpus["contestants"]
        finds = max(contestants, key=lambda who: contestants[who]["ndcg@10"])
        quick = min(contestants, key=lambda who: contestants[who]["ask_ms_p50"])
        rows = [
            (who, *(_short(figures.get(column)) for column in columns))
            for who, figures in contestants.items()
        ]
        parts.append(
            f"{name}, {corpus['passages']:,} passages, {corpus['questions']:,} questions: {finds} "
            f"ranks best, {quick} is quickest.\n\n{table(('', *columns), rows)}"
        )
    return parts


def _stages_plot(results: Figures) -> str:
    times = results["stages"]
    rows = [(stage, times[stage]["p50"], times[stage]["p95"]) for stage in STAGES if stage in times]
    return bars("Where the time of an answer goes", "ms of a question: bar p50, mark p95", rows)


def _clients_plot(results: Figures) -> str:
    crowds = [crowd for crowd in results["crowds"] if crowd["accept"] != EVENTS]
    series = {n: [(c["clients"], c[n]) for c in crowds] for n in ("p50", "p95", "p99")}
    series[QUEUE] = [(c["clients"], crowds[0]["p95"] * c["clients"]) for c in crowds]
    title = "Waiting in line: answers over HTTP"
    return lines(title, "clients", "ms", series, dashed=QUEUE)


def _ms(figures: Figures) -> tuple[str, ...]:
    return tuple(f"{figures[name]:,.2f}" for name in ("p50", "p95", "p99"))


def _short(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


if __name__ == "__main__":
    say(write())
