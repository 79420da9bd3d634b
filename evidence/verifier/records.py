"""Stored gzip members and the WARC record in each (ISO 28500:2017): whole to the last byte, and what they say of themselves."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from typing import Dict, Iterable, NamedTuple, Tuple, Union

MAX_RECORD = 256 * 1024 * 1024  # bytes of one record, unpacked
MARK = "urn:x-adpatrol:visit:"
FILLER = "other"  # a ledgered stretch of an imported file that is no record of a capture
_HEADER = re.compile("\r\n([^:\r\n]+):([^\r\n]*)")
_DIGESTS = {"sha1": (20, hashlib.sha1), "sha256": (32, hashlib.sha256), "sha384": (48, hashlib.sha384), "sha512": (64, hashlib.sha512)}


class BadRecord(Exception):
    """The message says why, in Chinese."""


class Record(NamedTuple):
    """``headers`` with lower-case names; ``block`` its content."""

    headers: Dict[str, str]
    block: bytes

    @property
    def type(self) -> str:
        return self.headers.get("warc-type", "")


def unpack_member(raw: bytes) -> Record:
    """The one record of one gzip member, whose trailer stands and behind which nothing follows. Raises BadRecord."""
    unpacker = zlib.decompressobj(31)
    try:
        data = unpacker.decompress(raw, MAX_RECORD + 1)
    except zlib.error as error:
        raise BadRecord("压缩成员损坏") from error
    if len(data) > MAX_RECORD:
        raise BadRecord("记录过大")
    if not unpacker.eof or unpacker.unused_data:
        raise BadRecord("压缩成员没有完整的结尾校验")
    end = data.find(b"\r\n\r\n")
    if end < 0 or not data.startswith(b"WARC/"):
        raise BadRecord("不是 WARC 记录")
    headers = {name.lower(): value.strip() for name, value in _HEADER.findall(data[:end].decode("utf-8", "replace"))}
    size = headers.get("content-length", "")
    if not (size.isdigit() and size.isascii() and len(size) < 13) or len(data) != end + 8 + int(size) or data[-4:] != b"\r\n\r\n":
        raise BadRecord("记录长度与所标不符")
    return Record(headers, data[end + 4 : -4])


def members_of(data: bytes, start: int = 0) -> Iterable[Tuple[int, int]]:
    """(offset, length) of each gzip member of ``data``, to its end. Raises BadRecord where what follows is none."""
    while start < len(data):
        unpacker = zlib.decompressobj(31)
        left, size = data[start:], 0
        try:
            while left and not unpacker.eof:
                size += len(unpacker.decompress(left, 1 << 20))
                left = unpacker.unconsumed_tail
                if size > MAX_RECORD:
                    raise BadRecord("偏移 %d 处的记录过大" % start)
        except zlib.error as error:
            raise BadRecord("偏移 %d 处的压缩成员损坏" % start) from error
        if not unpacker.eof:
            raise BadRecord("偏移 %d 处的压缩成员不完整" % start)
        length = len(data) - start - len(unpacker.unused_data)
        yield start, length
        start += length


def digest_faults(record: Record, payload: bool = True) -> str:
    """What the record's own digests say against its content, in Chinese; empty where nothing. Methods that are not known are passed over.
    ``payload``: the body's digest too, which is of a part of what the block's is of."""
    told = record.headers.get("warc-block-digest", "")
    if told and not digest_stands(told, record.block):
        return "WARC-Block-Digest 与记录的内容不符"
    told = record.headers.get("warc-payload-digest", "")
    if payload and told and record.type == "response" and not digest_stands(told, _body(record.block)):
        return "WARC-Payload-Digest 与记录的内容不符"
    return ""


def _body(block: bytes) -> memoryview:
    """The body of an HTTP answer, as stored."""
    end = block.find(b"\r\n\r\n")
    return memoryview(block)[end + 4 :] if end >= 0 else memoryview(b"")


def digest_stands(told: str, data: Union[bytes, memoryview]) -> bool:
    """``told``: ``sha256:…`` in hexadecimal or base32, as WARC has it. True where the method is not known here."""
    name, _, value = told.partition(":")
    name = name.strip().lower().replace("sha-", "sha")
    if name not in _DIGESTS:
        return True
    size, digest = _DIGESTS[name]
    value = value.strip()
    if len(value) == 2 * size:
        return digest(data).hexdigest() == value.lower()
    try:
        return digest(data).digest() == base64.b32decode(value.upper() + "=" * (-len(value) % 8))
    except (ValueError, binascii.Error):
        return False
