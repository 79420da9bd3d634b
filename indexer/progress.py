"""How far ingest has come, for processes that keep no Django: a plain, read-only look at what is stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def position_at(home: Path) -> int:
    """The archive ``seq`` up to which everything is stored, findings, asks for visits and all; 0 before the first. Never waits for a writer."""
    return _number(home, "SELECT seq FROM indexer_ingestposition WHERE name = 'archive'")


def read_at(home: Path, run: str) -> tuple[int, int]:
    """(captures, findings) of ``run`` that are stored so far."""
    return (_number(home, "SELECT count(*) FROM indexer_page WHERE run = ?", run),
            _number(home, "SELECT count(*) FROM indexer_finding f JOIN indexer_page p ON p.id = f.page_id WHERE p.run = ?", run))


def hunts_wait_at(home: Path) -> bool:
    """Whether a trial of rules waits to be run or applied, or was cut off."""
    return _number(home, "SELECT count(*) FROM indexer_hunt WHERE state IN ('waiting', 'running', 'applying')") > 0


def _number(home: Path, query: str, *values: str) -> int:
    path = home / "adpatrol.sqlite3"
    if not path.is_file():
        return 0
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            row = db.execute(query, values).fetchone()
        finally:
            db.close()
    except sqlite3.DatabaseError:  # no tables yet, or none that can be read: who writes there says so
        return 0
    return int(row[0]) if row else 0
