from dataclasses import replace
from pathlib import Path

import pytest
from small_world import StuckAbstention, SwappedRanks

from oncoqa.evals.bench import Bench
from oncoqa.evals.record import Run
from oncoqa.evals.report import markdown_cell, view, weaknesses, write

HOSTILE = "<script>alert(1)</script> | `x` <img src=x onerror=alert(1)>"


@pytest.fixture
def stuck(bench: Bench) -> Run:
    return replace(bench, asker=StuckAbstention(bench.asker), forced=bench.asker).run("all")


def pages(run: Run, folder: Path) -> tuple[str, str]:
    write(view(run, {}), folder / "REPORT.md", folder / "report.html")
    return tuple(
        (folder / name).read_text(encoding="utf-8") for name in ("REPORT.md", "report.html")
    )


def test_the_report_tells_figures_and_each_wrong_question_of_dev(
    stuck: Run, tmp_path: Path
) -> None:
    markdown, html = pages(stuck, tmp_path)
    assert "| 50.0% (31%–69%) | 24 | published as it stands" in markdown
    wrong = [item for item in stuck.items if item.stage]
    for item in wrong:
        shown = item.facets["split"] == "dev"
        assert (f"`{item.id}`" in markdown) == shown
        assert (f"<code>{item.id}</code>" in html) == shown
    assert "abstention 12" in markdown


def test_the_page_stands_alone_and_draws_its_charts(stuck: Run, tmp_path: Path) -> None:
    _, html = pages(stuck, tmp_path)
    assert html.count("<svg") > 10
    assert "polyline" in html
    assert "http" not in html.replace('http-equiv="', "")
    assert "prefers-color-scheme: dark" in html


def test_what_a_case_or_an_answer_holds_is_text_and_nothing_else(
    stuck: Run, tmp_path: Path
) -> None:
    hostile = {"question": HOSTILE, "expected": HOSTILE, "said": (HOSTILE,), "flaws": (HOSTILE,)}
    items = tuple(item.model_copy(update=hostile) for item in stuck.items)
    markdown, html = pages(stuck.model_copy(update={"items": items}), tmp_path)
    for page in (markdown, html):
        assert "<script" not in page
        assert "<img" not in page
    assert r"\| \`x\`" in markdown


def test_a_cell_is_one_line_without_marks() -> None:
    assert markdown_cell("a\nb | *c*") == r"a b \| \*c\*"


def test_what_to_improve_is_below_the_mean_and_loses_most(stuck: Run) -> None:
    found = weaknesses(stuck.items)
    assert [(weak.facet, weak.value, weak.lost, weak.stage) for weak in found] == [
        ("form", "direct", 12, "abstention"), ("asks", "number", 12, "abstention"),
    ]  # fmt: skip
    assert found[0].example
    assert found[0].example.facets["split"] == "dev"


def test_swapped_ranks_lose_no_answer_but_show_in_the_table(bench: Bench, tmp_path: Path) -> None:
    run = replace(bench, asker=SwappedRanks(bench.asker)).run("all")
    markdown, _ = pages(run, tmp_path)
    assert "| recall@1 | 0.0%" in markdown
    assert weaknesses(run.items) == []
