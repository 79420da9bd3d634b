"""Which class a capture belongs to when its term is asked for (evidence.retention): by the leads about its page.

A capture belongs to a lead where it is of a page (URL) that the lead rests on, so that a later visit that shows the page taken down is kept as
long as the one that shows the claim. Confirmed wins over waiting, waiting over dismissed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.models import Lead, LeadFinding
from evidence.capture import Capture
from evidence.retention import Standing
from indexer.models import url_key

_BY_STATE = {Lead.State.DISMISSED: "dismissed", Lead.State.WAITING: "waiting", Lead.State.CONFIRMED: "confirmed"}
_ORDER = ("none", "dismissed", "waiting", "confirmed")


def standings(captures: Sequence[Capture]) -> Mapping[str, Standing]:
    """capture id → its standing; those no lead is about are left out. An unknown state counts as confirmed: nothing is erased by mistake."""
    pages = {capture.id: {url_key(capture.url), url_key(capture.final_url)} for capture in captures}
    wanted = sorted(set().union(*pages.values())) if pages else []
    leads: dict[str, list[tuple[str, str]]] = {}
    for key, number, state in LeadFinding.objects.filter(url_key__in=wanted).values_list("url_key", "lead__number", "lead__state").distinct():
        leads.setdefault(key, []).append((number, _BY_STATE.get(Lead.State(state), "confirmed")))
    found = {one.id: Standing("confirmed", tuple(_session_of(one))) for one in captures if one.client == "attended"}
    for id, keys in pages.items():
        if id in found:
            continue
        mine = [one for key in keys for one in leads.get(key, [])]
        if mine:
            found[id] = Standing(max((name for _, name in mine), key=_ORDER.index), tuple(sorted({f"lead:{number}" for number, _ in mine})))
    return found


def _session_of(capture: Capture) -> list[str]:
    """What two officers took in a 取证会话, and the paper they signed, is kept as long as what was confirmed, whatever becomes of leads."""
    number = (capture.facts.get("session") or {}).get("number") or (capture.facts.get("signed") or {}).get("session")
    return [f"session:{number}"] if number else []
