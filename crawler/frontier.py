"""The frontier: which addresses of a run wait, which are done. One SQLite table, leased by host, at least once.

Nothing is taken out when it is handed to the crawler: an address waits until its visit is in the archive and only then is marked done,
together with the links found on it. What was under way at a kill therefore still waits. One process writes; others read.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

ASKED = 150  # the priority of a visit somebody waits for; from there on no budget holds an address back
_BUSY_S = 20.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, order_json TEXT NOT NULL, state TEXT NOT NULL,
  started TEXT NOT NULL, finished TEXT NOT NULL DEFAULT '', seen TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS urls (
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, key BLOB NOT NULL, site INTEGER NOT NULL, host TEXT NOT NULL, url TEXT NOT NULL,
  client TEXT NOT NULL, depth INTEGER NOT NULL, priority INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
  not_before REAL NOT NULL DEFAULT 0, via TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0,
  cites TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX IF NOT EXISTS urls_once ON urls (run, key);
CREATE INDEX IF NOT EXISTS urls_waiting ON urls (run, host, priority DESC, id) WHERE state = 0;
CREATE TABLE IF NOT EXISTS hosts (
  run INTEGER NOT NULL, host TEXT NOT NULL, site INTEGER NOT NULL, leased_by TEXT NOT NULL DEFAULT '', leased_until REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (run, host)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Found:
    """An address to be visited, not yet stored. ``client`` as in Capture; ``site`` the place of its SitePlan in the order."""

    url: str
    site: int
    host: str
    client: str
    depth: int
    priority: int
    via: str = ""
    why: str = ""
    cites: tuple[str, ...] = ()  # sentences that a visit at evidence grade is to show

    @property
    def key(self) -> bytes:
        return blake2b(f"{self.client}\n{self.url}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Row:
    """A stored address, as leased to the crawler."""

    id: int
    site: int
    host: str
    url: str
    client: str
    depth: int
    priority: int
    tries: int
    via: str
    why: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """A visit that met a passing fault: to be tried again, not before ``not_before`` (seconds since the epoch)."""

    id: int
    not_before: float


@dataclass(frozen=True, slots=True)
class RunRow:
    number: int
    id: str
    plan: str
    order: dict[str, Any]
    state: str  # running (or cut off without a word), stopped, finished
    started: str
    finished: str
    summary: dict[str, Any]


def path_of(home: Path) -> Path:
    return home / "frontier.sqlite3"


class Frontier:
    """The one writer. ``worker`` names the process that holds the leases."""

    def __init__(self, path: Path, *, worker: str = "") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two connections: the committer's thread writes while the reactor reads.
        self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        if not any(column[1] == "cites" for column in self._db.execute("PRAGMA table_info(urls)")):  # a file from before there was one
            self._db.execute("ALTER TABLE urls ADD COLUMN cites TEXT NOT NULL DEFAULT ''")
        self._reader = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        self._reader.execute("PRAGMA query_only=ON")
        self._lock = threading.Lock()
        self._worker = worker
        self._run = 0

    def close(self) -> None:
        self._reader.close()
        self._db.close()

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # Runs

    def begin(self, run: str, plan: str, order: dict[str, Any], seeds: Iterable[Found]) -> None:
        """Records the run and its seeds in one transaction, before the first fetch."""
        now = _now()
        with self._write():
            cursor = self._db.execute(
                "INSERT INTO runs (id, plan, order_json, state, started, seen) VALUES (?, ?, ?, 'running', ?, ?)",
                (run, plan, json.dumps(order, ensure_ascii=False), now, now),
            )
            self._run = int(cursor.lastrowid or 0)
            self._insert(seeds)

    def resume(self, run: str) -> None:
        row = self._db.execute("SELECT number FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None:
            raise LookupError(run)
        self._run = int(row[0])
        with self._write():
            self._db.execute("UPDATE runs SET state = 'running', finished = '', seen = ? WHERE number = ?", (_now(), self._run))

    def finish(self, summary: dict[str, Any]) -> None:
        with self._write():
            self._db.execute(
                "UPDATE runs SET state = 'finished', finished = ?, summary = ? WHERE number = ?",
                (_now(), json.dumps(summary, ensure_ascii=False), self._run),
            )

    def stop(self, summary: dict[str, Any]) -> None:
        """It ended before its end, in good order; ``resume`` goes on with it."""
        with self._write():
            self._db.execute("UPDATE runs SET state = 'stopped', seen = ?, summary = ? WHERE number = ?",
                             (_now(), json.dumps(summary, ensure_ascii=False), self._run))

    def progress(self, summary: dict[str, Any]) -> None:
        """A sign of life, for who watches."""
        with self._write():
            self._db.execute("UPDATE runs SET seen = ?, summary = ? WHERE number = ?", (_now(), json.dumps(summary, ensure_ascii=False), self._run))

    # Addresses

    def lease(self, *, lease_s: float) -> None:
        """Takes every host of the run that no other living worker holds, for ``lease_s`` seconds from now."""
        now = time.time()
        with self._write():
            self._db.execute("UPDATE hosts SET leased_by = ?, leased_until = ? WHERE run = ? AND (leased_by = ? OR leased_until < ?)",
                             (self._worker, now + lease_s, self._run, self._worker, now))

    def hosts(self) -> list[tuple[str, int]]:
        """The hosts this worker holds: (host, site)."""
        return [(str(host), int(site)) for host, site in self._reader.execute(
            "SELECT host, site FROM hosts WHERE run = ? AND leased_by = ? AND leased_until >= ?", (self._run, self._worker, time.time()))]

    def waiting(self, host: str, *, limit: int, ripe_at: float, least: int = 0, below: int = 1_000) -> list[Row]:
        """The best ``limit`` addresses of a leased host that may be visited at ``ripe_at``, of a priority from ``least`` on and under ``below``."""
        rows = self._reader.execute(
            "SELECT id, site, host, url, client, depth, priority, tries, via, why, cites FROM urls"
            " WHERE run = ? AND host = ? AND state = 0 AND priority >= ? AND priority < ? AND not_before <= ? ORDER BY priority DESC, id LIMIT ?",
            (self._run, host, least, below, ripe_at, limit),
        )
        return [Row(*(*row[:-1], tuple(json.loads(row[-1])) if row[-1] else ())) for row in rows]

    def known(self) -> Iterator[tuple[int, str]]:
        """(site, address) of every address of the run, those that were asked for by the browser too, in the order they came."""
        yield from self._reader.execute("SELECT site, url FROM urls WHERE run = ? ORDER BY id", (self._run,))

    def counts(self) -> dict[int, tuple[int, int, int]]:
        """site → (done, waiting, bytes); what was asked for is not among the done."""
        rows = self._reader.execute(
            "SELECT site, SUM(state = 1 AND priority <> ?), SUM(state = 0), SUM(bytes) FROM urls WHERE run = ? GROUP BY site", (ASKED, self._run))
        return {int(site): (int(done), int(waiting), int(size)) for site, done, waiting, size in rows}

    def settle(self, done: Sequence[tuple[int, int]], again: Sequence[Again], found: Sequence[Found]) -> int:
        """One transaction after the archive's commit: (row, bytes) done, rows to be tried again, links found. Returns how many were new."""
        with self._write():
            self._db.executemany("UPDATE urls SET state = 1, bytes = ? WHERE id = ?", [(size, row) for row, size in done])
            self._db.executemany("UPDATE urls SET tries = tries + 1, not_before = ? WHERE id = ?", [(a.not_before, a.id) for a in again])
            return self._insert(found)

    def next_ripe(self) -> float | None:
        """When the next address that rests may be tried; None where none waits."""
        row = self._reader.execute("SELECT MIN(not_before) FROM urls WHERE run = ? AND state = 0", (self._run,)).fetchone()
        return None if row is None or row[0] is None else float(row[0])

    def _insert(self, found: Iterable[Found]) -> int:
        items = list(found)
        if not items:
            return 0
        before = self._db.total_changes
        self._db.executemany(
            "INSERT OR IGNORE INTO urls (run, key, site, host, url, client, depth, priority, via, why, cites) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(self._run, f.key, f.site, f.host, f.url, f.client, f.depth, f.priority, f.via, f.why,
              json.dumps(f.cites, ensure_ascii=False) if f.cites else "") for f in items],
        )
        new = self._db.total_changes - before
        self._db.executemany(
            "INSERT OR IGNORE INTO hosts (run, host, site) VALUES (?, ?, ?)", {(self._run, f.host, f.site) for f in items})
        return new


