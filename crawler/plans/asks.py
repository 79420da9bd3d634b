"""Visits that others ask the patrol for: evidence grade on a finding, a recheck of a case. A small file in the home that the patrol polls.

At least once: an ask is leased, and only a visit that is safe in the archive marks it done. Asking again for what still waits changes nothing.
Any process may ask; a lease belongs to one worker until it runs out.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

FILE = "asks.sqlite3"
EVIDENCE = "evidence"
MAX_TRIES = 3
MAX_CITES, MAX_CITED = 50, 500  # sentences of one ask, characters of one
_BUSY_S = 20.0
_WAITING, _DONE, _FAILED = 0, 1, 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asks (
  id INTEGER PRIMARY KEY, url TEXT NOT NULL, site TEXT NOT NULL, why TEXT NOT NULL, grade TEXT NOT NULL, client TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, asked REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,
  leased_by TEXT NOT NULL DEFAULT '', ended REAL NOT NULL DEFAULT 0, result TEXT NOT NULL DEFAULT '', cites TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX IF NOT EXISTS asks_once ON asks (url, grade, client) WHERE state = 0;
CREATE INDEX IF NOT EXISTS asks_waiting ON asks (not_before, id) WHERE state = 0;
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """``site``: origin; ``grade``: evidence or recheck; ``client``: desktop, phone or "" (the plan's first); ``tries``: how often it was leased;
    ``cites``: the sentences that made somebody ask, to be found again by the visit."""

    id: int
    url: str
    site: str
    why: str
    grade: str = EVIDENCE
    client: str = ""
    tries: int = 0
    cites: tuple[str, ...] = ()


def ask_for_visit(home: Path, url: str, site: str, why: str, *, grade: str = EVIDENCE, client: str = "") -> bool:
    """True for a new ask, False where the same one still waits. On disk when this returns."""
    return ask_for_visits(home, [Ask(0, url, site, why, grade, client)]) == 1


def ask_for_visits(home: Path, asks: Iterable[Ask]) -> int:
    """Many asks in one write; answers how many are new. ``id`` and ``tries`` of what is given do not matter."""
    now = time.time()
    rows = [(ask.url[:2_000], ask.site[:500], ask.why[:500], ask.grade, ask.client, now,
             json.dumps([span[:MAX_CITED] for span in ask.cites[:MAX_CITES]], ensure_ascii=False) if ask.cites else "") for ask in asks]
    if not rows:
        return 0
    home.mkdir(parents=True, exist_ok=True)
    with _written(home) as database:
        before = database.total_changes
        database.executemany("INSERT OR IGNORE INTO asks (url, site, why, grade, client, asked, cites) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return database.total_changes - before


def take_asks(home: Path, *, worker: str, limit: int = 20, lease_s: float = 300, sites: Sequence[str] | None = None) -> list[Ask]:
    """Leases up to ``limit`` asks to ``worker``, the oldest first; ``sites``: only those of these origins. Nothing is created where no one asked."""
    if not (home / FILE).exists():
        return []
    now = time.time()
    only = f" AND site IN ({','.join('?' * len(sites))})" if sites is not None else ""
    with _written(home) as database:
        found = database.execute(
            f"SELECT id, url, site, why, grade, client, tries, cites FROM asks WHERE state = 0 AND not_before <= ?{only} ORDER BY id LIMIT ?",  # noqa: S608 - marks only
            (now, *(sites or ()), limit)).fetchall()
        database.executemany("UPDATE asks SET leased_by = ?, not_before = ?, tries = tries + 1 WHERE id = ?",
                             [(worker, now + lease_s, number) for number, *_ in found])
    return [Ask(number, url, site, why, grade, client, tries + 1, tuple(json.loads(cites)) if cites else ())
            for number, url, site, why, grade, client, tries, cites in found]


def done(home: Path, ids: Iterable[int], *, result: str = "ok") -> None:
    """The visits are in the archive, whatever they met (``result``: their outcome)."""
    now = time.time()
    with _written(home) as database:
        database.executemany("UPDATE asks SET state = ?, ended = ?, result = ? WHERE id = ?", [(_DONE, now, result[:200], one) for one in ids])


def give_back(home: Path, ids: Iterable[int], *, why: str, after_s: float = 0) -> None:
    """The visits could not be made: tried again after ``after_s`` seconds, given up after MAX_TRIES leases."""
    now = time.time()
    with _written(home) as database:
        for one in ids:
            database.execute(
                "UPDATE asks SET not_before = ?, leased_by = '', result = ?, state = CASE WHEN tries >= ? THEN ? ELSE state END, "
                "ended = CASE WHEN tries >= ? THEN ? ELSE ended END WHERE id = ? AND state = 0",
                (now + after_s, why[:200], MAX_TRIES, _FAILED, MAX_TRIES, now, one))


def open_asks(home: Path, *, sites: Sequence[str] | None = None) -> int:
    """How many wait or are under way; a patrol ends when those of its sites are 0."""
    if not (home / FILE).exists():
        return 0
    only = f" AND site IN ({','.join('?' * len(sites))})" if sites is not None else ""
    with _written(home) as database:
        return int(database.execute(f"SELECT count(*) FROM asks WHERE state = {_WAITING}{only}", tuple(sites or ())).fetchone()[0])  # noqa: S608 - marks only


@contextmanager
def _written(home: Path) -> Iterator[sqlite3.Connection]:
    """One transaction, durable when the block ends: the indexer stores its position only after its asks are safe."""
    with closing(sqlite3.connect(home / FILE, timeout=_BUSY_S, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous=FULL")
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'asks_waiting'").fetchone():
            database.execute("PRAGMA journal_mode=WAL")  # stays with the file
            database.executescript(_SCHEMA)
        database.execute("BEGIN IMMEDIATE")
        if not any(column[1] == "cites" for column in database.execute("PRAGMA table_info(asks)")):  # a file from before there was one
            database.execute("ALTER TABLE asks ADD COLUMN cites TEXT NOT NULL DEFAULT ''")
        try:
            yield database
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")
