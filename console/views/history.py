"""沿革: what stood at an address through time, and what changed between two visits: text, picture and facts side by side."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from alerts.dossiers import platform_key
from alerts.models import Platform
from console.answer import answer, number
from console.may import may
from console.present import CLIENTS, GATES, OUTCOMES
from evidence import ledger, read
from evidence.capture import Capture
from evidence.errors import EvidenceError
from indexer import history as through_time
from indexer.compare import Comparison, Fact, Piece, Row, addresses, certificate, compare
from indexer.models import Page

READERS = ("officer", "analyst", "leader")
SANDBOX = "sandbox; default-src 'none'"
COMPARE_S = 40
MOST_ROWS, MOST_SHOWN, MOST_PIECE = 1_500, 100_000, 3_000  # rows of a comparison on one page, their characters, and those of one stretch
SHOWS = ("first", "first_so", "same", "changed")
CHANGES = {"first": "首次见到", "first_so": "此访问方式首次", "same": "与前次相同", "changed": "有改动", "gone": "页面已不在", "unseen": "未见到页面"}


@may(*READERS)
def history(request: HttpRequest, id: str) -> HttpResponse:
    """The time line of the address of this capture; with ``day`` what stood there at the end of that day."""
    page = get_object_or_404(Page, capture_id=id)
    at = number(request.GET.get("page"))
    moments, total = through_time.timeline(page.url_key, page=at)
    asked, problem, standing = request.GET.get("day", "").strip(), "", None
    if asked:
        try:
            standing = through_time.in_force(page.url_key, through_time.read_day(asked))
        except (ValueError, OverflowError) as error:
            problem = str(error) if isinstance(error, ValueError) else "没有这一天"
    context: dict[str, Any] = {
        "page": page, "moments": moments, "total": total, "at": at, "more": at * through_time.MOMENTS < total, "day": asked, "problem": problem,
        "standing": standing, "seen": through_time.seen_page(page.url_key), "claims": through_time.claims(page.url_key), "changes": CHANGES,
        "newest": next((m.page for m in moments if m.change in SHOWS), page), "older": _beside(page, [m.page for m in moments if m.change in SHOWS]),
        "platform": Platform.objects.filter(key=platform_key(page.site)).first(),
    }
    return answer(request, "console/history.html", context, lambda: {
        "url": page.url, "total": total, "first_seen": _iso(context["seen"].first), "last_seen": _iso(context["seen"].last),
        "visits": [{"capture": m.page.capture_id, "time": m.page.time.isoformat(), "client": m.page.client, "change": m.change,
                    "came": list(m.came), "went": list(m.went)} for m in moments],
        "claims": [{"code": c.code, "span": c.span, "first_seen": _iso(c.seen.first), "last_seen": _iso(c.seen.last), "visits": c.seen.visits,
                    "standing": c.standing} for c in context["claims"]],
        "day": {"day": asked, "capture": standing.page.capture_id if standing.page else None, "gone": standing.gone,
                "text": standing.page.text if standing.page and not standing.gone else ""} if standing else None, "problem": problem,
    }, status=400 if problem else 200)


def _beside(page: Page, shown: list[Page]) -> Page | None:
    """The visit that an officer wants to see beside this one: that before it by the same client (of ``shown``, newest first)."""
    others = [one for one in shown if one.pk != page.pk]
    alike = [one for one in others if one.client == page.client] or others
    return next((one for one in alike if (one.time, one.seq) < (page.time, page.seq)), alike[-1] if alike else None)


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment else None


@may(*READERS)
def against(request: HttpRequest, id: str) -> HttpResponse:
    """Two visits side by side: ``from`` (the capture of the address where it is not given) and ``to``; the older one stands on the left."""
    one = get_object_or_404(Page, capture_id=request.GET.get("from") or id)
    other = get_object_or_404(Page, capture_id=request.GET.get("to") or id)
    before, after = sorted((one, other), key=lambda page: (page.time, page.seq))
    text = compare(before.text, after.text)
    facts = _facts(before, after)
    shown = _fitting(text.rows)
    came, went = _claims(before, after)
    context: dict[str, Any] = {
        "page": before, "before": before, "after": after, "text": text, "rows": shown, "left_out": len(text.rows) - len(shown), "facts": facts,
        "came": came, "went": went, "other_address": before.url_key != after.url_key, "same_one": before.pk == after.pk,
        "pictures": before.has_screenshot and after.has_screenshot and before.pk != after.pk,
        "other_device": before.client.startswith("phone") != after.client.startswith("phone"),
    }
    return answer(request, "console/against.html", context, lambda: _json(context, text, facts))


def _json(context: dict[str, Any], text: Comparison, facts: list[Fact]) -> dict[str, Any]:
    return {
        "before": context["before"].capture_id, "after": context["after"].capture_id, "gone": text.gone, "new": text.new, "cut": text.cut,
        "facts": [{"name": f.name, "before": f.before, "after": f.after, "changed": f.changed} for f in facts],
        "claims": {"new": context["came"], "gone": context["went"]},
        "text": [{"kind": r.kind, "left": [(p.kind, p.text) for p in r.left], "right": [(p.kind, p.text) for p in r.right], "skipped": r.skipped}
                 for r in context["rows"]],
    }


def _fitting(rows: tuple[Row, ...]) -> list[Row]:
    """As many rows as one page bears; of an endless line the beginning."""
    kept: list[Row] = []
    size = 0
    for row in rows[:MOST_ROWS]:
        left, right = (tuple(Piece(p.kind, p.text if len(p.text) <= MOST_PIECE else f"{p.text[:MOST_PIECE]}……") for p in side)
                       for side in (row.left, row.right))
        size += sum(len(piece.text) + 20 for piece in (*left, *right))
        if size > MOST_SHOWN:
            break
        kept.append(replace(row, left=left, right=right))
    return kept


def _claims(before: Page, after: Page) -> tuple[list[str], list[str]]:
    """Spans of findings on the one and not on the other: (new, gone)."""
    left, right = ({f.wording: f.span for f in page.findings.all()} for page in (before, after))
    return [span for wording, span in right.items() if wording not in left], [span for wording, span in left.items() if wording not in right]


def _facts(before: Page, after: Page) -> list[Fact]:
    stored = [_stored(page.capture_id) for page in (before, after)]
    met = [one.facts if one else {} for one in stored]
    pairs: list[tuple[str, list[str]]] = [
        ("标题", [p.title for p in (before, after)]), ("页面所示主体", ["、".join(p.company) for p in (before, after)]),
        ("页面所示备案号", ["、".join(p.icp) for p in (before, after)]), ("网址", [p.url for p in (before, after)]),
        ("应答网址", [p.final_url for p in (before, after)]),
        ("访问结果", [OUTCOMES.get(p.outcome, p.outcome) + (f"，HTTP {p.status}" if p.status else "") for p in (before, after)]),
        ("页面判别", [GATES.get(p.gate, p.gate) for p in (before, after)]), ("访问方式", [CLIENTS.get(p.client, p.client) for p in (before, after)]),
        ("服务器地址", [addresses(one) for one in met]), ("服务器证书", [certificate(one) for one in met]),
        ("可见字数", [str(p.visible_chars) for p in (before, after)]),
    ]
    return [Fact(name, left, right) for name, (left, right) in pairs if left or right]


def _stored(id: str) -> Capture | None:
    try:
        return ledger.capture(settings.HOME / "archive", id)
    except (OSError, ValueError, LookupError, EvidenceError):
        return None


@may(*READERS)
def boxed(request: HttpRequest, id: str, other: str) -> HttpResponse:
    """The screenshot of ``id``, encoded anew, with boxes around what the one of ``other`` does not show there."""
    pictures = [_picture(one) for one in (id, other)]
    if pictures[0] is None or pictures[1] is None:
        raise Http404
    clean = compared(pictures[0], pictures[1])
    if clean is None:
        raise Http404
    response = HttpResponse(clean, content_type="image/jpeg")
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _picture(id: str) -> bytes | None:
    get_object_or_404(Page, capture_id=id)
    found = _stored(id)
    try:
        return read.screenshot(settings.HOME / "archive", found) if found else None
    except EvidenceError:
        return None


def compared(first: bytes, second: bytes) -> bytes | None:
    """JPEG bytes, or None where the child refused, crashed or took too long."""
    try:
        done = subprocess.run([sys.executable, "-m", "console.picturediff"], input=len(first).to_bytes(8, "big") + first + second,
                              capture_output=True, timeout=COMPARE_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout[:2] == b"\xff\xd8" else None
