"""What is due: the plans' cadence held against the patrols that ran. Nothing is stored: a restart asks the same question again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.plans import Plan

SILENT_S = 180  # an unfinished patrol without a sign of life for so long was cut off: it is gone on with


@dataclass(frozen=True, slots=True)
class Ran:
    """One patrol: its plan, sites (origins) and when it began and was last heard of (UTC)."""

    id: str
    plan: str
    finished: bool
    started: datetime
    seen: datetime
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """What to start now: a cut-off ``run`` to go on with, or the ``seeds`` of a plan's sites (none: the whole plan)."""

    plan: str
    run: str = ""
    seeds: tuple[str, ...] = ()

    def command(self, home: Path) -> list[str]:
        """Arguments of `adpatrol`. Seeds go by a file, so that no address stands among the arguments."""
        if self.run:
            return ["patrol", "--resume", self.run]
        if not self.seeds:
            return ["patrol", "--plan", self.plan]
        file = home / "schedule" / f"{hashlib.sha256(self.plan.encode()).hexdigest()[:16]}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(self.seeds) + "\n", encoding="utf-8")
        return ["patrol", "--plan", self.plan, "--sites", str(file)]


def due(plans: Iterable[Plan], ran: Iterable[Ran], now: datetime) -> Due | None:
    """The next thing to do, or None. One patrol at a time: while one is alive nothing is due."""
    known = sorted(ran, key=lambda one: one.started, reverse=True)
    silent = [one for one in known if not one.finished and now - one.seen > timedelta(seconds=SILENT_S)]
    if any(not one.finished for one in known if one not in silent):
        return None
    scheduled = {plan.name: plan for plan in plans}
    for one in silent:
        if one.plan in scheduled and any(site.cadence_h for site in scheduled[one.plan].sites):
            return Due(one.plan, run=one.id)
    last: dict[str, datetime] = {}
    for one in known:
        for site in one.sites:
            last.setdefault(site, one.started)
    for plan in scheduled.values():
        waiting = [site for site in plan.sites if site.cadence_h and _over(last.get(site.site), site.cadence_h, now)]
        if waiting:
            seeds = tuple(seed for site in waiting for seed in site.seeds)
            return Due(plan.name, seeds=() if len(waiting) == len(plan.sites) else seeds)
    return None


def _over(last: datetime | None, hours: float, now: datetime) -> bool:
    return last is None or now - last >= timedelta(hours=hours)


def ran(home: Path) -> list[Ran]:
    """The newest patrols of this home, read beside their writer."""
    path = home / "frontier.sqlite3"
    if not path.is_file():
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        rows = db.execute("SELECT id, plan, state, started, seen, order_json FROM runs ORDER BY number DESC LIMIT 1000").fetchall()
    finally:
        db.close()
    return [Ran(id, plan, state == "finished", _time(started), _time(seen), _sites(json.loads(order))) for id, plan, state, started, seen, order in rows]


def _sites(order: Mapping[str, object]) -> tuple[str, ...]:
    sites = order.get("sites")
    return tuple(str(site.get("site", "")) for site in sites if isinstance(site, dict)) if isinstance(sites, list) else ()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
