"""What several modules do with files: make sure of them, and know whether somebody is writing one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """On disk: a file's bytes, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def claim(handle: int) -> None:
    """Marks an open file as being written. The mark ends with the process, however it ends."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    if not os.fstat(handle).st_nlink:  # recovery found it empty and removed it before we held it
        raise FileNotFoundError("存档文件在写入前被移走")


@contextmanager
def unless_written(path: Path) -> Iterator[bool]:
    """Whether nobody writes the file; nobody begins to while the block lasts."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
