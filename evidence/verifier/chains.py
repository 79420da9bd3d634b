"""The three chains of a ledger: every entry in its place, every member's bytes as ledgered, every capture complete."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from pathlib import Path
from typing import IO, Dict, Iterator, List, Optional, Set, Tuple

from evidence.verifier.ledgerfile import BadLedger, CaptureRow, LedgerFile, MemberRow, named_members
from evidence.verifier.records import FILLER, MARK, BadRecord, Record, digest_faults, unpack_member
from evidence.verifier.result import Findings
from evidence.verifier.revisits import REVISIT, TOLD_OF_ORIGINAL, both_records, referred_member, revisit_faults
from evidence.verifier.trees import NOTHING, chained, member_chained, sealed

_OPEN_FILES = 16
_BUFFER = 1 << 18
_COMPARED = 4_096


class StoredFiles:
    """The files of an archive, some of them kept open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: "OrderedDict[str, Tuple[IO[bytes], int]]" = OrderedDict()
        self._last, self._place = "", -1  # where the next read would go on

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1][0].close()

    def read(self, name: str, offset: int, length: int) -> bytes:
        """As much of it as is there. Raises OSError, ValueError."""
        if name not in self._open:
            if len(self._open) >= _OPEN_FILES:
                self._open.popitem(last=False)[1][0].close()
            path = self._folder / name
            if self._folder.resolve() not in path.resolve().parents:
                raise ValueError("outside the archive")
            self._open[name] = (path.open("rb", buffering=_BUFFER), path.stat().st_size)
        stream, size = self._open[name]
        if name != self._last or offset != self._place:
            stream.seek(offset)
        raw = stream.read(length) if offset + length <= size else b""
        self._last, self._place = name, offset + len(raw)
        return raw


class MemberCheck:
    """Bytes of members against the ledger. ``stored``: by their SHA-256 alone (revisits: whether what they refer to is there), else also trailers,
    the records' own digests and the bodies referred to. ``gone``: what was erased by an act of the ledger; ``moved``: seq -> (file, offset) where a
    compaction put it."""

    def __init__(self, files: StoredFiles, ledger: LedgerFile, findings: Findings, stored: bool, gone: Set[Tuple[int, str]],
                 moved: Dict[int, Tuple[str, int]]) -> None:
        self._files, self._ledger, self._findings, self._stored, self._gone, self._moved = files, ledger, findings, stored, gone, moved
        self._compared: "OrderedDict[Tuple[str, ...], str]" = OrderedDict()  # (what is referred to, what is told of it) -> what is wrong with it
        self.checked = self.erased = 0
        self.revisits = self.strange = 0  # those compared; others' whose original is not told in a way that can be followed here
        self.marks: Dict[str, str] = {}  # visit -> SHA-256 of the facts in its last record, until its capture is compared

    def check(self, row: MemberRow) -> None:
        why, raw = self._read(row)
        if why and (row.seq, row.sha256) in self._gone:
            self.erased += 1
            return
        self.checked += 1
        if why:
            self._findings.wrong("存档文件", row.where, why)
        elif hashlib.sha256(raw).hexdigest() != row.sha256:
            if (row.seq, row.sha256) in self._gone:
                self.checked, self.erased = self.checked - 1, self.erased + 1
            else:
                self._findings.wrong("记录", row.where, "内容与存证时的 SHA-256 不符，已被改动")
        elif row.type == REVISIT or (not self._stored and row.type != FILLER):
            self._unpack(row, raw)

    def _read(self, row: MemberRow) -> Tuple[str, bytes]:
        """("", the bytes) or (why not, nothing)."""
        file, offset = self._moved.get(row.seq, (row.file, row.offset)) if self._moved else (row.file, row.offset)
        if offset < 0 or row.length < 0:
            return "登记的位置无效", b""
        try:
            raw = self._files.read(file, offset, row.length)
        except (OSError, ValueError, OverflowError) as error:
            return "无法打开（%s）" % (getattr(error, "strerror", None) or "文件名或位置无效"), b""
        return ("", raw) if len(raw) == row.length else ("文件被截短，记录不完整", b"")

    def _unpack(self, row: MemberRow, raw: bytes) -> None:
        try:
            record = unpack_member(raw)
        except BadRecord as error:
            self._findings.wrong("记录", row.where, "无法读取：%s" % error)
            return
        if row.type == REVISIT and (row.seq, row.sha256) not in self._gone:
            self._revisit(row, record)
        why = "" if self._stored else digest_faults(record, payload=False)
        if why and row.file.startswith("imported/"):
            self._findings.open("外来记录", row.where, why + "：入档时即如此，入档之后没有改动")
        elif why:
            self._findings.wrong("记录", row.where, why)
        if row.uri.startswith(MARK) and row.visit:
            self.marks[row.visit] = hashlib.sha256(record.block).hexdigest()


    def _revisit(self, row: MemberRow, record: Record) -> None:
        place, foreign = referred_member(record.headers), row.file.startswith("imported/")
        if place is None and not foreign:
            self._findings.wrong("重访记录", row.where, "没有写明所引用的原记录")
            return
        there = self._ledger.member_at(place.file, place.offset) if place is not None else None
        if place is not None and (there is None or there.sha256 != place.sha256):
            there = self._ledger.member_with(place.sha256, place.length)
        if there is None and foreign:
            self.strange += bool(row.visit)
            return
        told = record.headers
        key = ("" if there is None else there.sha256, *(told.get(name, "") for name in TOLD_OF_ORIGINAL))
        if key not in self._compared:
            self._compared[key] = "不在存证登记中" if there is None else self._original(there, told, not foreign)
            if len(self._compared) > _COMPARED:
                self._compared.popitem(last=False)
        self.revisits += 1
        if self._compared[key]:
            self._findings.wrong("重访记录", row.where, both_records(told) + ("（%s）" % there.where if there else "") + self._compared[key])

    def _original(self, there: MemberRow, told: Dict[str, str], ours: bool) -> str:
        """What is wrong with the member that a revisit refers to; its digest in the ledger is compared as it is met itself."""
        if (there.seq, there.sha256) in self._gone:
            return "已按期限删除"
        if self._stored:
            return ""
        why, raw = self._read(there)
        if why:
            return "无法读取：%s" % why
        try:
            return revisit_faults(told, unpack_member(raw), ours)
        except BadRecord as error:
            return "无法读取：%s" % error


