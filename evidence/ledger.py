"""The ledger beside the archive: every stored gzip member and every capture, each in a hash chain, in archive order. Append-only.

``archive/ledger.sqlite3`` holds nothing that the WARC files do not: it says which bytes count. A capture is in it only after its records
are fsynced, so a reader never sees half a visit. Errors of the database come out as ArchiveUnwritable or ArchiveUnreadable.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.capture import Capture, RecordRef
from evidence.errors import ArchiveUnreadable, ArchiveUnwritable
from evidence.facts import Entry, to_capture

GENESIS = "0" * 64
_BUSY_S = 20.0
_PAGE = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
  seq INTEGER PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL, type TEXT NOT NULL,
  uri TEXT NOT NULL, visit TEXT NOT NULL, chain TEXT NOT NULL, UNIQUE (file, offset));
CREATE TABLE IF NOT EXISTS captures (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, site TEXT NOT NULL, facts TEXT NOT NULL, members TEXT NOT NULL,
  chain TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS captures_run ON captures (run, seq);
CREATE INDEX IF NOT EXISTS captures_site ON captures (site, seq);
"""


@dataclass(frozen=True, slots=True)
class Member:
    """One stored gzip member. ``chain`` is SHA-256 over the chain before it and these facts (``link``)."""

    seq: int
    ref: RecordRef
    visit: str
    chain: str


def path_of(folder: Path) -> Path:
    return folder / "ledger.sqlite3"


def link(before: str, ref: RecordRef, visit: str) -> str:
    """The next value of the chain: SHA-256 of canonical JSON, so that anyone can recompute it."""
    facts = [before, ref.file, ref.offset, ref.length, ref.sha256, ref.type, ref.uri, visit]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True, separators=(",", ":")).encode("ascii")).hexdigest()


def seal(before: str, text: str, members: str) -> str:
    """The next value of the captures' chain, over the facts and the records as the ledger keeps them (two JSON texts)."""
    both = [before, hashlib.sha256(text.encode()).hexdigest(), hashlib.sha256(members.encode()).hexdigest()]
    return hashlib.sha256(json.dumps(both, separators=(",", ":")).encode("ascii")).hexdigest()


