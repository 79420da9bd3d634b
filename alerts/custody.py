"""Case steps in the ledger's third chain: what people decided about a lead, beside the evidence it rests on.

The decision is in the main database, its act in the ledger: two files, so the act follows the decision and is computed: whatever event has
no act yet gets one, at once after the decision, and again before each root, so that a kill between the two loses nothing.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from django.conf import settings

from alerts.audit import SYSTEM
from alerts.models import LeadEvent
from evidence import acts, tables
from evidence.errors import EvidenceError

log = logging.getLogger(__name__)

MOST = 1_000  # events of the newest that are looked at: a thousand decisions between two roots are more than people make


def record_steps(folder: Path) -> int:
    """Acts ``step`` for lead events that have none; how many were added. Raises ArchiveUnwritable, ArchiveUnreadable."""
    if not tables.path_of(folder).is_file():
        return 0  # nothing was captured here: no evidence that a step could be about
    newest = list(LeadEvent.objects.exclude(who__in=("", SYSTEM)).select_related("lead").order_by("-pk")[:MOST])[::-1]
    if not newest:
        return 0
    with tables.writing(folder) as db:
        rows = db.execute("SELECT detail FROM acts WHERE act = 'step' ORDER BY seq DESC LIMIT ?", (MOST * 2,))
        there = {json.loads(detail).get("event") for (detail,) in rows}
        missing = [event for event in newest if event.pk not in there]
        for event in missing:
            detail = {"event": event.pk, "did": event.act, "reason": event.reason, "at": event.at.isoformat(), "was": event.was, "now": event.now}
            acts.appended(db, event.who, "step", f"lead:{event.lead.number}", detail)
    return len(missing)


def viewed(who: str, capture: str, what: str) -> None:
    """Somebody looks at a capture: one act a person, capture and day (UTC). A ledger that cannot be written hides no evidence from the office:
    the page is shown, and the log says so."""
    try:
        acts.append(settings.HOME / "archive", who, "view", f"capture:{capture}", {"what": what}, daily=True)
    except (EvidenceError, OSError) as error:
        log.warning("查看快照 %s 没有记入存证账：%s", capture, error)


def taken(who: str, capture: str, what: str) -> None:
    """Somebody takes a copy out: an act each time, written before the first byte leaves. Raises ArchiveUnwritable, OSError."""
    acts.append(settings.HOME / "archive", who, "export", f"capture:{capture}", {"what": what})


def after_decision() -> None:
    """Called when a decision is committed. What the ledger refuses now is made up for before the next root, and the decision stands."""
    try:
        record_steps(settings.HOME / "archive")
    except (EvidenceError, OSError) as error:
        log.warning("办案步骤暂未记入存证账，下次签名前补记：%s", error)
