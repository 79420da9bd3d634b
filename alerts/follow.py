"""Follows what the indexer stores, from our own position: findings become leads, leads alerts, alerts messages (architecture.md: pull).

The position is a ledger ``seq``. Leads, alerts, messages and the position move in one transaction for each batch, so a kill anywhere
loses nothing and repeats nothing. After `adpatrol rebuild` under other rules the page at the position bears another rule set (or is
gone for a while): then everything is read again, which is harmless, because registering is idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from alerts import leads, routing, searches, standings
from alerts.channels.model import AnyChannel
from alerts.leads import Sighting
from alerts.models import Alert, FollowPosition, Level
from indexer import counts
from indexer.models import Finding, Page

NAME = "pages"
BATCH_PAGES = 500
EARLY_ANSWERS = 50  # a run under way is called degraded only after so many: its first site may be the only bad one


def catch_up(channels: Mapping[str, AnyChannel] | None = None, *, now: datetime | None = None) -> int:
    """Takes in every stored page after the position. ``channels``: those to tell (none: leads and alerts are kept all the same).
    Answers the number of findings read. Safe to call from several processes at once, and at any time."""
    total = 0
    while True:
        pages, findings = _batch(channels or {}, now or timezone.now())
        total += findings
        if pages < BATCH_PAGES:
            return total


def read_again() -> None:
    """Back to the beginning of the archive; leads and alerts stay as they are."""
    FollowPosition.objects.filter(name=NAME).update(position=0, mark="")


def _batch(channels: Mapping[str, AnyChannel], now: datetime) -> tuple[int, int]:
    """One transaction: (pages, findings) read."""
    with transaction.atomic():
        position, _new = FollowPosition.objects.select_for_update().get_or_create(name=NAME)
        if position.position and _mark(Page.objects.filter(seq=position.position).only("capture_id", "ruleset").first()) != position.mark:
            position.position = 0
        later = Page.objects.filter(seq__gt=position.position).only("seq", "capture_id", "ruleset", "run")
        pages = list(later.order_by("seq")[:BATCH_PAGES])
        if not pages:
            return 0, 0
        found = [_sighting(f) for f in _findings(pages[0].seq, pages[-1].seq)]
        raised = routing.raise_for_leads(leads.register(found, now=now), now=now)
        for run in sorted({page.run for page in pages if page.run}):
            raised += _look_at(run, now, over=False)
        standings.tell(dict.fromkeys(sighting.capture_id for sighting in found))
        raised += searches.look([page.seq for page in pages], now=now)
        routing.route(raised, channels, now=now)
        position.position, position.mark = pages[-1].seq, _mark(pages[-1])
        position.save()
    return len(pages), len(found)


def _mark(page: Page | None) -> str:
    return f"{page.capture_id} {page.ruleset}" if page else ""


def _findings(first: int, last: int) -> Iterable[Finding]:
    """What may become leads: above blue, and on a page that is the page (no finding may rest on a block page or a soft 404)."""
    return (
        Finding.objects.filter(page__seq__gte=first, page__seq__lte=last, page__gate="page", level__gt=Level.BLUE)
        .select_related("page").defer("page__text").order_by("page__seq", "start", "key")
    )


def _sighting(finding: Finding) -> Sighting:
    page = finding.page
    return Sighting(
        key=finding.key, capture_id=page.capture_id, seq=page.seq, run=page.run, site=page.site, url=page.url, final_url=page.final_url,
        client=page.client, title=page.title, time=page.time, code=finding.code, span=finding.span, start=finding.start, end=finding.end,
        role=finding.role, level=finding.level, confidence=finding.confidence, suggestion=finding.suggestion,
        reasons=tuple(finding.reasons), provisions=tuple(finding.provisions), claim=dict(finding.claim), rule=finding.rule,
        ruleset=finding.ruleset, companies=tuple(page.company), icp=tuple(page.icp),
    )


def check_run(run: str, channels: Mapping[str, AnyChannel] | None = None, *, now: datetime | None = None) -> bool:
    """Called when a run is over: whether it saw hardly a real page. If so an alert says so, once."""
    now = now or timezone.now()
    with transaction.atomic():
        raised = _look_at(run, now, over=True)
        routing.route(raised, channels or {}, now=now)
    return Alert.objects.filter(kind=Alert.Kind.RUN, run=run).exists()


def _look_at(run: str, now: datetime, *, over: bool) -> list[routing.Raised]:
    seen = counts.quality(run)
    if not seen.degraded or not (over or seen.answers >= EARLY_ANSWERS):
        return []
    return routing.raise_for_run(run, reason=seen.reason, now=now)
