"""The index of a WACZ: CDXJ lines (one a record: key, time, JSON), with the keys ReplayWeb.page and pywb look pages up by (SURT)."""

from __future__ import annotations

import json
import re
import zlib
from urllib.parse import urlsplit

from evidence.capture import RecordRef
from evidence.facts import moment

INDEXED = frozenset(("response", "revisit", "resource", "metadata"))
MAX_HEAD = 256 * 1024  # bytes unpacked to find the heads of a record
_WWW = re.compile(r"^www\d*\.")
_STATUS = re.compile(rb"^HTTP/\S+ (\d{3})")


def surt(url: str) -> str:
    """``http://www.example.com:8100/A?b=2&a=1`` → ``com,example:8100)/a?a=1&b=2``; other schemes as they are."""
    if not url.lower().startswith(("http:", "https:")):
        return url
    try:
        parts = urlsplit(url.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    key = ",".join(reversed(_WWW.sub("", host).split(".")))
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        key += f":{port}"
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{key}){parts.path or '/'}" + (f"?{query}" if query else "")


def line(ref: RecordRef, raw: bytes, *, filename: str, offset: int) -> str | None:
    """The line of a stored gzip member, at ``offset`` of ``filename``; None where a record of its type is not looked up."""
    if ref.type not in INDEXED or not ref.uri:
        return None
    warc, http = _heads(raw)
    when = moment(warc.get("warc-date", ""))
    if when is None:
        return None
    answer = warc.get("content-type", "").startswith("application/http")
    entry = {"url": ref.uri, "mime": "warc/revisit" if ref.type == "revisit" else _mime(http[1] if answer else warc.get("content-type", ""))}
    if answer and http[0]:
        entry["status"] = http[0]
    digest = warc.get("warc-payload-digest") or warc.get("warc-block-digest")
    if digest:
        entry["digest"] = digest
    entry |= {"length": str(len(raw)), "offset": str(offset), "filename": filename, "recordDigest": f"sha256:{ref.sha256}"}
    key = surt(ref.uri).replace(" ", "%20")
    return f"{key} {when:%Y%m%d%H%M%S} {json.dumps(entry, ensure_ascii=True)}\n"


def _heads(raw: bytes) -> tuple[dict[str, str], tuple[str, str]]:
    """(WARC headers with lower-case names, (HTTP status, content type)) of as much as is needed."""
    try:
        text = zlib.decompressobj(31).decompress(raw, MAX_HEAD)
    except zlib.error:
        return {}, ("", "")
    head, _, block = text.partition(b"\r\n\r\n")
    status = _STATUS.match(block)
    http = _fields(block.partition(b"\r\n\r\n")[0]) if status else {}
    return _fields(head), (status[1].decode("ascii") if status else "", http.get("content-type", ""))


def _fields(head: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in head.decode("utf-8", "replace").split("\r\n")[1:]:
        name, colon, value = row.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def _mime(value: str) -> str:
    return value.partition(";")[0].strip().lower()[:100] or "unk"