class Walk:
    """Members and captures side by side, in the order of the ledger, in bounded memory."""

    def __init__(self, ledger: LedgerFile, findings: Findings, members: Optional[MemberCheck]) -> None:
        self._ledger, self._findings, self._members = ledger, findings, members
        self._captures = self._capture_chain()
        self._next: Optional[CaptureRow] = None
        self.captures = 0

    def run(self) -> None:
        """Raises BadLedger, Enough."""
        self._next = next(self._captures, None)
        group: List[MemberRow] = []
        for row in self._member_chain():
            if group and group[0].visit != row.visit:
                self._group(group)
                group = []
            if row.visit:
                group.append(row)
        if group:
            self._group(group)
        while self._next is not None:
            self._alone(self._next)
            self._next = next(self._captures, None)

    def _member_chain(self) -> Iterator[MemberRow]:
        before, count = NOTHING, 0
        for row in self._ledger.member_rows():
            count += 1
            if row.seq != count:
                self._findings.wrong("存证链", "登记第 %d 条（%s）" % (row.seq, row.where), "登记的序号不连续：应为第 %d 条" % count)
                count = row.seq
            if member_chained(before, *row[1:8]) != row.chain:
                self._findings.wrong("存证链", "%s（登记第 %d 条）" % (row.where, row.seq), "登记被改动，或前面有登记被删、被插入")
            before = row.chain
            if self._members is not None:
                self._members.check(row)
            yield row

    def _capture_chain(self) -> Iterator[CaptureRow]:
        before, count = NOTHING, 0
        for row in self._ledger.capture_rows():
            count += 1
            self.captures += 1
            if row.seq != count:
                self._findings.wrong("快照登记链", "第 %d 个快照 %s" % (row.seq, capture_where(row)), "登记的序号不连续：应为第 %d 个" % count)
                count = row.seq
            if sealed(before, row.facts, row.members) != row.chain:
                self._findings.wrong("快照登记链", capture_where(row), "快照的登记被改动，或前面有快照的登记被删、被插入")
            before = row.chain
            columns_stand(row, self._findings)
            yield row

    def _group(self, group: List[MemberRow]) -> None:
        """The members of one visit, one behind the other, against its capture."""
        visit = group[0].visit
        if self._next is None or self._next.id != visit:
            row = self._ledger.capture_of(visit)
            if row is None:
                self._findings.wrong("快照", "%s，%s" % (visit[:100], group[-1].where), "记录在，快照的登记不在")
                return
            while self._next is not None and self._next.seq < row.seq:
                self._alone(self._next)
                self._next = next(self._captures, None)
            if self._next is None or self._next.id != visit:  # its members lie in two places: what it names decides
                self._alone(row)
                return
        row, self._next = self._next, next(self._captures, None)
        compare_members(row, group, self._findings)
        if self._members is not None:
            compare_mark(row, self._members, self._findings)

    def _alone(self, row: CaptureRow) -> None:
        """A capture whose members are not where they are expected."""
        compare_members(row, list(self._ledger.member_rows("WHERE visit = ?", (row.id,))), self._findings)


