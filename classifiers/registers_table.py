"""A table on disk for many names: records found by any of their keys, mapped into memory, so that a worker holds only what it looks at.

Layout, little endian: head (magic, version, numbers, SHA-256 of what follows), notes (JSON), then the index: one 64-bit number a key, its CRC-32
above the number of its record, sorted, with a directory of where each of the 65,536 first halves begins; then the places of the records and the
records themselves. A search reads the directory and bisects what lies between: few pages of memory are touched. CRC-32 is no proof: who looks up compares the record found. Written to a temporary name and moved into place: a torn
file is never seen, and a changed one is refused by its digest and built again.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import tempfile
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

MAGIC = b"ADPNAMES"
VERSION = 2  # of the layout and of the keys: raise it when either changes, and old files are built again
MOST_OF_A_KEY = 64  # records looked at under one key
_HALVES = 65_538  # places in the directory: one for each first half of a code, the end, and one to fill
_HEAD = struct.Struct("<8sIIQQ32s32s")  # magic, version, records, keys, length of notes, digest of the sources, SHA-256 of all that follows


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
        handle.write(_HEAD.pack(MAGIC, VERSION, len(self._places) - 1, count, len(told), source, check.digest()))
        handle.flush()


class Table:
    """A table mapped into memory. Safe to read from several threads; never changed."""

    def __init__(self, handle: IO[bytes], *, source: bytes | None = None) -> None:
        """Raises TableError where the file is not whole, or was made of other data than ``source`` (SHA-256)."""
        try:
            self._map = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise TableError("空文件") from error
        if len(self._map) < _HEAD.size:
            raise TableError("文件不完整")
        self.records: int
        magic, version, self.records, keys, told, made_of, check = _HEAD.unpack_from(self._map)
        start = _HEAD.size + told
        if magic != MAGIC or version != VERSION or (source is not None and made_of != source):
            raise TableError("不是当前名录的索引")
        whole = memoryview(self._map)
        places = start + 8 * keys + 4 * _HALVES
        if len(whole) < places + 8 * (self.records + 1) or hashlib.sha256(whole[_HEAD.size:]).digest() != check:
            raise TableError("索引文件已损坏")
        self.notes: dict[str, Any] = json.loads(bytes(whole[_HEAD.size:start]))
        self._keys = whole[start:start + 8 * keys].cast("Q")
        self._starts = whole[start + 8 * keys:places].cast("I")
        self._places = whole[places:places + 8 * (self.records + 1)].cast("Q")
        self._blob = whole[places + 8 * (self.records + 1):]
        if hasattr(self._map, "madvise"):
            self._map.madvise(mmap.MADV_DONTNEED)  # the check has read the whole file: give the pages back
            self._map.madvise(mmap.MADV_RANDOM)

    def numbers(self, key: str) -> list[int]:
        """Numbers of the records that may have the key, in the order they were added; a few others may be among them."""
        code = zlib.crc32(key.encode("utf-8", "surrogatepass"))
        keys = self._keys
        found: list[int] = []
        at = bisect_left(keys, code << 32, self._starts[code >> 16], self._starts[(code >> 16) + 1])
        while at < len(keys) and keys[at] >> 32 == code and len(found) < MOST_OF_A_KEY:
            number = keys[at] & 0xFFFFFFFF
            if not found or found[-1] != number:
                found.append(number)
            at += 1
        return found

    def record(self, number: int) -> bytes:
        return bytes(self._blob[self._places[number]:self._places[number + 1]])


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
