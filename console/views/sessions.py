"""取证会话: opened for a lead or an address, signed into by two officers, held before their eyes, and what it leaves. See alerts.sessions."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from alerts import audit, leads
from alerts.errors import CaseError, NoSuchLead
from alerts.evidence_papers.print import pdf
from alerts.evidence_papers.word import docx
from alerts.models import AttendedSession, Lead, SessionSigner
from alerts.papers.referral import PaperError
from alerts.sessions import closing, desk, facts
from alerts.sessions.errors import NotOfSession, SessionRefused
from alerts.sessions.record import sheet
from classifiers.errors import ConfigError
from console.answer import answer
from console.answer import number as whole
from console.law import law_texts
from console.may import may, roles_of
from console.views.captures import reencoded
from evidence.errors import EvidenceError

READERS = ("officer", "analyst", "leader")
HOLDERS = ("officer",)
PER_PAGE = 50
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SANDBOX = "sandbox; default-src 'none'"
NAME = re.compile(r"^(?:frame:\d{6}|shot:\d{2}-(?:window|page)\.png)$")
WIDTH, HEIGHT = 1200, 760  # of the live picture, as crawler.attended.screen makes it
State = AttendedSession.State


@may(*READERS)
def sessions(request: HttpRequest) -> HttpResponse:
    desk.settle_all(settings.HOME)
    found = AttendedSession.objects.select_related("lead").prefetch_related("signers")
    asked = request.GET.get("lead", "").strip()[:20]
    if asked:
        found = found.filter(lead__number=asked)
    page = Paginator(found, PER_PAGE).get_page(whole(request.GET.get("page")))
    return answer(request, "console/sessions/list.html", {"page": page, "asked": asked}, lambda: {
        "total": page.paginator.count, "sessions": [row(one) for one in page]})


def row(one: AttendedSession) -> dict[str, Any]:
    return {
        "number": one.number, "state": one.state, "url": one.url, "lead": one.lead.number if one.lead else None, "cause": one.cause,
        "opened": one.opened_at.isoformat(), "started": one.started_at.isoformat() if one.started_at else None,
        "ended": one.ended_at.isoformat() if one.ended_at else None, "ending": one.ending, "capture": one.capture_id or None,
        "signers": [{"name": s.name, "role": s.role, "certificate": s.certificate} for s in one.signers.all()],
    }


@may(*HOLDERS)
def new(request: HttpRequest) -> HttpResponse:
    """The form, and the session it opens."""
    values = {name: request.POST.get(name, "") for name in ("url", "lead", *desk.FIELDS)}
    if request.method == "POST":
        try:
            lead = leads.by_number(values["lead"]) if values["lead"].strip() else None
            made = desk.open_session(request.user.get_username(), url=values["url"], stated=values, lead=lead, archive=settings.HOME / "archive")
            return HttpResponseRedirect(reverse("session", args=[made.number]))
        except (SessionRefused, NoSuchLead) as error:
            messages.error(request, f"{error}。没有发起会话。")
    else:
        values |= _prefilled(request)
    return render(request, "console/sessions/new.html", {"values": values, "fields": desk.FIELDS})


def _prefilled(request: HttpRequest) -> dict[str, str]:
    """From a lead: its number, and the page that shows the claim gravest and latest."""
    lead = Lead.objects.select_related("platform").filter(number=request.GET.get("lead", "")).first()
    if lead is None:
        return {"url": request.GET.get("url", "")[:2_000]}
    copy = lead.findings.order_by("-level", "-last_seen").first()
    return {"lead": lead.number, "url": copy.url if copy else "", "cause": "涉嫌发布违法互联网金融广告", "party": "、".join(lead.platform.companies)[:200]}


@may(*READERS)
def session(request: HttpRequest, number: str) -> HttpResponse:
    found = _session(number)
    signers = list(found.signers.select_related("user"))
    left, problem = _left(found)
    events = left.events if left else facts.so_far(desk.folder_of(settings.HOME, number)) if found.live else []
    taken = {one.role for one in signers}
    frames = left.frames if left else []
    at = whole(request.GET.get("frame"), most=max(len(frames), 1))
    context = {
        "session": found, "signers": signers, "mine": any(one.user_id == request.user.pk for one in signers), "left": left, "problem": problem,
        "free": [(value, label) for value, label in SessionSigner.Role.choices if value not in taken], "checks": facts.checks(events),
        "acts": _acts(events), "events": found.events.all(), "party": closing.PARTY.items(), "width": WIDTH, "height": HEIGHT,
        "page_url": next((event["page"] for event in reversed(events) if event.get("page", "").startswith("http")), found.url),
        "frame": frames[at - 1] if frames else None, "frame_at": at, "frames": len(frames), "shots": left.of_kind("shot") if left else [],
        "party_said": closing.PARTY.get(str((found.closing or {}).get("party")), ""), "holder": "officer" in roles_of(request.user),
    }
    return answer(request, "console/sessions/session.html", context, lambda: row(found) | {
        "events": [{key: event.get(key) for key in ("time", "kind", "said", "name", "ok")} for event in events], "files": left.files if left else []})


@may(*READERS)
def journal(request: HttpRequest, number: str) -> HttpResponse:
    """What was done so far, as a part of the page that asks for it again and again."""
    found = _session(number)
    events = facts.so_far(desk.folder_of(settings.HOME, number))
    response = render(request, "console/sessions/journal.html", {"session": found, "acts": _acts(events)})
    if found.state != State.RUNNING:
        response["HX-Refresh"] = "true"
    return response


@may(*READERS)
def live(request: HttpRequest, number: str) -> HttpResponse:
    """The newest picture; the browser's process has encoded it anew."""
    found = get_object_or_404(AttendedSession, number=number)
    try:
        data = (desk.folder_of(settings.HOME, found.number) / "live.jpg").read_bytes() if found.live else b""
    except OSError:
        data = b""
    if not data:
        raise Http404
    return _picture(data)


