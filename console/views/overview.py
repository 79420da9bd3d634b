"""总览: platforms by level, the newest leads, the patrols."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse

from alerts.models import LEVEL_KEYS, Lead, OutboxMessage, Platform
from console.answer import answer
from console.context import shell
from console.may import may
from console.runs import latest
from console.views.leads import row as lead_row
from console.views.platforms import IN_ORDER
from console.views.platforms import row as platform_row
from evidence.ledger import last_seq
from indexer import counts
from indexer.models import Finding, Page
from indexer.store import position

READERS = ("officer", "analyst", "leader")


@may(*READERS, "operator")
def overview(request: HttpRequest) -> HttpResponse:
    runs = latest(settings.HOME, limit=5)
    context: dict[str, Any] = {"runs": runs, "live": any(run.live for run in runs), "behind": behind()}
    if shell(request)["can_see"]:
        context |= _figures()
    return answer(request, "console/overview.html", context, lambda: _json(context))


def _figures() -> dict[str, Any]:
    by_level = dict(Platform.objects.order_by().values_list("level").annotate(n=Count("id")))
    leads = Lead.objects.aggregate(
        waiting=Count("id", filter=Q(state="waiting")), confirmed=Count("id", filter=Q(state="confirmed")),
        dismissed=Count("id", filter=Q(state="dismissed")), red=Count("id", filter=Q(state="waiting", level=4)),
    )
    return {
        "levels": [(LEVEL_KEYS[level], by_level.get(level, 0)) for level in (4, 3, 2, 1)],
        "platforms": Platform.objects.annotate(waiting=Count("leads", filter=Q(leads__state="waiting")), total=Count("leads"))
        .order_by(*IN_ORDER)[:8],
        "platform_count": sum(by_level.values()), "leads": leads,
        "newest": Lead.objects.select_related("platform").order_by("-registered_at", "-id")[:10],
        "pages": Page.objects.count(), "findings": Finding.objects.count(),
        "unsent": OutboxMessage.objects.filter(state="failed").count(),
    }


def behind() -> int:
    """Captures on disk that are not judged yet."""
    return max(0, last_seq(settings.HOME / "archive") - position())


def _json(context: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {"runs": [run.to_json() for run in context["runs"]], "behind": context["behind"]}
    if "leads" in context:
        data |= {
            "platforms": {"by_level": dict(context["levels"]), "top": [platform_row(p) for p in context["platforms"]]},
            "leads": {**context["leads"], "newest": [lead_row(lead) for lead in context["newest"]]},
            "pages": context["pages"], "findings": context["findings"],
        }
    return data


@may(*READERS, "operator")
def runs(request: HttpRequest) -> HttpResponse:
    """巡查: the patrols with their progress. ``?poll=1`` answers the table alone, for the page that refreshes itself."""
    short = request.GET.get("poll") == "short"
    found = latest(settings.HOME, limit=5 if short else 50)
    template = "console/runs_table.html" if "poll" in request.GET else "console/runs.html"
    context = {"runs": found, "behind": behind(), "short": short}
    return answer(request, template, context, lambda: {"runs": [run.to_json() for run in found], "behind": context["behind"]})


@may(*READERS, "operator")
def run(request: HttpRequest, run: str) -> HttpResponse:
    """One patrol: what it met, what was found."""
    known = latest(settings.HOME, run=run)
    figures = counts.for_run(run)
    if not known and not figures["captures"]:
        raise Http404
    visits = Page.objects.filter(run=run).exclude(outcome="ok").order_by("-id")[:50] if shell(request)["can_see"] else []
    context = {"id": run, "run": known[0] if known else None, "figures": figures, "visits": visits}
    return answer(request, "console/run.html", context, lambda: {"run": run, **figures})
