"""Anybody's archives taken in: each WARC copied by its digest into ``archive/imported/``, its pages ledgered as captures. Doing it twice
changes nothing. Our own archives come in by their visit marks, others' by their answers, tied by WARC-Page-ID where they have it."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.warcwriter import WARCWriter

from evidence.capture import Outcome, RecordRef
from evidence.errors import ArchiveUnreadable
from evidence.foreign import MAX_MEMBERS, MAX_WARC_BYTES
from evidence.ledger import LedgerWriter
from evidence.members import Record, Torn, records
from evidence.warc import MARK

_HTML = ("text/html", "application/xhtml+xml")
_SEEN = ("urn:x-adpatrol:dom:", "urn:text:", "urn:view:", "urn:fullPage:")
GROUP = 500
MAX_OWN = 2_000  # records of one visit


@dataclass(frozen=True, slots=True)
class Imported:
    """``captures`` newly ledgered; ``already`` where the file had been taken in before."""

    captures: int
    already: bool


@dataclass(slots=True)
class _Pending:
    """What one page of a foreign file has shown so far."""

    answer: tuple[Record, dict[str, str], int] | None = None
    refs: list[RecordRef] = field(default_factory=list)


def import_file(folder: Path, path: Path) -> Imported:
    """Raises ArchiveUnreadable where the file is no archive (nothing is kept then), OSError where it cannot be read."""
    if path.name.lower().endswith(".wacz"):
        return _wacz(folder, path)
    with path.open("rb") as stream:
        return _one(folder, stream, path.name)


def _wacz(folder: Path, path: Path) -> Imported:
    try:
        with zipfile.ZipFile(path) as package:
            names = [n for n in package.namelist() if n.startswith("archive/") and n.endswith((".warc.gz", ".warc"))][:MAX_MEMBERS]
            if not names:
                raise ArchiveUnreadable(f"{path.name} 里没有 WARC")
            done = []
            for name in names:
                with package.open(name) as member:
                    done.append(_one(folder, member, name))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise ArchiveUnreadable(f"{path.name} 不是可读的 WACZ") from error
    return Imported(sum(d.captures for d in done), all(d.already for d in done))


def _one(folder: Path, stream: IO[bytes], name: str) -> Imported:
    ledger = LedgerWriter(folder)
    try:
        with _copied(folder / "imported", stream, name) as (copy, already):
            run = f"imported-{copy.name.partition('.')[0][:12]}"
            file = f"imported/{copy.name}"
            done = _ledgered(copy, file, run, ledger)
            return Imported(done, already and done == 0)
    finally:
        ledger.close()


@contextmanager
def _copied(folder: Path, stream: IO[bytes], name: str) -> Iterator[tuple[Path, bool]]:
    """The file under the SHA-256 of its bytes, every record a gzip member of its own; on disk before anything is ledgered."""
    folder.mkdir(parents=True, exist_ok=True)
    rough = folder / f".{os.getpid()}-{os.urandom(6).hex()}.part"
    try:
        digest = _copy(stream, rough)
        target = folder / f"{digest}.warc.gz"
        already = target.is_file()
        if not already:
            if not _by_member(rough):
                _rewrite(rough, name)
            with rough.open("rb") as handle:
                os.fsync(handle.fileno())
            rough.replace(target)
            handle_ = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle_)
            finally:
                os.close(handle_)
        try:
            yield target, already
        except ArchiveUnreadable:
            if not already:
                target.unlink(missing_ok=True)
            raise
    finally:
        rough.unlink(missing_ok=True)


def _copy(stream: IO[bytes], target: Path) -> str:
    digest, left = hashlib.sha256(), MAX_WARC_BYTES
    with target.open("wb") as out:
        while chunk := stream.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise ArchiveUnreadable("文件过大，请先拆分")
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _by_member(path: Path) -> bool:
    """Whether the file is gzip with one record a member, as it should be; a torn end does not matter here."""
    with path.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            return False
        try:
            next(records(stream))
        except (Torn, StopIteration):
            return False
    return True


@contextmanager
def _plain(path: Path, whole: bool) -> Iterator[Any]:
    """The file without the gzip around all of it, where there is one."""
    if whole:
        with gzip.open(path, "rb") as unpacked:
            yield unpacked
    else:
        with path.open("rb") as stream:
            yield stream


def _rewrite(path: Path, name: str) -> None:
    """Plain WARC, or gzip in one piece, as one member a record. The records' own bytes and headers stay."""
    better = path.with_suffix(".member")
    try:
        with path.open("rb") as head:
            whole = head.read(2) == b"\x1f\x8b"
        with _plain(path, whole) as source, better.open("wb") as target:
            writer = WARCWriter(target, gzip=True, warc_version="1.1")
            count = 0
            for record in ArchiveIterator(source, no_record_parse=True):
                writer.write_record(record)
                count += 1
            if not count:
                raise ArchiveUnreadable(f"{name} 不是 WARC 文件")
        better.replace(path)
    except (ArchiveLoadFailed, EOFError, gzip.BadGzipFile, ValueError) as error:
        raise ArchiveUnreadable(f"{name} 不是可读的 WARC 文件") from error
    finally:
        better.unlink(missing_ok=True)


