"""快照: one visit with its screenshot, its facts, its text with each claim marked, why, and by which article."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from alerts import custody
from alerts.annotated import Marker, can_be_annotated
from alerts.dossiers import platform_key
from alerts.models import AuditEntry, Lead, Platform
from alerts.wording import wording
from classifiers.errors import ConfigError
from classifiers.knowledge import Provision
from console.answer import answer, refused
from console.facts import connections, self_check, visit_facts
from console.law import law_texts, provisions
from console.marking import Span, marked, unseen
from console.may import may
from console.present import GENRES
from evidence import ledger, read
from evidence.acts import acts
from evidence.errors import EvidenceError
from indexer.models import JudgedClaim, Page
from indexer.times import BEIJING

READERS = ("officer", "analyst", "leader")
SANDBOX = "sandbox; default-src 'none'"
REENCODE_S = 30
EVIDENCE = "-evidence"


def _erased(request: HttpRequest, id: str) -> HttpResponse:
    """A lead or a paper may still name a capture whose term was over: what the tombstone says of it. Raises Http404 where there is none."""
    act = next(acts(settings.HOME / "archive", subject=f"capture:{id}", act="erase"), None)
    if act is None:
        raise Http404
    told, when = act.told, datetime.fromisoformat(act.time).astimezone(BEIJING)
    text = (f"快照 {id} 依保存期限于 {when:%Y-%m-%d %H:%M}（北京时间）删除，经办 {act.who}，依据：{told.get('basis') or '未注明'}，理由：{told.get('why') or '未注明'}。"
            f"当时的 {len(told.get('members', []))} 个存证成员的 SHA-256 仍留在存证账，已导出的证据包不受影响。")
    return refused(request, "快照已按期限删除", text, status=410)


def claim_row(found: JudgedClaim) -> dict[str, Any]:
    return {
        "code": found.code, "span": found.span, "start": found.start, "end": found.end, "role": found.role, "level": found.level_key,
        "confidence": found.confidence, "suggestion": found.suggestion, "reasons": found.reasons, "provisions": found.provisions,
        "claim": found.claim, "rule": found.rule, "ruleset": found.ruleset,
    }


@may(*READERS)
def capture(request: HttpRequest, id: str) -> HttpResponse:
    page = Page.objects.filter(capture_id=id).first()
    if page is None:
        return _erased(request, id)
    stored, problem = _stored(id)
    if stored is not None:
        custody.viewed(request.user.get_username(), stored.id, "快照页面")
    findings, excused = list(page.findings.all()), list(page.excused.all())
    spans = [Span(f.start, f.end, str(n), f.level_key) for n, f in enumerate(findings, 1)]
    spans += [Span(e.start, e.end, f"例{n}", "excused") for n, e in enumerate(excused, 1)]
    shown = page.visible_chars if 0 < page.visible_chars <= len(page.text) else len(page.text)
    rest = page.text[shown:].lstrip()
    articles = {law.id: law for law in provisions(p for f in findings for p in f.provisions)}
    numbers = {(code, same): number for code, same, number in Lead.objects.filter(findings__url_key=page.url_key)
               .values_list("code", "wording", "number").distinct()}
    context = {
        "page": page, "stored": stored, "problem": problem, "excused": [(f"例{n}", e) for n, e in enumerate(excused, 1)],
        "findings": [{"n": n, "f": f, "laws": [articles[p] for p in dict.fromkeys(f.provisions)], "facts": _facts(f.claim), "why_not": why_not(page, f),
                      "lead": numbers.get((f.code, wording(f.span)))} for n, f in enumerate(findings, 1)],
        "text": marked(page.text, spans, last=shown), "asides": marked(page.text, spans, first=len(page.text) - len(rest)) if rest else "",
        "platform": Platform.objects.filter(key=platform_key(page.site)).first(), "unseen": unseen(page.text),
        "custody": AuditEntry.objects.filter(subject=f"capture:{page.capture_id}"[:120]).order_by("-id")[:20],
        "facts": visit_facts(stored.facts) if stored else [], "connections": connections(stored.facts) if stored else [],
        "annotated": bool(stored and findings and can_be_annotated(stored)), "checks": self_check(stored.facts) if stored else [],
        "kept": [] if page.client.endswith(EVIDENCE) or not findings else Page.objects.filter(
            url_key=page.url_key, run=page.run, client__endswith=EVIDENCE).only("capture_id", "client").order_by("client")[:4],
        "others": Page.objects.filter(url_key=page.url_key).exclude(pk=page.pk).defer("text").order_by("-id")[:10],
    }
    return answer(request, "console/capture.html", context, lambda: {
        "capture": page.capture_id, "run": page.run, "site": page.site, "url": page.url, "final_url": page.final_url, "time": page.time.isoformat(),
        "outcome": page.outcome, "gate": page.gate, "status": page.status, "client": page.client, "title": page.title, "genre": page.genre,
        "violating": page.violating, "findings": [claim_row(f) for f in findings],
        "excused": [claim_row(e) | {"because": e.because} for e in excused],
        "records": [r.to_json() for r in stored.records] if stored else [], "text": page.text,
    })


def why_not(page: Page, found: JudgedClaim) -> str:
    """Which exemptions were looked for, and that none held: a finding stands only where all failed."""
    tried = list(getattr(found, "excusable_by", None) or ("否定或免责声明", "疑问", "转述或警示他人的说法", "新闻、法规、监管公告或反诈宣传页面"))
    kind = GENRES.get(page.genre, page.genre) or "未定"
    because = "，".join(str(r) for r in page.genre_reasons)
    return f"已依次检查：{'；'.join(tried)}，均不成立。本页判为“{kind}”页面" + (f"（{because}）。" if because else "。")


def _facts(claim: dict[str, Any]) -> str:
    """The numbers of a claim in words."""
    from console.present import PERIODS

    parts = []
    if claim.get("high") is not None:
        low, high = claim.get("low"), claim["high"]
        shown = f"{high:g}%" if low in (None, high) else f"{low:g}%—{high:g}%"
        parts.append(f"读出数值 {shown}（{PERIODS.get(str(claim.get('period')), '期间未明')}）")
    if claim.get("annual") is not None and claim.get("formula"):
        parts.append(f"折合年化 {claim['annual']:g}%（{claim['formula']}）")
    for key, words in (("amounts", "金额"), ("terms", "期限")):
        if claim.get(key):
            parts.append(f"{words}：{'、'.join(str(v) for v in claim[key])}")
    if claim.get("guarantor"):
        parts.append(f"保证人：{claim['guarantor']}")
    return "；".join(parts)


def _stored(id: str) -> tuple[Any, str]:
    """The capture as the archive has it, or why not."""
    try:
        found = ledger.capture(settings.HOME / "archive", id)
    except (OSError, ValueError, LookupError, EvidenceError) as error:
        return None, f"存档无法读取：{error}"
    return found, "" if found else "本机存档中没有这个快照（可能在别处存证）"


@may(*READERS)
def text(request: HttpRequest, id: str) -> HttpResponse:
    """The page's text as a file, exactly as it was judged."""
    page = get_object_or_404(Page, capture_id=id)
    response = HttpResponse(page.text.encode("utf-8", "replace"), content_type="text/plain; charset=utf-8")
    response["Content-Security-Policy"] = SANDBOX
    response["Content-Disposition"] = 'attachment; filename="page-text.txt"'
    return response


