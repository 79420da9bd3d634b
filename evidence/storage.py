"""Copies of closed files on another disk or any S3 (fsspec): written whole or not at all, read back after writing, restored from there.

What goes there: WARC files nobody writes to, roots with their stamps, packages, and the ledger as one consistent copy. Nothing in the store is
trusted: ``check`` reads every object and compares each member with the ledger, ``restore`` takes only what compares.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from fsspec.core import url_to_fs

from evidence import roots, tables
from evidence.disk import sync, unless_written
from evidence.errors import StoreFailed
from evidence.settings import Store as StoreSettings

LEDGER = "archive/ledger.sqlite3"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """``files`` written now (``bytes``), ``there`` before, ``removed`` because what they held was erased or moved, ``writing`` left for the next time."""

    files: int
    bytes: int
    there: int
    removed: int
    writing: int


@dataclass(frozen=True, slots=True)
class Checked:
    """``problems`` in Chinese, each with the object's name."""

    objects: int
    members: int
    problems: tuple[str, ...]


class Store:
    """A folder, ``memory://…``, ``s3://bucket/prefix`` … Every method raises StoreFailed where the store refuses."""

    def __init__(self, settings: StoreSettings) -> None:
        options: dict[str, Any] = {"skip_instance_cache": True} if settings.url.startswith("s3:") else {}
        if settings.endpoint:
            options |= {"endpoint_url": settings.endpoint}
        try:
            self._fs, self._root = url_to_fs(settings.url, **options)
        except (ImportError, ValueError, OSError) as error:
            raise StoreFailed(f"另存的地址 {settings.url} 用不了：{_said(error)}") from error

    def sizes(self) -> dict[str, int]:
        """name → bytes of every object."""
        try:
            self._fs.invalidate_cache()
            found = self._fs.find(self._root, detail=True) if self._fs.exists(self._root) else {}
        except _REFUSED as error:
            raise StoreFailed(f"另存处无法列出（{_said(error)}）") from error
        cut = len(self._root.rstrip("/")) + 1
        return {name[cut:]: int(one["size"]) for name, one in found.items() if not PurePosixPath(name).name.startswith(".")}

    def put(self, name: str, source: IO[bytes]) -> str:
        """Writes an object whole and reads it back; its SHA-256. A writer that dies leaves nothing under the name."""
        path, digest = self._path(name), hashlib.sha256()
        try:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self._fs.transaction, self._fs.open(path, "wb") as target:
                while data := source.read(_CHUNK):
                    digest.update(data)
                    target.write(data)
            if "file" in _protocols(self._fs):
                sync(Path(path))
                sync(Path(path).parent)
        except _REFUSED as error:
            raise StoreFailed(f"{name} 写不进另存处（{_said(error)}）") from error
        back = hashlib.sha256()
        for data in self.read(name):
            back.update(data)
        if back.digest() != digest.digest():
            raise StoreFailed(f"{name} 写入后读回的内容不同")
        return digest.hexdigest()

    def read(self, name: str) -> Iterator[bytes]:
        try:
            with self._fs.open(self._path(name), "rb") as stream:
                while data := stream.read(_CHUNK):
                    yield data
        except _REFUSED as error:
            raise StoreFailed(f"{name} 从另存处读不出（{_said(error)}）") from error

    def remove(self, name: str) -> None:
        try:
            self._fs.rm_file(self._path(name))
        except _REFUSED as error:
            raise StoreFailed(f"{name} 从另存处删不掉（{_said(error)}）") from error

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


def _refused() -> tuple[type[BaseException], ...]:
    """What the file systems raise beside OSError: botocore has errors of its own, and is there only where S3 is."""
    found: list[type[BaseException]] = [OSError, ValueError, RuntimeError]
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        return tuple(found)
    return (*found, BotoCoreError, ClientError)


_REFUSED = _refused()


# --- copy -----------------------------------------------------------------------------------------------------------------------------


def copy(archive: Path, store: Store, *, packages: Path | None = None) -> Copied:
    """Everything closed that is not there yet. An object of the right name and size is taken for it: closed files never change (``check`` reads
    them all). What a retention erased here is removed there. The ledger goes last, so that it never tells of files that are not there."""
    there = store.sizes()
    files = size = same = writing = 0
    for name, path in _closed(archive, packages):
        with unless_written(path) as free:
            if not free:
                writing += 1
                continue
            if there.get(name) == path.stat().st_size:
                same += 1
                continue
            with path.open("rb") as source:
                store.put(name, source)
            files, size = files + 1, size + path.stat().st_size
    removed = 0
    for gone in {f"archive/{subject[5:]}" for (subject,) in tables.read(archive, "SELECT subject FROM acts WHERE act = 'move'")} & set(there):
        store.remove(gone)
        removed += 1
    if tables.path_of(archive).is_file():
        with tempfile.TemporaryDirectory(dir=archive, prefix=".ledger-") as rough, _ledger_copy(archive, Path(rough)).open("rb") as source:
            store.put(LEDGER, source)
    return Copied(files, size, same, removed, writing)


