"""A ZIP in one canonical form: the same files give the same bytes, and a verifier that writes the container anew comes to the same bytes.

Stored entries in the order of their names (bytes), UTF-8 flag, no extra fields, no comments, no data descriptors, one fixed date, below 4 GiB
(PKWARE APPNOTE 6.3.3; docs/decisions/0018). Sizes and check sums stand in the local header: it is written last, over a blank.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evidence.errors import PackageRefused

MAX_BYTES = (1 << 32) - 2
MAX_ENTRIES = 65_534
CHUNK = 1 << 20
_VERSION, _MADE_BY, _UTF8, _DATE, _MODE = 20, 0x031E, 0x0800, 0x0021, 0o100644 << 16
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True)
class _Written:
    name: bytes
    crc: int
    size: int
    offset: int


class CanonicalZip:
    """Writes to an open file from its beginning. Names must come in order; ``close`` writes the directory. Raises PackageRefused where the
    form does not hold what is asked (too much, a name twice or out of order)."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._entries: list[_Written] = []
        self._end = 0

    def add(self, name: str, chunks: Iterable[bytes]) -> int:
        """One entry from its bytes; answers its size."""
        raw = name.encode("utf-8")
        if self._entries and raw <= self._entries[-1].name:
            raise ValueError(f"not in order: {name}")
        offset, crc, size = self._end, 0, 0
        self._stream.write(b"\0" * (_LOCAL.size + len(raw)))
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
            if offset + size > MAX_BYTES:
                raise PackageRefused("证据包超过 4 GiB，请按快照分成几个包导出")
            self._stream.write(chunk)
        self._end = offset + _LOCAL.size + len(raw) + size
        self._stream.seek(offset)
        self._stream.write(_LOCAL.pack(b"PK\x03\x04", _VERSION, _UTF8, 0, 0, _DATE, crc, size, size, len(raw), 0) + raw)
        self._stream.seek(self._end)
        self._entries.append(_Written(raw, crc, size, offset))
        return size

    def close(self) -> None:
        if len(self._entries) > MAX_ENTRIES:
            raise PackageRefused("证据包中的文件过多，请按快照分成几个包导出")
        start = self._end
        for one in self._entries:
            row = _CENTRAL.pack(b"PK\x01\x02", _MADE_BY, _VERSION, _UTF8, 0, 0, _DATE, one.crc, one.size, one.size, len(one.name), 0, 0, 0, 0, _MODE, one.offset)
            self._stream.write(row + one.name)
            self._end += len(row) + len(one.name)
        if self._end > MAX_BYTES:
            raise PackageRefused("证据包超过 4 GiB，请按快照分成几个包导出")
        count = len(self._entries)
        self._stream.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, self._end - start, start, 0))


def pieces(path: Path) -> Iterator[bytes]:
    """A file's bytes, a mebibyte at a time."""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
