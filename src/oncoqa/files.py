"""Files that survive a power cut: written and flushed under another name, then named.

Everything that oncoqa must not lose goes through here, so that `tests/fault` can stop it before
and after each step.
"""

import hashlib
import os
from pathlib import Path


def write(path: Path, data: bytes) -> str:
    """Write and flush a file; its sha256."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable: fsync of a file does not cover its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> None:
    """Give a file new content at once: a reader sees the old one or the new one."""
    unfinished = path.with_name(f".{path.name}.tmp")
    write(unfinished, data)
    os.replace(unfinished, path)
    flush_folder(path.parent)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
