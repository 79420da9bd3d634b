"""One WARC 1.1 record as one gzip member (ISO 28500:2017): made whole in memory, written by one call."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from evidence import facts, revisits
from evidence.capture import Visit, VisitRecord
from evidence.packing import packed
from evidence.revisits import Original

MARK = "urn:x-adpatrol:visit:"
_UNSAFE = re.compile("[\x00-\x20\x7f-\uffff\U00010000-\U0010ffff<>\"{}|\\\\^`]")


def member(headers: Sequence[tuple[str, str]], block: bytes) -> bytes:
    """The record as a gzip member of its own. Header values are made one line: what comes from a site cannot add a header."""
    lines = ["WARC/1.1"] + [f"{name}: {_line(value)}" for name, value in headers] + [f"Content-Length: {len(block)}", "", ""]
    return packed(b"".join(("\r\n".join(lines).encode("utf-8", "replace"), block, b"\r\n\r\n")))


def info_member(file: str, when: datetime, software: str) -> tuple[str, bytes]:
    """The warcinfo record that opens a file: (its record id, the member)."""
    identity = new_record_id()
    block = f"software: {software}\r\nformat: WARC File Format 1.1\r\nconformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
    headers = [("WARC-Type", "warcinfo"), ("WARC-Record-ID", identity), ("WARC-Date", _date(when)), ("WARC-Filename", file),
               ("Content-Type", "application/warc-fields")]
    return identity, member(headers, block.encode("ascii"))


def record_member(record: VisitRecord, visit: Visit, *, info: str, identity: str, concurrent: str, payload: str = "") -> bytes:
    """``payload``: the body's digest where it is known already."""
    block = record.payload
    headers = [
        ("WARC-Type", record.type), ("WARC-Record-ID", identity), ("WARC-Target-URI", safe_uri(record.uri)), ("WARC-Date", _date(visit.time)),
        ("WARC-Warcinfo-ID", info), ("WARC-Page-ID", visit.id), ("Content-Type", record.content_type),
        ("WARC-Block-Digest", digest(block)),
    ]
    if record.type == "response":
        headers.append(("WARC-Payload-Digest", payload or digest(revisits.body_of(block))))
    if concurrent and concurrent != identity:
        headers.append(("WARC-Concurrent-To", concurrent))
    if record.ip:
        headers.append(("WARC-IP-Address", record.ip))
    if record.truncated:
        headers.append(("WARC-Truncated", record.truncated))
    return member([*headers, *record.extra], block)


def revisit_member(record: VisitRecord, visit: Visit, original: Original, *, head: bytes, payload: str, info: str, identity: str, concurrent: str) -> bytes:
    """A response whose body is ``original``'s: ``head`` (status line and headers, with the empty line) is all that is written of it."""
    headers = [
        ("WARC-Type", "revisit"), ("WARC-Record-ID", identity), ("WARC-Target-URI", safe_uri(record.uri)), ("WARC-Date", _date(visit.time)),
        ("WARC-Profile", revisits.PROFILE), ("WARC-Refers-To", original.identity), ("WARC-Refers-To-Target-URI", original.uri),
        ("WARC-Refers-To-Date", original.date), (revisits.PLACE, original.place), ("WARC-Warcinfo-ID", info), ("WARC-Page-ID", visit.id),
        ("Content-Type", record.content_type), ("WARC-Block-Digest", digest(head)), ("WARC-Payload-Digest", payload),
    ]
    if concurrent and concurrent != identity:
        headers.append(("WARC-Concurrent-To", concurrent))
    if record.ip:
        headers.append(("WARC-IP-Address", record.ip))
    return member([*headers, *record.extra], head)


def date_of(visit: Visit) -> str:
    """WARC-Date of a visit's records."""
    return _date(visit.time)


def mark_member(visit: Visit, *, info: str, concurrent: str, text: str = "") -> tuple[str, bytes]:
    """The visit's last record (its URI, the member): all its facts as JSON, ``text`` where it is made already. A visit without it is half
    a visit."""
    uri = safe_uri(MARK + visit.id)
    block = (text or facts.of_visit(visit)[0]).encode("utf-8")
    headers = [("WARC-Type", "metadata"), ("WARC-Record-ID", new_record_id()), ("WARC-Target-URI", uri), ("WARC-Date", _date(visit.time)),
               ("WARC-Warcinfo-ID", info), ("WARC-Page-ID", visit.id), ("Content-Type", "application/json"), ("WARC-Block-Digest", digest(block))]
    if concurrent:
        headers.append(("WARC-Concurrent-To", concurrent))
    return uri, member(headers, block)


def safe_uri(uri: str) -> str:
    """Percent-encodes what RFC 3986 does not allow, so that a header stays a header."""
    return _UNSAFE.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), uri)


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def digest(data: bytes) -> str:
    """As Browsertrix and wget write it: algorithm, colon, lower-case hexadecimal."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _date(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _line(value: str) -> str:
    return " ".join(value.split("\r")).replace("\n", " ").replace("\0", "")
