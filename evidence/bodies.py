"""Which bodies are stored and who refers to them: a table beside the ledger, made from the archive and thrown away at will.

``archive/bodies.sqlite3``, all numbers being those of ``ledger.members``: ``own`` (first 8 bytes of a body's SHA-256 → the full response of ours that
holds it), ``strange`` (what an imported response says of itself → the response), ``refers`` (revisit → what it refers to, and the capture it belongs to).
``about`` says up to where the ledger is in it, with the chain's value there: over another ledger it is made anew. Nothing is believed for standing here:
who is led to a record by it looks at the record.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence import revisits, tables
from evidence.capture import RecordRef
from evidence.errors import ArchiveUnreadable, ArchiveUnwritable, EvidenceError
from evidence.revisits import body_of, place_in, plain_digest
from evidence.stored import headers, record

IMPORTED = "imported/"
_WAIT_S = 5.0
_ROWS = 500  # read in one piece
_SHA256 = re.compile("sha256:([0-9a-f]{64})")  # as our writer has it
_SCHEMA = """
CREATE TABLE IF NOT EXISTS own (digest INTEGER PRIMARY KEY, member INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS strange (name TEXT NOT NULL, member INTEGER NOT NULL, PRIMARY KEY (name, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refers (member INTEGER PRIMARY KEY, target INTEGER, name TEXT NOT NULL, visit TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS refers_target ON refers (target, member);
CREATE INDEX IF NOT EXISTS refers_open ON refers (name) WHERE target IS NULL;
CREATE TABLE IF NOT EXISTS about (key INTEGER PRIMARY KEY CHECK (key = 1), upto INTEGER NOT NULL, chain TEXT NOT NULL);
"""
_OPEN = ("UPDATE refers SET target = (SELECT s.member FROM strange AS s WHERE s.name = refers.name ORDER BY s.member LIMIT 1) "
         "WHERE target IS NULL AND name IN (SELECT name FROM strange)")
_SOME = ("SELECT seq, file, offset, length, sha256, type, uri, visit, chain FROM members WHERE seq > ? AND seq <= ? AND type IN ('response', 'revisit') "
         "ORDER BY seq LIMIT ?")


@dataclass(frozen=True, slots=True)
class Grown:
    """What a transaction added to the members: from behind ``before`` to ``upto``, where the chain has ``chain``."""

    before: int
    upto: int
    chain: str


def key_of(digest: bytes) -> int:
    """Of a body's SHA-256: its first eight bytes, as SQLite keeps a number."""
    return int.from_bytes(digest[:8], "big", signed=True)


class Bodies:
    """One connection. A damaged file is thrown away and begun anew. Every method raises sqlite3.Error where the file does not answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._db = self._opened()
        except sqlite3.DatabaseError:
            _thrown_away(folder)
            self._db = self._opened()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(file_of(self._folder), timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")  # what a failing machine takes is read from the archive again
            db.executescript(_SCHEMA)
            db.execute("INSERT OR IGNORE INTO about (key, upto, chain) VALUES (1, 0, ?)", (tables.GENESIS,))
        except sqlite3.Error:
            db.close()
            raise
        return db

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # Asking

    def own(self, digest: bytes) -> int | None:
        """The member that may hold the body with this SHA-256."""
        row = self._db.execute("SELECT member FROM own WHERE digest = ?", (key_of(digest),)).fetchone()
        return int(row[0]) if row else None

    def strange(self, name: str) -> list[int]:
        return [int(row[0]) for row in self._db.execute("SELECT member FROM strange WHERE name = ? ORDER BY member LIMIT 20", (name,))]

    def target_of(self, member: int) -> int | None:
        """What the revisit refers to; None where it is none, or leads nowhere."""
        row = self._db.execute("SELECT target FROM refers WHERE member = ?", (member,)).fetchone()
        return int(row[0]) if row and row[0] is not None else None

    def referring(self, target: int) -> Iterator[str]:
        """The captures that refer to the member, the newest first."""
        for (visit,) in self._db.execute("SELECT visit FROM refers WHERE target = ? AND visit <> '' ORDER BY member DESC", (target,)):
            yield str(visit)

    # Keeping up

    def enter(self, bodies: Sequence[tuple[bytes, int]], refers: Sequence[tuple[int, int, str]], grown: Grown) -> None:
        """What a writer has just committed: (SHA-256, member), (revisit, what it refers to, capture)."""
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO own (digest, member) VALUES (?, ?)", [(key_of(digest), member) for digest, member in bodies])
            self._db.executemany("INSERT OR REPLACE INTO refers (member, target, name, visit) VALUES (?, ?, '', ?)", refers)
            self._db.execute("UPDATE about SET upto = ?, chain = ? WHERE upto = ?", (grown.upto, grown.chain, grown.before))

    def catch_up(self) -> None:
        """Reads what the ledger has beyond the table. Kept piece by piece: a kill costs the last one."""
        last, chain = _last(self._folder)
        upto, stands = self._db.execute("SELECT upto, chain FROM about").fetchone()
        if upto > last or (upto and tables.read(self._folder, "SELECT chain FROM members WHERE seq = ?", (upto,)) != [(stands,)]):
            with self._writing():  # of another ledger
                for emptied in ("DELETE FROM own", "DELETE FROM strange", "DELETE FROM refers"):
                    self._db.execute(emptied)
                self._db.execute("UPDATE about SET upto = 0, chain = ?", (tables.GENESIS,))
            upto = 0
        while upto < last:
            rows = tables.read(self._folder, _SOME, (upto, last, _ROWS))
            upto, at = (int(rows[-1][0]), str(rows[-1][8])) if len(rows) == _ROWS else (last, chain)
            with self._writing():
                for seq, file, offset, length, sha256, kind, uri, visit, _ in rows:
                    self._read(int(seq), RecordRef(type=kind, uri=uri, file=file, offset=offset, length=length, sha256=sha256), str(visit))
                self._db.execute("UPDATE about SET upto = ?, chain = ? WHERE upto < ?", (upto, at, upto))
        if last:
            self._db.execute(_OPEN)

    def _read(self, seq: int, ref: RecordRef, visit: str) -> None:
        """One member. What cannot be read is passed over: the verifier tells it."""
        told = self._headers(ref)
        if ref.type == "revisit":
            name = plain_digest(told.get("warc-payload-digest", ""))
            place = place_in(told)
            target = self._at(place) if place is not None else None
            self._db.execute("INSERT OR REPLACE INTO refers (member, target, name, visit) VALUES (?, ?, ?, ?)", (seq, target, name, visit))
        elif ref.file.startswith(IMPORTED):
            names = {told.get("warc-record-id", ""), *self._digests(ref, told)} - {""}
            self._db.executemany("INSERT OR IGNORE INTO strange (name, member) VALUES (?, ?)", [(name, seq) for name in names])
        elif visit and not told.get("warc-truncated") and (digest := _SHA256.fullmatch(told.get("warc-payload-digest", ""))):
            self._db.execute("INSERT OR IGNORE INTO own (digest, member) VALUES (?, ?)", (key_of(bytes.fromhex(digest[1])), seq))

    def _headers(self, ref: RecordRef) -> dict[str, str]:
        try:
            return headers(self._folder, ref, referred=True)
        except EvidenceError:
            return {}

    def _digests(self, ref: RecordRef, told: dict[str, str]) -> list[str]:
        """The names by which a body may be asked for: as told, else as both usual methods have it."""
        if digest := told.get("warc-payload-digest", ""):
            return [plain_digest(digest)]
        try:
            body = body_of(record(self._folder, ref, referred=True)[1])
        except EvidenceError:
            return []
        return revisits.usual_digests(body)

    def _at(self, place: RecordRef) -> int | None:
        rows = tables.read(self._folder, "SELECT seq FROM members WHERE file = ? AND offset = ? AND sha256 = ?", (place.file, place.offset, place.sha256))
        return int(rows[0][0]) if rows else None


def file_of(folder: Path) -> Path:
    return folder / "bodies.sqlite3"


@contextmanager
def known(folder: Path) -> Iterator[Bodies]:
    """The table, caught up. Raises ArchiveUnwritable where it cannot be kept, ArchiveUnreadable."""
    try:
        bodies = Bodies(folder)
        try:
            bodies.catch_up()
            yield bodies
        finally:
            bodies.close()
    except sqlite3.Error as error:
        raise ArchiveUnwritable(f"正文索引 {file_of(folder).name} 无法使用（{error}）；可以删除它，下次会由存档重建") from error


def _last(folder: Path) -> tuple[int, str]:
    rows = tables.read(folder, "SELECT seq, chain FROM members ORDER BY seq DESC LIMIT 1")
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, tables.GENESIS)


def _thrown_away(folder: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path = file_of(folder)
        path.with_name(path.name + end).unlink(missing_ok=True)


def member_ref(folder: Path, seq: int) -> RecordRef:
    """Raises ArchiveUnreadable where the ledger has no such member."""
    rows = tables.read(folder, "SELECT type, uri, file, offset, length, sha256 FROM members WHERE seq = ?", (seq,))
    if not rows:
        raise ArchiveUnreadable(f"存证账里没有第 {seq} 条记录")
    kind, uri, file, offset, length, sha256 = rows[0]
    return RecordRef(type=kind, uri=uri, file=file, offset=offset, length=length, sha256=sha256)