@may(*READERS)
def file(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """One picture of the session, decoded and encoded anew: no byte of the original reaches the browser."""
    found = get_object_or_404(AttendedSession, number=number)
    if not NAME.match(name):
        raise Http404
    try:
        clean = reencoded(facts.payload(found, settings.HOME / "archive", name)[0])
    except NotOfSession:
        clean = None
    if clean is None:
        raise Http404
    return _picture(clean)


@may(*HOLDERS)
def sign(request: HttpRequest, number: str) -> HttpResponse:
    """One officer's part, with their own password at this moment; whoever's console it is."""
    found = _session(number)
    if request.method == "POST":
        name = request.POST.get("username", "").strip()[:150]
        user = authenticate(request, username=name, password=request.POST.get("password", ""))
        if user is None or "officer" not in roles_of(user):
            messages.error(request, "用户名或密码不正确，或不是办案人员。没有签到。")
            return _to(found)
        limits = {"idle_s": settings.SESSION_IDLE_S}
        _try(request, lambda: desk.sign_in(found, user, request.POST.get("role", ""), address=request.META.get("REMOTE_ADDR") or "", home=settings.HOME,
                                           limits=limits), "已签到。")
    return _to(found)


@may(*HOLDERS)
def act(request: HttpRequest, number: str) -> HttpResponse:
    found = _session(number)
    if request.method == "POST":
        asked: dict[str, Any] = {}
        name = request.POST.get("act", "")
        if name == "open":
            asked["url"] = request.POST.get("url", "")[:2_000]
        elif name == "click":
            asked |= {axis: whole(request.POST.get(f"at.{axis}"), least=-1, most=100_000, default=-1) for axis in "xy"}
        elif name == "interrupt":
            asked["why"] = request.POST.get("why", "").strip()[:200] or "执法人员中断"
        try:
            done = desk.act(found, request.user, name, settings.HOME, **asked)
            (messages.success if done.ok else messages.error)(request, done.said)
        except SessionRefused as error:
            messages.error(request, f"{error}。")
    return _to(found)


@may(*HOLDERS)
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    found = _session(number)
    if request.method == "POST":
        _try(request, lambda: desk.cancel(found, request.user.get_username()), "会话已取消。")
    return _to(found)


@may(*HOLDERS)
def read_out(request: HttpRequest, number: str) -> HttpResponse:
    found = _session(number)
    if request.method == "POST":
        _try(request, lambda: closing.read_out(found, request.user), "已记录：校验值当场宣读。")
    return _to(found)


@may(*HOLDERS)
def note(request: HttpRequest, number: str) -> HttpResponse:
    found = _session(number)
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("party", "reason", "witness", "remark")}
        _try(request, lambda: closing.note(found, request.user, **given), "签名情况已记录。")
    return _to(found)


