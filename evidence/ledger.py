"""The ledger beside the archive: every stored gzip member in a hash chain, every capture in archive order. Append-only, one writer.

``archive/ledger.sqlite3`` holds nothing that the WARC files do not: it says which bytes count. A capture is in it only after its records
are fsynced, so a reader never sees half a visit.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evidence.capture import Capture, Outcome, RecordRef

GENESIS = "0" * 64
_BUSY_S = 20.0
_PAGE = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
  seq INTEGER PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL, type TEXT NOT NULL,
  uri TEXT NOT NULL, visit TEXT NOT NULL, chain TEXT NOT NULL, UNIQUE (file, offset));
CREATE TABLE IF NOT EXISTS captures (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, site TEXT NOT NULL, facts TEXT NOT NULL, members TEXT NOT NULL);
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


class LedgerWriter:
    """Held by the one process that writes the archive."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path_of(folder), timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def end_of(self, file: str) -> int:
        """The first byte of ``file`` that no ledgered member holds."""
        row = self._db.execute("SELECT MAX(offset + length) FROM members WHERE file = ?", (file,)).fetchone()
        return int(row[0] or 0)

    def append(self, loose: Sequence[RecordRef], visits: Sequence[tuple[dict[str, Any], Sequence[RecordRef]]]) -> list[Capture]:
        """One transaction: ``loose`` members that belong to no visit (warcinfo), then each visit's facts with its records, in the order
        of the file. A visit that is there already is left as it is (redo is idempotent)."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            head = self._db.execute("SELECT chain FROM members ORDER BY seq DESC LIMIT 1").fetchone()
            chain = str(head[0]) if head else GENESIS
            chain = self._members(chain, loose, "")
            done = []
            for facts, refs in visits:
                if self._db.execute("SELECT 1 FROM captures WHERE id = ?", (facts["id"],)).fetchone():
                    continue
                chain = self._members(chain, refs, facts["id"])
                cursor = self._db.execute(
                    "INSERT INTO captures (id, run, site, facts, members) VALUES (?, ?, ?, ?, ?)",
                    (facts["id"], facts["run"], facts["site"], json.dumps(facts, ensure_ascii=False),
                     json.dumps([[r.type, r.uri, r.file, r.offset, r.length, r.sha256] for r in refs], ensure_ascii=False)),
                )
                done.append(to_capture(int(cursor.lastrowid or 0), facts, refs))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return done

    def _members(self, chain: str, refs: Iterable[RecordRef], visit: str) -> str:
        rows = []
        for ref in refs:
            chain = link(chain, ref, visit)
            rows.append((ref.file, ref.offset, ref.length, ref.sha256, ref.type, ref.uri, visit, chain))
        self._db.executemany("INSERT INTO members (file, offset, length, sha256, type, uri, visit, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return chain


def to_capture(seq: int, facts: dict[str, Any], refs: Sequence[RecordRef]) -> Capture:
    return Capture(
        seq=seq, id=facts["id"], run=facts["run"], site=facts["site"], url=facts["url"], final_url=facts["final_url"],
        time=datetime.fromisoformat(facts["time"]), client=facts["client"], outcome=Outcome(facts["outcome"]), status=facts["status"],
        headers=tuple((k, v) for k, v in facts["headers"]), redirects=tuple(facts["redirects"]), detail=facts["detail"], facts=facts["facts"],
        records=tuple(refs),
    )


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


def members(folder: Path, *, visit: str | None = None) -> Iterator[Member]:
    """Every stored member in the order of the chain."""
    after = 0
    where = "seq > ?" + ("" if visit is None else " AND visit = ?")
    while True:
        sql = f"SELECT seq, file, offset, length, sha256, type, uri, visit, chain FROM members WHERE {where} ORDER BY seq LIMIT ?"  # noqa: S608 - made of constants
        rows = _read(folder, sql, (after, *(() if visit is None else (visit,)), _PAGE))
        for seq, file, offset, length, sha256, type_, uri, belongs, chain in rows:
            ref = RecordRef(type=type_, uri=uri, file=file, offset=int(offset), length=int(length), sha256=sha256)
            yield Member(int(seq), ref, belongs, chain)
        if len(rows) < _PAGE:
            return
        after = int(rows[-1][0])


def _refs(text: str) -> list[RecordRef]:
    return [RecordRef(type=t, uri=u, file=f, offset=o, length=n, sha256=h) for t, u, f, o, n, h in json.loads(text)]


def _read(folder: Path, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    path = path_of(folder)
    if not path.is_file():
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_S)
    try:
        return db.execute(sql, values).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # a ledger whose writer died before its first transaction: nothing is acknowledged
            return []
        raise
    finally:
        db.close()
