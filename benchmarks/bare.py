"""The bare library: Scrapy doing the least work. `python -m benchmarks.bare follow|list URL PAGES` prints the cost as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

SETTINGS: dict[str, Any] = {
    "LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "ROBOTSTXT_OBEY": False,
    "DOWNLOAD_DELAY": 0, "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "COOKIES_ENABLED": False,
}


class Follow(scrapy.Spider):
    name = "follow"
    seen = 0

    async def start(self) -> AsyncIterator[scrapy.Request]:
        yield scrapy.Request(self.url)

    def parse(self, response: Any) -> Iterator[scrapy.Request]:
        type(self).seen += 1
        for link in self.links.extract_links(response):
            yield scrapy.Request(link.url)


class Fetch(scrapy.Spider):
    name = "list"
    seen = 0

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for number in range(self.count):
            yield scrapy.Request(f"{self.url}p/{number}")

    def parse(self, response: Any) -> None:
        type(self).seen += 1


def main(kind: str, url: str, count: int) -> dict[str, float]:
    spider = Follow if kind == "follow" else Fetch
    process = CrawlerProcess(SETTINGS)
    process.crawl(spider, url=url, count=count, links=LinkExtractor())
    began = time.perf_counter()
    process.start()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu = usage.ru_utime + usage.ru_stime
    return {"pages": spider.seen, "seconds": time.perf_counter() - began, "cpu": cpu, "rss_mb": usage.ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
