"""审计: who did what to which object, newest first. Entries are only ever added; this page only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from alerts.models import LEVEL_NAMES, AuditEntry
from alerts.names import code_name
from console.answer import answer, number
from console.may import ROLES, may
from console.present import STATES

PER_PAGE = 100
WORDS = {"reason": "说明", "code": "涉嫌类型", "level": "等级", "bytes": "字节", "records": "记录数", "address": "来自", "minutes": "分钟", "roles": "角色", "rules": "规则", "ruleset": "规则集", "pages": "重判页面"}
NAMES = {"lead": "线索", "capture": "快照", "user": "用户", "outbox": "消息", "hunt": "规则试运行"}


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
    return f"{NAMES.get(kind, kind)} {key}", link, _particulars(entry.detail)


def _particulars(detail: Mapping[str, Any]) -> str:
    parts = []
    if detail.get("was") and detail.get("now"):
        parts.append(" → ".join(str(LEVEL_NAMES.get(value) or STATES.get(value, value)) for value in (detail["was"], detail["now"])))
    for key, value in detail.items():
        if key in ("was", "now") or value in ("", None, []):
            continue
        words = code_name(value) if key == "code" else LEVEL_NAMES.get(value, value) if key == "level" else value
        told = "、".join(ROLES.get(v, str(v)) for v in words) if isinstance(words, list) else str(words)
        parts.append(f"{WORDS.get(key, key)}：{told}")
    return "；".join(parts)
