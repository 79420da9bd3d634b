"""Below HttpCompression: sees each answer as it was received and each address before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scrapy.exceptions import StopDownload
from scrapy.http import Request, Response
from scrapy.signals import bytes_received

from crawler.limits import MAX_BODY_BYTES, MAX_DECODED_BYTES
from crawler.visiting import Draft, exchange

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from crawler.spider import PatrolSpider


class CaptureMiddleware:
    """Adds every exchange to the visit its request belongs to. What Scrapy asks on its own (robots.txt) goes on record with
    the first visit of that host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

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
        """Cuts an answer that grows beyond the bound: what came is kept and marked."""
        got = request.meta["received"] = request.meta.get("received", 0) + len(data)
        if got > MAX_BODY_BYTES:
            raise StopDownload(fail=False)

    def process_request(self, request: Request) -> None:
        # The bound on what is received is ours (a cut answer is kept); Scrapy's, which drops the answer, is lifted until decompression.
        request.meta["download_maxsize"] = 0
        self._spider.gate(request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        request.meta["download_maxsize"] = MAX_DECODED_BYTES
        if "seen" in request.meta:  # shown in the browser: its records are made of what was seen
            return response
        flags = response.flags
        truncated = "length" if "download_stopped" in flags else "disconnect" if "dataloss" in flags else ""
        address = str(response.ip_address or "")
        draft: Draft | None = request.meta.get("draft")
        if draft is None:
            self._spider.robots_came(request.url, exchange(request, response, address, truncated), bytes(response.body))
            return response
        if response.certificate is not None and "tls" not in draft.facts:
            draft.facts["tls"] = certificate_facts(response.certificate)
        draft.truncated = truncated
        draft.exchange(request, response, address)
        return response


def certificate_facts(certificate: Any) -> dict[str, str]:
    """Of the server's own certificate (the static client reports no chain): SHA-256 of its DER, subject, issuer, validity."""
    original = certificate.original
    return {
        "sha256": certificate.digest("sha256").decode("ascii"),
        "subject": _name(original.get_subject()), "issuer": _name(original.get_issuer()),
        "not_before": (original.get_notBefore() or b"").decode("ascii"), "not_after": (original.get_notAfter() or b"").decode("ascii"),
    }


def _name(name: Any) -> str:
    return ", ".join(f"{k.decode('ascii', 'replace')}={v.decode('utf-8', 'replace')}" for k, v in name.get_components())[:500]
