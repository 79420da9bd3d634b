"""Reading ``ledger.sqlite3``: read-only, one state of it throughout, no value believed before its type is seen."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

LEDGER = "ledger.sqlite3"
_FETCH = 2_000
_TYPES = {
    "members": (int, str, int, int, str, str, str, str, str), "captures": (int, str, str, str, str, str, str), "acts": (int, str, str, str, str, str, str),
    "roots": (int, str, str, str, str), "stamps": (int, str, bytes, str), "about": (str, str), "places": (int, str, int),
}
_COLUMNS = {
    "members": "seq, file, offset, length, sha256, type, uri, visit, chain", "captures": "seq, id, run, site, facts, members, chain",
    "acts": "seq, time, who, act, subject, detail, chain", "roots": "seq, statement, signature, key, sm3", "stamps": "root, authority, response, time",
    "about": "key, value", "places": "member, file, offset",
}
TABLE_NAMES = {"members": "成员登记", "captures": "快照登记", "acts": "事项登记", "roots": "存证根", "stamps": "时间戳", "about": "存证账信息", "places": "存放位置"}


class BadLedger(Exception):
    """The ledger cannot be read. The message says why, in Chinese."""


class MemberRow(NamedTuple):
    """One stored gzip member as ledgered. ``file`` and ``offset``: where it was first stored."""

    seq: int
    file: str
    offset: int
    length: int
    sha256: str
    type: str
    uri: str
    visit: str
    chain: str

    @property
    def where(self) -> str:
        return "%s 偏移 %d（%s %s）" % (self.file, self.offset, self.type, self.uri[:200])


CaptureRow = NamedTuple("CaptureRow", [("seq", int), ("id", str), ("run", str), ("site", str), ("facts", str), ("members", str), ("chain", str)])
ActRow = NamedTuple("ActRow", [("seq", int), ("time", str), ("who", str), ("act", str), ("subject", str), ("detail", str), ("chain", str)])
RootRow = NamedTuple("RootRow", [("seq", int), ("statement", str), ("signature", str), ("key", str), ("sm3", str)])
StampRow = NamedTuple("StampRow", [("root", int), ("authority", str), ("response", bytes), ("time", str)])


class LedgerFile:
    """One snapshot of the ledger. Every method raises BadLedger where SQLite, or a value's type, refuses."""

    def __init__(self, folder: Path) -> None:
        path = (folder / LEDGER).resolve()
        try:
            self._db = self._opened(path)
            self._tables = {row[0]: row[1] for row in self._db.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')")}
        except (sqlite3.Error, UnicodeError) as error:
            raise BadLedger("无法读取（%s）" % error) from error
        if any(kind != "table" for kind in self._tables.values()):
            self.close()
            raise BadLedger("里面有不应有的视图或触发器")

    def _opened(self, path: Path) -> sqlite3.Connection:
        """Without a log beside it the file may lie on a medium that cannot be written: then SQLite is told so."""
        try:
            return self._begun(path.as_uri() + "?mode=ro")
        except sqlite3.OperationalError:
            log = path.with_name(path.name + "-wal")
            if log.exists() and log.stat().st_size:
                raise
            return self._begun(path.as_uri() + "?mode=ro&immutable=1")

    @staticmethod
    def _begun(uri: str) -> sqlite3.Connection:
        db = sqlite3.connect(uri, uri=True, timeout=20, isolation_level=None)
        try:
            db.execute("BEGIN")
            db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except (sqlite3.Error, UnicodeError):
            db.close()
            raise
        return db

    def close(self) -> None:
        self._db.close()

    def has(self, table: str) -> bool:
        return table in self._tables

    def faults_of_file(self) -> List[str]:
        """What SQLite itself finds wrong with its pages and indexes."""
        found = [str(row[0]) for row in self._run("PRAGMA integrity_check(20)", ())]
        return [] if found == ["ok"] else found

    def rows(self, table: str, where: str = "", values: Sequence[object] = ()) -> Iterator[Tuple[Any, ...]]:
        """In the order of the table. None where an older ledger lacks the table."""
        if table not in self._tables:
            return
        order = {"stamps": "root, authority", "about": "key", "places": "member"}.get(table, "seq")
        types = _TYPES[table]
        for row in self._run("SELECT %s FROM %s %s ORDER BY %s" % (_COLUMNS[table], table, where, order), values):  # noqa: S608 - names of this file
            if tuple(map(type, row)) != types:
                raise BadLedger("%s 第 %s 条无法解读：数据类型不对" % (TABLE_NAMES[table], str(row[0])[:40]))
            yield row

    def member_rows(self, where: str = "", values: Sequence[object] = ()) -> Iterator[MemberRow]:
        return map(MemberRow._make, self.rows("members", where, values))

    def capture_rows(self, where: str = "", values: Sequence[object] = ()) -> Iterator[CaptureRow]:
        return map(CaptureRow._make, self.rows("captures", where, values))

    def member_at(self, file: str, offset: int) -> Optional[MemberRow]:
        return next(self.member_rows("WHERE file = ? AND offset = ?", (file, offset)), None)

    def member_with(self, sha256: str, length: int) -> Optional[MemberRow]:
        """Found by its content, which takes a walk over all."""
        return next(self.member_rows("WHERE sha256 = ? AND length = ?", (sha256, length)), None)

    def capture_of(self, id: str) -> Optional[CaptureRow]:
        return next(self.capture_rows("WHERE id = ?", (id,)), None)

    def chain_values(self, chain: str, after: int, upto: int) -> Iterator[bytes]:
        """The 32-byte values of the entries above ``after``, to ``upto``."""
        if chain not in self._tables:
            return
        for (value,) in self._run("SELECT chain FROM %s WHERE seq > ? AND seq <= ? ORDER BY seq" % chain, (after, upto)):  # noqa: S608 - one of three names
            try:
                yield bytes.fromhex(value)
            except (ValueError, TypeError) as error:
                raise BadLedger("%s里有不是摘要的链值" % TABLE_NAMES[chain]) from error

    def last(self, chain: str) -> int:
        rows = list(self._run("SELECT MAX(seq) FROM %s" % chain, ())) if chain in self._tables else []  # noqa: S608 - one of three names
        return rows[0][0] if rows and isinstance(rows[0][0], int) else 0

    def stretches(self, file: str) -> List[Tuple[int, int]]:
        """(offset, length) of what is ledgered of a file, by offset."""
        found = [(row[0], row[1]) for row in self._run("SELECT offset, length FROM members WHERE file = ? ORDER BY offset", (file,))]
        if any(type(offset) is not int or type(length) is not int for offset, length in found):  # by an index that no longer fits its table
            raise BadLedger("成员登记里有不是数字的位置（%s）" % file[:200])
        return found

    def about(self) -> Dict[str, str]:
        return dict(self.rows("about"))

    def _run(self, sql: str, values: Sequence[object]) -> Iterator[Tuple[Any, ...]]:
        try:
            cursor = self._db.execute(sql, values)
            while True:
                rows = cursor.fetchmany(_FETCH)
                if not rows:
                    return
                yield from rows
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise BadLedger("无法读取（%s）" % error) from error


def named_members(row: CaptureRow) -> List[Tuple[Any, ...]]:
    """(type, uri, file, offset, length, sha256) of each record that a capture names. Raises BadLedger."""
    try:
        found = json.loads(row.members)
        if not isinstance(found, list) or not all(isinstance(one, list) and tuple(map(type, one)) == (str, str, str, int, int, str) for one in found):
            raise BadLedger("快照 %s 的登记无法解读" % row.id[:100])
    except (ValueError, RecursionError) as error:
        raise BadLedger("快照 %s 的登记无法解读" % row.id[:100]) from error
    return [tuple(one) for one in found]
