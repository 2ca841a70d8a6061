"""Questions and answers over French press releases; every sentence shown is a checked quotation."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oncoqa.assistant import Assistant
    from oncoqa.build import load_assistant
    from oncoqa.types import Answer

__all__ = ["Answer", "Assistant", "load_assistant"]

_HOMES = {
    "Answer": "oncoqa.types",
    "Assistant": "oncoqa.assistant",
    "load_assistant": "oncoqa.build",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: `oncoqa --help` must not wait for numpy and FAISS.
    if name not in _HOMES:
        raise AttributeError(f"module 'oncoqa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
