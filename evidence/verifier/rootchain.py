"""The roots of a ledger: each statement over its entries, signed and stamped; the same in the ledger, beside the archive, and elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple

from evidence.verifier.digests import sha256_hex, sm3_hex
from evidence.verifier.ledgerfile import LEDGER, LedgerFile, RootRow, StampRow
from evidence.verifier.result import Findings
from evidence.verifier.stamping import StampCheck
from evidence.verifier.statements import CHAIN_NAMES, CHAINS, Statement, pem_key, read_statement, statement_signed
from evidence.verifier.trees import NOTHING, BadJson, merkle_root

ROOT_FILES = "roots"
_STATEMENT = re.compile(r"([0-9]{8,12})\.json")
_STAMP = re.compile(r"([0-9]{8,12})\.json\.(.+)\.tsr")


class RootCheck:
    """``keys``: raw public keys by fingerprint; ``expected``: the fingerprint printed on paper, where one was given."""

    def __init__(self, ledger: LedgerFile, findings: Findings, stamps: Optional[StampCheck], expected: str = "") -> None:
        self._ledger, self._findings, self._stamps, self._expected = ledger, findings, stamps, expected
        self.keys: Dict[str, bytes] = {}
        self.rows: Dict[int, RootRow] = {}
        self.last: Optional[Statement] = None
        self._about = ledger.about()

    def run(self) -> None:
        """Raises BadLedger, Enough."""
        self._read_keys()
        previous, count = None, 0
        for row in map(RootRow._make, self._ledger.rows("roots")):
            count += 1
            where = root_where(row.seq)
            self.rows[row.seq] = row
            if row.seq != count:
                self._findings.wrong("存证根", where, "序号不连续：应为第 %d 个" % count)
                count = row.seq
            previous = self._one(row, where, previous) or previous
        self.last = previous

    def over(self, seqs: Dict[str, List[int]]) -> List[int]:
        """The roots that cover these entries, each checked; none where one entry is not covered."""
        self._read_keys()
        left = {(chain, seq) for chain, found in seqs.items() for seq in found}
        covering, before = [], None
        for row in map(RootRow._make, self._ledger.rows("roots")):
            self.rows[row.seq] = row
            try:
                found = read_statement(row.statement.encode("utf-8", "surrogatepass"))
            except BadJson as error:
                self._findings.wrong("存证根", root_where(row.seq), str(error))
                continue
            mine = {(chain, seq) for chain, seq in left if found.spans[chain].after < seq <= found.spans[chain].upto}
            if mine:
                left -= mine
                covering.append(row.seq)
                self._one(row, root_where(row.seq), before)
                self._stamps_of(row.seq)
            before = found
        return [] if left else covering

    def _read_keys(self) -> None:
        for name, value in self._about.items():
            raw = pem_key(value.encode()) if name.startswith("key:") else b""
            if raw and sha256_hex(raw) == name[4:]:
                self.keys[name[4:]] = raw
            elif name.startswith("key:"):
                self._findings.wrong("公钥", "%s %s" % (LEDGER, name[:80]), "公钥与它的指纹不符，已被改动")

    def _one(self, row: RootRow, where: str, before: Optional[Statement]) -> Optional[Statement]:
        data = row.statement.encode("utf-8", "surrogatepass")
        try:
            found = read_statement(data)
        except BadJson as error:
            self._findings.wrong("存证根", where, str(error))
            return None
        why = self._fault(row, found, before)
        if why:
            self._findings.wrong("存证根", where, why)
        self._spans(found, where)
        key = self.keys.get(found.key)
        if key is None:
            self._findings.wrong("存证根", where, "没有签名所用的公钥（指纹 %s）" % found.key)
        elif not statement_signed(data, row.signature.encode("utf-8", "surrogatepass"), key):
            self._findings.wrong("存证根", where, "签名不成立，存证根或签名已被改动")
        return found

    def _fault(self, row: RootRow, found: Statement, before: Optional[Statement]) -> str:
        if found.seq != row.seq or found.key != row.key:
            return "登记的序号或密钥与签名的内容不符"
        if row.sm3 != sm3_hex(found.data):
            return "SM3 摘要与签名的内容不符"
        if found.ledger != self._about.get("ledger"):
            return "属于另一本存证账（%s）" % found.ledger[:60]
        if found.previous != (before.sha256 if before else NOTHING):
            return "与前一个存证根接不上"
        if self._expected and found.key != self._expected:
            return "签名密钥的指纹是 %s，与给出的不同" % found.key
        if any(found.spans[chain].after != (before.spans[chain].upto if before else 0) for chain in CHAINS):
            return "起点与前一个存证根的终点不符"
        return ""

    def _spans(self, found: Statement, where: str) -> None:
        """The entries under the root are those that were signed."""
        for chain in CHAINS:
            span, there = found.spans[chain], self._ledger.last(chain)
            if span.upto > there:
                self._findings.wrong("存证根", where, "%s有 %d 条，而签名时已有 %d 条：后面的登记被删" % (CHAIN_NAMES[chain], there, span.upto))
                return
            head = next(self._ledger.chain_values(chain, span.upto - 1, span.upto), None) if span.upto else None
            if (head.hex() if head else NOTHING) != span.head:
                self._findings.wrong("存证根", where, "%s第 %d 条与签名时的链值不符，这一条或前面的登记被改动" % (CHAIN_NAMES[chain], span.upto))
                return
        values = (value for chain in CHAINS for value in self._ledger.chain_values(chain, found.spans[chain].after, found.spans[chain].upto))
        if merkle_root(values).hex() != found.merkle:
            self._findings.wrong("存证根", where, "由登记重算的 Merkle 根与签名的不同")

    def stamps(self) -> None:
        """Each stamp of the ledger over its statement."""
        for row in map(StampRow._make, self._ledger.rows("stamps")):
            self._stamp(row)

    def _stamps_of(self, root: int) -> None:
        for row in map(StampRow._make, self._ledger.rows("stamps", "WHERE root = ?", (root,))):
            self._stamp(row)

    def _stamp(self, row: StampRow) -> None:
        root = self.rows.get(row.root)
        where = "%s %s" % (root_where(row.root), row.authority[:60])
        if root is None:
            self._findings.wrong("时间戳", where, "没有它所盖的存证根")
        elif self._stamps is not None:
            stamp = self._stamps.check(row.authority, where, row.response, root.statement.encode("utf-8", "surrogatepass"), root_file(row.root))
            if stamp is not None and row.time != stamp.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"):
                self._findings.wrong("时间戳", where, "登记的时间与时间戳所载的不同")

    def files(self, folder: Path, names: Sequence[str]) -> None:
        """The files of ``folder`` (those it had before the ledger was opened) against the ledger, and the other way."""
        wanted: Set[str] = set()
        for name, content in self._contents():
            wanted.add(name)
            self._same(folder / name, content, bool(names))
        for name in names:
            if name in wanted or name.startswith("."):
                continue
            self._extra(folder / name)

    def _same(self, path: Path, content: bytes, some: bool) -> None:
        where = "%s/%s" % (path.parent.name, path.name)
        try:
            found = path.read_bytes()
        except OSError:
            self._findings.wrong("存证根的文件", where, "文件不在：存证账里有这一项" if some else "文件不在：存证账里有，旁边的文件全部缺失")
            return
        if found != content:
            self._findings.wrong("存证根的文件", where, "与存证账（%s）里的不一致，两者之一被改动" % LEDGER)

    def _extra(self, path: Path) -> None:
        where = "%s/%s" % (path.parent.name, path.name)
        if _STATEMENT.fullmatch(path.name) or _STAMP.fullmatch(path.name) or path.name.endswith(".json.sig") or path.name.startswith("key-"):
            self._findings.wrong("存证根的文件", where, "存证账里没有这一项：存证账被退回到较早的状态，或登记被删、被改动")
        else:
            self._findings.wrong("存证根的文件", where, "不应有的文件")

    def _contents(self) -> Iterator[Tuple[str, bytes]]:
        for row in self.rows.values():
            yield root_file(row.seq), row.statement.encode("utf-8", "surrogatepass")
            yield root_file(row.seq) + ".sig", row.signature.encode("utf-8", "surrogatepass") + b"\n"
        for stamp in map(StampRow._make, self._ledger.rows("stamps")):
            if "/" not in stamp.authority and "\0" not in stamp.authority:
                yield "%s.%s.tsr" % (root_file(stamp.root), stamp.authority), stamp.response
        for name, value in self._about.items():
            if name.startswith("key:") and "/" not in name:
                yield "key-%s.pem" % name[4:], value.encode("utf-8", "surrogatepass")

    def against(self, path: Path) -> None:
        """A statement, or a folder of them, kept elsewhere."""
        for one in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            where = str(one)
            try:
                kept = read_statement(one.read_bytes())
            except (OSError, BadJson) as error:
                self._findings.wrong("另处所存的存证根", where, "无法读取（%s）" % (getattr(error, "strerror", None) or error))
                continue
            row = self.rows.get(kept.seq)
            if row is None:
                self._findings.wrong("另处所存的存证根", where, "存证账里没有第 %d 个存证根：存证账被退回到较早的状态，或是另一本账" % kept.seq)
            elif row.statement.encode("utf-8", "surrogatepass") != kept.data:
                self._findings.wrong("另处所存的存证根", where, "与存证账里的第 %d 个存证根不同：存证账被换成了另一本" % kept.seq)
            else:
                self._findings.checked("另处所存的存证根", where, "与存证账里的第 %d 个一致（%s）" % (kept.seq, kept.time))


def root_where(seq: int) -> str:
    return "第 %d 个存证根（%s）" % (seq, root_file(seq))


def root_file(seq: int) -> str:
    return "%08d.json" % seq


def names_in(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
