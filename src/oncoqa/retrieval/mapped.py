"""Large arrays lie in a file without a name, which is gone when its last reader is.

Only what is read of them comes into memory, and the system takes it back when it is short.
"""

import ctypes
import logging
import mmap
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)

WORTH_A_FILE = 64 * 2**20  # bytes: the vectors of 43,000 passages

log = logging.getLogger("oncoqa")


def joined(blocks: Sequence[NDArray[Number]], *, scattered: bool = False) -> NDArray[Number]:
    """The blocks one after the other, as `np.concatenate` would, in a file when they are large.

    It lies where the system keeps temporary files (TMPDIR); without room there, in memory.
    `scattered`: rows will be read here and there, so none is read ahead.
    """
    if sum(block.nbytes for block in blocks) < WORTH_A_FILE:
        return np.concatenate(blocks)
    try:
        return _in_file(blocks, scattered)
    except OSError as error:
        log.warning("an array of the index is kept in memory: no file for it (%s)", error.strerror)
        return np.concatenate(blocks)


def _in_file(blocks: Sequence[NDArray[Number]], scattered: bool) -> NDArray[Number]:
    with tempfile.TemporaryFile() as file:
        # Not assigned through the map: a disk that is full would then end the process.
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)
        file.flush()
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if scattered:
        memory.madvise(mmap.MADV_RANDOM)
    return np.frombuffer(memory, blocks[0].dtype).reshape(-1, *blocks[0].shape[1:])


def let_go(array: NDArray[Any]) -> None:
    """Give back the memory of an array in a file, once it has been read from end to end."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    if isinstance(owner, mmap.mmap):
        owner.madvise(mmap.MADV_DONTNEED)


def trim() -> None:
    """Give the system back what was freed, where its C library can (glibc).

    Left to itself it kept 190 MB of the 360 in which 200,000 passages were put together.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
