"""Scrapy's scheduler, answered by the desk: nothing waits in memory but the next hop of a redirect."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from scrapy.core.scheduler import BaseScheduler

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Request

    from crawler.spider import PatrolSpider


class FrontierScheduler(BaseScheduler):
    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._hops: deque[Request] = deque()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        return cls(crawler)

    @property
    def _spider(self) -> PatrolSpider:
        spider: Any = self._crawler.spider
        return spider  # type: ignore[no-any-return]

    def has_pending_requests(self) -> bool:
        return bool(self._hops) or not self._spider.is_over()

    def enqueue_request(self, request: Request) -> bool:
        """Only further hops of visits under way come here; their number is bounded by those."""
        self._hops.append(request)
        return True

    def next_request(self) -> Request | None:
        return self._hops.popleft() if self._hops else self._spider.next_request()
