"""Does what is stored stand? Every ledgered member by its bytes, the chain, whole gzip trailers, nothing missing, nothing added."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from evidence import ledger
from evidence.errors import ArchiveUnreadable
from evidence.members import Torn, parse
from evidence.read import stored_member
from evidence.recover import APART

MAX_FAILURES = 1_000


@dataclass(frozen=True, slots=True)
class Failure:
    """``what`` failed, ``where`` it lies, ``why``: in Chinese, for people."""

    what: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """``checked``: stored members whose bytes were read and found to be what the ledger names, or not."""

    checked: int
    captures: int
    failures: tuple[Failure, ...]


def verify(folder: Path, *, capture: str | None = None) -> Report:
    """Checks one capture, or everything. Reads only. At most ``MAX_FAILURES`` failures are told."""
    if capture is not None:
        return _one(folder, capture)
    failures: list[Failure] = []
    checked, chain = 0, ledger.GENESIS
    ends: dict[str, int] = {}
    seen: set[tuple[str, int]] = set()
    for member in ledger.members(folder):
        ref = member.ref
        checked += 1
        if ledger.link(chain, ref, member.visit) != member.chain:
            failures.append(Failure("存证链", f"第 {member.seq} 条", "登记被改动，或前面有登记被删、被插入"))
        chain = member.chain
        ends[ref.file] = max(ends.get(ref.file, 0), ref.offset + ref.length)
        seen.add((ref.file, ref.offset))
        failures += _stored(folder, member)
        if len(failures) >= MAX_FAILURES:
            break
    count = 0
    for found in ledger.captures(folder):
        count += 1
        failures += [Failure("快照", f"{found.id} {found.url[:200]}", f"登记中缺少它的记录（{r.file} 偏移 {r.offset}）")
                     for r in found.records if (r.file, r.offset) not in seen and len(failures) < MAX_FAILURES]
    return Report(checked, count, tuple([*failures, *_beyond(folder, ends)][:MAX_FAILURES]))


def _one(folder: Path, id: str) -> Report:
    found = ledger.capture(folder, id)
    if found is None:
        return Report(0, 0, (Failure("快照", id, "存档中没有这个编号的快照"),))
    members = list(ledger.members(folder, visit=id))
    failures = [failure for member in members for failure in _stored(folder, member)]
    ledgered = {(m.ref.file, m.ref.offset, m.ref.sha256) for m in members}
    failures += [Failure("快照", id, f"登记中缺少它的记录（{r.file} 偏移 {r.offset}）") for r in found.records if (r.file, r.offset, r.sha256) not in ledgered]
    return Report(len(members), 1, tuple(failures))


def _stored(folder: Path, member: ledger.Member) -> list[Failure]:
    ref = member.ref
    where = f"{ref.file} 偏移 {ref.offset}（{ref.type} {ref.uri[:200]}）"
    try:
        raw = stored_member(folder, ref)
    except ArchiveUnreadable as error:
        return [Failure("存档文件", where, str(error))]
    if len(raw) < ref.length:
        return [Failure("存档文件", where, "文件被截短，记录不完整")]
    if hashlib.sha256(raw).hexdigest() != ref.sha256:
        return [Failure("记录", where, "内容与存证时的 SHA-256 不符，已被改动")]
    unpacker = zlib.decompressobj(31)
    try:
        block = unpacker.decompress(raw) + unpacker.flush()
        if not unpacker.eof:
            return [Failure("记录", where, "压缩成员没有完整的结尾校验")]
        parse(block, ref.offset)
    except (zlib.error, Torn) as error:
        return [Failure("记录", where, f"无法读取：{error}")]
    return []


def _beyond(folder: Path, ends: dict[str, int]) -> list[Failure]:
    """Bytes and files nobody ledgered."""
    failures = []
    for path in sorted(folder.glob("*/*.warc.gz")) if folder.is_dir() else []:
        name = f"{path.parent.name}/{path.name}"
        if path.parent.name in APART:
            continue
        extra = path.stat().st_size - ends.get(name, 0)
        if extra > 0:
            failures.append(Failure("存档文件", name, f"末尾有 {extra} 字节没有登记（如正在巡查请稍后再验；否则巡查开始时会自动移入隔离区）"))
    return failures
