"""The bench tells the truth: whose time it is, what work there is, what is missing."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from bench import report
from bench.limits import Work, matrix_sizes
from bench.plot import lines
from bench.stages import Clock

from oncoqa.retrieval.encoder import EMBEDDED_FOLDER


def test_time_spent_in_another_stage_is_of_that_stage() -> None:
    clock = Clock()
    encode = clock.around("encode", lambda: time.sleep(0.05))
    clock.around("match", encode)()
    spent = clock.taken()
    assert spent["encode"] >= 50
    assert spent["match"] < 25
    assert clock.taken() == {}


@pytest.mark.model
def test_the_matrices_of_the_embedded_encoder_are_those_of_its_twelve_layers() -> None:
    width, inner, layers = 384, 1536, 12
    sizes = matrix_sizes(EMBEDDED_FOLDER / "model.onnx", width)
    assert sum(sizes) == layers * (4 * width * width + 2 * width * inner)


def test_the_floor_is_the_longer_of_operations_and_bytes() -> None:
    peaks = {"float_ops": 1e9, "int8_ops": 4e9, "bytes": 1e9}
    assert Work(operations=2e6, bytes=1e6).floor_ms(peaks) == pytest.approx(2)
    assert Work(operations=2e6, bytes=1e6, int8=True).floor_ms(peaks) == pytest.approx(1)


def test_what_was_not_measured_is_said_to_be_missing(tmp_path: Path) -> None:
    text = report.write(tmp_path)
    assert text == (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    for name in ("results", "growth", "alternatives"):
        assert f"`{name}.json` is missing" in text


def test_names_at_the_end_of_lines_do_not_touch() -> None:
    drawn = lines("t", "x", "y", {name: [(1, 1), (10, 5)] for name in "abc"})
    heights = [float(y) for y in re.findall(r'y="([\d.]+)" style', drawn)]
    assert len(heights) == 3
    assert min(after - before for before, after in pairwise(heights)) >= 15