def columns_stand(row: CaptureRow, findings: Findings) -> None:
    """The columns that are searched by say what the facts say."""
    try:
        facts = json.loads(row.facts)
        same = isinstance(facts, dict) and [facts.get("id"), facts.get("run"), facts.get("site")] == [row.id, row.run, row.site]
    except (ValueError, RecursionError):
        same = False
    if not same:
        findings.wrong("快照", capture_where(row), "存证账第 %d 个快照的登记前后不一，或无法解读" % row.seq)


def compare_members(row: CaptureRow, group: List[MemberRow], findings: Findings) -> None:
    """What the capture names is there, and nothing else claims to be of it."""
    if row.members == json.dumps([(one.type, one.uri, one.file, one.offset, one.length, one.sha256) for one in group]):
        return  # as the writer wrote it: the usual case
    try:
        named = named_members(row)
    except BadLedger as error:
        findings.wrong("快照", capture_where(row), str(error))
        return
    there = [(one.type, one.uri, one.file, one.offset, one.length, one.sha256) for one in group]
    if named == there:
        return
    for kind, uri, file, offset, *_ in [one for one in named if one not in there]:
        findings.wrong("快照", capture_where(row), "登记中缺少它的记录（%s 偏移 %d，%s %s）" % (file, offset, kind, uri[:200]))
    for one in group:
        if (one.type, one.uri, one.file, one.offset, one.length, one.sha256) not in named:
            findings.wrong("快照", capture_where(row), "多出它没有的记录（%s）" % one.where)


def compare_mark(row: CaptureRow, members: MemberCheck, findings: Findings) -> None:
    """The facts in the archive's own record of the visit are those of the ledger."""
    told = members.marks.pop(row.id, None)
    if told is not None and told != hashlib.sha256(row.facts.encode("utf-8", "surrogatepass")).hexdigest():
        findings.wrong("快照", capture_where(row), "登记的快照信息与存档中的不符")


def act_chain(ledger: LedgerFile, findings: Findings) -> int:
    """How many acts there are; each in its place."""
    before, count = NOTHING, 0
    for row in ledger.rows("acts"):
        count += 1
        seq, time, who, act, subject, detail, chain = row
        where = "第 %d 项（%s %s %s）" % (seq, time[:19], act[:40], subject[:100])
        if seq != count:
            findings.wrong("事项链", where, "登记的序号不连续：应为第 %d 项" % count)
            count = seq
        if chained(before, (time, who, act, subject, detail)) != chain:
            findings.wrong("事项链", where, "登记被改动，或前面有登记被删、被插入")
        before = chain
    return count


def erased_members(ledger: LedgerFile) -> Set[Tuple[int, str]]:
    """(number, SHA-256) of the members that acts `erase` name as deleted when their time was over."""
    found: Set[Tuple[int, str]] = set()
    for row in ledger.rows("acts", "WHERE act = 'erase'"):
        try:
            found.update((int(seq), str(digest)) for seq, digest in json.loads(row[5])["members"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def capture_where(row: CaptureRow) -> str:
    try:
        url = str(json.loads(row.facts)["url"])[:200]
    except (ValueError, KeyError, TypeError, RecursionError):
        url = ""
    return "%s %s" % (row.id[:100], url)
