"""The ledger beside the archive: every stored gzip member and every capture, each in a hash chain, in archive order. Append-only.

``archive/ledger.sqlite3`` holds nothing that the WARC files do not: it says which bytes count. A capture is in it only after its records
are fsynced, so a reader never sees half a visit. Errors of the database come out as ArchiveUnwritable or ArchiveUnreadable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence import tables
from evidence.capture import Capture, RecordRef
from evidence.errors import ArchiveUnreadable, OriginalGone
from evidence.facts import Entry, to_capture
from evidence.tables import GENESIS as GENESIS
from evidence.tables import path_of as path_of
from evidence.tables import read

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Member:
    """One stored gzip member. ``chain`` is SHA-256 over the chain before it and these facts (``link``)."""

    seq: int
    ref: RecordRef
    visit: str
    chain: str


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
        self._db = tables.opened(folder)
        self.grown = (0, 0, GENESIS)  # by the last ``append``: from behind which number of the members, up to which, and the chain there

    def close(self) -> None:
        self._db.close()

    def end_of(self, file: str) -> int:
        """The first byte of ``file`` that no ledgered member holds."""
        row = self._db.execute("SELECT MAX(offset + length) FROM members WHERE file = ?", (file,)).fetchone()
        moved = self._db.execute("SELECT MAX(p.offset + m.length) FROM places AS p JOIN members AS m ON m.seq = p.member WHERE p.file = ?", (file,)).fetchone()
        return max(int(row[0] or 0), int(moved[0] or 0))

    def last_file(self, run: str) -> str:
        """The last name under which a member of the run was first stored: its file may be gone since. Empty where there is none."""
        row = self._db.execute("SELECT MAX(file) FROM members WHERE file > ? AND file < ?", (f"{run}/", f"{run}0")).fetchone()
        return str(row[0] or "")

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those that are captures already."""
        wanted = json.dumps(list(ids))
        return {row[0] for row in self._db.execute("SELECT id FROM captures WHERE id IN (SELECT value FROM json_each(?))", (wanted,))}

    def standing(self, seq: int) -> RecordRef | None:
        """The member with this number; None where there is none, or its capture was erased."""
        sql = ("SELECT type, uri, file, offset, length, sha256 FROM members AS m WHERE seq = ? AND NOT EXISTS "
               "(SELECT 1 FROM acts AS a WHERE m.visit <> '' AND a.subject = 'capture:' || m.visit AND a.act = 'erase')")
        row = self._db.execute(sql, (seq,)).fetchone()
        return RecordRef(type=row[0], uri=row[1], file=row[2], offset=row[3], length=row[4], sha256=row[5]) if row else None

    def numbers(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """(file, offset) → number of the members that begin there."""
        sql = ("SELECT m.file, m.offset, m.seq FROM json_each(?) AS w JOIN members AS m ON m.file = json_extract(w.value, '$[0]') "
               "AND m.offset = json_extract(w.value, '$[1]')")
        return {(file, offset): seq for file, offset, seq in self._db.execute(sql, (json.dumps(list(places)),))}

    def append(self, loose: Sequence[RecordRef], visits: Sequence[Entry], targets: Sequence[tuple[str, int]] = (), *, there: bool = True) -> list[Capture]:
        """One transaction: ``loose`` members that belong to no visit (warcinfo), then each visit with its records, in the order of the
        file. A visit that is there already is left as it is (redo is idempotent). Raises ArchiveUnwritable; then nothing is changed.

        ``targets``: (file, offset) of the members that revisits among them refer to. Raises OriginalGone, and changes nothing, where the capture
        of one was erased, or (``there``) where the ledger has no such member: erasing is a transaction too, so neither can slip in between."""
        with tables.transaction(self._db):
            done = self._append(loose, visits)
            if targets and (self.erased_at(targets) or (there and len(self.numbers(targets)) < len(targets))):
                raise OriginalGone("重访记录所引用的原记录已不在")
            return done

    def erased_at(self, places: Iterable[tuple[str, int]]) -> bool:
        """Whether the capture of any of the members at these (file, offset) was erased."""
        sql = ("SELECT 1 FROM json_each(?) AS w JOIN members AS m ON m.file = json_extract(w.value, '$[0]') AND m.offset = json_extract(w.value, '$[1]') "
               "JOIN acts AS a ON m.visit <> '' AND a.subject = 'capture:' || m.visit AND a.act = 'erase' LIMIT 1")
        return self._db.execute(sql, (json.dumps(list(places)),)).fetchone() is not None

    def _append(self, loose: Sequence[RecordRef], visits: Sequence[Entry]) -> list[Capture]:
        before, chain = tables.head(self._db, "members")
        chain, added = self._members(chain, loose, ""), len(loose)
        there = self.known(entry.facts["id"] for entry in visits)
        seq, sealed = tables.head(self._db, "captures")
        rows, done = [], []
        for entry in visits:
            facts, refs = entry.facts, entry.refs
            if facts["id"] in there:
                continue
            there.add(facts["id"])
            chain, added = self._members(chain, refs, facts["id"]), added + len(refs)
            seq += 1
            members = json.dumps([[r.type, r.uri, r.file, r.offset, r.length, r.sha256] for r in refs])
            sealed = seal(sealed, entry.text, members)
            rows.append((seq, facts["id"], facts["run"], facts["site"], entry.text, members, sealed))
            done.append(to_capture(seq, facts, refs))
        self._db.executemany("INSERT INTO captures (seq, id, run, site, facts, members, chain) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.grown = (before, before + added, chain)
        return done

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
        rows = read(folder, f"SELECT seq, facts, members FROM captures WHERE {where} ORDER BY seq LIMIT ?", (after, *more, size))  # noqa: S608 - made of constants
        for seq, facts, members in rows:
            yield to_capture(int(seq), json.loads(facts), _refs(members))
        if len(rows) < size:
            return
        after = int(rows[-1][0])
        left = None if left is None else left - len(rows)


def capture(folder: Path, id: str) -> Capture | None:
    rows = read(folder, "SELECT seq, facts, members FROM captures WHERE id = ?", (id,))
    return next((to_capture(int(seq), json.loads(facts), _refs(refs)) for seq, facts, refs in rows), None)


def last_seq(folder: Path) -> int:
    """``seq`` of the newest capture; 0 for an empty archive."""
    rows = read(folder, "SELECT MAX(seq) FROM captures", ())
    return int(rows[0][0] or 0) if rows else 0


def members(folder: Path) -> Iterator[Member]:
    """Every stored member in the order of the chain."""
    after = 0
    sql = "SELECT seq, file, offset, length, sha256, type, uri, visit, chain FROM members WHERE seq > ? ORDER BY seq LIMIT ?"
    while rows := read(folder, sql, (after, _PAGE)):
        yield from map(_member, rows)
        after = int(rows[-1][0])


def sealed(folder: Path) -> Iterator[tuple[Capture, str, str, str]]:
    """Every capture with its two JSON texts (facts, records) and its value of the chain, for the verifier."""
    after = 0
    while rows := read(folder, "SELECT seq, facts, members, chain, id, run, site FROM captures WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)):
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
    return dict(read(folder, "SELECT id, facts FROM captures WHERE id IN (SELECT value FROM json_each(?))", (wanted,)))


def members_at(folder: Path, places: Iterable[tuple[str, int]]) -> list[Member]:
    """The members that begin at these (file, offset)."""
    wanted = json.dumps(list(places))
    sql = ("SELECT m.seq, m.file, m.offset, m.length, m.sha256, m.type, m.uri, m.visit, m.chain FROM json_each(?) AS w "
           "JOIN members AS m ON m.file = json_extract(w.value, '$[0]') AND m.offset = json_extract(w.value, '$[1]') ORDER BY m.seq")
    return [_member(row) for row in read(folder, sql, (wanted,))]


def place_of(folder: Path, ref: RecordRef) -> tuple[str, int] | None:
    """(file, offset) where a compaction put the member that was first stored as ``ref``; None where none moved it."""
    rows = read(folder, "SELECT p.file, p.offset FROM members AS m JOIN places AS p ON p.member = m.seq WHERE m.file = ? AND m.offset = ?", (ref.file, ref.offset))
    return (str(rows[0][0]), int(rows[0][1])) if rows else None


def gaps(folder: Path, file: str, size: int) -> list[tuple[int, int]]:
    """(offset, length) of the bytes of ``file``, which has ``size`` of them, that no ledgered member holds."""
    found, end = [], 0
    held = read(folder, "SELECT offset, length FROM members WHERE file = ? ORDER BY offset", (file,))
    held += read(folder, "SELECT p.offset, m.length FROM places AS p JOIN members AS m ON m.seq = p.member WHERE p.file = ? ORDER BY p.offset", (file,))
    for offset, length in held:
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
