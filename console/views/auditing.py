"""审计: who did what to which object, newest first. Entries are only ever added; this page only reads."""

from __future__ import annotations

import json
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from alerts.models import AuditEntry
from console.answer import answer, number
from console.may import may

PER_PAGE = 100
NAMES = {"lead": "线索", "capture": "快照", "user": "用户", "outbox": "消息"}


@may("leader", "operator")
def audit(request: HttpRequest) -> HttpResponse:
    """``q``: a person, an act, or an object (线索号, 快照号, 用户名)."""
    query = request.GET.get("q", "").strip()[:200]
    found = AuditEntry.objects.order_by("-id")
    if query:
        found = found.filter(Q(who__icontains=query) | Q(act__icontains=query) | Q(subject__icontains=query))
    page = Paginator(found, PER_PAGE).get_page(number(request.GET.get("page")))
    context = {"page": page, "q": query, "rows": [(entry, *_about(entry)) for entry in page]}
    return answer(request, "console/audit.html", context, lambda: {
        "total": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages,
        "entries": [{"at": e.at.isoformat(), "who": e.who, "act": e.act, "subject": e.subject, "detail": e.detail} for e in page],
    })


def _about(entry: AuditEntry) -> tuple[str, str, str]:
    """(what the object is called, where it stands or "", its particulars in one line)."""
    kind, _, key = entry.subject.partition(":")
    link = reverse("lead", args=[key]) if kind == "lead" and key.isalnum() else ""
    detail: dict[str, Any] = {k: v for k, v in entry.detail.items() if v not in ("", None)}
    return f"{NAMES.get(kind, kind)} {key}", link, json.dumps(detail, ensure_ascii=False) if detail else ""
