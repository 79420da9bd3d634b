"""Leads: opened and extended by what the patrol found, decided by people.

Findings come in any order and any number of times (kills, rebuilds, a second patrol); the same findings give the same leads.
Blue findings (关注) form no lead and no alert: they are shown on their page only, so that the queue holds what an officer must decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils import timezone

from alerts import audit
from alerts.dossiers import open_dossier
from alerts.errors import NoSuchLead, NotAllowed, WrongState
from alerts.models import LEVEL_NAMES, Lead, LeadEvent, LeadFinding, Level
from alerts.wording import wording

BEIJING = ZoneInfo("Asia/Shanghai")
State = Lead.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One finding on one captured page, as the indexer stored it. ``time`` is when the page was captured, UTC; ``level`` 1–4."""

    key: str
    capture_id: str
    seq: int
    site: str
    url: str
    time: datetime
    code: str
    span: str
    start: int
    end: int
    level: int
    rule: str
    ruleset: str
    run: str = ""
    final_url: str = ""
    client: str = ""
    title: str = ""
    role: str = ""
    confidence: float = 0.0
    suggestion: str = ""
    reasons: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    claim: dict[str, Any] = field(default_factory=dict)
    companies: tuple[str, ...] = ()
    icp: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, int, str]:
        """Archive order, then place on the page: what is the earliest does not depend on who came first here."""
        return (self.seq, self.start, self.key)


def register(sightings: Sequence[Sighting], *, now: datetime | None = None) -> list[Lead]:
    """Opens or extends the leads of these sightings, in one transaction; answers the leads touched, each once. Idempotent."""
    now = now or timezone.now()
    touched: dict[int, Lead] = {}
    with transaction.atomic():
        for sighting in sorted((s for s in sightings if s.level > Level.BLUE), key=lambda s: s.order):
            lead = _one(sighting, now)
            touched[lead.pk] = lead
    return list(touched.values())


def _one(seen: Sighting, now: datetime) -> Lead:
    platform = open_dossier(seen.site, seen=seen.time, level=seen.level, name=_name(seen), companies=seen.companies, icp=seen.icp)
    same = wording(seen.span)
    lead = Lead.objects.filter(platform=platform, code=seen.code, wording=same).first()
    if lead is None:
        lead = _opened(seen, platform.pk, same, now)
    _keep_copy(lead, seen)
    _extend(lead, seen, now)
    return lead


def _name(seen: Sighting) -> str:
    """What to call a platform nobody has named: the first company its page shows, else nothing (its key is then shown)."""
    return seen.companies[0] if seen.companies else ""


def _opened(seen: Sighting, platform: int, same: str, now: datetime) -> Lead:
    year = now.astimezone(BEIJING).year
    last = Lead.objects.filter(year=year).aggregate(last=models.Max("serial"))["last"] or 0
    number = f"XS{year}{last + 1:06d}"
    lead = Lead.objects.create(
        year=year, serial=last + 1, number=number, platform_id=platform, code=seen.code, wording=same, span=seen.span, level=seen.level,
        suggestion=seen.suggestion, first_seen=seen.time, last_seen=seen.time, registered_at=now,
    )
    LeadEvent.objects.create(lead=lead, at=now, who=audit.SYSTEM, act="登记", reason="监测发现", now=State.WAITING)
    audit.record(audit.SYSTEM, "登记线索", f"lead:{number}", code=seen.code, level=seen.level)
    return lead


def _keep_copy(lead: Lead, seen: Sighting) -> None:
    """The copy for this page and level; an earlier capture that turns up late replaces it only while the lead waits for a decision."""
    values: dict[str, Any] = {
        "key": seen.key, "capture_id": seen.capture_id, "seq": seen.seq, "run": seen.run, "site": seen.site, "url": seen.url,
        "final_url": seen.final_url, "client": seen.client, "title": seen.title, "captured_at": seen.time, "code": seen.code,
        "span": seen.span, "start": seen.start, "end": seen.end, "role": seen.role, "confidence": seen.confidence,
        "suggestion": seen.suggestion, "reasons": list(seen.reasons), "provisions": list(seen.provisions), "claim": dict(seen.claim),
        "rule": seen.rule, "ruleset": seen.ruleset,
    }
    url_key = hashlib.sha256(seen.url.encode("utf-8", "surrogatepass")).hexdigest()
    copy, new = LeadFinding.objects.get_or_create(
        lead=lead, url_key=url_key, level=seen.level, defaults=values | {"last_capture": seen.capture_id, "last_seen": seen.time}
    )
    if new:
        return
    changed = False
    if seen.order < (copy.seq, copy.start, copy.key) and lead.state == State.WAITING:
        for name, value in values.items():
            setattr(copy, name, value)
        changed = True
    if (seen.time, seen.capture_id) > (copy.last_seen, copy.last_capture):
        copy.last_seen, copy.last_capture, changed = seen.time, seen.capture_id, True
    if changed:
        copy.save()


