"""An archive folder (``--archive``): the stored files, the ledger beside them, its roots and their stamps. Reads only."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from evidence.verifier.certificates import Certificate
from evidence.verifier.chains import (
    MemberCheck,
    StoredFiles,
    Walk,
    act_chain,
    capture_where,
    columns_stand,
    compare_mark,
    compare_members,
    erased_members,
)
from evidence.verifier.ledgerfile import LEDGER, BadLedger, LedgerFile, MemberRow, named_members
from evidence.verifier.result import Enough, Findings
from evidence.verifier.rootchain import ROOT_FILES, RootCheck, names_in, root_where
from evidence.verifier.stamping import StampCheck
from evidence.verifier.statements import CHAIN_NAMES, CHAINS
from evidence.verifier.trees import NOTHING, chained, sealed

_APART = ("quarantine", ROOT_FILES)


class Wanted(NamedTuple):
    """``stored``: digests, chains and roots alone. ``against``: root statements kept elsewhere. ``key``, ``roots``: fingerprints printed on
    paper. ``certificates``: the authorities' root certificates, by name ("": for all)."""

    stored: bool = False
    against: Sequence[Path] = ()
    key: str = ""
    roots: Sequence[str] = ()
    certificates: Mapping[str, List[Certificate]] = MappingProxyType({})


class Counts(NamedTuple):
    """What was looked at. ``writing``: files whose end was left out because a patrol is writing them."""

    members: int = 0
    captures: int = 0
    acts: int = 0
    roots: int = 0
    stamps: int = 0
    erased: int = 0
    writing: int = 0


def check_archive(folder: Path, findings: Findings, wanted: Wanted) -> Counts:
    """Everything. Never raises for what lies in the folder: faults are findings."""
    counts = Counts()
    sizes, beside = _survey(folder), names_in(folder / ROOT_FILES)  # before the ledger is opened: what is written since is no gap
    try:
        if not (folder / LEDGER).is_file():
            for name, (size, written) in sizes.items():
                _gap(name, 0, 0 if written else size, size, findings)
            if beside:
                findings.wrong("存证账", LEDGER, "存证账不在，而它的存证根在")
            return counts
        with closing(LedgerFile(folder)) as ledger, closing(StoredFiles(folder)) as files:
            return _all(folder, ledger, files, sizes, beside, findings, wanted)
    except BadLedger as error:
        with suppress(Enough):
            findings.wrong("存证账", LEDGER, str(error))
    except Enough:
        pass
    return counts


def _all(folder: Path, ledger: LedgerFile, files: StoredFiles, sizes: Dict[str, Tuple[int, bool]], beside: Sequence[str], findings: Findings,
         wanted: Wanted) -> Counts:
    moved = {row[0]: (row[1], row[2]) for row in ledger.rows("places")}
    members = MemberCheck(files, ledger, findings, wanted.stored, erased_members(ledger), moved)
    walk = Walk(ledger, findings, members)
    walk.run()
    acts = act_chain(ledger, findings)
    writing = _gaps(ledger, sizes, moved, findings)
    stamps = StampCheck(findings, dict(wanted.certificates), wanted.roots)
    roots = RootCheck(ledger, findings, None if wanted.stored else stamps, wanted.key)
    roots.run()
    roots.files(folder / ROOT_FILES, beside)
    roots.stamps()
    for path in wanted.against:
        roots.against(path)
    if not wanted.stored:
        for fault in ledger.faults_of_file():
            findings.wrong("存证账", LEDGER, "数据库文件损坏：%s" % fault[:200])
    counts = Counts(members.checked, walk.captures, acts, len(roots.rows), stamps.count, members.erased, writing)
    _tell_archive(ledger, roots, counts, findings, wanted)
    _tell_revisits(members, findings, wanted)
    stamps.told()
    return counts


def _tell_archive(ledger: LedgerFile, roots: RootCheck, counts: Counts, findings: Findings, wanted: Wanted) -> None:
    """What was checked, and what stands open, in words."""
    how = "SHA-256" if wanted.stored else "SHA-256、压缩结尾、记录自带的摘要"
    findings.checked("记录", "存档文件", "%d 条：%s" % (counts.members, how))
    if counts.erased:
        findings.checked("记录", "存档文件", "%d 条已按期限删除，存证账里有删除的登记" % counts.erased)
    findings.checked("存证账", LEDGER, "%d 个快照、%d 项事项；三条链" % (counts.captures, counts.acts))
    if roots.last is not None:
        findings.checked("存证根", ROOT_FILES, "%d 个：由登记重算、签名；最近一个在 %s，密钥指纹 %s，请与纸上所印核对" % (counts.roots, roots.last.time, roots.last.key))
    late = {chain: ledger.last(chain) - (roots.last.spans[chain].upto if roots.last else 0) for chain in CHAINS}
    if any(late.values()):
        what = "、".join("%s %d 条" % (CHAIN_NAMES[chain], count) for chain, count in late.items() if count)
        findings.open("尚未签名的登记", LEDGER, "最近一个存证根之后又登记了%s：只有摘要和链可以核对" % what)
    if counts.writing:
        findings.open("正在写入的文件", "存档文件", "%d 个文件正在写入，其末尾未核验" % counts.writing)