class LedgerWriter:
    """Appends; each transaction is immediate, so that several writers (a patrol, an import) wait for one another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path_of(folder), timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise ArchiveUnwritable(_cannot_write(error)) from error

    def close(self) -> None:
        self._db.close()

    def end_of(self, file: str) -> int:
        """The first byte of ``file`` that no ledgered member holds."""
        row = self._db.execute("SELECT MAX(offset + length) FROM members WHERE file = ?", (file,)).fetchone()
        return int(row[0] or 0)

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those that are captures already."""
        wanted = json.dumps(list(ids))
        return {row[0] for row in self._db.execute("SELECT id FROM captures WHERE id IN (SELECT value FROM json_each(?))", (wanted,))}

    def append(self, loose: Sequence[RecordRef], visits: Sequence[Entry]) -> list[Capture]:
        """One transaction: ``loose`` members that belong to no visit (warcinfo), then each visit with its records, in the order of the
        file. A visit that is there already is left as it is (redo is idempotent). Raises ArchiveUnwritable; then nothing is changed."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                done = self._append(loose, visits)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise ArchiveUnwritable(_cannot_write(error)) from error
        return done

    def _append(self, loose: Sequence[RecordRef], visits: Sequence[Entry]) -> list[Capture]:
        chain = self._members(self._head("members")[1], loose, "")
        there = self.known(entry.facts["id"] for entry in visits)
        seq, sealed = self._head("captures")
        rows, done = [], []
        for entry in visits:
            facts, refs = entry.facts, entry.refs
            if facts["id"] in there:
                continue
            there.add(facts["id"])
            chain = self._members(chain, refs, facts["id"])
            seq += 1
            members = json.dumps([[r.type, r.uri, r.file, r.offset, r.length, r.sha256] for r in refs])
            sealed = seal(sealed, entry.text, members)
            rows.append((seq, facts["id"], facts["run"], facts["site"], entry.text, members, sealed))
            done.append(to_capture(seq, facts, refs))
        self._db.executemany("INSERT INTO captures (seq, id, run, site, facts, members, chain) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return done

    def _head(self, table: str) -> tuple[int, str]:
        row = self._db.execute(f"SELECT seq, chain FROM {table} ORDER BY seq DESC LIMIT 1").fetchone()  # noqa: S608 - one of two names
        return (int(row[0]), str(row[1])) if row else (0, GENESIS)

    def _members(self, chain: str, refs: Iterable[RecordRef], visit: str) -> str:
        rows = []
        for ref in refs:
            chain = link(chain, ref, visit)
            rows.append((ref.file, ref.offset, ref.length, ref.sha256, ref.type, ref.uri, visit, chain))
        self._db.executemany("INSERT INTO members (file, offset, length, sha256, type, uri, visit, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return chain


def captures(
    folder: Path, *, after: int = 0, run: str | None = None, site: str | None = None, limit: int | None = None,
) -> Iterator[Capture]:
    """Acknowledged captures in archive order, ``seq`` above ``after``; of one run or site. Reads in bounded pages and disturbs no writer."""
    if not path_of(folder).is_file():
        return
    where = "seq > ?" + (" AND run = ?" if run is not None else "") + (" AND site = ?" if site is not None else "")
    more = [value for value in (run, site) if value is not None]
    left = limit
    while left is None or left > 0:
        size = _PAGE if left is None else min(left, _PAGE)
        rows = _read(folder, f"SELECT seq, facts, members FROM captures WHERE {where} ORDER BY seq LIMIT ?", (after, *more, size))  # noqa: S608 - made of constants
        for seq, facts, members in rows:
            yield to_capture(int(seq), json.loads(facts), _refs(members))
        if len(rows) < size:
            return
        after = int(rows[-1][0])
        left = None if left is None else left - len(rows)


def capture(folder: Path, id: str) -> Capture | None:
    rows = _read(folder, "SELECT seq, facts, members FROM captures WHERE id = ?", (id,))
    return next((to_capture(int(seq), json.loads(facts), _refs(refs)) for seq, facts, refs in rows), None)


def last_seq(folder: Path) -> int:
    """``seq`` of the newest capture; 0 for an empty archive."""
    rows = _read(folder, "SELECT MAX(seq) FROM captures", ())
    return int(rows[0][0] or 0) if rows else 0


def members(folder: Path) -> Iterator[Member]:
    """Every stored member in the order of the chain."""
    after = 0
    sql = "SELECT seq, file, offset, length, sha256, type, uri, visit, chain FROM members WHERE seq > ? ORDER BY seq LIMIT ?"
    while rows := _read(folder, sql, (after, _PAGE)):
        yield from map(_member, rows)
        after = int(rows[-1][0])


def sealed(folder: Path) -> Iterator[tuple[Capture, str, str, str]]:
    """Every capture with its two JSON texts (facts, records) and its value of the chain, for the verifier."""
    after = 0
    while rows := _read(folder, "SELECT seq, facts, members, chain, id, run, site FROM captures WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)):
        for seq, facts, refs, chain, *columns in rows:
            try:
                found = to_capture(int(seq), json.loads(facts), _refs(refs))
            except (ValueError, KeyError, TypeError) as error:
                raise ArchiveUnreadable(f"存证账第 {seq} 个快照的登记无法解读") from error
            if columns != [found.id, found.run, found.site]:
                raise ArchiveUnreadable(f"存证账第 {seq} 个快照的登记前后不一")
            yield found, facts, refs, chain
        after = int(rows[-1][0])


def texts(folder: Path, ids: Iterable[str]) -> dict[str, str]:
    """capture id -> JSON of its facts, of those that are there."""
    wanted = json.dumps(sorted(set(ids)))
    return dict(_read(folder, "SELECT id, facts FROM captures WHERE id IN (SELECT value FROM json_each(?))", (wanted,)))


def members_at(folder: Path, places: Iterable[tuple[str, int]]) -> list[Member]:
    """The members that begin at these (file, offset)."""
    wanted = json.dumps(list(places))
    sql = ("SELECT m.seq, m.file, m.offset, m.length, m.sha256, m.type, m.uri, m.visit, m.chain FROM json_each(?) AS w "
           "JOIN members AS m ON m.file = json_extract(w.value, '$[0]') AND m.offset = json_extract(w.value, '$[1]') ORDER BY m.seq")
    return [_member(row) for row in _read(folder, sql, (wanted,))]


def gaps(folder: Path, file: str, size: int) -> list[tuple[int, int]]:
    """(offset, length) of the bytes of ``file``, which has ``size`` of them, that no ledgered member holds."""
    found, end = [], 0
    for offset, length in _read(folder, "SELECT offset, length FROM members WHERE file = ? ORDER BY offset", (file,)):
        if offset > end:
            found.append((end, offset - end))
        end = max(end, offset + length)
    return [*found, (end, size - end)] if size > end else found


def _member(row: Sequence[Any]) -> Member:
    seq, file, offset, length, sha256, kind, uri, visit, chain = row
    if not (type(offset) is int and type(length) is int and offset >= 0 and length >= 0):
        raise ArchiveUnreadable(f"存证账第 {seq} 条记录的登记无法解读")
    return Member(seq, RecordRef(type=kind, uri=uri, file=file, offset=offset, length=length, sha256=sha256), visit, chain)


def _refs(text: str) -> list[RecordRef]:
    return [RecordRef(type=t, uri=u, file=f, offset=o, length=n, sha256=h) for t, u, f, o, n, h in json.loads(text)]


def _read(folder: Path, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    path = path_of(folder)
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error):  # a ledger whose writer died before its first transaction: nothing is acknowledged
            return []
        raise ArchiveUnreadable(f"存证账 {path.name} 无法读取（{error}）") from error


def _cannot_write(error: sqlite3.Error) -> str:
    if "full" in str(error) or "disk I/O" in str(error):
        return "存档所在磁盘已满或无法写入，请腾出空间后用 adpatrol patrol --resume 续办"
    if "locked" in str(error) or "busy" in str(error):
        return "存证账被另一个程序占用，请稍后用 adpatrol patrol --resume 续办"
    return f"存证账无法写入（{error}），请检查磁盘后用 adpatrol patrol --resume 续办"
