"""Anybody's archives, judged where they lie: the HTML answers of a WARC or WACZ, one after another, nothing kept."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from evidence.capture import ANSWERS
from evidence.errors import ArchiveUnreadable
from evidence.revisits import plain_digest

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_MEMBERS = 1_000  # of a WACZ
MAX_KNOWN = 200_000  # pages of one file that revisits may refer to, and revisits that wait
MAX_WARC_BYTES = 4 * 1024 * 1024 * 1024
_SHOWN = "urn:x-adpatrol:dom:"
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class ForeignPage:
    source: str  # PATH#OFFSET
    url: str
    body: bytes  # content-encoding undone
    content_type: str
    time: str  # WARC-Date
    status: int | None = None  # of the answer; None for a page as a browser showed it


def pages(path: Path) -> Iterator[ForeignPage]:
    """The answers that are HTML, in archive order. Raises ArchiveUnreadable where the file is none, or breaks off."""
    if path.name.lower().endswith(".wacz"):
        yield from _wacz(path)
        return
    with path.open("rb") as stream:
        yield from _warc(stream, str(path))


def _wacz(path: Path) -> Iterator[ForeignPage]:
    try:
        with zipfile.ZipFile(path) as package:
            names = [n for n in package.namelist() if n.startswith("archive/") and n.endswith((".warc.gz", ".warc"))]
            for name in names[:MAX_MEMBERS]:
                with _seekable(package, name) as stream:
                    yield from _warc(stream, str(path))
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise ArchiveUnreadable(f"{path.name} 不是可读的 WACZ：{error}") from error


@contextmanager
def _seekable(package: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """A member copied to a nameless file, under a bound: its declared size is not believed."""
    with package.open(name) as member, tempfile.TemporaryFile() as copy:
        left = MAX_WARC_BYTES
        while chunk := member.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise ArchiveUnreadable(f"{name} 展开后过大")
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _warc(stream: IO[bytes], source: str) -> Iterator[ForeignPage]:
    """Revisits of pages come last: their bodies lie in other records, which may stand behind them."""
    records: Any = ArchiveIterator(stream)
    originals: dict[str, int] = {}  # record id and digest of a page's body → offset
    waiting: list[tuple[ForeignPage, tuple[str, str]]] = []
    try:
        for record in records:
            kind = _kind_of(record)
            if not kind.lower().startswith(_HTML):
                continue
            body = record.content_stream().read(MAX_BODY_BYTES)
            offset = records.get_record_offset()  # reads to the record's end: the body must be had before
            page = _page(record, body, kind, f"{source}#{offset}")
            told = plain_digest(record.rec_headers.get_header("WARC-Payload-Digest") or "")
            if record.rec_type != "revisit":
                if len(originals) < MAX_KNOWN:
                    originals.setdefault(record.rec_headers.get_header("WARC-Record-ID") or "", offset)
                    originals.setdefault(told, offset)
                yield page
            elif len(waiting) < MAX_KNOWN:
                waiting.append((page, (record.rec_headers.get_header("WARC-Refers-To") or "-", told)))
        for page, names in waiting:
            place = next((originals[name] for name in names if name in originals and name.strip(":")), None)
            if place is not None:
                yield replace(page, body=_body_at(stream, place))
    except (ArchiveLoadFailed, ValueError, EOFError, zlib.error) as error:
        raise ArchiveUnreadable(f"归档无法读取：{error}") from error


def _page(record: Any, body: bytes, kind: str, source: str) -> ForeignPage:
    headers = record.rec_headers
    url = (headers.get_header("WARC-Target-URI") or "").removeprefix(_SHOWN)
    return ForeignPage(source, url, body, kind, headers.get_header("WARC-Date") or "", _status_of(record))


def _body_at(stream: IO[bytes], offset: int) -> bytes:
    stream.seek(offset)
    for record in ArchiveIterator(stream):
        return bytes(record.content_stream().read(MAX_BODY_BYTES))
    return b""


def _kind_of(record: Any) -> str:
    """The content type of an answer, or of a page as a browser showed it (what scripts wrote stands nowhere else); "" for other records."""
    if record.rec_type in ANSWERS and record.http_headers is not None:
        return record.http_headers.get_header("Content-Type") or ""
    if record.rec_type == "resource" and (record.rec_headers.get_header("WARC-Target-URI") or "").startswith(_SHOWN):
        return record.rec_headers.get_header("Content-Type") or ""
    return ""


def _status_of(record: Any) -> int | None:
    code = record.http_headers.get_statuscode() if record.rec_type in ANSWERS else ""
    return int(code) if code.isdigit() else None
