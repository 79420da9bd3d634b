"""How many leads a run bears on so far, for processes that keep no Django: a plain, read-only look."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def leads_at(home: Path, run: str) -> int:
    """Leads whose newest sighting is of ``run``; 0 before there are any. Never waits for a writer."""
    path = home / "adpatrol.sqlite3"
    if not path.is_file():
        return 0
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            row = db.execute("SELECT count(DISTINCT f.lead_id) FROM alerts_leadfinding f JOIN indexer_page p ON p.capture_id = f.last_capture"
                             " WHERE p.run = ?", (run,)).fetchone()
        finally:
            db.close()
    except sqlite3.DatabaseError:  # no tables yet, or none that can be read: who writes there says so
        return 0
    return int(row[0])
