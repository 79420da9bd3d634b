"""A page through time: what stood at an address on a day, when a page, a wording or a kind of claim was first and last seen.

What *stands* is the last visit that showed the page or showed that it is gone. A visit that saw neither (a time-out, a block page, a login)
says nothing of the page and changes nothing. A day ends at midnight in Asia/Shanghai.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet

from indexer.models import Finding, Page
from indexer.times import BEIJING

MOMENTS = 50  # visits of one page of a time line
SHOWN = Q(outcome="ok", gate__in=("page", "shrunk"))
GONE = Q(outcome="not_found") | Q(gate__in=("soft_404", "parked"))
TELLING = SHOWN | GONE  # visits that say whether the page stood


@dataclass(frozen=True, slots=True)
class Standing:
    """``page``: the visit in force; None where nothing was seen until then. ``gone``: it says that the page was not there any more."""

    page: Page | None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """First and last time (UTC), and on how many visits; ``first`` None: never."""

    first: datetime | None
    last: datetime | None
    visits: int
    first_capture: str = ""
    last_capture: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One wording on one page or site, through time. ``standing``: it still stood on the last visit that showed its page."""

    code: str
    wording: str
    span: str
    level: int
    seen: Seen
    standing: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """One visit within a time line. ``change``: first, first_so (the first by this client, but others had seen the page), same, changed,
    gone, unseen. ``came``, ``went``: spans of findings, against the visit before by the same client; of a first visit what no other client
    had seen yet."""

    page: Page
    change: str
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()


def read_day(text: str) -> date:
    """Raises ValueError with a sentence in Chinese."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"“{text[:40]}”不是日期；请写 2026-11-21") from None


def end_of(day: date) -> datetime:
    """The midnight after ``day`` in Asia/Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), BEIJING)


def standing(day: date) -> QuerySet[Page]:
    """Of every address the visit in force at the end of ``day``, where the page stood: a filter that any list of pages may join."""
    until = end_of(day)
    after = Q(time__gt=OuterRef("time")) | Q(time=OuterRef("time"), seq__gt=OuterRef("seq"))
    later = Page.objects.filter(TELLING, after, url_key=OuterRef("url_key"), time__lt=until)
    return Page.objects.filter(SHOWN, time__lt=until).exclude(Exists(later))


def in_force(key: str, day: date) -> Standing:
    """What stood at the address (``url_key``) at the end of ``day``."""
    page = Page.objects.filter(TELLING, url_key=key, time__lt=end_of(day)).order_by("-time", "-seq").first()
    return Standing(page, page is not None and not (page.outcome == "ok" and page.gate in ("page", "shrunk")))


def seen_page(key: str) -> Seen:
    """When the page itself was seen at this address."""
    return _seen(Page.objects.filter(SHOWN, url_key=key), "")


def seen_claim(code: str, wording: str, *, site: str = "", key: str = "") -> Seen:
    """When this wording (``indexer.search.tokens.normalise``) was claimed: anywhere, on one site, or at one address."""
    found = Finding.objects.filter(code=code, wording=wording)
    return _seen(_within(found, site, key), "page__")


def seen_code(code: str, *, site: str = "", key: str = "") -> Seen:
    """When there was a finding of this kind: anywhere, on one site, or at one address."""
    return _seen(_within(Finding.objects.filter(code=code), site, key), "page__")


def _within(found: QuerySet[Finding], site: str, key: str) -> QuerySet[Finding]:
    found = found.filter(page__site=site) if site else found
    return found.filter(page__url_key=key) if key else found


def _seen(rows: QuerySet[Page] | QuerySet[Finding], to_page: str) -> Seen:
    times = rows.order_by().aggregate(first=Min(f"{to_page}time"), last=Max(f"{to_page}time"), visits=Count(f"{to_page}id", distinct=True))
    if times["first"] is None:
        return Seen(None, None, 0)
    ordered = rows.order_by(f"{to_page}time", f"{to_page}seq").values_list(f"{to_page}capture_id", flat=True)
    return Seen(times["first"], times["last"], times["visits"], str(ordered.first()), str(ordered.reverse().first()))


