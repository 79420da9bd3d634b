"""Anybody's archives, judged where they lie: the HTML answers of a WARC or WACZ, one after another, nothing kept."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from evidence.errors import ArchiveUnreadable

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_MEMBERS = 1_000  # of a WACZ
MAX_WARC_BYTES = 4 * 1024 * 1024 * 1024
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class ForeignPage:
    source: str  # PATH#OFFSET
    url: str
    body: bytes  # content-encoding undone
    content_type: str
    time: str  # WARC-Date


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
    records: Any = ArchiveIterator(stream)
    try:
        for record in records:
            if record.rec_type != "response" or record.http_headers is None:
                continue
            kind = record.http_headers.get_header("Content-Type") or ""
            if not kind.lower().startswith(_HTML):
                continue
            offset = records.get_record_offset()
            body = record.content_stream().read(MAX_BODY_BYTES)
            headers = record.rec_headers
            yield ForeignPage(f"{source}#{offset}", headers.get_header("WARC-Target-URI") or "", body, kind, headers.get_header("WARC-Date") or "")
    except (ArchiveLoadFailed, ValueError, EOFError) as error:
        raise ArchiveUnreadable(f"归档无法读取：{error}") from error
