"""What `pip install` carries: the wheel holds everything that the package reads."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fakes import REPOSITORY

MODEL = "oncoqa/models/e5-small-fr-en-piaf"
WANTED = {
    "oncoqa/py.typed",
    "oncoqa/web/server.py",
    "oncoqa/web/templates/base.html",
    "oncoqa/web/static/site.css",
    "oncoqa/locale/en.po",
    f"{MODEL}/model.onnx",
    f"{MODEL}/tokenizer.json",
    f"{MODEL}/LICENSE",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    # The build backend of pyproject.toml, asked as pip would.
    code = f"import hatchling.build; hatchling.build.build_wheel({str(folder)!r})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    [path] = folder.glob("oncoqa-*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_all_that_the_package_reads(wheel: zipfile.ZipFile) -> None:
    assert set(wheel.namelist()) >= WANTED
    ours = REPOSITORY / "src"
    for folder in ("web/templates", "web/static", "models"):
        here = {
            path.relative_to(ours).as_posix()
            for path in (ours / "oncoqa" / folder).rglob("*")
            if path.is_file()
        }
        assert here <= set(wheel.namelist())


def test_the_model_in_the_wheel_is_the_one_that_is_tested(wheel: zipfile.ZipFile) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        packed = wheel.read(f"{MODEL}/{name}")
        assert packed == (REPOSITORY / "src" / MODEL / name).read_bytes()


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    roots = {name.split("/")[0] for name in wheel.namelist()}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"oncoqa"}
    strangers = (".safetensors", ".pt", ".pyc", ".log", ".jsonl", ".sqlite")
    assert [name for name in wheel.namelist() if name.endswith(strangers)] == []


def test_the_metadata_names_the_licences_and_the_command(wheel: zipfile.ZipFile) -> None:
    info = next(Path(n).parent.as_posix() for n in wheel.namelist() if n.endswith("/METADATA"))
    metadata = wheel.read(f"{info}/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    assert f"License-File: src/{MODEL}/LICENSE" in metadata
    assert "oncoqa = oncoqa.cli:main" in wheel.read(f"{info}/entry_points.txt").decode()
