"""Below HttpCompression: sees each answer as it was received and each address before it is asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.downloadermiddlewares import cookies
from scrapy.exceptions import StopDownload
from scrapy.http import Request, Response
from scrapy.signals import bytes_received
from tldextract import TLDExtract

from crawler.guards.certificates import certificate_facts
from crawler.limits import MAX_BODY_BYTES, MAX_COOKIE_BYTES, MAX_COOKIES, MAX_DECODED_BYTES, MAX_PICTURE_BYTES, MAX_ROBOTS_BYTES, PATIENCE
from crawler.visiting import Draft, exchange

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import PatrolSpider

# Scrapy's would fetch the list of public suffixes with the first cookie, past the egress gate and with the reactor waiting: the list that
# comes with the library does.
cookies._split_domain = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class CaptureMiddleware:
    """Adds every exchange to the visit its request belongs to. What Scrapy asks on its own (robots.txt) goes on record with
    the first visit of that host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._cookies: dict[Any, set[bytes]] = {}  # cookie jar -> names in it

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> CaptureMiddleware:
        self = cls(crawler)
        crawler.signals.connect(self.received, signal=bytes_received)
        return self

    @property
    def _spider(self) -> PatrolSpider:
        spider: Any = self._crawler.spider
        return spider  # type: ignore[no-any-return]

    def received(self, data: bytes, request: Request, spider: Any) -> None:
        """Cuts an answer that grows beyond the bound, or comes so slowly that it would end in a time-out: what came is kept and marked."""
        meta = request.meta
        got = meta["received"] = meta.get("received", 0) + len(data)
        began = meta.setdefault("body_began", time.monotonic())
        if got > (MAX_PICTURE_BYTES if "picture" in meta else MAX_BODY_BYTES if "draft" in meta else MAX_ROBOTS_BYTES):
            meta["cut"] = "length"
            raise StopDownload(fail=False)
        if time.monotonic() - began + meta.get("download_latency", 0.0) > PATIENCE * meta["download_timeout"]:
            meta["cut"] = "time"
            raise StopDownload(fail=False)

    def process_request(self, request: Request) -> None:
        # The bound on what is received is ours (a cut answer is kept); Scrapy's, which drops the answer, is lifted until decompression.
        request.meta["download_maxsize"] = 0
        request.meta.setdefault("download_timeout", self._spider.work.timeout_s)
        self._spider.gate(request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        meta = request.meta
        meta["download_maxsize"] = MAX_PICTURE_BYTES if "picture" in meta else MAX_DECODED_BYTES if "draft" in meta else MAX_ROBOTS_BYTES
        if "seen" in request.meta:  # shown in the browser: its records are made of what was seen
            return response
        flags = response.flags
        truncated = request.meta.get("cut", "length") if "download_stopped" in flags else "disconnect" if "dataloss" in flags else ""
        address = str(response.ip_address or "")
        draft: Draft | None = request.meta.get("draft")
        if draft is None:
            self._spider.robots_came(request.url, exchange(request, response, address, truncated), bytes(response.body))
            return response
        if response.certificate is not None and "tls" not in draft.facts:
            draft.facts["tls"] = certificate_facts(response.certificate, urlsplit(request.url).hostname or "")
        if "picture" in request.meta:  # of a page that has come: it is put on record with it, and changes nothing of what the page answered
            request.meta["picture"].records = exchange(request, response, address, truncated)
            self._few_cookies(request, response)
            return response
        draft.truncated = truncated
        draft.exchange(request, response, address)
        self._few_cookies(request, response)
        return response

    def _few_cookies(self, request: Request, response: Response) -> None:
        """What CookiesMiddleware, above, takes into its jar: it has no bound of its own, and reads the whole jar for every request."""
        values = response.headers.getlist("Set-Cookie")
        if values:
            names = self._cookies.setdefault(request.meta.get("cookiejar"), set())
            kept = []
            for value in values:
                name = value.partition(b"=")[0].strip()
                if len(value) <= MAX_COOKIE_BYTES and (name in names or len(names) < MAX_COOKIES):
                    names.add(name)
                    kept.append(value)
            response.headers.setlist("Set-Cookie", kept)
