"""What officers decided, as labelled texts to learn from: one JSON object a line in the fields of the labelled sets (`adpatrol evaluate`, `learn`).

A confirmed lead gives a text that violates, a dismissed one a text that does not. Of other findings in the same stretch of text the decided
ones are labelled as decided; undecided codes are ``optional``, and a text with nothing but undecided ones is ``unsure``: nobody is credited
with a judgement that no officer made. Persons are taken out (alerts.deidentify); who decided is never told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from alerts.deidentify import masked
from alerts.models import Lead, LeadFinding, Level
from alerts.wording import wording
from indexer.models import Page

AROUND = 300  # characters either side of the claim, then to the ends of its lines
MOST_LINE = 200  # and no further than so
PER_LEAD = 3  # pages of one lead: the same words on a hundred pages are one example
KINDS = {
    "platform": "platform_page", "ad": "ad", "bank": "bank_product", "news": "news", "law": "law", "regulator": "regulator_warning",
    "education": "education", "complaint": "complaint", "technical": "code",
}
Decisions = dict[tuple[str, str], Lead]  # (code, wording) of one platform -> its lead


@dataclass(frozen=True, slots=True)
class _Claim:
    code: str
    span: str
    start: int
    level: int


def labelled() -> Iterator[dict[str, Any]]:
    """Every decided lead's texts, oldest lead first, each text once. Reads the tables only."""
    people = _people()
    seen: set[tuple[str, tuple[str, ...]]] = set()
    decided = Lead.objects.filter(state__in=(Lead.State.CONFIRMED, Lead.State.DISMISSED)).select_related("platform").order_by("registered_at", "id")
    known: dict[int, Decisions] = {}
    for lead in decided.iterator(chunk_size=200):
        if lead.platform_id not in known:
            leads = Lead.objects.filter(platform_id=lead.platform_id)
            known[lead.platform_id] = {(one.code, one.wording): one for one in leads}
        for copy in lead.findings.order_by("seq", "start")[:PER_LEAD]:
            record = _record(lead, copy, known[lead.platform_id], people)
            key = (record["text"], tuple(sorted(f["code"] for f in record["findings"])))
            if key not in seen:
                seen.add(key)
                yield record


def _people() -> list[str]:
    """Names of our own accounts, the longest first."""
    names = {name for row in User.objects.values_list("username", "first_name", "last_name") for name in row if name}
    return sorted(names, key=lambda name: (-len(name), name))


def _record(lead: Lead, copy: LeadFinding, decisions: Decisions, people: Iterable[str]) -> dict[str, Any]:
    page = Page.objects.filter(capture_id=copy.capture_id).first()
    text, low, claims = _stretch(page, copy)
    confirmed: dict[str, str] = {}
    dismissed, undecided = set(), set()
    whole = masked(text, people)
    for claim in claims:
        found = decisions.get((claim.code, wording(claim.span)))
        span = whole[claim.start - low:claim.start - low + len(claim.span)]
        if found is not None and found.state == Lead.State.CONFIRMED:
            confirmed.setdefault(claim.code, span)
        elif found is not None and found.state == Lead.State.DISMISSED:
            dismissed.add(claim.code)
        elif claim.level > Level.BLUE:
            undecided.add(claim.code)
    undecided -= confirmed.keys()
    reason = next((event.reason for event in lead.events.filter(act__in=("确认", "排除")).order_by("-id")[:1]), "")
    title = masked(page.title if page is not None else copy.title, people)
    record: dict[str, Any] = {
        "id": "d" + hashlib.sha256(f"{lead.number}\n{copy.url_key}\n{whole}".encode("utf-8", "surrogatepass")).hexdigest()[:12], "text": whole,
        "title": " ".join(title.split())[:200], "source": lead.platform.key, "kind": KINDS.get(page.genre if page is not None else "", "other"),
        "findings": [{"code": code, "span": span} for code, span in sorted(confirmed.items())], "violating": bool(confirmed),
        "note": masked(f"{'确认' if lead.state == Lead.State.CONFIRMED else '排除'}：{reason or '未写理由'}", people),
        "decided": {"code": lead.code, "rule": copy.rule, "decision": str(lead.state)},
    }
    if undecided:
        record["optional"] = sorted(undecided)
        if not confirmed:
            record["unsure"] = True
    return record


def _stretch(page: Page | None, copy: LeadFinding) -> tuple[str, int, list[_Claim]]:
    """(text around the claim, where it begins in the page, every claim that lies in it whole); the bare span where the page is not stored."""
    if page is None or page.text[copy.start:copy.end] != copy.span:
        return copy.span, copy.start, [_Claim(copy.code, copy.span, copy.start, copy.level)]
    low, high = max(0, copy.start - AROUND), min(len(page.text), copy.end + AROUND)
    before, after = page.text.rfind("\n", max(0, low - MOST_LINE), low), page.text.find("\n", high, high + MOST_LINE)
    low, high = (before + 1 if before >= 0 else low), (after if after >= 0 else high)
    inside = page.findings.filter(start__gte=low, end__lte=high)
    claims = [_Claim(found.code, found.span, found.start, found.level) for found in inside]
    if (copy.code, copy.start) not in {(claim.code, claim.start) for claim in claims}:  # judged again since, by other rules
        claims.append(_Claim(copy.code, copy.span, copy.start, copy.level))
    return page.text[low:high], low, claims
