"""One ingest per home: a file lock that the system lets go of when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import FeederBusy, IngestBusy

_held: dict[str, int] = {}  # locks of this process: path -> depth, so that a command may hold it around catch_up
_handles: dict[str, int] = {}  # path -> file descriptor


@contextmanager
def only_ingest(home: Path) -> Iterator[None]:
    """Holds ``home/ingest.lock``. Raises IngestBusy at once where another process holds it."""
    path = str((home / "ingest.lock").resolve())
    if _held.get(path):
        _held[path] += 1
        try:
            yield
        finally:
            _held[path] -= 1
        return
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IngestBusy from None
        _held[path], _handles[path] = 1, handle
        yield
    finally:
        _held.pop(path, None)
        _handles.pop(path, None)
        os.close(handle)


@contextmanager
def only_feeder(home: Path) -> Iterator[None]:
    """Holds ``home/index.lock``, against other processes and other threads of this one. Raises FeederBusy at once where it is held."""
    home.mkdir(parents=True, exist_ok=True)
    path = str((home / "index.lock").resolve())
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FeederBusy from None
        _handles[path] = handle
        try:
            yield
        finally:
            _handles.pop(path, None)
            fcntl.flock(handle, fcntl.LOCK_UN)  # said aloud: a child forked meanwhile has the handle too
    finally:
        os.close(handle)


def forget() -> None:
    """In a forked child: what the parent holds is the parent's, and must be free when the parent dies even if the child lives on."""
    for handle in _handles.values():
        os.close(handle)
    _handles.clear()
    _held.clear()
