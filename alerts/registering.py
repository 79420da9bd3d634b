"""Takes a batch of sightings into dossiers and leads with a handful of queries, however many there are.

Every step is taken in archive order, as if the sightings came one by one: leads get their numbers, and rise in level, in that order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, Max, OuterRef, Subquery

from alerts import audit
from alerts.dossiers import brought_up, platform_key
from alerts.models import LEVEL_NAMES, Lead, LeadEvent, LeadFinding, Platform
from alerts.sighting import Sighting
from alerts.wording import wording

BEIJING = ZoneInfo("Asia/Shanghai")
State = Lead.State
AT_ONCE = 400  # rows a statement: SQLite and PostgreSQL both bound the values of one
Key = tuple[str, str, str]  # platform, code, wording
Place = tuple[int, str, int]  # lead, page, level
Row = TypeVar("Row", bound=models.Model)
T = TypeVar("T")


@dataclass(slots=True)
class Registration:
    """One batch, inside the caller's transaction. ``platforms``, ``leads`` and ``copies`` are what the store holds of it, by key."""

    now: datetime
    platforms: dict[str, Platform] = field(default_factory=dict)
    leads: dict[Key, Lead] = field(default_factory=dict)
    copies: dict[Place, LeadFinding] = field(default_factory=dict)
    changed: dict[Place, LeadFinding] = field(default_factory=dict)
    history: list[LeadEvent] = field(default_factory=list)
    acts: list[audit.Act] = field(default_factory=list)

    def take(self, sightings: Sequence[Sighting]) -> list[Lead]:
        """The leads touched, each once, in the order they were first met."""
        keyed = [(seen, (platform_key(seen.site), seen.code, wording(seen.span))) for seen in sorted(sightings, key=lambda seen: seen.order)]
        self._dossiers(keyed)
        self._open([*dict.fromkeys(key for _, key in keyed)], keyed)
        self._keep_copies(keyed)
        self._extend(keyed)
        LeadEvent.objects.bulk_create(self.history, batch_size=AT_ONCE)
        audit.record_all(audit.SYSTEM, self.acts)
        return list({key: self.leads[key] for _, key in keyed}.values())

    def _dossiers(self, keyed: Sequence[tuple[Sighting, Key]]) -> None:
        wanted = {key[0] for _, key in keyed}
        self.platforms = {p.key: p for part in parts(wanted) for p in Platform.objects.filter(key__in=part)}
        new: dict[str, Platform] = {}
        changed: dict[str, Platform] = {}
        for seen, (name, _, _) in keyed:
            if name not in self.platforms:
                self.platforms[name] = new[name] = Platform(key=name, first_seen=seen.time, last_seen=seen.time, level=seen.level, sites=[seen.site])
            if brought_up(self.platforms[name], seen) and name not in new:
                changed[name] = self.platforms[name]
        Platform.objects.bulk_create(new.values(), batch_size=AT_ONCE)
        rewrite(Platform, changed.values(), ("name", "sites", "companies", "icp", "level", "first_seen", "last_seen"))

    def _open(self, wanted: Sequence[Key], keyed: Sequence[tuple[Sighting, Key]]) -> None:
        ids = {platform.pk: name for name, platform in self.platforms.items()}
        for part in parts({key[2] for key in wanted}):
            for lead in Lead.objects.filter(platform__in=ids, wording__in=part).select_related("platform"):
                self.leads[ids[lead.platform_id], lead.code, lead.wording] = lead
        first = {key: seen for seen, key in reversed(keyed)}
        missing = [key for key in wanted if key not in self.leads]
        if not missing:
            return
        year = self.now.astimezone(BEIJING).year
        last = Lead.objects.filter(year=year).aggregate(last=Max("serial"))["last"] or 0
        for serial, key in enumerate(missing, last + 1):
            seen = first[key]
            self.leads[key] = Lead(
                year=year, serial=serial, number=f"XS{year}{serial:06d}", platform=self.platforms[key[0]], code=key[1], wording=key[2], span=seen.span,
                level=seen.level, suggestion=seen.suggestion, first_seen=seen.time, last_seen=seen.time, registered_at=self.now,
            )
        opened = Lead.objects.bulk_create([self.leads[key] for key in missing], batch_size=AT_ONCE)
        for lead in opened:
            self.history.append(LeadEvent(lead=lead, at=self.now, who=audit.SYSTEM, act="登记", reason="监测发现", now=State.WAITING))
            self.acts.append(audit.Act("登记线索", f"lead:{lead.number}", {"code": lead.code, "level": lead.level}))

    def _keep_copies(self, keyed: Sequence[tuple[Sighting, Key]]) -> None:
        """One copy for each page and level: the earliest capture's. One that turns up late replaces it only while the lead waits for a decision."""
        leads = {self.leads[key].pk for _, key in keyed}
        pages = {page_key(seen.url) for seen, _ in keyed}
        for part in parts(pages):
            for copy in LeadFinding.objects.filter(lead__in=leads, url_key__in=part):
                self.copies[copy.lead_id, copy.url_key, copy.level] = copy
        new: list[LeadFinding] = []
        for seen, key in keyed:
            lead, page = self.leads[key], page_key(seen.url)
            place = (lead.pk, page, seen.level)
            copy = self.copies.get(place)
            if copy is None:
                copy = self.copies[place] = LeadFinding(
                    lead=lead, url_key=page, level=seen.level, last_capture=seen.capture_id, last_seen=seen.time, **_copied(seen))
                new.append(copy)
            elif _renewed(copy, seen, replace=lead.state == State.WAITING) and copy.pk is not None:
                self.changed[place] = copy
        LeadFinding.objects.bulk_create(new, batch_size=AT_ONCE)
        rewrite(LeadFinding, self.changed.values(), (*_copied(keyed[0][0]), "last_capture", "last_seen"))

    def _extend(self, keyed: Sequence[tuple[Sighting, Key]]) -> None:
        touched: dict[int, Lead] = {}
        for seen, key in keyed:
            lead = touched.setdefault(self.leads[key].pk, self.leads[key])
            lead.first_seen, lead.last_seen = min(lead.first_seen, seen.time), max(lead.last_seen, seen.time)
            if seen.level > lead.level:
                reason = f"由{LEVEL_NAMES[lead.level]}升为{LEVEL_NAMES[seen.level]}"
                self.history.append(LeadEvent(lead=lead, at=self.now, who=audit.SYSTEM, act="等级上升", reason=reason, was=lead.state, now=lead.state))
                self.acts.append(audit.Act("线索等级上升", f"lead:{lead.number}", {"was": lead.level, "now": seen.level}))
                lead.level = seen.level
        for part in parts(touched):
            self._summed(part, touched)
        rewrite(Lead, touched.values(), ("first_seen", "last_seen", "pages", "span", "suggestion", "level", "confidence"))

    def _summed(self, part: Sequence[int], touched: dict[int, Lead]) -> None:
        """On how many pages, and which copy stands for the lead while it waits: the gravest, then the earliest."""
        pages = LeadFinding.objects.filter(lead__in=part).order_by().values("lead").annotate(pages=Count("url_key", distinct=True))
        for lead, count in pages.values_list("lead", "pages"):
            touched[lead].pages = count
        best = LeadFinding.objects.filter(lead=OuterRef("pk")).order_by("-level", "seq", "start").values("pk")[:1]
        shown = Lead.objects.filter(pk__in=part, state=State.WAITING).order_by().annotate(shown=Subquery(best)).values_list("shown", flat=True)
        for lead, span, suggestion, confidence in LeadFinding.objects.filter(pk__in=list(shown)).values_list("lead", "span", "suggestion", "confidence"):
            touched[lead].span, touched[lead].suggestion, touched[lead].confidence = span, suggestion, confidence


