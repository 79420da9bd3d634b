"""Tells the search index what people decided: the states of the leads that rest on each capture (indexer.standing)."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.models import Lead, LeadFinding, Level
from alerts.registering import parts
from alerts.wording import wording
from indexer import standing
from indexer.models import Finding, Page
from indexer.platforms import platform_key

Key = tuple[str, str, str]  # platform, code, wording: as a lead is one


def tell(capture_ids: Iterable[str]) -> int:
    """Sets the states of these captures by the leads their findings belong to; answers how many changed. Call inside the transaction of
    the change."""
    changed = 0
    for part in parts(dict.fromkeys(capture_ids)):
        resting: dict[str, set[Key]] = {capture_id: set() for capture_id in part}
        rows = Finding.objects.filter(page__capture_id__in=part, page__gate="page", level__gt=Level.BLUE).order_by()
        for capture_id, site, code, span in rows.values_list("page__capture_id", "page__site", "code", "span"):
            resting[capture_id].add((platform_key(site), code, wording(span)))
        states = _states({key for keys in resting.values() for key in keys})
        changed += standing.put({capture_id: tuple({states[key] for key in keys if key in states}) for capture_id, keys in resting.items()})
    return changed


def tell_of(lead: Lead) -> int:
    """After a decision: every capture of the pages the lead rests on."""
    urls = LeadFinding.objects.filter(lead=lead).order_by().values_list("url_key", flat=True).distinct()
    captures: list[str] = []
    for part in parts(urls):
        captures += Page.objects.filter(url_key__in=part, level__isnull=False).order_by().values_list("capture_id", flat=True)
    return tell(captures)


def _states(keys: set[Key]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    wanted = {wording for _, _, wording in keys}
    for part in parts(wanted):
        rows = Lead.objects.filter(wording__in=part, platform__key__in={key[0] for key in keys}).order_by()
        found.update(((platform, code, said), state) for platform, code, said, state in rows.values_list("platform__key", "code", "wording", "state"))
    return found
