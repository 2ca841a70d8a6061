"""Who may import whom, as docs and DESIGN say; read from the code itself, functions included."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import REPOSITORY

PACKAGE = REPOSITORY / "src/oncoqa"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each part of the package may import besides itself. Siblings never import each other.
CORE = {"types", "errors", "text", "stopwords", "files"}
PATH = CORE | {"corpus", "retrieval", "answering", "assistant"}
ALLOWED = {
    "types": set(),
    "errors": set(),
    "stopwords": set(),
    "files": set(),
    "text": {"types", "stopwords"},
    "corpus": CORE,
    "retrieval": CORE,
    "answering": CORE,
    "assistant": CORE | {"answering"},
    "settings": CORE,
    "conversations": CORE,
    "lexicon_cache": CORE | {"answering"},
    "build": PATH | {"settings", "lexicon_cache"},
    "renewal": PATH | {"settings", "build"},
    "web": PATH | {"settings", "conversations"},
    "evals": PATH | {"settings"},
    "backup": PATH | {"settings", "conversations"},
    "doctor": PATH | {"settings", "conversations", "build"},
    "commands": PATH | {"settings", "conversations", "build", "backup", "doctor"},
    "cli": PATH | {"settings", "conversations", "web", "evals", "build", "commands"},
    "__init__": {"assistant", "build", "types"},  # the public names, on first use
}
# Where a process starts: these put the whole together, so they may ask `build` to.
WHOLE = {"build", "renewal"}
ROOTS = {"web/server.py", "evals/parts.py", "evals/latency.py", "evals/authoring.py"}

HEAVY = {
    "faiss": {"retrieval/dense.py"},
    "onnxruntime": {"retrieval/onnx_model.py"},
    "torch": {"retrieval/torch_model.py"},
    "sentence_transformers": {"retrieval/encoder.py", "retrieval/torch_model.py"},
    "rank_bm25": {"retrieval/lexical.py"},
    "sqlalchemy": {"conversations.py"},
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever: `from a import b` may mean the module a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str | None:
    """`retrieval` for `oncoqa.retrieval.dense`; None for what is not ours, or a public name."""
    names = module.split(".")
    if names[0] != "oncoqa":
        return None
    if len(names) == 1:
        return "__init__"
    return names[1] if names[1] in ALLOWED else None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in ALLOWED, f"{own}: say in ALLOWED what it may import"
    allowed = ALLOWED[own] | {own} | (WHOLE if name_of(path) in ROOTS else set())
    found = {part for module in imports(path) if (part := part_of(module))} - {"__init__"}
    assert found <= allowed


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_is_imported_in_one_place(library: str) -> None:
    users = {
        name_of(path)
        for path in MODULES
        if any(module.split(".")[0] == library for module in imports(path))
    }
    assert users <= HEAVY[library]


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("oncoqa.cli", "torch sentence_transformers transformers faiss onnxruntime numpy scipy "
                       "sqlalchemy fastapi pydantic jinja2 yaml"),
        ("oncoqa.build", "torch sentence_transformers transformers faiss onnxruntime sqlalchemy "
                         "fastapi uvicorn jinja2"),
        ("oncoqa.web.app", "torch sentence_transformers transformers faiss onnxruntime fpdf docx"),
    ],
)  # fmt: skip
def test_an_import_does_not_load_what_it_does_not_need(module: str, unwanted: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "oncoqa" in loaded
    assert loaded.isdisjoint(unwanted.split())


def test_only_verify_makes_a_statement() -> None:
    makers = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") == "Statement"
             or getattr(node.func, "attr", "") == "Statement")
    }  # fmt: skip
    assert makers == {"answering/verify.py"}


def test_every_public_name_is_there() -> None:
    import oncoqa

    assert sorted(oncoqa.__all__) == ["Answer", "Assistant", "load_assistant"]
    assert all(getattr(oncoqa, name).__name__ == name for name in oncoqa.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        oncoqa.nothing  # noqa: B018
