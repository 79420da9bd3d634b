"""How far ingest has come, for processes that keep no Django: a plain, read-only look at one row."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def position_at(home: Path) -> int:
    """The archive ``seq`` up to which everything is stored, findings, asks for visits and all; 0 before the first. Never waits for a writer."""
    path = home / "adpatrol.sqlite3"
    if not path.is_file():
        return 0
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            row = db.execute("SELECT seq FROM indexer_ingestposition WHERE name = 'archive'").fetchone()
        finally:
            db.close()
    except sqlite3.OperationalError:  # no tables yet
        return 0
    return int(row[0]) if row else 0
