"""No page asks the database more because the office has more: the same queries for 3 leads as for 300, and not more work than the rows it shows."""

from __future__ import annotations

import sqlite3
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from seeding import RUN, Seeded

from alerts.models import Lead, LeadEvent, LeadFinding, Platform
from indexer.models import Page, url_key

pytestmark = pytest.mark.django_db
MOST_CALLS = 120_000  # of functions for one page: some 70,000 today for a full list


def grow(seeded: Seeded, leads: int, copies: int = 3) -> str:
    """So many more leads, each on a platform of its own and on so many pages; answers the number of one of them."""
    like = LeadFinding.objects.order_by("pk")[0]
    page = Page.objects.get(capture_id=like.capture_id)
    first, after = Lead.objects.order_by("-serial")[0].serial + 1, Page.objects.count()
    platforms = Platform.objects.bulk_create([
        Platform(key=f"p{first + n}.example", name=f"示例平台{n}", sites=[f"https://p{first + n}.example"], companies=["示例公司"], level=1 + n % 4,
                 first_seen=page.time, last_seen=page.time) for n in range(leads)])
    made = Lead.objects.bulk_create([
        Lead(year=2026, serial=first + n, number=f"XS2026{first + n:06d}", platform=platform, code=like.code, wording="本息保障", span="100%本息保障",
             level=2 + n % 3, first_seen=page.time, last_seen=page.time, registered_at=page.time + timedelta(seconds=n), pages=copies)
        for n, platform in enumerate(platforms)])
    base = Page.objects.order_by("-id")[0]
    pages = [_copy(base, seq=1_000 + after + n * copies + c, url=f"https://p{first + n}.example/{c}") for n in range(leads) for c in range(copies)]
    Page.objects.bulk_create(pages)
    values = {f.name: getattr(like, f.name) for f in LeadFinding._meta.concrete_fields if f.name not in ("id", "lead", "url", "url_key", "capture_id", "seq", "site")}
    LeadFinding.objects.bulk_create([
        LeadFinding(lead=made[number // copies], url=one.url, url_key=one.url_key, capture_id=one.capture_id, seq=one.seq, site=one.site, **values)
        for number, one in enumerate(pages)])
    LeadEvent.objects.bulk_create([LeadEvent(lead=lead, at=page.time, who="系统监测", act="登记", now="waiting") for lead in made])
    return made[0].number


def _copy(page: Page, seq: int, url: str) -> Page:
    values = {f.name: getattr(page, f.name) for f in Page._meta.concrete_fields}
    return Page(**values | {"id": page.pk + seq, "capture_id": f"grown-{seq}", "seq": seq, "url": url, "url_key": url_key(url), "site": url.rsplit("/", 1)[0],
                            "title": f"示例 {seq}", "level": 3, "run": f"run-{seq % 40}"})


def more_runs(seeded: Seeded, numbers: range) -> None:
    with sqlite3.connect(seeded.home / "frontier.sqlite3") as db:
        for n in numbers:
            db.execute("INSERT INTO runs (id, plan, state, started, finished, seen, summary, order_json) "
                       "SELECT 'run-' || ?, plan, state, started, finished, seen, summary, order_json FROM runs WHERE id = ?", (n, RUN))


def addresses(seeded: Seeded, number: str) -> list[str]:
    lead = Lead.objects.get(number=number)
    return ["/", "/leads/", "/leads/?state=all&q=本息&sort=pages", f"/leads/{number}/", "/platforms/", f"/platforms/{lead.platform_id}/", "/search/?q=保本",
            "/captures/", f"/captures/{seeded.captures['home']}/", "/runs/", "/runs/?poll=1", f"/runs/{RUN}/", "/messages/", "/password/"]


def asked(client: Client, path: str) -> tuple[int, int]:
    """(queries, calls of functions) of one page, once warm: work in a measure that no other program on the machine moves."""
    client.get(path)
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    with CaptureQueriesContext(connection) as queries:
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            assert client.get(path).status_code == 200, path
        finally:
            sys.setprofile(before)
    return len(queries), calls


def test_more_leads_pages_and_runs_ask_no_more_queries(officer: Client, seeded: Seeded) -> None:
    number = grow(seeded, 3)
    more_runs(seeded, range(3))
    few = {path: asked(officer, path)[0] for path in addresses(seeded, number)}
    number = grow(seeded, 300, copies=4)
    more_runs(seeded, range(3, 40))
    many = {path: asked(officer, path) for path in addresses(seeded, number)}
    for (path, before), (_, (after, calls)) in zip(few.items(), many.items(), strict=True):
        # the index counts facets in lots of 500 pages, up to its bound of hits: a search without words may ask a few times more
        assert after <= (25 if path == "/captures/" else before), (path, before, after)
        assert calls < MOST_CALLS, (path, calls)
    assert max(few.values()) <= 25, few


def test_a_lead_on_a_thousand_pages_shows_the_first_hundred(officer: Client, seeded: Seeded) -> None:
    number = grow(seeded, 1, copies=1_000)
    queries, calls = asked(officer, f"/leads/{number}/")
    page = officer.get(f"/leads/{number}/").content.decode()
    assert page.count('class="row-link"') == 100 and "另有 900 处没有列出" in page
    assert queries <= 25 and calls < 3 * MOST_CALLS


def test_no_list_grows_without_bound(officer: Client, seeded: Seeded) -> None:
    grow(seeded, 300)
    for path in ("/leads/?state=all", "/platforms/", "/captures/?size=1000", "/search/?q=示例&size=1000", "/leads/?page=999"):
        assert officer.get(path).content.decode().count('class="row-link') <= 200, path