def page_key(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()


def _copied(seen: Sighting) -> dict[str, Any]:
    return {
        "key": seen.key, "capture_id": seen.capture_id, "seq": seen.seq, "run": seen.run, "site": seen.site, "url": seen.url,
        "final_url": seen.final_url, "client": seen.client, "title": seen.title, "captured_at": seen.time, "code": seen.code,
        "span": seen.span, "start": seen.start, "end": seen.end, "role": seen.role, "confidence": seen.confidence,
        "suggestion": seen.suggestion, "reasons": list(seen.reasons), "provisions": list(seen.provisions), "claim": dict(seen.claim),
        "rule": seen.rule, "ruleset": seen.ruleset,
    }


def _renewed(copy: LeadFinding, seen: Sighting, *, replace: bool) -> bool:
    changed = False
    if replace and seen.order < (copy.seq, copy.start, copy.key):
        for name, value in _copied(seen).items():
            setattr(copy, name, value)
        changed = True
    if (seen.time, seen.capture_id) > (copy.last_seen, copy.last_capture):
        copy.last_seen, copy.last_capture, changed = seen.time, seen.capture_id, True
    return changed


def rewrite(model: type[Row], rows: Iterable[Row], fields: Sequence[str]) -> None:
    """Stores these fields of rows that exist, as one upsert a part: Django's bulk_update builds a CASE for each value, at ten times the cost."""
    model._default_manager.bulk_create(rows, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["pk"], update_fields=fields)


def parts(items: Iterable[T]) -> Iterable[list[T]]:
    """Lists of at most AT_ONCE."""
    whole = list(items)
    return (whole[at:at + AT_ONCE] for at in range(0, len(whole), AT_ONCE))
