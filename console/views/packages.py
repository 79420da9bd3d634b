"""导出证据包: of a lead, or of one capture. The page says what a package is and which have left; a press makes one and hands it over.

Where a legal element lacks nothing leaves: the page names it, and the 负责人 (role leader) may seal without it by writing why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from alerts import leads
from alerts.errors import NoSuchLead
from alerts.evidence_settings import load_evidence
from alerts.exporting import Exporting, export_captures, export_lead
from classifiers.errors import AdPatrolError
from console.law import law_texts
from console.may import may, roles_of
from evidence import ledger
from evidence.acts import acts
from evidence.errors import EvidenceError
from evidence.packages.model import ElementsMissing, Exported, Missing, Sealed

EXPORTERS = ("officer", "leader")
SHOWN = 20  # earlier packages
SANDBOX = "sandbox; default-src 'none'"


@may(*EXPORTERS)
@require_http_methods(["GET", "POST"])
def of_lead(request: HttpRequest, number: str) -> HttpResponseBase:
    try:
        found = leads.by_number(number)
    except NoSuchLead:
        raise Http404 from None
    back = (reverse("lead", args=[found.number]), f"线索 {found.number}")
    return _answer(request, f"lead:{found.number}", back, lambda how, sealed: export_lead(how, found.number, sealed=sealed))


@may(*EXPORTERS)
@require_http_methods(["GET", "POST"])
def of_capture(request: HttpRequest, id: str) -> HttpResponseBase:
    try:
        found = ledger.capture(settings.HOME / "archive", id)
    except (OSError, ValueError, EvidenceError):
        found = None
    if found is None:
        raise Http404
    back = (reverse("capture", args=[id]), f"快照 {id[:40]}")
    return _answer(request, f"capture:{id}", back, lambda how, sealed: export_captures(how, [id], sealed=sealed))


def _answer(request: HttpRequest, subject: str, back: tuple[str, str], make: Any) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, subject, back)
    reason = " ".join(request.POST.get("reason", "").split())[:2000]
    if reason and "leader" not in roles_of(request.user):
        return _page(request, subject, back, problem="缺项封存须由负责人（领导角色）登录后写明理由。", status=403)
    try:
        how = Exporting(home=settings.HOME, who=_name(request), settings=load_evidence(settings.CONFIG_FOLDERS), laws=law_texts())
        done = make(how, Sealed(_name(request), reason, datetime.now(UTC)) if reason else None)
    except ElementsMissing as error:
        return _page(request, subject, back, missing=error.missing, status=409)
    except (EvidenceError, AdPatrolError, OSError) as error:
        return _page(request, subject, back, problem=f"没有导出：{error}", status=409)
    return _handed(done)


def _handed(done: Exported) -> FileResponse:
    response = FileResponse(done.path.open("rb"), content_type="application/zip", as_attachment=True, filename=f"evidence-{done.id}.zip")
    response["Content-Security-Policy"] = SANDBOX
    return response


def _page(
    request: HttpRequest, subject: str, back: tuple[str, str], *, missing: tuple[Missing, ...] = (), problem: str = "", status: int = 200
) -> HttpResponse:
    try:
        left = [one for one in acts(settings.HOME / "archive", subject=subject, act="export") if one.told.get("sha256")][-SHOWN:][::-1]
    except EvidenceError as error:
        left, problem = [], problem or f"存证账无法读取：{error}"
    context = {"back": back, "missing": missing, "problem": problem, "may_seal": "leader" in roles_of(request.user),
               "left": [{"time": one.time, "who": one.who, "sha256": one.told["sha256"], "package": str(one.told.get("package")),
                         "lacked": len(one.told.get("missing") or ())} for one in left]}
    return render(request, "console/package.html", context, status=status)


def _name(request: HttpRequest) -> str:
    """As acts and papers name people: the name where it is known, with the account."""
    account, name = request.user.get_username(), request.user.get_full_name()
    return f"{name}（{account}）" if name and name != account else account
