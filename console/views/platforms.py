"""平台档案: one file for each platform."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from alerts.models import LEVEL_KEYS, Lead, LeadFinding, Platform
from console.answer import answer, number
from console.may import may
from console.present import LEVEL_NUMBERS
from indexer.models import Page

READERS = ("officer", "analyst", "leader")
PER_PAGE = 50
TIMELINE = 100
IN_ORDER = ("-level", "-last_seen", "key")


def row(platform: Platform) -> dict[str, Any]:
    return {
        "id": platform.pk, "key": platform.key, "name": platform.name, "level": platform.level_key, "sites": platform.sites,
        "companies": platform.companies, "icp": platform.icp, "first_seen": platform.first_seen.isoformat(),
        "last_seen": platform.last_seen.isoformat(), "leads": getattr(platform, "total", None), "waiting": getattr(platform, "waiting", None),
    }


@may(*READERS)
def platforms(request: HttpRequest) -> HttpResponse:
    query, level = request.GET.get("q", "").strip()[:200], request.GET.get("level", "")
    found = Platform.objects.all()
    if query:
        found = found.filter(Q(name__icontains=query) | Q(key__icontains=query) | Q(companies__icontains=query) | Q(icp__icontains=query))
    by_level = dict(found.order_by().values_list("level").annotate(n=Count("id")))
    if level in LEVEL_NUMBERS:
        found = found.filter(level=LEVEL_NUMBERS[level])
    found = found.annotate(total=Count("leads"), waiting=Count("leads", filter=Q(leads__state="waiting")))
    found = found.order_by(*IN_ORDER)
    page = Paginator(found, PER_PAGE).get_page(number(request.GET.get("page")))
    context = {"page": page, "q": query, "level": level, "levels": [(LEVEL_KEYS[n], by_level.get(n, 0)) for n in (4, 3, 2, 1)]}
    return answer(request, "console/platforms.html", context, lambda: {
        "total": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages, "platforms": [row(p) for p in page],
    })


@may(*READERS)
def platform(request: HttpRequest, id: int) -> HttpResponse:
    found = get_object_or_404(Platform, pk=id)
    leads = list(found.leads.all()[:200])
    codes = (LeadFinding.objects.filter(lead__platform=found).order_by().values("code")
             .annotate(leads=Count("lead", distinct=True), pages=Count("url_key", distinct=True), level=Max("level")).order_by("-level", "-pages", "code"))
    visits = Page.objects.filter(site__in=found.sites).defer("text").order_by("-id")
    context: dict[str, Any] = {
        "platform": found, "leads": leads, "codes": codes, "captures": visits[:TIMELINE], "captures_total": visits.count(), "timeline": TIMELINE,
        "open_leads": sum(lead.state == Lead.State.WAITING for lead in leads),
    }
    return answer(request, "console/platform.html", context, lambda: row(found) | {
        "leads": [{"number": x.number, "code": x.code, "state": x.state, "level": x.level_key, "span": x.span, "pages": x.pages} for x in leads],
        "codes": list(codes),
        "captures": [{"capture": p.capture_id, "time": p.time.isoformat(), "url": p.url, "outcome": p.outcome, "gate": p.gate,
                      "level": p.level_key} for p in context["captures"]],
    })
