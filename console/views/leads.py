"""线索: the queue, one lead with all its pages, what people decide about it, and the draft letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest, Substr
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from alerts import audit, leads
from alerts.errors import CaseError, NoSuchLead
from alerts.models import LEVEL_KEYS, AuditEntry, Lead, LeadEvent
from alerts.names import code_name
from alerts.papers.gaps import evidence_gaps
from alerts.papers.referral import evidence_digests, referral
from classifiers.errors import AdPatrolError
from console.answer import answer, number
from console.law import law_texts, provisions
from console.marking import Span, marked
from console.may import may
from console.present import LEVEL_NUMBERS, STATES
from evidence.errors import EvidenceError
from evidence.verify import verify
from indexer.models import Page

READERS = ("officer", "analyst", "leader")
PER_PAGE = 50
PAGES_SHOWN = 100
AROUND = 30  # characters shown on either side of a quotation
# the gravest, then what most people can meet, then the newest (design/casework.md: 等级, 涉众, 新)
ORDERS = {"queue": ("-level", "-confidence", "-pages", "-first_seen", "number"), "newest": ("-first_seen", "-id"), "oldest": ("first_seen", "id"), "pages": ("-pages", "-level")}


def row(lead: Lead) -> dict[str, Any]:
    return {
        "number": lead.number, "state": lead.state, "platform": lead.platform.key, "name": lead.platform.name, "code": lead.code,
        "wording": lead.wording, "span": lead.span, "level": lead.level_key, "suggestion": lead.suggestion, "source": lead.source,
        "pages": lead.pages, "first_seen": lead.first_seen.isoformat(), "last_seen": lead.last_seen.isoformat(),
    }


def _filtered(request: HttpRequest) -> tuple[QuerySet[Lead], dict[str, Any]]:
    """The leads of the address bar, and what was asked. Without a state the queue shows what waits."""
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "level", "code", "platform")}
    asked["state"] = request.GET.get("state", "waiting")
    asked["sort"] = request.GET.get("sort", "queue") if request.GET.get("sort") in ORDERS else "queue"
    found = Lead.objects.select_related("platform")
    if asked["q"]:
        q = asked["q"]
        found = found.filter(Q(number__iexact=q) | Q(span__icontains=q) | Q(wording__icontains=q) | Q(platform__name__icontains=q)
                             | Q(platform__key__icontains=q))
    if asked["platform"]:
        found = found.filter(platform__key=asked["platform"])
    return found, asked


def _facets(found: QuerySet[Lead], asked: dict[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """Counts for each choice, with the other choices applied."""
    def counted(field: str, *kept: str) -> dict[Any, int]:
        return dict(_narrowed(found, asked, kept).order_by().values_list(field).annotate(n=Count("id")))

    states, levels, codes = counted("state", "level", "code"), counted("level", "state", "code"), counted("code", "state", "level")
    return {
        "state": [(name, states.get(name, 0)) for name in STATES], "level": [(LEVEL_KEYS[n], levels.get(n, 0)) for n in (4, 3, 2)],
        "code": sorted(codes.items(), key=lambda item: (-item[1], item[0])),
    }


def _narrowed(found: QuerySet[Lead], asked: dict[str, Any], by: tuple[str, ...]) -> QuerySet[Lead]:
    if "state" in by and asked["state"] in STATES:
        found = found.filter(state=asked["state"])
    if "level" in by and asked["level"] in LEVEL_NUMBERS:
        found = found.filter(level=LEVEL_NUMBERS[asked["level"]])
    if "code" in by and asked["code"]:
        found = found.filter(code=asked["code"])
    return found


@may(*READERS)
def queue(request: HttpRequest) -> HttpResponse:
    found, asked = _filtered(request)
    chosen = _narrowed(found, asked, ("state", "level", "code")).order_by(*ORDERS[asked["sort"]])
    page = Paginator(chosen, PER_PAGE).get_page(number(request.GET.get("page")))
    context = {"page": page, "asked": asked, "facets": _facets(found, asked), "any": Lead.objects.exists()}
    return answer(request, "console/leads.html", context, lambda: {
        "total": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages, "leads": [row(lead) for lead in page],
    })


@may(*READERS)
def lead(request: HttpRequest, number: str) -> HttpResponse:
    found = _lead(number)
    if request.GET.get("format") == "json":
        return answer(request, "", {}, lambda: _whole(found))
    copies = _copies(found)
    cited = list(dict.fromkeys(p for copy in copies for p in copy.provisions))
    events = list(found.events.all())
    context = {
        "lead": found, "copies": [(copy, *_around(copy)) for copy in copies], "hidden": max(0, found.findings.count() - len(copies)),
        "reasons": list(dict.fromkeys(reason for copy in copies for reason in copy.reasons))[:20],
        "provisions": provisions(cited), "events": events, "audit": AuditEntry.objects.filter(subject=f"lead:{found.number}").order_by("id"),
        "next": _following(found), "mine": _own_decision(events, request.user.get_username()), "gaps": _gaps(found),
    }
    return answer(request, "console/lead.html", context, dict)


def _following(found: Lead) -> str | None:
    """The number of the next lead that waits, in the order of the queue."""
    return Lead.objects.filter(state=Lead.State.WAITING).exclude(pk=found.pk).order_by(*ORDERS["queue"]).values_list("number", flat=True).first()


def _whole(found: Lead) -> dict[str, Any]:
    return row(found) | {
        "findings": [{"url": c.url, "capture": c.capture_id, "time": c.captured_at.isoformat(), "last_seen": c.last_seen.isoformat(), "span": c.span,
                      "level": c.level_key, "reasons": c.reasons, "provisions": c.provisions} for c in found.findings.order_by("-level", "seq", "start")],
        "history": [{"at": e.at.isoformat(), "who": e.who, "act": e.act, "reason": e.reason, "was": e.was, "now": e.now} for e in found.events.all()],
    }


def _copies(found: Lead) -> list[Any]:
    """The gravest and earliest copies, each with the words around it in the stored page and its newest picture, in one query."""
    pages = Page.objects.filter(capture_id=OuterRef("capture_id"))
    around = pages.annotate(piece=Substr("text", Greatest(OuterRef("start") - AROUND, 0) + 1, OuterRef("end") - OuterRef("start") + 2 * AROUND))
    pictured = Page.objects.filter(url_key=OuterRef("url_key"), has_screenshot=True).order_by("-id")
    return list(found.findings.annotate(around=Subquery(around.values("piece")[:1]), picture=Subquery(pictured.values("capture_id")[:1]))
                .order_by("-level", "seq", "start")[:PAGES_SHOWN])


def _around(copy: Any) -> tuple[SafeString, bool]:
    """The quoted words marked among those around them; alone where the page is not here or reads otherwise now. True: with its surroundings."""
    low = min(copy.start, AROUND)
    piece, high = copy.around or "", low + len(copy.span)
    if piece[low:high] != copy.span:
        return marked(copy.span, [Span(0, len(copy.span), "", copy.level_key)]), False
    return marked(piece.replace("\n", " "), [Span(low, high, "", copy.level_key)]), True


def _gaps(found: Lead) -> list[str]:
    """What the evidence lacks before a paper may leave; told on the page, so that nobody learns it from the draft."""
    try:
        return evidence_gaps(settings.HOME / "archive", found, now=timezone.now())
    except EvidenceError as error:
        return [f"存档无法读取：{error}"]


def _own_decision(events: Sequence[LeadEvent], name: str) -> bool:
    last = next((e for e in reversed(events) if e.act in ("确认", "排除")), None)
    return last is not None and last.who == name


def _lead(text: str) -> Lead:
    try:
        return leads.by_number(text)
    except NoSuchLead:
        raise Http404 from None


ACTS = {"confirm": (leads.confirm, "已确认"), "dismiss": (leads.dismiss, "已排除"), "undo": (leads.undo, "已撤销，回到待核查")}


@may("officer")
@require_POST
def decide(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Confirms, dismisses or undoes; for all the lead's pages. What is refused is told, and nothing is changed."""
    found = _lead(number)
    done, words = ACTS[act]
    wants_json = request.GET.get("format") == "json"
    try:
        found = done(found.pk, request.user.get_username(), request.POST.get("reason", "")[:2000])
    except CaseError as error:
        if wants_json:
            return JsonResponse({"error": str(error)}, status=409, json_dumps_params={"ensure_ascii": False})
        messages.error(request, str(error))
    else:
        if wants_json:
            return JsonResponse(row(found), json_dumps_params={"ensure_ascii": False})
        following = _following(found) if request.POST.get("then") == "next" else None
        undoable = "" if act == "undo" else "可在该线索页撤销。" if following else "可在本页撤销。"
        messages.success(request, f"线索 {found.number} {words}，覆盖 {found.pages} 个页面。{undoable}")
        if following:
            return HttpResponseRedirect(reverse("lead", args=[following]))
    return HttpResponseRedirect(reverse("lead", args=[found.number]))