def _ledgered(copy: Path, file: str, run: str, ledger: LedgerWriter) -> int:
    done, group = 0, []
    with copy.open("rb") as stream:
        for visit in _visits(stream, file, run):
            group.append(visit)
            if len(group) >= GROUP:
                done += len(ledger.append([], group))
                group = []
    return done + len(ledger.append([], group))


def _visits(stream: IO[bytes], file: str, run: str) -> Iterator[tuple[dict[str, Any], list[RecordRef]]]:
    """Every page of the file as (facts, records). A torn end ends the file: what stands before it is whole."""
    waiting: dict[str, _Pending] = {}
    own: list[RecordRef] = []  # records of the visit being read, in case it is one of ours
    mine = ""
    count = 0
    try:
        for record in records(stream):
            count += 1
            ref, page = record.ref(file), record.headers.get("warc-page-id", "")
            if ref.type == "metadata" and ref.uri.startswith(MARK):
                waiting.pop(page, None)
                facts = _own(record)
                if facts is not None:
                    yield facts, [*own, ref]
                own, mine = [], ""
                continue
            if page != mine:
                own, mine = [], page
            if page and len(own) < MAX_OWN:
                own.append(ref)
            yield from _foreign(record, ref, page, waiting, file, run)
    except Torn as torn:
        if not count:
            raise ArchiveUnreadable("不是可读的 WARC 文件") from torn
    for pending in waiting.values():
        yield from _whole(pending, file, run)


def _own(record: Record) -> dict[str, Any] | None:
    """The facts of a visit of ours, as another home wrote them; None where they are not of that shape."""
    try:
        facts = json.loads(record.block)
        Outcome(facts["outcome"])
        datetime.fromisoformat(facts["time"])
        shape = all(isinstance(facts[key], str) for key in ("id", "run", "site", "url", "final_url", "client", "detail"))
        return facts if shape and isinstance(facts["facts"], dict) and isinstance(facts["headers"], list) else None
    except (ValueError, KeyError, TypeError):
        return None


def _foreign(
    record: Record, ref: RecordRef, page: str, waiting: dict[str, _Pending], file: str, run: str,
) -> Iterator[tuple[dict[str, Any], list[RecordRef]]]:
    if ref.type == "response":
        headers, status = _answer(record.block)
        if not headers.get("content-type", "").lower().startswith(_HTML):
            return
        if not page:
            yield from _whole(_Pending((record, headers, status), [ref]), file, run)
            return
        pending = waiting.setdefault(page, _Pending())
        if pending.answer is None:
            pending.answer = (record, headers, status)
            pending.refs.append(ref)
    elif ref.type == "resource" and page and ref.uri.startswith(_SEEN):
        waiting.setdefault(page, _Pending()).refs.append(ref)
    while len(waiting) > GROUP:
        yield from _whole(waiting.pop(next(iter(waiting))), file, run)


def _whole(pending: _Pending, file: str, run: str) -> Iterable[tuple[dict[str, Any], list[RecordRef]]]:
    if pending.answer is None:
        return
    record, headers, status = pending.answer
    url = record.headers.get("warc-target-uri", "").strip("<>")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return
    # The id is of the place in the file, which is named by its digest: the same wherever and whenever it is taken in.
    identity = hashlib.sha256(f"{file}#{record.offset}".encode()).hexdigest()[:26]
    ok = 200 <= status < 300
    yield {
        "id": identity, "run": run, "site": f"{parts.scheme}://{parts.netloc.lower()}", "url": url, "final_url": url,
        "time": _time(record.headers.get("warc-date", "")).isoformat(), "client": "foreign",
        "outcome": str(Outcome.OK if ok else Outcome.NOT_FOUND if status in (404, 410) else Outcome.HTTP_ERROR),
        "status": status, "headers": [[k, v] for k, v in list(headers.items())[:100]], "redirects": [], "detail": "" if ok else f"HTTP {status}",
        "facts": {"imported": True},
    }, pending.refs


def _answer(block: bytes) -> tuple[dict[str, str], int]:
    head = block.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    status = head[0].split(" ")[1:2]
    headers: dict[str, str] = {}
    for line in head[1:200]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers, int(status[0]) if status and status[0].isdigit() else 0


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