def _extend(lead: Lead, seen: Sighting, now: datetime) -> None:
    raised = seen.level > lead.level
    was = lead.level
    lead.first_seen, lead.last_seen = min(lead.first_seen, seen.time), max(lead.last_seen, seen.time)
    lead.pages = lead.findings.values("url_key").distinct().count()
    if lead.state == State.WAITING:
        shown = lead.findings.order_by("-level", "seq", "start").first()
        if shown is not None:
            lead.span, lead.suggestion = shown.span, shown.suggestion
    lead.level = max(lead.level, seen.level)
    lead.save(update_fields=["first_seen", "last_seen", "pages", "span", "suggestion", "level"])
    if raised:
        reason = f"由{LEVEL_NAMES[was]}升为{LEVEL_NAMES[seen.level]}"
        LeadEvent.objects.create(lead=lead, at=now, who=audit.SYSTEM, act="等级上升", reason=reason, was=lead.state, now=lead.state)
        audit.record(audit.SYSTEM, "线索等级上升", f"lead:{lead.number}", was=was, now=seen.level)


# --- decisions: by people -----------------------------------------------------------------------------------------------------------


def confirm(lead_id: int, officer: str, reason: str = "", *, now: datetime | None = None) -> Lead:
    """待核查 → 已确认, for all the lead's pages. The lead is worth acting on; every word about it stays 涉嫌.

    Raises WrongState when it is not waiting (another officer was first), NotAllowed without an officer, NoSuchLead."""
    return _decide(lead_id, officer, "确认", was=(State.WAITING,), to=State.CONFIRMED, reason=reason, now=now)


def dismiss(lead_id: int, officer: str, reason: str, *, now: datetime | None = None) -> Lead:
    """待核查 → 已排除, with a reason. The same wording on this platform never queues again.

    Raises as ``confirm``; NotAllowed without a reason."""
    if not reason.strip():
        raise NotAllowed(officer, "排除线索", "必须写明排除理由")
    return _decide(lead_id, officer, "排除", was=(State.WAITING,), to=State.DISMISSED, reason=reason, now=now)


def undo(lead_id: int, officer: str, reason: str = "", *, now: datetime | None = None) -> Lead:
    """已确认 / 已排除 → 待核查. One's own decision freely; another's only with a reason. Raises as ``confirm``."""
    lead = _lead(lead_id)
    last = lead.events.filter(act__in=("确认", "排除")).last()
    if last is not None and last.who != officer and not reason.strip():
        raise NotAllowed(officer, "撤销他人的决定", f"原由 {last.who} 作出，须写明理由")
    return _decide(lead_id, officer, "撤销", was=(State.CONFIRMED, State.DISMISSED), to=State.WAITING, reason=reason, now=now)


def _lead(lead_id: int) -> Lead:
    try:
        return Lead.objects.select_related("platform").get(pk=lead_id)
    except Lead.DoesNotExist:
        raise NoSuchLead(str(lead_id)) from None


def by_number(number: str) -> Lead:
    """The lead of this 线索号 (its plain serial of the newest year will do too). Raises NoSuchLead."""
    found = Lead.objects.select_related("platform").filter(number=number.strip().upper()).first()
    if found is None and number.isdecimal():
        found = Lead.objects.select_related("platform").filter(serial=int(number)).order_by("-year").first()
    if found is None:
        raise NoSuchLead(number)
    return found


def _decide(
    lead_id: int, officer: str, act: str, *, was: tuple[State, ...], to: State, reason: str, now: datetime | None
) -> Lead:
    """The old state stands in the condition of the UPDATE: of two officers at once, one row changes and the other is told."""
    if not officer.strip():
        raise NotAllowed(officer, f"{act}线索", "必须署名")
    now = now or timezone.now()
    with transaction.atomic():
        lead = _lead(lead_id)
        before = lead.state
        changed = Lead.objects.filter(pk=lead_id, state=before).update(state=to) if before in was else 0
        if changed != 1:
            current = Lead.objects.values_list("state", flat=True).get(pk=lead_id)
            raise WrongState(lead.number, str(State(current).label), "或".join(str(s.label) for s in was))
        LeadEvent.objects.create(lead=lead, at=now, who=officer, act=act, reason=reason.strip(), was=before, now=to)
        audit.record(officer, f"{act}线索", f"lead:{lead.number}", reason=reason.strip(), was=before, now=str(to))
    lead.state = to
    return lead
