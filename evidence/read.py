"""Reading back what a capture holds: the bytes the judge reads, a record's content, the screenshot."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import brotli
import zstandard

from evidence import referred, stored
from evidence.capture import ANSWERS, Capture, RecordRef
from evidence.stored import stored_member as stored_member
from evidence.warc import safe_uri

MAX_BODY_BYTES = 32 * 1024 * 1024  # with content-encoding undone
MAX_ENCODINGS = 3


@dataclass(frozen=True, slots=True)
class PageBody:
    """``kind``: where it comes from: the browser's final DOM, the server's answer, or (nothing else there) the browser's text."""

    body: bytes
    content_type: str
    url: str
    kind: Literal["dom", "response", "text"]


def page_body(folder: Path, capture: Capture) -> PageBody | None:
    """What the judge reads of a capture: the DOM record, else the answer of the final address, else ``urn:text:``; None where there is
    none of them. Raises EvidenceError where stored bytes are not what the ledger names."""
    dom = _first(capture, "urn:x-adpatrol:dom:")
    if dom is not None:
        return PageBody(record_payload(folder, dom), "text/html; charset=utf-8", capture.final_url, "dom")
    final = safe_uri(capture.final_url)
    answers = [r for r in capture.records if r.type in ANSWERS and r.uri == final]
    if answers:
        body, content_type = _entity(record_payload(folder, answers[-1]))
        return PageBody(body, content_type, capture.final_url, "response")
    page = [r for r in capture.records if r.type == "resource" and r.uri == final]
    if page:
        return PageBody(record_payload(folder, page[-1]), "", capture.final_url, "response")
    text = _first(capture, "urn:text:")
    return PageBody(record_payload(folder, text), "text/plain; charset=utf-8", capture.final_url, "text") if text is not None else None


def answer(folder: Path, ref: RecordRef) -> tuple[bytes, str]:
    """(body with content-encoding undone, content type) of a response that was kept. Raises EvidenceError as ``record_payload`` does."""
    return _entity(record_payload(folder, ref))


def screenshot(folder: Path, capture: Capture) -> bytes | None:
    """The picture of the whole page, else of the first screen, as stored (PNG or JPEG, hostile until re-encoded); None where there is none."""
    ref = _first(capture, "urn:fullPage:") or _first(capture, "urn:view:")
    return record_payload(folder, ref) if ref is not None else None


def record_payload(folder: Path, ref: RecordRef) -> bytes:
    """The record's block; of a revisit its own head and the body it refers to. Raises DigestMismatch where a stored member is not the ledgered
    one, ArchiveUnreadable where it is not there, Erased."""
    if ref.type == "revisit":
        return referred.block(folder, ref)
    return stored.record(folder, ref)[1]


def _first(capture: Capture, prefix: str) -> RecordRef | None:
    return next((record for record in capture.records if record.uri.startswith(prefix)), None)


def _entity(block: bytes) -> tuple[bytes, str]:
    """(body with content-encoding undone, content type) of an HTTP answer."""
    head, _, body = block.partition(b"\r\n\r\n")
    headers: dict[str, str] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        headers.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
    codings = [c.strip().lower() for c in headers.get("content-encoding", "").split(",") if c.strip()]
    for coding in reversed(codings[-MAX_ENCODINGS:]):
        undo = _UNDO.get(coding)
        if undo is not None:
            body = undo(body)
    return body[:MAX_BODY_BYTES], headers.get("content-type", "")


def _gunzip(body: bytes) -> bytes:
    """As much as unpacks within the bound; a broken tail loses only itself."""
    if body[:2] != b"\x1f\x8b":
        return body
    return _inflate(body, 31)


def _deflate(body: bytes) -> bytes:
    return _inflate(body, 15) if body[:1] == b"\x78" else _inflate(body, -15)


def _inflate(body: bytes, window: int) -> bytes:
    unpacker, out, size = zlib.decompressobj(window), [], 0
    for start in range(0, len(body), 1 << 16):
        try:
            piece = unpacker.decompress(body[start : start + (1 << 16)], MAX_BODY_BYTES - size)
        except zlib.error:
            break
        out.append(piece)
        size += len(piece)
        if size >= MAX_BODY_BYTES or unpacker.eof:
            break
    return b"".join(out)


def _brotli(body: bytes) -> bytes:
    unpacker, out, size = brotli.Decompressor(), [], 0
    try:
        piece = unpacker.process(body, output_buffer_limit=1 << 20)
        while True:
            out.append(piece)
            size += len(piece)
            if size >= MAX_BODY_BYTES or unpacker.is_finished():
                break
            piece = unpacker.process(b"", output_buffer_limit=1 << 20)
            if not piece:
                break
    except brotli.error:
        pass
    return b"".join(out)


def _zstd(body: bytes) -> bytes:
    out, size = [], 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body) as reader:
            while size < MAX_BODY_BYTES and (piece := reader.read(1 << 18)):
                out.append(piece)
                size += len(piece)
    except zstandard.ZstdError:
        pass
    return b"".join(out)


_UNDO: dict[str, Callable[[bytes], bytes]] = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