@may(*HOLDERS)
def scan(request: HttpRequest, number: str) -> HttpResponse:
    """The signed paper, scanned."""
    found = _session(number)
    if request.method == "POST":
        sent = request.FILES.get("scan")
        if sent is None or (sent.size or 0) > closing.MAX_SCAN:
            messages.error(request, f"请选择扫描件，不超过 {closing.MAX_SCAN // 2**20} MiB。")
        else:
            _try(request, lambda: closing.keep_scan(found, request.user, sent.read(), sent.name or "", settings.HOME / "archive"), "扫描件已存证，校验值列在下面。")
    return _to(found)


@may(*HOLDERS)
def record(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """《电子数据提取笔录》 as DOCX or PDF, filled from the session alone; every one made is audited."""
    found = _session(number)
    if request.method != "POST":
        return _to(found)
    try:
        made = sheet(found, settings.HOME / "archive", provisions=_laws())
        data, mime = (pdf(made), "application/pdf") if kind == "pdf" else (docx(made), DOCX)
    except (SessionRefused, PaperError) as error:
        messages.error(request, f"{error}。没有制作笔录。")
        return _to(found)
    with transaction.atomic():
        audit.record(request.user.get_username(), "制作电子数据提取笔录", f"session:{found.number}", format=kind, sha256=hashlib.sha256(data).hexdigest())
    response = HttpResponse(data, content_type=mime)
    response["Content-Disposition"] = f'attachment; filename="record-{found.number}.{kind}"'
    response["Content-Security-Policy"] = SANDBOX
    return response


def _laws() -> Any:
    try:
        return law_texts()
    except ConfigError:
        return {}


def _session(number: str) -> AttendedSession:
    return desk.settle(get_object_or_404(AttendedSession.objects.select_related("lead"), number=number), settings.HOME)


def _left(found: AttendedSession) -> tuple[facts.Left | None, str]:
    """What the archive has of an ended session, or why not."""
    if not found.capture_id:
        return None, "" if found.state != State.INTERRUPTED else "留存的内容正在存入存档，稍后刷新。"
    try:
        return facts.of(found, settings.HOME / "archive"), ""
    except (NotOfSession, EvidenceError, OSError) as error:
        return None, str(error)


def _acts(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What people read of a journal, newest first."""
    return [event for event in reversed(events) if event.get("kind") in ("act", "arrived", "notice", "end")][:300]


def _picture(data: bytes) -> HttpResponse:
    response = HttpResponse(data, content_type="image/jpeg")
    response["Content-Security-Policy"] = SANDBOX
    return response


def _try(request: HttpRequest, step: Any, done: str) -> None:
    try:
        step()
    except (CaseError, EvidenceError) as error:
        messages.error(request, f"{error}。")
    else:
        messages.success(request, done)


def _to(found: AttendedSession) -> HttpResponse:
    return HttpResponseRedirect(reverse("session", args=[found.number]))
