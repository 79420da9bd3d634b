"""Leads: opened and extended by what the patrol found, decided by people.

Findings come in any order and any number of times (kills, rebuilds, a second patrol); the same findings give the same leads.
Blue findings (关注) form no lead and no alert: they are shown on their page only, so that the queue holds what an officer must decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from alerts import audit, custody, standings
from alerts.errors import NoSuchLead, NotAllowed, WrongState
from alerts.models import Lead, LeadEvent, Level
from alerts.registering import Registration
from alerts.sighting import Sighting

State = Lead.State


def register(sightings: Sequence[Sighting], *, now: datetime | None = None) -> list[Lead]:
    """Opens or extends the leads of these sightings, in one transaction; answers the leads touched, each once. Idempotent."""
    found = [sighting for sighting in sightings if sighting.level > Level.BLUE]
    with transaction.atomic():
        return Registration(now or timezone.now()).take(found) if found else []


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
        standings.tell_of(lead)
        transaction.on_commit(custody.after_decision)
    lead.state = to
    return lead
