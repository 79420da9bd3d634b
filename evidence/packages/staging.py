"""The files of a package before they are packed: each once on disk beside the package, with its size and digests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from evidence.packages.zips import pieces

_PREFIX = ".export-"


@dataclass(frozen=True, slots=True)
class Staged:
    """One file of the package: ``name`` inside it, ``path`` where it lies now; digests in lower-case hexadecimal."""

    name: str
    path: Path
    size: int
    sha256: str
    sm3: str


class Stage:
    """Keeps what was added, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Staged] = {}
        self._made = 0

    def add(self, name: str, data: bytes | Iterable[bytes]) -> Staged:
        self._made += 1
        path = self.folder / f"{self._made:05}"
        with path.open("wb") as stream:
            stream.writelines([data] if isinstance(data, bytes) else data)
        return self.adopt(name, path)

    def adopt(self, name: str, path: Path) -> Staged:
        """A file that lies in the folder already. ValueError for a name that is there or leads out of the package."""
        if name in self.files or name.startswith("/") or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
            raise ValueError(f"no name for a file of a package: {name!r}")
        sha256, sm3, size = hashlib.sha256(), hashes.Hash(hashes.SM3()), 0
        for chunk in pieces(path):
            sha256.update(chunk)
            sm3.update(chunk)
            size += len(chunk)
        found = self.files[name] = Staged(name, path, size, sha256.hexdigest(), sm3.finalize().hex())
        return found


@contextmanager
def staging(beside: Path) -> Iterator[Stage]:
    """A working folder in ``beside`` that goes at the end; those of killed exports go at the beginning."""
    beside.mkdir(parents=True, exist_ok=True)
    for old in beside.glob(f"{_PREFIX}*"):
        _remove_if_abandoned(old)
    folder, handle = _own(beside)
    try:
        yield Stage(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _own(beside: Path) -> tuple[Path, int]:
    """A new folder, locked while this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=beside))
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return folder, handle
        os.close(handle)  # somebody took it for an abandoned one before it was locked


def _remove_if_abandoned(folder: Path) -> None:
    """A living export holds its folder locked."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