def claims(key: str, *, most: int = 100) -> list[Claimed]:
    """Every wording ever claimed at the address: the gravest first, then the oldest."""
    rows = (Finding.objects.filter(page__url_key=key).order_by().values("code", "wording")
            .annotate(first=Min("page__time"), last=Max("page__time"), visits=Count("page_id", distinct=True), top=Max("level"), words=Min("span"))
            .order_by("-top", "first", "code", "wording")[:most])
    now = Page.objects.filter(TELLING, url_key=key).order_by("-time", "-seq").first()
    held = set(Finding.objects.filter(page=now).values_list("code", "wording")) if now is not None else set()
    return [Claimed(row["code"], row["wording"], row["words"], row["top"], Seen(row["first"], row["last"], row["visits"]),
                    (row["code"], row["wording"]) in held) for row in rows]


def timeline(key: str, *, page: int = 1, most: int = MOMENTS) -> tuple[list[Moment], int]:
    """(visits of this page of the time line, newest first; how many visits there are in all)."""
    visits = Page.objects.filter(url_key=key).order_by(F("time").desc(), F("seq").desc())
    total = visits.count()
    rows = list(visits[(page - 1) * most:page * most])
    if not rows:
        return [], total
    before = _before(key, rows)
    spans = _spans([*rows, *before])
    told: list[Moment] = []
    last: dict[str, Page] = {one.client: one for one in before}
    for row in reversed(rows):
        told.append(_moment(row, last, spans))
        if _shows(row):
            last[row.client] = row
    return told[::-1], total


def _before(key: str, rows: list[Page]) -> list[Page]:
    """Of every client, also of those without a visit among these, the last visit before them that showed the page."""
    oldest = rows[-1]
    earlier = Q(time__lt=oldest.time) | Q(time=oldest.time, seq__lt=oldest.seq)
    shown = Page.objects.filter(SHOWN, earlier, url_key=key).order_by("-time", "-seq")
    found = (shown.filter(client=client).first() for client in sorted(set(shown.order_by().values_list("client", flat=True))))
    return [one for one in found if one is not None]


def _shows(page: Page) -> bool:
    return page.outcome == "ok" and page.gate in ("page", "shrunk")


def _is_gone(page: Page) -> bool:
    return page.outcome == "not_found" or page.gate in ("soft_404", "parked")


def _moment(row: Page, last: dict[str, Page], spans: dict[int, dict[str, str]]) -> Moment:
    """``last``: by client the visit before that showed the page."""
    if _is_gone(row):
        return Moment(row, "gone")
    if not _shows(row):
        return Moment(row, "unseen")
    mine = spans.get(row.pk, {})
    before = last.get(row.client)
    if before is None:
        known = {wording for other in last.values() for wording in spans.get(other.pk, {})}
        return Moment(row, "first_so" if last else "first", tuple(span for wording, span in mine.items() if wording not in known))
    theirs = spans.get(before.pk, {})
    came = tuple(span for wording, span in mine.items() if wording not in theirs)
    went = tuple(span for wording, span in theirs.items() if wording not in mine)
    same = (row.title, row.text) == (before.title, before.text)
    return Moment(row, "same" if same and not came and not went else "changed", came, went)


def _spans(pages: Iterable[Page]) -> dict[int, dict[str, str]]:
    """By page: wording -> span of its findings."""
    found: dict[int, dict[str, str]] = {}
    rows = Finding.objects.filter(page__in=[page.pk for page in pages]).order_by("page_id", "start", "key")
    for page, wording, span in rows.values_list("page_id", "wording", "span"):
        found.setdefault(page, {}).setdefault(wording, span)
    return found
