"""How search grows with the passages: `growth.json`, which `growth.py` describes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.plot import lines
from bench.table import table

MB = 1e6
ENCODING = "encode, before"

Figures = dict[str, Any]


def sections(folder: Path) -> Sequence[str]:
    path = folder / "growth.json"
    if not path.exists():
        return ["## Growth\n\n`growth.json` is missing: `python -m bench.growth` makes it."]
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    (folder / "growth.svg").write_text(_times_plot(found), encoding="utf-8")
    (folder / "memory.svg").write_text(_memory_plot(found["sizes"]), encoding="utf-8")
    return [_times(found), _sizes(found), *_filtered(found), *_kinds(found)]


def _times(found: Figures) -> str:
    sizes = found["sizes"]
    first, last = sizes[0], sizes[-1]
    more = last["passages"] / first["passages"]
    longer = last["search"]["p50"] / first["search"]["p50"]
    rows = [
        (
            f"{s['passages']:,}", *(_ms(s["dense"][kind]) for kind in ("exact", "chosen")),
            f"{s['dense']['recall@10']:.1%}", _ms(s["lexical"]), _ms(s["search"]["fuse"]),
            _ms(s["search"]),
        )
        for s in sizes
    ]  # fmt: skip
    columns = ("passages", "exact", "as chosen", "recall@10", "lexical", "fuse", "search, whole")
    machine = found["machine"]
    return (
        f"## Growth\n\nWith {more:,.0f} times the passages a search takes {longer:,.0f} times as "
        f"long: {last['search']['p50']:.1f} ms at {last['passages']:,}, encoding left out.\n\n"
        + table(columns, rows)
        + "\n\nMilliseconds, p50 / p95, on one thread; recall@10 is that of the search chosen "
        f"against the exact one. `growth.py` says how the passages are made. Measured on "
        f"{machine['date']}, load {machine['load']:.1f} before the run.\n\n"
        "![Search by number of passages](growth.svg)"
    )


def _sizes(found: Figures) -> str:
    last, kinds = found["sizes"][-1], found["index_bytes"]
    most, each = max(kinds, key=lambda kind: kinds[kind]), sum(kinds.values())
    rows = [
        (
            f"{s['passages']:,}",
            *(f"{s['memory'][kind] / MB:,.0f}" for kind in ("own", "file", "peak")),
            *(f"{s[stage]['bytes'] / MB:,.1f}" for stage in ("dense", "lexical")),
            *(f"{s[stage]['build_s']:,.2f}" for stage in ("dense", "lexical")),
        )
        for s in found["sizes"]
    ]
    columns = (
        "passages", "own MB", "of files MB", "peak MB", "vectors MB", "postings MB",
        "dense built s", "lexical built s",
    )  # fmt: skip
    return (
        f"### Memory and building\n\nAt {last['passages']:,} passages a process holds "
        f"{last['memory']['own'] / MB:,.0f} MB of its own, and {last['memory']['file'] / MB:,.0f} "
        "of files, which the system may take back.\n\n"
        + table(columns, rows)
        + f"\n\nOn disk a passage of the releases takes {each / 1e3:.1f} kB, of which `{most}` "
        f"{kinds[most] / 1e3:.1f}: {last['passages']:,} would take "
        f"{each * last['passages'] / 1e9:,.0f} GB."
        + "\n\n![Memory by number of passages](memory.svg)"
    )


def _filtered(found: Figures) -> Sequence[str]:
    rows = [
        (f"{s['passages']:,}", f"{f['share']:.1%}", _ms(f), f"{f['recall@10']:.1%}")
        for s in found["sizes"]
        for f in s.get("filtered", ())
    ]
    if not rows:
        return []
    columns = ("passages", "share left", "search ms", "recall@10")
    slowest = max(f["p95"] for s in found["sizes"] for f in s.get("filtered", ()))
    return [
        f"### With a filter\n\nA filter never makes a search take more than {slowest:,.1f} ms at "
        f"p95.\n\n{table(columns, rows)}"
    ]


def _kinds(found: Figures) -> Sequence[str]:
    kinds = found.get("kinds", [])
    if not kinds:
        return []
    rows = [
        (
            kind["index"], f"{kind['passages']:,}", _ms(kind), f"{kind['recall@10']:.1%}",
            f"{kind['build_s']:,.1f}", f"{kind['bytes'] / MB:,.0f}",
        )
        for kind in kinds
    ]  # fmt: skip
    best = min((k for k in kinds if k["recall@10"] >= 0.99), key=lambda k: k["p50"], default=None)
    said = (
        f"`{best['index']}` is the fastest that finds 99 in 100" if best else "None finds 99 in 100"
    )
    columns = ("index", "passages", "ms", "recall@10", "built s", "MB besides the vectors")
    return [f"### Kinds of FAISS\n\n{said} of the ten best.\n\n{table(columns, rows)}"]


def _times_plot(found: Figures) -> str:
    sizes = found["sizes"]
    stages = {
        ENCODING: [found["encoder_ms"] for _ in sizes],
        "dense, exact": [s["dense"]["exact"] for s in sizes],
        "dense, as chosen": [s["dense"]["chosen"] for s in sizes],
        "lexical": [s["lexical"] for s in sizes],
        "fuse": [s["search"]["fuse"] for s in sizes],
        "search, whole": [s["search"] for s in sizes],
    }
    series = {
        name: [(s["passages"], times["p50"]) for s, times in zip(sizes, each, strict=True)]
        for name, each in stages.items()
    }
    return lines("Search by number of passages, p50", "passages", "ms", series, dashed=ENCODING)


def _memory_plot(sizes: Sequence[Figures]) -> str:
    def megabytes(kind: str) -> list[tuple[float, float]]:
        return [(s["passages"], max(s["memory"][kind] / MB, 0.1)) for s in sizes]

    series = {"own": megabytes("own"), "of files": megabytes("file"), "peak": megabytes("peak")}
    return lines("Memory by number of passages", "passages", "MB", series)


def _ms(times: Figures) -> str:
    return f"{times['p50']:,.2f} / {times['p95']:,.2f}"
