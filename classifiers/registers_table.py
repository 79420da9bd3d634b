"""A table on disk for many names: records found by any of their keys, read in place, so that a worker holds next to nothing of it.

Layout, little endian: head (magic, version, numbers, SHA-256 of what follows), notes (JSON), then the index: one 64-bit number a key, its CRC-32
above the number of its record, sorted, with a directory of where each of the 65,536 first halves begins; then the places of the records and the
records themselves. A search reads the stretch that the directory names and bisects it: one read for the key, two for each record. CRC-32 is no proof: who looks up compares the record found. Written to a temporary name and moved into place: a torn
file is never seen, and a changed one is refused by its digest and built again.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
import weakref
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

MAGIC = b"ADPNAMES"
VERSION = 3  # of the layout and of the keys: raise it when either changes, and old files are built again
MOST_OF_A_KEY = 64  # records looked at under one key
_HALVES = 65_538  # places in the directory: one for each first half of a code, the end, and one to fill
MOST_NOTES = 1 << 16  # bytes
_PAIR = struct.Struct("<QQ")
_HEAD = struct.Struct("<8sIIQQ32s32s")  # magic, version, records, keys, length of notes, digest of the sources, SHA-256 of these and of all that follows


class TableError(Exception):
    """Not a table of ours, or damaged; build it again."""


class TableWriter:
    """Records are streamed; only eight bytes a key are held in memory."""

    def __init__(self) -> None:
        self._records: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed by ``write``)
        self._places = array("Q", [0])
        self._buckets = [array("Q") for _ in range(256)]

    def add(self, record: bytes, keys: Iterable[str]) -> None:
        number = len(self._places) - 1
        for key in keys:
            code = zlib.crc32(key.encode("utf-8", "surrogatepass"))
            self._buckets[code >> 24].append(code << 32 | number)
        self._records.write(record)
        self._places.append(self._places[-1] + len(record))

    def write(self, handle: IO[bytes], source: bytes, notes: Mapping[str, Any]) -> None:
        """``source``: SHA-256 of what the table was made of, by which a kept file is known to be current."""
        told = json.dumps(notes, ensure_ascii=False, sort_keys=True).encode()
        told += b" " * (-(_HEAD.size + len(told)) % 8)
        check = hashlib.sha256(told)
        handle.seek(_HEAD.size)
        handle.write(told)
        count = 0
        starts = array("I")
        for number, bucket in enumerate(self._buckets):
            ordered = sorted(bucket)
            self._buckets[number] = array("Q")  # given back at once
            starts.extend(count + bisect_left(ordered, (number << 8 | half) << 48) for half in range(256))
            part = array("Q", ordered).tobytes()
            count += len(ordered)
            check.update(part)
            handle.write(part)
        starts.extend((count, count))  # the second keeps what follows at a multiple of eight bytes
        for part in (starts.tobytes(), self._places.tobytes()):
            check.update(part)
            handle.write(part)
        self._records.seek(0)
        while piece := self._records.read(1 << 20):
            check.update(piece)
            handle.write(piece)
        self._records.close()
        handle.seek(0)
        numbers = (MAGIC, VERSION, len(self._places) - 1, count, len(told), source)
        handle.write(_HEAD.pack(*numbers, _sealed(numbers, check.digest())))
        handle.flush()


class Table:
    """A table read in place: the directory in memory (a quarter of a megabyte), all else by ``pread``, so that a worker's memory does not grow
    with the lists, whatever it looks up; the system's page cache, shared by all workers, keeps what is asked often. Safe to use from several
    threads; never changed."""

    def __init__(self, handle: IO[bytes], *, source: bytes | None = None) -> None:
        """Raises TableError where the file is not whole, or was made of other data than ``source`` (SHA-256)."""
        handle.seek(0)
        head = handle.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise TableError("文件不完整")
        self.records: int
        magic, version, self.records, keys, told, made_of, check = _HEAD.unpack(head)
        if magic != MAGIC or version != VERSION or (source is not None and made_of != source):
            raise TableError("不是当前名录的索引")
        if told > MOST_NOTES:
            raise TableError("索引文件已损坏")
        notes = handle.read(told)
        found = hashlib.sha256(notes)
        while piece := handle.read(1 << 18):
            found.update(piece)
        self._keys_at = _HEAD.size + told
        starts = self._keys_at + 8 * keys
        self._places_at = starts + 4 * _HALVES
        self._records_at = self._places_at + 8 * (self.records + 1)
        if _sealed((magic, version, self.records, keys, told, made_of), found.digest()) != check or handle.tell() < self._records_at:
            raise TableError("索引文件已损坏")
        self.notes: dict[str, Any] = json.loads(notes)
        self._file = os.dup(handle.fileno())
        weakref.finalize(self, os.close, self._file)
        self._starts = array("I")
        self._starts.frombytes(os.pread(self._file, 4 * _HALVES, starts))

    def numbers(self, key: str) -> list[int]:
        """Numbers of the records that may have the key, in the order they were added; a few others may be among them."""
        code = zlib.crc32(key.encode("utf-8", "surrogatepass"))
        first, end = self._starts[code >> 16], self._starts[(code >> 16) + 1]
        if first == end:
            return []
        keys = array("Q")
        keys.frombytes(os.pread(self._file, 8 * (end - first), self._keys_at + 8 * first))
        found: list[int] = []
        for at in range(bisect_left(keys, code << 32), len(keys)):
            if keys[at] >> 32 != code or len(found) == MOST_OF_A_KEY:
                break
            number = keys[at] & 0xFFFFFFFF
            if not found or found[-1] != number:
                found.append(number)
        return found

    def record(self, number: int) -> bytes:
        start, end = _PAIR.unpack(os.pread(self._file, 16, self._places_at + 8 * number))
        return os.pread(self._file, end - start, self._records_at + start)


def _sealed(numbers: tuple[bytes | int, ...], body: bytes) -> bytes:
    return hashlib.sha256(_HEAD.pack(*numbers, body)).digest()


def kept_table(cache: Path | None, source: bytes, build: Callable[[], tuple[TableWriter, Mapping[str, Any]]]) -> Table:
    """The table made of ``source``: from the folder ``cache`` if it is there and whole, else by ``build() -> (TableWriter, notes)``.

    Where nothing can be kept (no folder, no right to write, no room), the table lives in a nameless temporary file.
    """
    file = cache / f"{source.hex()[:32]}.names" if cache is not None else None
    if file is not None:
        try:
            with file.open("rb") as handle:
                return Table(handle, source=source)
        except (OSError, TableError):
            pass  # none yet, or not whole: it is built
    writer, notes = build()
    if file is not None:
        try:
            return _kept(file, writer, source, notes)
        except OSError:
            writer, notes = build()
    with tempfile.TemporaryFile() as handle:
        writer.write(handle, source, notes)
        return Table(handle, source=source)


def _kept(file: Path, writer: TableWriter, source: bytes, notes: Mapping[str, Any]) -> Table:
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(number, "w+b") as handle:
            writer.write(handle, source, notes)
            os.fsync(handle.fileno())
            table = Table(handle, source=source)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    for old in file.parent.glob("*.names"):
        if old != file:
            old.unlink(missing_ok=True)  # of a register that was changed since; a process that has it open keeps it
    return table
