"""What a fetched page leads to. Reads markup as classifiers do, judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots

from classifiers.extract import extract
from classifiers.model import Document, Page

MAX_LINKS = 2_000
MAX_SITEMAP_URLS = 5_000
MAX_SITEMAPS = 50
_FOLLOWED = frozenset(("a", "frame", "refresh", "canonical", "sitemap"))


@dataclass(frozen=True, slots=True)
class Leads:
    """``links``: (address, words, kind), kinds a frame refresh canonical sitemap. ``unread``: why the page could not be read whole, in Chinese."""

    links: tuple[tuple[str, str, str], ...] = ()
    unread: str = ""
    page: Page | None = None


def leads_of_page(body: bytes, content_type: str, url: str) -> Leads:
    try:
        page = extract(Document(url=url, body=body, content_type=content_type))
    except Exception as error:  # hostile bytes must not end a visit: it is archived, and says that its links were not read
        return Leads(unread=f"页面解析出错（{type(error).__name__}）")
    links = tuple((link.url, link.text, link.kind) for link in page.links[:MAX_LINKS] if link.kind in _FOLLOWED)
    return Leads(links, page.refused, page)


def leads_of_sitemap(body: bytes) -> Leads:
    """A sitemap or an index of sitemaps (sitemaps.org). Scrapy reads it by lxml without entities and network."""
    try:
        site_map = Sitemap(body)
        kind = "sitemap" if site_map.type == "sitemapindex" else "a"
        found = [(str(entry["loc"]), "", kind) for _, entry in zip(range(MAX_SITEMAP_URLS), site_map, strict=False) if entry.get("loc")]
    except (ValueError, SyntaxError, StopIteration) as error:
        return Leads(unread=f"网站地图无法读取（{type(error).__name__}）")
    return Leads(tuple(found))


def sitemaps_of_robots(body: bytes, url: str) -> list[str]:
    return list(sitemap_urls_from_robots(body[:500_000], base_url=url))[:MAX_SITEMAPS]
