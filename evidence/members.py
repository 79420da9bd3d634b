"""Reading WARC files member by member: where each gzip member lies and what record it holds. For recovery, checking and reading back."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from evidence.capture import RecordRef

MAX_RECORD_BYTES = 256 * 1024 * 1024  # of one record, unpacked
FILLER = "other"  # a ledgered stretch of an imported file that is no record of a capture; at most MAX_FILLER_BYTES
MAX_FILLER_BYTES = 16 * 1024 * 1024
_CHUNK = 1 << 16


class Torn(Exception):
    """What follows ``offset`` is no whole member. ``why`` in Chinese; ``cut`` where the bytes only end too early."""

    def __init__(self, offset: int, why: str, *, cut: bool = False) -> None:
        super().__init__(why)
        self.offset, self.why, self.cut = offset, why, cut


@dataclass(frozen=True, slots=True)
class Record:
    """A record as stored: ``headers`` with lower-case names, ``block`` its content."""

    headers: dict[str, str]
    block: bytes
    offset: int
    length: int
    sha256: str  # of the stored gzip member

    def ref(self, file: str) -> RecordRef:
        return RecordRef(type=self.headers.get("warc-type", ""), uri=self.headers.get("warc-target-uri", ""), file=file,
                         offset=self.offset, length=self.length, sha256=self.sha256)


def records(stream: IO[bytes], offset: int = 0) -> Iterator[Record]:
    """Whole members from ``offset`` to the end of the stream. Raises Torn at the first that is not whole."""
    stream.seek(offset)
    buffer = b""
    while True:
        buffer = buffer or stream.read(_CHUNK)
        if not buffer:
            return
        unpacker, out, stored, length = zlib.decompressobj(31), [], hashlib.sha256(), 0
        size = 0
        while not unpacker.eof:
            if not buffer:
                buffer = stream.read(_CHUNK)
                if not buffer:
                    raise Torn(offset, "压缩成员不完整（写入中断）", cut=True)
            try:
                piece = unpacker.decompress(buffer, MAX_RECORD_BYTES + 1 - size)
            except zlib.error as error:
                raise Torn(offset, "压缩成员损坏") from error
            size += len(piece)
            out.append(piece)
            if size > MAX_RECORD_BYTES:
                raise Torn(offset, "记录过大")
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            used = buffer[: len(buffer) - len(rest)]
            stored.update(used)
            length += len(used)
            buffer = rest
        headers, block = parse(b"".join(out), offset)
        yield Record(headers, block, offset, length, stored.hexdigest())
        offset += length


def parse(raw: bytes, offset: int = 0) -> tuple[dict[str, str], bytes]:
    """(headers, block) of one unpacked record. Raises Torn where it is none."""
    head, found, rest = raw.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    if not found or not lines[0].startswith("WARC/"):
        raise Torn(offset, "不是 WARC 记录")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    size = headers.get("content-length", "")
    if not re.fullmatch("[0-9]{1,12}", size) or len(rest) != int(size) + 4 or not rest.endswith(b"\r\n\r\n"):
        raise Torn(offset, "记录长度与所标不符")
    return headers, rest[: int(size)]