def _tell_revisits(members: MemberCheck, findings: Findings, wanted: Wanted) -> None:
    if members.revisits:
        how = "所引用的原记录都在" if wanted.stored else "正文与此前存过的相同，只存一份；已由所引用的原记录重算正文的 SHA-256"
        findings.checked("重访记录", "存档文件", "%d 条：%s" % (members.revisits, how))
    if members.strange:
        findings.open("外来的重访记录", "存档文件", "%d 条没有写明原记录存放在哪里，没有核对正文；读取这些快照时逐条核对" % members.strange)


def check_capture(folder: Path, id: str, findings: Findings, wanted: Wanted) -> Counts:
    """One capture: its members, its entries and the root over them."""
    counts = Counts()
    try:
        with closing(LedgerFile(folder)) as ledger, closing(StoredFiles(folder)) as files:
            return _one_capture(ledger, files, id, findings, wanted)
    except BadLedger as error:
        with suppress(Enough):
            findings.wrong("存证账", LEDGER, str(error))
    except Enough:
        pass
    return counts


def _one_capture(ledger: LedgerFile, files: StoredFiles, id: str, findings: Findings, wanted: Wanted) -> Counts:
    row = ledger.capture_of(id)
    if row is None:
        findings.wrong("快照", id[:100], "存档中没有这个编号的快照")
        return Counts()
    before = next(ledger.chain_values("captures", row.seq - 2, row.seq - 1), None)
    if sealed(before.hex() if before else NOTHING, row.facts, row.members) != row.chain:
        findings.wrong("快照登记链", capture_where(row), "快照的登记被改动，或前面有快照的登记被删、被插入")
    columns_stand(row, findings)
    named = [ledger.member_at(one[2], one[3]) for one in named_members(row)]
    there = [one for one in named if one is not None and one.visit == id]
    compare_members(row, there, findings)
    members = MemberCheck(files, ledger, findings, wanted.stored, erased_members(ledger), {one[0]: (one[1], one[2]) for one in ledger.rows("places")})
    for one in there:
        _linked(ledger, one, findings)
        members.check(one)
    compare_mark(row, members, findings)
    _tell_revisits(members, findings, wanted)
    stamps = StampCheck(findings, dict(wanted.certificates), wanted.roots)
    roots = RootCheck(ledger, findings, None if wanted.stored else stamps, wanted.key)
    covered = roots.over({"captures": [row.seq], "members": [one.seq for one in there]})
    if covered:
        findings.checked("存证根", root_where(covered[-1]), "快照和它的记录都在签名的存证根之下")
    else:
        findings.open("存证根", capture_where(row), "这个快照之后还没有签名的存证根：只有摘要和链可以核对")
    stamps.told()
    return Counts(members.checked, 1, 0, len(covered), stamps.count, members.erased)


def _linked(ledger: LedgerFile, row: MemberRow, findings: Findings) -> None:
    before = next(ledger.chain_values("members", row.seq - 2, row.seq - 1), None)
    if chained(before.hex() if before else NOTHING, row[1:8]) != row.chain:
        findings.wrong("存证链", "%s（登记第 %d 条）" % (row.where, row.seq), "登记被改动，或前面有登记被删、被插入")


def _survey(folder: Path) -> Dict[str, Tuple[int, bool]]:
    """Of each stored file, by name: (its size, whether it is being written)."""
    found = {}
    for path in sorted(folder.glob("*/*.warc.gz")):
        if path.parent.name not in _APART:
            with _held(path) as free:
                found["%s/%s" % (path.parent.name, path.name)] = (path.stat().st_size, not free)
    return found


@contextmanager
def _held(path: Path) -> Iterator[bool]:
    """Whether nobody writes the file; nobody begins to while the block lasts."""
    try:
        import fcntl
    except ImportError:  # on Windows, where nothing of ours writes
        yield True
        return
    handle = os.open(str(path), os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _gaps(ledger: LedgerFile, sizes: Dict[str, Tuple[int, bool]], moved: Dict[int, Tuple[str, int]], findings: Findings) -> int:
    """How many files are being written; what nobody ledgered is a fault."""
    places: Dict[str, List[Tuple[int, int]]] = {}
    for seq, (file, offset) in moved.items():
        row = next(ledger.member_rows("WHERE seq = ?", (seq,)), None)
        if row is None:
            findings.wrong("存放位置", "%s 偏移 %d" % (file, offset), "存证账里没有它所指的登记第 %d 条" % seq)
        else:
            places.setdefault(file, []).append((offset, row.length))
    writing = 0
    for name, (size, written) in sizes.items():
        writing += written
        end = 0
        for offset, length in sorted([*ledger.stretches(name), *places.get(name, []), (size, 0)]):
            if offset > end and not (written and offset == size):
                _gap(name, end, min(offset, size) - end, size, findings)
            end = max(end, offset + length)
    return writing


def _gap(name: str, offset: int, length: int, size: int, findings: Findings) -> None:
    if length <= 0:
        return
    imported, last = name.startswith("imported/"), offset + length == size
    what = "重新运行 adpatrol ingest 可补登" if imported else "巡查开始时会移入隔离区" if last else "不应出现"
    findings.wrong("存档文件", "%s 偏移 %d" % (name, offset), "有 %d 字节没有登记（%s）" % (length, what))
