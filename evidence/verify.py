"""Does what is stored stand? Every ledgered member by its bytes, both chains, whole gzip trailers, nothing missing, nothing added."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from evidence import ledger
from evidence.capture import Capture
from evidence.disk import unless_written
from evidence.errors import ArchiveUnreadable
from evidence.ledger import Member
from evidence.members import FILLER, MAX_RECORD_BYTES, Torn, parse
from evidence.warc import MARK

MAX_FAILURES = 1_000
_BATCH = 200
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Failure:
    """``what`` failed, ``where`` it lies, ``why``: in Chinese, for people."""

    what: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """``checked``: stored members whose bytes were read; ``writing``: files whose end was left out because a patrol is writing them."""

    checked: int
    captures: int
    failures: tuple[Failure, ...]
    writing: int = 0


class _Files:
    """Stored bytes, with the last file kept open."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._name = folder, ""
        self._stream: IO[bytes] | None = None

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def at(self, file: str, offset: int) -> IO[bytes]:
        if self._stream is None or self._name != file:
            self.__exit__()
            self._stream = None
            self._stream, self._name = (self._folder / file).open("rb"), file
        self._stream.seek(offset)
        return self._stream


def verify(folder: Path, *, capture: str | None = None) -> Report:
    """Checks one capture, or everything. Reads only. At most ``MAX_FAILURES`` failures are told."""
    failures: list[Failure] = []
    checked = captures = writing = 0
    try:
        if capture is not None:
            return _one(folder, capture)
        for batch_checked, found in _members(folder):
            checked += batch_checked
            failures += found
            if len(failures) >= MAX_FAILURES:
                return Report(checked, captures, tuple(failures[:MAX_FAILURES]))
        for batch_captures, found in _captures(folder):
            captures += batch_captures
            failures += found
        writing, found = _files(folder)
        failures += found
    except ArchiveUnreadable as error:
        failures.append(Failure("存证账", ledger.path_of(folder).name, str(error)))
    return Report(checked, captures, tuple(failures[:MAX_FAILURES]), writing)


def _one(folder: Path, id: str) -> Report:
    found = ledger.capture(folder, id)
    if found is None:
        return Report(0, 0, (Failure("快照", id, "存档中没有这个编号的快照"),))
    members = ledger.members_at(folder, [(ref.file, ref.offset) for ref in found.records])
    with _Files(folder) as files:
        told = ledger.texts(folder, [id])
        failures = [failure for member in members for failure in _stored(files, member, told)]
    return Report(len(members), 1, (*failures, *_records(found, members)))


def _members(folder: Path) -> Iterator[tuple[int, list[Failure]]]:
    """(members checked, failures), some hundred at a time, in the order of the chain."""
    chain = ledger.GENESIS
    with _Files(folder) as files:
        for batch in _batches(ledger.members(folder)):
            failures = []
            told = ledger.texts(folder, {member.visit for member in batch if member.visit})
            for member in batch:
                if ledger.link(chain, member.ref, member.visit) != member.chain:
                    failures.append(Failure("存证链", f"{member.ref.file} 偏移 {member.ref.offset}（登记第 {member.seq} 条）", "登记被改动，或前面有登记被删、被插入"))
                chain = member.chain
                failures += _stored(files, member, told)
            yield len(batch), failures


def _captures(folder: Path) -> Iterator[tuple[int, list[Failure]]]:
    chain = ledger.GENESIS
    for batch in _batches(ledger.sealed(folder)):
        failures = []
        members: dict[str, list[Member]] = {}
        for member in ledger.members_at(folder, [(ref.file, ref.offset) for found, *_ in batch for ref in found.records]):
            members.setdefault(member.visit, []).append(member)
        for found, text, refs, sealed in batch:
            if ledger.seal(chain, text, refs) != sealed:
                failures.append(Failure("快照登记链", f"{found.id} {found.url[:200]}", "快照的登记被改动，或前面有快照的登记被删、被插入"))
            chain = sealed
            failures += _records(found, members.get(found.id, []))
        yield len(batch), failures


def _records(found: Capture, members: Iterable[Member]) -> list[Failure]:
    """What the capture names and the members do not hold."""
    there = {member.ref for member in members if member.visit == found.id}
    return [Failure("快照", f"{found.id} {found.url[:200]}", f"登记中缺少它的记录（{ref.file} 偏移 {ref.offset}，{ref.type} {ref.uri[:200]}）")
            for ref in found.records if ref not in there]


def _stored(files: _Files, member: Member, told: dict[str, str]) -> list[Failure]:
    """The bytes of one member, and of a visit's last record whether it says what the ledger says."""
    ref = member.ref
    where = f"{ref.file} 偏移 {ref.offset}（{ref.type} {ref.uri[:200]}）"
    try:
        stream = files.at(ref.file, ref.offset)
        raw = stream.read(ref.length)
    except OSError as error:
        return [Failure("存档文件", where, f"无法打开（{error.strerror}）")]
    if len(raw) < ref.length:
        return [Failure("存档文件", where, "文件被截短，记录不完整")]
    if hashlib.sha256(raw).hexdigest() != ref.sha256:
        return [Failure("记录", where, "内容与存证时的 SHA-256 不符，已被改动")]
    if member.visit and member.visit not in told:
        return [Failure("快照", f"{member.visit}，{where}", "记录在，快照的登记不在")]
    if ref.type == FILLER:
        return []
    unpacker = zlib.decompressobj(31)
    try:
        block = unpacker.decompress(raw, MAX_RECORD_BYTES)
        if not unpacker.eof or unpacker.unused_data:
            return [Failure("记录", where, "压缩成员没有完整的结尾校验")]
        content = parse(block, ref.offset)[1]
    except (zlib.error, Torn) as error:
        return [Failure("记录", where, f"无法读取：{error}")]
    if member.visit and ref.uri.startswith(MARK) and told[member.visit].encode() != content:
        return [Failure("快照", f"{member.visit}，{where}", "登记的快照信息与存档中的不符")]
    return []


def _files(folder: Path) -> tuple[int, list[Failure]]:
    """(files being written, bytes and files that nobody ledgered)."""
    writing, failures = 0, []
    for path in sorted(folder.glob("*/*.warc.gz")) if folder.is_dir() else []:
        name = f"{path.parent.name}/{path.name}"
        if path.parent.name == "quarantine":
            continue
        with unless_written(path) as free:
            size = path.stat().st_size  # before the ledger is asked: what is committed since is no gap
            gaps = ledger.gaps(folder, name, size)
        if not free:
            writing += 1
            gaps = [gap for gap in gaps if sum(gap) != size]
        for offset, length in gaps:
            what = "重新运行 adpatrol ingest 可补登" if path.parent.name == "imported" else "巡查开始时会移入隔离区" if offset + length == size else "不应出现"
            failures.append(Failure("存档文件", f"{name} 偏移 {offset}", f"有 {length} 字节没有登记（{what}）"))
    return writing, failures


def _batches(items: Iterable[_T]) -> Iterator[list[_T]]:
    batch: list[_T] = []
    for item in items:
        batch.append(item)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