def runs(home: Path, *, limit: int = 50) -> list[RunRow]:
    """The newest runs first, read without disturbing the writer. Empty where no patrol ever ran."""
    path = path_of(home)
    if not path.exists():
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_S)
    try:
        rows = db.execute(
            "SELECT number, id, plan, order_json, state, started, finished, summary FROM runs ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # its first process died while creating it
            return []
        raise
    finally:
        db.close()
    return [RunRow(n, i, p, json.loads(order), s, b, e, json.loads(summary)) for n, i, p, order, s, b, e, summary in rows]


def keep_summary(home: Path, run: str, summary: dict[str, Any]) -> None:
    """What the whole run came to, once its findings are counted too: shown again where nothing is left to resume."""
    db = sqlite3.connect(path_of(home), timeout=_BUSY_S)
    try:
        with db:
            db.execute("UPDATE runs SET summary = ? WHERE id = ?", (json.dumps(summary, ensure_ascii=False), run))
    finally:
        db.close()


def standing(home: Path, run: str) -> dict[int, tuple[int, int, int]]:
    """site → (visited, waiting, those of the waiting that need the browser) of ``run``, read without disturbing the writer; for who watches."""
    query = ("SELECT site, SUM(state = 1 AND priority <> ?), SUM(state = 0), SUM(state = 0 AND (client LIKE '%-browser' OR client LIKE '%-evidence')) FROM urls"
             " WHERE run = (SELECT number FROM runs WHERE id = ?) GROUP BY site")
    try:
        db = sqlite3.connect(f"file:{path_of(home)}?mode=ro", uri=True, timeout=_BUSY_S)
        try:
            rows = db.execute(query, (ASKED, run)).fetchall()
        finally:
            db.close()
    except sqlite3.OperationalError:  # not there yet
        return {}
    return {int(site): (int(visited), int(waiting), int(showing)) for site, visited, waiting, showing in rows}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def run_ended(home: Path, run: str) -> bool:
    """Whether nothing more will come of ``run``: it is finished, or not known here."""
    return next((row.state == "finished" for row in runs(home, limit=1_000) if row.id == run), True)
