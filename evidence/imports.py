"""Anybody's archives taken in: each WARC copied by its digest into ``archive/imported/``, its pages ledgered as captures. Doing it twice
changes nothing. Our own archives come in by their visit marks, others' by their answers, tied by WARC-Page-ID where they have it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.warcwriter import WARCWriter

from evidence import referred
from evidence.bodies import known
from evidence.capture import ANSWERS, Outcome, RecordRef
from evidence.disk import sync
from evidence.errors import ArchiveUnreadable
from evidence.facts import Entry, from_stranger, moment, to_text
from evidence.foreign import MAX_MEMBERS, MAX_WARC_BYTES
from evidence.ledger import LedgerWriter, gaps
from evidence.members import FILLER, MAX_FILLER_BYTES, Record, Torn, records
from evidence.warc import MARK

_HTML = ("text/html", "application/xhtml+xml")
_SEEN = ("urn:x-adpatrol:dom:", "urn:text:", "urn:view:", "urn:fullPage:")
GROUP = 500
MAX_OWN = 2_000  # records of one visit
MAX_PLAIN_BYTES = 4 * MAX_WARC_BYTES
MAX_URL = 8_192
MAX_HEAD = 64 * 1024  # of an HTTP answer
MAX_HEADERS = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """``captures`` newly ledgered; ``already`` where the file had been taken in before; ``note``: what could not be read of it, in Chinese;
    ``files``: as they lie in the archive."""

    captures: int
    already: bool
    note: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """An HTML answer of a foreign file, without its body."""

    url: str
    date: str
    offset: int
    headers: dict[str, str]
    status: int


@dataclass(slots=True)
class _Pending:
    """What one page of a foreign file has shown so far."""

    answer: _Answer | None = None
    refs: list[RecordRef] = field(default_factory=list)


def import_file(folder: Path, path: Path) -> Imported:
    """Raises ArchiveUnreadable where the file is no archive (nothing is kept then), OSError where it cannot be read."""
    if path.name.lower().endswith(".wacz"):
        done = _wacz(folder, path)
    else:
        with path.open("rb") as stream:
            done = _one(folder, stream, path.name)
    return replace(done, note="；".join(filter(None, [done.note, _unresolved(folder, done.files)]))) if done.captures else done


def _unresolved(folder: Path, files: Sequence[str]) -> str:
    """What was taken in and refers to bodies that are neither in it nor in the archive: named, in Chinese; empty where there is none."""
    with known(folder):  # so that the bodies of this import are found by others'
        missing = [fault for file in files for fault in referred.unresolved(folder, file)]
    if not missing:
        return ""
    return f"{len(missing)} 条重访记录的正文不在导入的文件里，也不在存档里；导入含有原记录的文件后即可读取。第一条：{missing[0]}"


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
    return Imported(sum(d.captures for d in done), all(d.already for d in done), "；".join(d.note for d in done if d.note),
                    tuple(file for d in done for file in d.files))


def _one(folder: Path, stream: IO[bytes], name: str) -> Imported:
    ledger = LedgerWriter(folder)
    try:
        copy, already = _copied(folder / "imported", stream, name)
        file = f"imported/{copy.name}"
        why: list[str] = []
        done = _ledgered(copy, file, f"imported-{copy.name.partition('.')[0][:12]}", ledger, why)
        _cover(folder, copy, file, ledger)
        return Imported(done, already and done == 0, "".join(f"{name} {text}" for text in why), (file,))
    finally:
        ledger.close()


def _copied(folder: Path, stream: IO[bytes], name: str) -> tuple[Path, bool]:
    """(the file under the SHA-256 of the bytes given, whether it was there). In it every record is a gzip member of its own; it is on disk
    before anything is ledgered."""
    folder.mkdir(parents=True, exist_ok=True)
    rough = folder / f".{os.getpid()}-{os.urandom(6).hex()}.part"
    try:
        target = folder / f"{_copy(stream, rough)}.warc.gz"
        if target.is_file():
            return target, True
        _by_member(rough, name)
        sync(rough)
        rough.replace(target)
        for place in (folder, folder.parent):
            sync(place)
        return target, False
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


def _by_member(path: Path, name: str) -> None:
    """Sees to it that the file is gzip with one record a member: where it is not, it is written so, as far as it can be read. Raises
    ArchiveUnreadable where there is no record in it."""
    count, cut = 0, False
    with path.open("rb") as stream:
        try:
            for _ in records(stream):
                count += 1
            if count:
                return
        except Torn as torn:
            cut = torn.cut
    if count and cut:
        return  # only the end is missing
    better = path.with_suffix(".member")
    try:
        if _rewrite(path, better) > count:
            better.replace(path)
        elif not count:
            raise ArchiveUnreadable(f"{name} 不是可读的 WARC 文件")
    finally:
        better.unlink(missing_ok=True)


def _rewrite(path: Path, better: Path) -> int:
    """Plain WARC, or gzip in one piece, as one member a record: how many. The records' own bytes and headers stay."""
    count = end = 0
    with path.open("rb") as source, better.open("wb") as target, tempfile.TemporaryFile(dir=path.parent) as plain:
        unpacked: IO[bytes] = source
        if source.read(2) == b"\x1f\x8b":
            _unpack(source, plain)
            unpacked = plain
        unpacked.seek(0)
        writer = WARCWriter(target, gzip=True, warc_version="1.1")
        try:
            for record in ArchiveIterator(unpacked, no_record_parse=True):
                writer.write_record(record)
                count, end = count + 1, target.tell()
        except (ArchiveLoadFailed, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError):
            pass  # what stands before the fault is kept; warcio meets odd bytes with these
        target.truncate(end)
    return count


