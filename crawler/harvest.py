"""What a fetched page leads to. Reads markup as classifiers do, judges nothing."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from scrapy.utils.sitemap import Sitemap, sitemap_urls_from_robots

from classifiers.extract import outline
from classifiers.model import Document
from crawler.limits import MAX_DECODED_BYTES

MAX_LINKS = 2_000
MAX_SITEMAP_URLS = 5_000
MAX_SITEMAPS = 50
_GZIP = b"\x1f\x8b\x08"
_FOLLOWED = frozenset(("a", "frame", "refresh", "canonical", "sitemap"))


@dataclass(frozen=True, slots=True)
class Leads:
    """``links``: (address, words, kind), kinds a frame refresh canonical sitemap. ``unread``: why the page could not be read whole, in Chinese.
    ``text``: what the page says."""

    links: tuple[tuple[str, str, str], ...] = ()
    unread: str = ""
    text: str = ""
    browser: str = ""  # why a browser must look, in Chinese
    markup: bool = False  # a page, and read


def leads_of_page(body: bytes, content_type: str, url: str) -> Leads:
    try:
        page = outline(Document(url=url, body=body, content_type=content_type))
    except Exception:  # hostile bytes must not end a visit: it is archived, and says that its links were not read
        return Leads(unread="页面解析出错，未能从中找出链接")
    links = tuple((link.url, link.text, link.kind) for link in page.links[:MAX_LINKS] if link.kind in _FOLLOWED)
    return Leads(links, page.refused, page.text, page.browser, markup=True)


def leads_of_sitemap(body: bytes) -> Leads:
    """A sitemap or an index of sitemaps (sitemaps.org), packed (.xml.gz) or not, or a plain list. Scrapy reads XML by lxml without entities
    and network."""
    if body.startswith(_GZIP):
        body, unread = _unpacked(body)
        if unread:
            return Leads(unread=unread)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:4].lower() == b"http":
        return Leads(tuple((line.strip(), "", "a") for line in body.decode("utf-8", "replace").splitlines()[:MAX_SITEMAP_URLS] if line.strip()))
    try:
        site_map = Sitemap(body)
        if site_map.type not in ("urlset", "sitemapindex"):
            return Leads(unread="自称网站地图，却不是网站地图的格式")
        kind = "sitemap" if site_map.type == "sitemapindex" else "a"
        found = [(str(entry["loc"]), "", kind) for _, entry in zip(range(MAX_SITEMAP_URLS), site_map, strict=False) if entry.get("loc")]
    except (ValueError, SyntaxError, StopIteration):
        return Leads(unread="网站地图的格式有误，无法读取")
    return Leads(tuple(found))


def _unpacked(body: bytes) -> tuple[bytes, str]:
    """(what is in the gzip file, why it could not be had)."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, MAX_DECODED_BYTES)
    except zlib.error:
        return b"", "压缩的网站地图格式有误，无法展开"
    return (b"", "压缩的网站地图展开后超过上限，未读") if unpacker.unconsumed_tail else (data, "")


def sitemaps_of_robots(body: bytes, url: str) -> list[str]:
    return list(sitemap_urls_from_robots(body[:500_000], base_url=url))[:MAX_SITEMAPS]
