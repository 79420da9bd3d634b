"""The patrols that ran or are running, read from the patrol's own file without disturbing it.

Read here: table ``runs(number, id, plan, state, started, finished, seen, summary)`` and the count of waiting rows in ``urls(run, state)`` of
``frontier.sqlite3``. Times are ISO 8601 in UTC; ``summary`` is JSON with ``sites``, ``captures`` and ``outcomes``.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db.models import Count

from indexer.counts import qualities
from indexer.models import Page

BUSY_S = 2.0
SILENT_S = 120  # a running patrol that gave no sign of life for so long was cut off


@dataclass(slots=True)
class Run:
    """One patrol. ``state``: 进行, 完成, 中断."""

    id: str
    plan: str
    state: str
    started: datetime | None
    finished: datetime | None = None
    sites: int = 0
    captures: int = 0
    waiting: int = 0
    ingested: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    warning: str = ""  # why what was seen may be incomplete

    @property
    def live(self) -> bool:
        return self.state == "进行"

    @property
    def share(self) -> int:
        """Whole per cent of the known addresses that were visited."""
        total = self.captures + self.waiting
        return 100 if self.state == "完成" else min(99, self.captures * 100 // total) if total else 0

    @property
    def seconds(self) -> int:
        if self.started is None:
            return 0
        return max(0, int(((self.finished or datetime.now(UTC)) - self.started).total_seconds()))

    def to_json(self) -> dict[str, Any]:
        return {
            "run": self.id, "plan": self.plan, "state": {"进行": "running", "完成": "finished", "中断": "interrupted"}[self.state],
            "started": self.started.isoformat() if self.started else None, "finished": self.finished.isoformat() if self.finished else None,
            "sites": self.sites, "captures": self.captures, "waiting": self.waiting, "ingested": self.ingested, "outcomes": self.outcomes,
            "warning": self.warning,
        }


def latest(home: Path, *, limit: int = 8, run: str = "") -> list[Run]:
    """The newest first; empty where no patrol ever ran or its file cannot be read just now."""
    path = home / "frontier.sqlite3"
    if not path.is_file():
        return []
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
    except sqlite3.Error:
        return []
    try:
        where, values = (" WHERE id = ?", [run]) if run else ("", [])
        rows = db.execute(
            f"SELECT number, id, plan, state, started, finished, seen, summary FROM runs{where} ORDER BY number DESC LIMIT ?", [*values, limit]  # noqa: S608
        ).fetchall()
        found = [_run(db, *row) for row in rows]
    except sqlite3.Error:
        return []
    finally:
        db.close()
    ids = [one.id for one in found]
    judged = dict(Page.objects.filter(run__in=ids).order_by().values_list("run").annotate(n=Count("id")))
    warned = qualities(ids)
    for one in found:
        one.ingested, one.warning = judged.get(one.id, 0), warned[one.id].reason
        one.captures = max(one.captures, one.ingested)  # the patrol writes its count every few seconds only
    return found


def _run(db: sqlite3.Connection, number: int, id: str, plan: str, state: str, started: str, finished: str, seen: str, summary: str) -> Run:
    facts = json.loads(summary or "{}")
    heard = _time(seen)
    silent = heard is None or (datetime.now(UTC) - heard).total_seconds() > SILENT_S
    told = "完成" if state == "finished" else "中断" if silent or state == "stopped" else "进行"
    waiting = 0
    captures = int(facts.get("captures") or 0)
    if told != "完成":
        waiting = int(db.execute("SELECT COUNT(*) FROM urls WHERE run = ? AND state = 0", (number,)).fetchone()[0])
        captures = captures or int(db.execute("SELECT COUNT(*) FROM urls WHERE run = ? AND state = 1", (number,)).fetchone()[0])
    return Run(id=id, plan=plan, state=told, started=_time(started), finished=_time(finished), sites=int(facts.get("sites") or 0),
               captures=captures, waiting=waiting, outcomes=dict(facts.get("outcomes") or {}))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
