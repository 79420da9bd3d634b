"""The patrol's spider: asks the desk for the next address, reads what an answer leads to, hands every visit to the archive."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.addresses import canonical, host_of
from crawler.committer import Committer, Landed
from crawler.desk import Desk
from crawler.frontier import Found, Row
from crawler.guards.certificates import browser_facts
from crawler.guards.certificates import said as certificate_said
from crawler.guards.egress import EgressPolicy
from crawler.guards.resolver import AddressRefused, check_url_literal
from crawler.harvest import Leads, leads_of_page, leads_of_sitemap, sitemaps_of_robots
from crawler.identity import EVIDENCE, by_browser, headers
from crawler.limits import MAX_BODY_BYTES, MAX_HOPS, MAX_RETRY_AFTER_S, PICTURE_TIMEOUT_S, RETRY_S, TIMEOUT_S, TRIES
from crawler.outcomes import Met, of_failure, of_status
from crawler.pictures import Pictures, Waiting
from crawler.plans import SitePlan
from crawler.rendering.chromium import evidence_meta, render_meta
from crawler.rendering.records import records
from crawler.scope import Scope
from crawler.visiting import Draft
from evidence.capture import PROBE, Outcome, VisitRecord

if TYPE_CHECKING:
    from crawler.rendering.evidence_records import Evidence
    from crawler.rendering.page import Seen

_MOVED = (301, 302, 303, 307, 308)
_READABLE = ("text/", "application/xhtml", "application/xml", "application/rss", "application/atom", "application/vnd.wap.xhtml")
_CONTROL = bytes([*range(9), *range(14, 27), *range(28, 32)])


@dataclass(slots=True)
class Work:
    """What the spider works with. ``facts``: what every capture of this run is stamped with (plan, 授权书)."""

    run: str
    plans: Sequence[SitePlan]
    desk: Desk
    committer: Committer
    policy: EgressPolicy
    facts: dict[str, Any]
    answers: Callable[[str], Sequence[str]]  # DNS answers by host, as the gate saw them
    may_end: Callable[[], bool]  # nobody downstream will ask for more
    broken: Callable[[Exception], None]  # a fault of ours that no page is to blame for: the run must stop, not wait
    known: Iterable[tuple[int, str]] = ()  # (site, address) in the frontier since before: what a resumed run has seen of each site
    browser: bool = False  # there is one, and a plan that may need it
    pictures: bool = False  # the office has brands' pictures to compare a page's icon and logos with
    timeout_s: float = TIMEOUT_S


class PatrolSpider(Spider):
    name = "patrol"
    work: Work

    def __init__(self, *, work: Work, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.work = work
        self.run = work.run
        self._scopes = [Scope(plan, site) for site, plan in enumerate(work.plans)]
        for site, url in work.known:
            self._scopes[site].remember(url)
        self._robots: dict[str, tuple[list[VisitRecord], list[str]]] = {}
        self._pictures = Pictures(work.pictures)

    async def start(self) -> AsyncIterator[Any]:
        """Nothing: all requests come from the desk."""
        nothing: Any
        for nothing in ():
            yield nothing

    # Handing out

    def is_over(self) -> bool:
        return self.work.desk.over() and self.work.may_end()

    def next_request(self) -> Request | None:
        try:
            return self._next()
        except Exception as error:  # Scrapy would log it and never ask again
            self.work.broken(error)
            return None

    def _next(self) -> Request | None:
        while (row := self.work.desk.next()) is not None:
            draft = self._draft(row)
            if self.work.browser or not by_browser(row.client):
                return self._ask(row.url, draft, self.work.plans[row.site])
            self._land(draft, Met(Outcome.BROWSER_CRASH, "本机没有 Chromium，未能以浏览器打开"), Leads())
        if self.work.desk.flying == 0:
            self.work.committer.hurry()
        return None

    def _draft(self, row: Row) -> Draft:
        plan = self.work.plans[row.site]
        facts = self.work.facts | plan.facts() | {"depth": row.depth, "via": row.via}
        if row.why:
            facts["why"] = row.why
        return Draft(self.run, plan.site, row, facts)

    def _ask(self, url: str, draft: Draft, plan: SitePlan) -> Request:
        meta: dict[str, Any] = {
            "draft": draft, "download_slot": host_of(url), "download_timeout": self.work.timeout_s, "cookiejar": f"{draft.row.site}/{draft.row.client}",
            "dont_obey_robotstxt": plan.robots != "obey",
        }
        if not plan.autothrottle:
            meta["autothrottle_dont_adjust_delay"] = True
        if by_browser(draft.row.client):
            meta |= render_meta(plan.site, draft.row.client, plan.identity, plan.contact)
        if draft.row.client.endswith(EVIDENCE):
            meta |= evidence_meta(draft.id, draft.row.client, draft.row.cites, plan.identity, plan.contact)
        return Request(url, headers=headers(draft.row.client, plan.identity, plan.contact), callback=self.visited, errback=self.failed,
                       meta=meta, dont_filter=True)

    def gate(self, url: str) -> None:
        """Refuses an address written as a number; names are checked where they are resolved. Raises AddressRefused."""
        reason = check_url_literal(url, self.work.policy)
        if reason:
            raise AddressRefused(reason)

    # What came

    def robots_came(self, url: str, records: list[VisitRecord], body: bytes) -> None:
        """robots.txt, asked by Scrapy for the first page of a host: goes on record with that page's visit."""
        self._robots[host_of(url)] = (records, sitemaps_of_robots(body, url))

    def visited(self, response: Response) -> Request | None:
        """What the answer says; a page our own code stumbles over is kept like any other, and says so."""
        draft: Draft = response.meta["draft"]
        try:
            return self._visited(response, draft)
        except Exception:
            self.logger.exception("reading %s", draft.row.url)
            self._land(draft, Met(of_status(response.status).outcome, "已存证，但未能从中找出链接"), Leads())
            return None

    def _visited(self, response: Response, draft: Draft) -> Request | None:
        seen = response.meta.get("seen")
        if seen is not None:
            return self._shown(response, draft, seen)
        location = response.headers.get("Location")
        if response.status in _MOVED and location:
            return self._moved(response, draft, location)
        met = self._met(response)
        leads = Leads()
        if met.outcome is Outcome.OK:
            leads = self._read(response, draft)
            if leads.unread:
                draft.facts["unread"] = leads.unread
        if not met.detail:
            met = Met(met.outcome, certificate_said(draft.facts.get("tls") or {}), met.passing)
        if met.outcome is Outcome.OK and leads.markup:
            page = (response.body, (response.headers.get("Content-Type") or b"").decode("latin-1"), response.url)
            return self._pictured(draft, met, leads, page, len(response.body))
        self._land(draft, met, leads, retry_after=response.headers.get("Retry-After"), size=len(response.body))
        return None

    def _shown(self, response: Response, draft: Draft, seen: Seen) -> Request | None:
        """A page as the browser showed it: its pictures, its DOM, and where that leads."""
        row = draft.row
        evidence: Evidence | None = response.meta.get("evidence")
        draft.records += records(seen, row.url) if evidence is None else evidence.records(row.url, draft.facts)
        draft.url, draft.status, draft.headers = seen.final_url, seen.status, seen.headers
        draft.chain += [url for url in seen.redirects if url not in draft.chain]
        draft.facts |= {"render_reason": row.why, "tls": browser_facts(seen.tls), "connections": list(seen.passages)[:50]}
        if seen.truncated:
            draft.facts["truncated"] = seen.truncated
        target = canonical(seen.final_url)
        met = of_status(seen.status) if seen.status else Met(Outcome.OK, "")
        if not met.detail:
            broken = "disconnect" in seen.truncated.split(",")
            said = "连接在回答途中断开，浏览器只显示了收到的部分" if broken else certificate_said(draft.facts["tls"])
            met = Met(met.outcome, said, met.passing)
        if not target or not self._scopes[row.site].allows(target):
            self._land(draft, Met(Outcome.REDIRECT_OUT, f"页面脚本转到本次巡查范围以外的 {host_of(target) or '地址'}"), Leads(), final_url=seen.final_url)
            return None
        if evidence is not None:
            draft.facts |= evidence.facts()
        size = sum(len(record.payload) for record in draft.records)
        if met.outcome is not Outcome.OK:
            self._land(draft, met, Leads(), size=size)
            return None
        page = (response.body, "text/html; charset=utf-8", seen.final_url)
        return self._pictured(draft, met, leads_of_page(*page), page, size)

    # The page's icon and logos, which go on record with it

    def _pictured(self, draft: Draft, met: Met, leads: Leads, page: tuple[bytes, str, str], size: int) -> Request | None:
        """Lands the page, or asks for its pictures first. ``page``: body, content type, address."""
        site = draft.row.site
        left = self._pictures.of(draft, self.work.plans[site], self._scopes[site], page) if self.work.desk.may_add(site) else None
        return self._next_picture(Waiting(draft, met, leads, size, left or deque()))

    def _next_picture(self, waiting: Waiting) -> Request | None:
        draft = waiting.draft
        if not waiting.left:
            self._land(draft, waiting.met, waiting.leads, size=waiting.size)
            return None
        mark, plan = waiting.left.popleft(), self.work.plans[draft.row.site]
        meta = {
            "draft": draft, "picture": waiting, "mark": mark, "download_slot": host_of(mark.url),
            "download_timeout": min(PICTURE_TIMEOUT_S, self.work.timeout_s), "cookiejar": f"{draft.row.site}/{draft.row.client}",
            "dont_obey_robotstxt": plan.robots != "obey", "autothrottle_dont_adjust_delay": True,
        }
        said = headers(draft.row.client, plan.identity, plan.contact) | {"Accept": "image/png,image/*;q=0.8,*/*;q=0.5"}
        return Request(mark.url, headers=said, callback=self.picture_came, errback=self.picture_failed, meta=meta, dont_filter=True)

    def picture_came(self, response: Response) -> Request | None:
        """A picture our own code stumbles over costs itself, not its page."""
        waiting: Waiting = response.meta["picture"]
        try:
            waiting.came(response.meta["mark"], response)
        except Exception:
            self.logger.exception("reading %s", response.url)
            waiting.refused(response.meta["mark"], "读取出错，未留存")
        return self._next_picture(waiting)

    def picture_failed(self, failure: Failure) -> Request | None:
        request: Request = failure.request
        waiting: Waiting = request.meta["picture"]
        waiting.refused(request.meta["mark"], of_failure(failure.value).detail)
        return self._next_picture(waiting)

    def failed(self, failure: Failure) -> Request | None:
        request: Request = failure.request
        draft: Draft = request.meta["draft"]
        met = of_failure(failure.value)
        if draft.truncated == "length":
            met = _too_large()
        self._land(draft, met, Leads())
        return None

    def _moved(self, response: Response, draft: Draft, location: bytes) -> Request | None:
        row = draft.row
        try:
            target = canonical(urljoin(response.url, location.decode("utf-8", "replace").strip()))
        except ValueError:  # a bracket or a port that no address has
            target = ""
        if not target:
            self._land(draft, Met(Outcome.HTTP_ERROR, "跳转目标不是网页地址"), Leads())
        elif draft.chain.count(target) >= 2 or len(draft.chain) >= MAX_HOPS:
            draft.chain.append(target)
            self._land(draft, Met(Outcome.REDIRECT_LOOP, f"反复跳转 {len(draft.chain)} 次，没有到达页面"), Leads())
        elif not self._scopes[row.site].allows(target):
            draft.chain.append(target)
            self._land(draft, Met(Outcome.REDIRECT_OUT, f"跳转到本次巡查范围以外的 {host_of(target)}"), Leads(), final_url=target)
        else:
            draft.chain.append(target)
            return self._ask(target, draft, self.work.plans[row.site])
        return None

    def _met(self, response: Response) -> Met:
        draft: Draft = response.meta["draft"]
        if draft.truncated == "length":
            return _too_large()
        if draft.truncated == "disconnect":
            return Met(Outcome.RESET, "连接在回答途中断开，只收到一部分", passing=True)
        if draft.truncated == "time":
            return Met(Outcome.TIMEOUT, "内容传得太慢，在限定时间内只收到一部分", passing=True)
        met = of_status(response.status)
        if met.outcome is not Outcome.OK:
            return met
        if not response.body:
            return Met(Outcome.EMPTY, "网站回答了空白内容")
        if draft.row.why == "sitemap":  # often a gzip file; how far it could be read is told with its links
            return met
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1").lower().strip()
        if kind and not (kind.startswith(_READABLE) or "+xml" in kind):
            return Met(Outcome.NOT_HTML, f"不是网页（{kind.partition(';')[0][:60]}）")
        return Met(Outcome.NOT_HTML, "回答自称网页，内容却是二进制数据") if _is_binary(response.body) else met

    def _read(self, response: Response, draft: Draft) -> Leads:
        if draft.row.why == "sitemap":
            return leads_of_sitemap(response.body)
        return leads_of_page(response.body, (response.headers.get("Content-Type") or b"").decode("latin-1"), response.url)

    # Handing over

    def _land(self, draft: Draft, met: Met, leads: Leads, *, final_url: str = "", retry_after: bytes | None = None, size: int = 0) -> None:
        row = draft.row
        host = urlsplit(draft.url or row.url).hostname or ""
        draft.facts["dns"] = list(self.work.answers(host))
        more: tuple[Found, ...] = ()
        for asked in dict.fromkeys((row.host, *(host_of(record.uri) for record in draft.records if record.type == "response"))):
            robots = self._robots.pop(asked, None)
            if robots is not None:
                draft.records[:0] = robots[0]
                more += self._scopes[row.site].sitemaps(robots[1], row)
        again = None
        rest = _rest(retry_after)
        if met.passing and rest > MAX_RETRY_AFTER_S:
            met = Met(met.outcome, f"{met.detail}，要求约 {max(1, round(rest / 60))} 分钟后再来，本次不再访问该页")
        elif met.passing and row.tries + 1 < TRIES:
            again = time.time() + rest
        found = self._found(draft, met, leads) + more
        visit = draft.done(met, final_url)
        self.work.committer.add(Landed(visit, row, size, again, found))
        self.work.desk.landed(row)

    def _found(self, draft: Draft, met: Met, leads: Leads) -> tuple[Found, ...]:
        """Where the page leads; what a made-up address shows leads nowhere."""
        row, scope = draft.row, self._scopes[draft.row.site]
        if row.why == PROBE:
            return ()
        found = scope.found(leads.links, row, leads.text)
        if met.outcome is Outcome.OK and found:
            found += scope.probe(found, row, self.run)
        return found + self._to_show(draft, met, leads)

    def _to_show(self, draft: Draft, met: Met, leads: Leads) -> tuple[Found, ...]:
        """The same address in the browser, where the static page is likely not what people see."""
        row, plan = draft.row, self.work.plans[draft.row.site]
        if met.outcome is not Outcome.OK or not row.client.endswith("-static") or plan.render == "never" or not leads.markup:
            return ()
        why = "计划要求以浏览器打开" if plan.render == "always" else leads.browser
        if not why:
            return ()
        if not self.work.browser:
            draft.facts["render_reason"] = f"{why}；本机没有 Chromium，未能以浏览器打开"
            return ()
        client = row.client.replace("-static", "-browser")
        return (Found(row.url, row.site, row.host, client, row.depth, row.priority, row.via, why),)


def _too_large() -> Met:
    return Met(Outcome.TOO_LARGE, f"内容超过 {MAX_BODY_BYTES // 2**20} MiB，只留存了开头部分")


def _is_binary(body: bytes) -> bool:
    """NUL and control bytes no text of any Chinese encoding holds; UTF-16 and UTF-32 announce themselves."""
    head = body[:2_048]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[:4] == b"\x00\x00\xfe\xff":
        return False
    return len(head) - len(head.translate(None, _CONTROL)) > len(head) // 50 + 4


def _rest(retry_after: bytes | None) -> float:
    """Seconds to rest before another try: what the server asks (RFC 9110 10.2.3), at least RETRY_S."""
    text = (retry_after or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return max(float(text), RETRY_S)
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), RETRY_S)
    except (ValueError, TypeError, OverflowError):
        return RETRY_S
