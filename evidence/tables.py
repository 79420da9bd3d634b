"""The ledger's tables, and how they are opened: for reading beside a writer, or for one immediate transaction that is on disk when it ends.

Beside members and captures (ledger) lie acts, roots, stamps and places (where a compaction put a member; no row: where it was first stored);
``about`` holds what is true of the ledger as a whole:
``ledger``, a UUID made with it, and ``key:FINGERPRINT`` → SubjectPublicKeyInfo (PEM) of each key that signed a root. An older ledger
gets the new tables at the next write.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from evidence.errors import ArchiveUnreadable, ArchiveUnwritable

GENESIS = "0" * 64
CHAINS = ("members", "captures", "acts")  # in the order of a root's tree
BUSY_S = 20.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS members (
  seq INTEGER PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL, type TEXT NOT NULL,
  uri TEXT NOT NULL, visit TEXT NOT NULL, chain TEXT NOT NULL, UNIQUE (file, offset));
CREATE TABLE IF NOT EXISTS captures (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run TEXT NOT NULL, site TEXT NOT NULL, facts TEXT NOT NULL, members TEXT NOT NULL,
  chain TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS captures_run ON captures (run, seq);
CREATE INDEX IF NOT EXISTS captures_site ON captures (site, seq);
CREATE TABLE IF NOT EXISTS acts (
  seq INTEGER PRIMARY KEY, time TEXT NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, chain TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS acts_subject ON acts (subject, seq);
CREATE INDEX IF NOT EXISTS acts_act ON acts (act, seq);
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roots (
  seq INTEGER PRIMARY KEY, statement TEXT NOT NULL, signature TEXT NOT NULL, key TEXT NOT NULL, sm3 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS stamps (
  root INTEGER NOT NULL, authority TEXT NOT NULL, response BLOB NOT NULL, time TEXT NOT NULL, PRIMARY KEY (root, authority)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (member INTEGER PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, UNIQUE (file, offset));
"""


def path_of(folder: Path) -> Path:
    return folder / "ledger.sqlite3"


def opened(folder: Path) -> sqlite3.Connection:
    """A connection for writing, with all the tables. Raises ArchiveUnwritable."""
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path_of(folder), timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_SCHEMA)
        if db.execute("SELECT 1 FROM about WHERE key = 'ledger'").fetchone() is None:
            db.execute("INSERT OR IGNORE INTO about (key, value) VALUES ('ledger', ?)", (str(uuid.uuid4()),))
    except sqlite3.Error as error:
        db.close()
        raise ArchiveUnwritable(cannot_write(error)) from error
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Immediate: writers wait for one another. All of the block, or nothing; raises ArchiveUnwritable where the database refuses."""
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise ArchiveUnwritable(cannot_write(error)) from error


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own in one transaction."""
    with closing(opened(folder)) as db, transaction(db):
        yield db


def head(db: sqlite3.Connection, table: str) -> tuple[int, str]:
    """(seq, chain) of the last entry of members, captures or acts; (0, GENESIS) where there is none."""
    row = db.execute(f"SELECT seq, chain FROM {table} ORDER BY seq DESC LIMIT 1").fetchone()  # noqa: S608 - one of three names
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def read(folder: Path, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Rows; none where the ledger, or the table, is not there yet. Raises ArchiveUnreadable."""
    path = path_of(folder)
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as db:
            return db.execute(sql, values).fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error):  # an older ledger, or one whose writer died before its first transaction
            return []
        raise ArchiveUnreadable(f"存证账 {path.name} 无法读取（{error}）") from error


@contextmanager
def snapshot(folder: Path) -> Iterator[sqlite3.Connection]:
    """Several reads of one state of the ledger, while writers go on. Raises ArchiveUnreadable."""
    path = path_of(folder)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)) as db:
            db.execute("BEGIN")
            yield db
    except sqlite3.Error as error:
        raise ArchiveUnreadable(f"存证账 {path.name} 无法读取（{error}）") from error


def cannot_write(error: sqlite3.Error) -> str:
    if "full" in str(error) or "disk I/O" in str(error):
        return "存档所在磁盘已满或无法写入，请腾出空间后用 adpatrol patrol --resume 续办"
    if "locked" in str(error) or "busy" in str(error):
        return "存证账被另一个程序占用，请稍后用 adpatrol patrol --resume 续办"
    return f"存证账无法写入（{error}），请检查磁盘后用 adpatrol patrol --resume 续办"
