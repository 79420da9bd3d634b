"""One ingest per home: a file lock that the system lets go of when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import IngestBusy

_held: dict[str, int] = {}  # locks of this process: path -> depth, so that a command may hold it around catch_up


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
        _held[path] = 1
        yield
    finally:
        _held.pop(path, None)
        os.close(handle)