@may(*READERS)
def screenshot(request: HttpRequest, id: str) -> HttpResponse:
    """The stored picture, decoded and encoded anew in a child process under limits: no byte of the original reaches the browser."""
    found, _ = _stored(id)
    try:
        picture = read.screenshot(settings.HOME / "archive", found) if found else None
    except EvidenceError:
        picture = None
    if picture is None:
        raise Http404
    return _picture(request, id, picture, "截图")


@may(*READERS)
def annotated(request: HttpRequest, id: str) -> HttpResponse:
    """The annotated copy, made from the stored records each time and encoded anew like the screenshot."""
    found, _ = _stored(id)
    if found is None or not can_be_annotated(found):
        raise Http404
    archive = settings.HOME / "archive"
    try:
        picture = read.screenshot(archive, found) or b""
        made = Marker(archive, settings.HOME, _laws(), [found])(found, picture)
    except EvidenceError:
        made = None
    if made is None:
        raise Http404
    return _picture(request, id, made[0], "标注图")


def _laws() -> Mapping[str, Provision]:
    """None of them where the settings cannot be read: the legend then names provisions by their ids."""
    try:
        return law_texts()
    except ConfigError:
        return {}


def _picture(request: HttpRequest, id: str, data: bytes, what: str) -> HttpResponse:
    """The picture encoded anew; that it was looked at is an entry."""
    clean = reencoded(data)
    if clean is None:
        raise Http404
    custody.viewed(request.user.get_username(), id, what)
    response = HttpResponse(clean, content_type="image/jpeg")
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def reencoded(picture: bytes) -> bytes | None:
    """JPEG bytes, or None where the child refused, crashed or took too long."""
    try:
        done = subprocess.run([sys.executable, "-m", "console.reencode"], input=picture, capture_output=True, timeout=REENCODE_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout[:2] == b"\xff\xd8" else None