@may("officer")
@require_POST
def draft(request: HttpRequest, number: str) -> HttpResponse:
    """线索移送函 as DOCX: only over evidence that verifies; audited."""
    found = _lead(number)
    archive = settings.HOME / "archive"
    try:
        _verified(found)
        template = next(path for folder in settings.CONFIG_FOLDERS if (path := folder / "templates" / "referral.docx").is_file())
        paper = referral(found, template=template, provisions=law_texts(), digests=evidence_digests(archive, found), today=timezone.now(),
                         gaps=evidence_gaps(archive, found, now=timezone.now()))
    except (AdPatrolError, EvidenceError) as error:
        messages.error(request, f"移送函没有生成：{error}")
        return HttpResponseRedirect(reverse("lead", args=[found.number]))
    with transaction.atomic():
        audit.record(request.user.get_username(), "生成线索移送函草稿", f"lead:{found.number}", bytes=len(paper))
    response = HttpResponse(paper, content_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    response["Content-Disposition"] = f'attachment; filename="referral-{found.number}.docx"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


class EvidenceFails(AdPatrolError):
    """Stored bytes are not what was acknowledged: no paper may rest on them (design/casework.md, hard stops)."""


def _verified(found: Lead) -> None:
    for capture in found.findings.values_list("capture_id", flat=True).distinct():
        report = verify(settings.HOME / "archive", capture=capture)
        if report.failures:
            first = report.failures[0]
            raise EvidenceFails(f"快照 {capture} 的存证没有通过核验（{first.what}：{first.why}）。请先运行 adpatrol evidence verify --all")


def heading(found: Lead) -> str:
    return f"涉嫌{code_name(found.code)}"