def _closed(archive: Path, packages: Path | None) -> Iterator[tuple[str, Path]]:
    """(name in the store, file), roots after the WARC files they are about."""
    for path in sorted(archive.glob("*/*.warc.gz")):
        if path.parent.name != "quarantine":
            yield f"archive/{path.parent.name}/{path.name}", path
    for path in sorted((archive / roots.FOLDER).glob("*")) if (archive / roots.FOLDER).is_dir() else []:
        if path.is_file() and not path.name.startswith("."):
            yield f"archive/{roots.FOLDER}/{path.name}", path
    for path in sorted(packages.glob("*.zip")) if packages is not None and packages.is_dir() else []:
        yield f"packages/{path.name}", path


def _ledger_copy(archive: Path, rough: Path) -> Path:
    """One consistent state of the ledger, taken beside its writers."""
    target = rough / "ledger.sqlite3"
    try:
        uri = f"{tables.path_of(archive).resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=tables.BUSY_S)) as source, closing(sqlite3.connect(target)) as made:
            source.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreFailed(f"存证账无法复制（{error}）") from error
    return target


# --- check and restore ----------------------------------------------------------------------------------------------------------------


def check(archive: Path, store: Store) -> Checked:
    """Reads every object: WARC files member by member against the ledger, roots against its statements, and what is missing."""
    there = store.sizes()
    problems: list[str] = []
    members = 0
    for name, path in _closed(archive, None):
        if name not in there:
            with unless_written(path) as free:
                if free:
                    problems.append(f"{name}：另存处没有")
    for name in sorted(there):
        if name.endswith(".warc.gz"):
            count, found = _members(archive, store, name)
            members += count
            problems += found
        elif name.startswith(f"archive/{roots.FOLDER}/"):
            local = archive / name.partition("/")[2]
            if not local.is_file() or local.read_bytes() != b"".join(store.read(name)):
                problems.append(f"{name}：与存档里的不同")
    return Checked(len(there), members, tuple(problems))


def _members(archive: Path, store: Store, name: str) -> tuple[int, list[str]]:
    """(members compared, problems) of one WARC object, read once."""
    file = name.partition("/")[2]
    rows = tables.read(archive, "SELECT COALESCE(p.offset, m.offset), m.length, m.sha256 FROM members AS m LEFT JOIN places AS p ON p.member = m.seq "
                       "WHERE (p.file = ?) OR (m.file = ? AND p.member IS NULL) ORDER BY 1", (file, file))
    if not rows:
        return 0, [f"{name}：存证账里没有登记这个文件"]
    pieces, buffer, at = store.read(name), b"", 0
    for number, (offset, length, sha256) in enumerate(rows):
        digest, left = hashlib.sha256(), length
        if offset != at:
            return number, [f"{name} 偏移 {at}：有没有登记的字节"]
        while left:
            buffer = buffer or next(pieces, b"")
            if not buffer:
                return number, [f"{name} 偏移 {offset}：文件被截短"]
            taken, buffer = buffer[:left], buffer[left:]
            digest.update(taken)
            left -= len(taken)
        at = offset + length
        if digest.hexdigest() != sha256:
            return number, [f"{name} 偏移 {offset}：内容与存证时的 SHA-256 不符"]
    if buffer or next(pieces, b""):
        return len(rows), [f"{name} 偏移 {at}：有没有登记的字节"]
    return len(rows), []


def restore(store: Store, home: Path) -> int:
    """Fetches what is in the store and not in ``home``: the ledger where there is none, WARC files, roots, packages; how many files. A file
    that is there is never touched. A WARC file comes under its name only after each of its members compared with the ledger."""
    there = store.sizes()
    archive, done = home / "archive", 0
    if not tables.path_of(archive).is_file():
        if LEDGER not in there:
            raise StoreFailed("另存处没有存证账，无从核对，没有恢复")
        _fetch(store, LEDGER, tables.path_of(archive))
        done += 1
    for name in sorted(there):
        path = home / name
        plain = all(part not in ("", ".", "..") for part in name.split("/"))
        if name == LEDGER or not plain or not name.startswith(("archive/", "packages/")) or path.exists():
            continue
        if name.endswith(".warc.gz"):
            problems = _members(archive, store, name)[1]
            if problems:
                raise StoreFailed(f"{problems[0]}；没有恢复这个文件")
        _fetch(store, name, path)
        done += 1
    return done


def _fetch(store: Store, name: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rough = path.with_name(f".{path.name}.{os.getpid()}")
    with rough.open("wb") as target:
        for data in store.read(name):
            target.write(data)
        target.flush()
        os.fsync(target.fileno())
    rough.rename(path)
    sync(path.parent)


def _protocols(fs: Any) -> tuple[str, ...]:
    named = fs.protocol
    return (named,) if isinstance(named, str) else tuple(named)


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