def _unpack(source: IO[bytes], plain: IO[bytes]) -> None:
    """All gzip members one after another, as far as they go, under a bound."""
    source.seek(0)
    left, unpacker = MAX_PLAIN_BYTES, zlib.decompressobj(31)
    while data := source.read(1 << 18):
        while data:
            try:
                piece = unpacker.decompress(data, 1 << 20)
            except zlib.error:
                return
            left -= len(piece)
            if left < 0:
                raise ArchiveUnreadable("文件展开后过大，请先拆分")
            plain.write(piece)
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                data, unpacker = unpacker.unused_data, zlib.decompressobj(31)


def _ledgered(copy: Path, file: str, run: str, ledger: LedgerWriter, why: list[str]) -> int:
    done, group = 0, []
    with copy.open("rb") as stream:
        for visit in _visits(stream, file, run, why):
            group.append(visit)
            if len(group) >= GROUP:
                done += len(ledger.append([], group))
                group = []
    return done + len(ledger.append([], group))


def _cover(folder: Path, copy: Path, file: str, ledger: LedgerWriter) -> None:
    """Ledgers the bytes between the pages too, so that every byte of the file is under the chain."""
    refs: list[RecordRef] = []
    with copy.open("rb") as stream:
        for start, length in gaps(folder, file, copy.stat().st_size):
            stream.seek(start)
            for offset in range(start, start + length, MAX_FILLER_BYTES):
                piece = stream.read(min(MAX_FILLER_BYTES, start + length - offset))
                refs.append(RecordRef(type=FILLER, uri="", file=file, offset=offset, length=len(piece), sha256=hashlib.sha256(piece).hexdigest()))
    ledger.append(refs, [])


def _visits(stream: IO[bytes], file: str, run: str, why: list[str]) -> Iterator[Entry]:
    """Every page of the file. A torn end ends the file: what stands before it is whole, and ``why`` says where that is."""
    waiting: dict[str, _Pending] = {}
    own: list[RecordRef] = []  # records of the visit being read, in case it is one of ours
    mine = ""
    try:
        for record in records(stream):
            ref, page = record.ref(file), record.headers.get("warc-page-id", "")[:MAX_URL]
            if ref.type == "metadata" and ref.uri.startswith(MARK):
                waiting.pop(page, None)
                told = from_stranger(record.block)
                if told is not None:
                    yield Entry(*told, [*own, ref])
                own, mine = [], ""
                continue
            if page != mine:
                own, mine = [], page
            if page and len(own) < MAX_OWN:
                own.append(ref)
            yield from _foreign(record, ref, page, waiting, run)
    except Torn as torn:
        why.append(f"偏移 {torn.offset} 之后未读：{torn.why}")
    for pending in waiting.values():
        yield from _whole(pending, file, run)


def _foreign(record: Record, ref: RecordRef, page: str, waiting: dict[str, _Pending], run: str) -> Iterator[Entry]:
    if ref.type in ANSWERS:
        headers, status = _answer(record.block)  # a revisit's own head; its body is looked for when it is read, in whichever file it lies
        if not headers.get("content-type", "").lower().startswith(_HTML):
            return
        answer = _Answer(ref.uri.strip("<>"), record.headers.get("warc-date", ""), record.offset, headers, status)
        if not page:
            yield from _whole(_Pending(answer, [ref]), ref.file, run)
            return
        pending = waiting.setdefault(page, _Pending())
        if pending.answer is None:
            pending.answer = answer
            pending.refs.append(ref)
    elif ref.type == "resource" and page and ref.uri.startswith(_SEEN):
        pending = waiting.setdefault(page, _Pending())
        if len(pending.refs) < MAX_OWN:
            pending.refs.append(ref)
    while len(waiting) > GROUP:
        yield from _whole(waiting.pop(next(iter(waiting))), ref.file, run)


def _whole(pending: _Pending, file: str, run: str) -> Iterator[Entry]:
    answer = pending.answer
    if answer is None or len(answer.url) > MAX_URL:
        return
    try:
        parts = urlsplit(answer.url)
    except ValueError:
        return
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return
    # The id is of the place in the file, which is named by its digest: the same wherever and whenever it is taken in.
    identity = hashlib.sha256(f"{file}#{answer.offset}".encode()).hexdigest()[:26]
    ok = 200 <= answer.status < 300
    facts: dict[str, Any] = {
        "id": identity, "run": run, "site": f"{parts.scheme}://{parts.netloc.lower()}", "url": answer.url, "final_url": answer.url,
        "time": _time(answer.date).isoformat(), "client": "foreign",
        "outcome": str(Outcome.OK if ok else Outcome.NOT_FOUND if answer.status in (404, 410) else Outcome.HTTP_ERROR),
        "status": answer.status, "headers": [[k, v] for k, v in answer.headers.items()], "redirects": [],
        "detail": "" if ok else f"HTTP {answer.status}", "facts": {"imported": True},
    }
    yield Entry(to_text(facts), facts, pending.refs)


def _answer(block: bytes) -> tuple[dict[str, str], int]:
    """(headers with lower-case names, status) of an HTTP answer, under bounds; 0 where there is no status."""
    head = block[:MAX_HEAD].partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    status = re.match(r"HTTP/[0-9.]+ ([0-9]{3})(?![0-9])", head[0])
    headers: dict[str, str] = {}
    for line in head[1:MAX_HEADERS]:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers, int(status[1]) if status else 0


def _time(text: str) -> datetime:
    found = moment(text)
    return found if found is not None else datetime.fromtimestamp(0, UTC)
