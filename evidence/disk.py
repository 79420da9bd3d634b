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
    with _tried(os.open(path, os.O_RDONLY | os.O_CLOEXEC)) as free:
        yield free


@contextmanager
def alone(lock: Path) -> Iterator[bool]:
    """Whether this process alone holds ``lock``, a file of its own (made where it is missing) that says nothing else. Held while the block
    lasts; it ends with the process, however that ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with _tried(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)) as mine:
        yield mine


@contextmanager
def _tried(handle: int) -> Iterator[bool]:
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
