"""Site maps of every kind, and pages in every encoding of Chinese with no declaration or a wrong one: from the server to the finding."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from running import captures, lines, run
from web import Answer, Site, html, served

from evidence.ledger import captures as ledgered

PROMISE = {"simplified": "平台承诺100%本息保障，保本保息，年化收益18%，立即投资理财。", "traditional": "平臺承諾100%本息保障，保本保息，年化收益18%，立即投資理財。"}
FILLER = {"simplified": "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。",
          "traditional": "我們為出借人和借款人提供資訊撮合服務，註冊後即可查看全部項目、期限與還款方式，客服每日線上解答。"}
TITLE = {"simplified": "示例财富网络借贷平台", "traditional": "示例財富網路借貸平臺"}
# name -> (script, codec, charset in the header, charset in the markup); "" is none
CODED = {
    f"{codec}-{header or 'none'}-{meta or 'none'}": ("traditional" if codec == "big5" else "simplified", codec, header, meta)
    for codec in ("gbk", "gb2312", "gb18030", "big5")
    for header, meta in (("", ""), ("utf-8", ""), ("", "utf-8"), ("iso-8859-1", codec), ("big5" if codec != "big5" else "gbk", ""))
}


def coded(path: str) -> Answer | None:
    if path == "/":
        return html("".join(f'<a href="/{name}.html">{name}</a>' for name in CODED))
    name = path[1:].removesuffix(".html")
    if name.startswith("to-"):
        return html(f"<p>{name}</p>") if name[3:] in CODED else None
    if name not in CODED:
        return None
    script, codec, header, meta = CODED[name]
    mark = f'<meta http-equiv="Content-Type" content="text/html; charset={meta}">' if meta else ""
    text = (f"<html><head>{mark}<title>{TITLE[script]}</title></head><body><h1>{TITLE[script]}</h1><p>{name}</p><p>{PROMISE[script]}</p><p>{FILLER[script] * 3}</p>"
            f'<a href="/to-{name}.html">{PROMISE[script][:6]}</a></body></html>')
    return 200, {"Content-Type": f"text/html; charset={header}" if header else "text/html"}, text.encode(codec)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, set[str]]]]:
    """name -> (title, codes found)."""
    home, settings = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("settings")
    (settings / "patrols").mkdir()
    with served(coded) as site:
        (settings / "patrols" / "coded.yaml").write_text(
            f"defaults: {{crawl_delay_s: 0, autothrottle: false, render: never, allow: [127.0.0.0/8]}}\nsites: [{site.url}]\n", encoding="utf-8")
        run(home, "patrol", "--plan", "coded", ADPATROL_CONFIG=str(settings))
        assert {f"/to-{name}.html" for name in CODED} <= set(site.asked), "links are read in every encoding"
    with closing(sqlite3.connect(home / "adpatrol.sqlite3")) as db:
        rows = db.execute("SELECT p.url, p.title, f.code FROM indexer_page p LEFT JOIN indexer_finding f ON f.page_id = p.id").fetchall()
    found: dict[str, tuple[str, set[str]]] = {}
    for url, title, code in rows:
        found.setdefault(url.rpartition("/")[2].removesuffix(".html"), (title, set()))[1].add(code)
    yield found


@pytest.mark.parametrize("name", CODED)
def test_a_page_reads_right_whatever_it_declares(read: dict[str, tuple[str, set[str]]], name: str) -> None:
    title, codes = read[name]
    assert title == TITLE[CODED[name][0]]
    assert {"guarantee.principal"} <= codes


# Site maps

HUGE = 30_000


def xml(body: str) -> Answer:
    return 200, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()


def packed(answer: Answer) -> Answer:
    return 200, {"Content-Type": "application/gzip"}, gzip.compress(answer[2])


def listed(*paths: str) -> Answer:
    return xml("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>" + "".join(f"<url><loc>@@{path}</loc></url>" for path in paths) + "</urlset>")


def index(*paths: str) -> Answer:
    return xml("<sitemapindex>" + "".join(f"<sitemap><loc>@@{path}</loc></sitemap>" for path in paths) + "</sitemapindex>")


MAPS: dict[str, Answer] = {
    "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nAllow: /\nSitemap: /index.xml.gz\nSitemap: http://elsewhere.test/map.xml\n"),
    "/index.xml.gz": packed(index("plain.xml", "packed.xml.gz", "lying.xml", "broken.xml", "itself.xml", "entities.xml", "huge.xml", "gone.xml", "late.xml", "list.txt")),
    "/plain.xml": listed("in-plain.html", "logo.png"), "/packed.xml.gz": packed(listed("in-packed.html")),
    "/lying.xml": html("<p>这不是地图</p><a href='/from-lie.html'>x</a>"), "/broken.xml": (200, {"Content-Type": "application/xml"}, b"<urlset><url><loc>@@in-bro"),
    "/itself.xml": index("itself.xml", "index.xml.gz"),
    "/entities.xml": xml("<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
                         "<urlset><url><loc>@@in-entities.html</loc></url><url><loc>@@&b;&c;</loc></url></urlset>"),
    "/huge.xml": listed(*(f"m/{n}.html" for n in range(HUGE))),
    "/list.txt": (200, {"Content-Type": "text/plain"}, b"@@in-list.html\r\n@@index.xml.gz\n"), "/late.xml": xml("<urlset><url><loc>http://elsewhere.test/x.html</loc></url><url><loc>javascript:alert(1)</loc></url><url><loc>@@in-late.html</loc></url></urlset>"),
    "/": html("".join(f'<a href="/h{n}.html">页{n}</a>' for n in "abcdefghij")),
}


def mapped(path: str) -> Answer | None:
    if path in MAPS:
        return MAPS[path]
    return html(f"<title>{path}</title><p>本页是{path}，内容自成一页，与别页不同。</p>") if path.endswith(".html") else None


@dataclass
class Mapped:
    site: Site
    captures: list[dict[str, Any]]
    unread: dict[str, str]  # path -> why


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapped]:
    home = tmp_path_factory.mktemp("home")
    with served(lambda path: (found := mapped(path)) and _absolute(found, site)) as site:
        done = run(home, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--max-pages", "120", "--no-ingest", "--json")
        assert lines(done.stdout)[-1]["outcomes"]["ok"] > 30
        base = site.url.rstrip("/")
        unread = {one.url.removeprefix(base): str(one.facts["unread"]) for one in ledgered(home / "archive") if one.facts.get("unread")}
        yield Mapped(site, captures(home), unread)


def _absolute(answer: Answer, site: Site) -> Answer:
    status, headers, body = answer
    if headers["Content-Type"] == "application/gzip":
        return status, headers, gzip.compress(gzip.decompress(body).replace(b"@@", site.url.encode()))
    return status, headers, body.replace(b"@@", site.url.encode())


def test_pages_that_only_a_map_tells_of_are_seen_packed_or_not(maps: Mapped) -> None:
    assert {"/in-plain.html", "/in-packed.html", "/in-late.html", "/in-entities.html", "/in-list.html"} <= set(maps.site.asked)
    assert "/logo.png" not in maps.site.asked


def test_a_huge_map_does_not_crowd_out_what_links_lead_to(maps: Mapped) -> None:
    assert {f"/h{n}.html" for n in "abcdefghij"} <= set(maps.site.asked)
    assert len(maps.captures) <= 120
    assert len(maps.site.asked) == len(set(maps.site.asked)), "a map that names itself is read once"


def test_a_map_that_lies_or_is_broken_is_told_and_stops_nothing(maps: Mapped) -> None:
    assert "网站地图" in maps.unread["/lying.xml"]
    of = {capture["url"].rpartition("/")[2]: capture["outcome"] for capture in maps.captures}
    assert of["gone.xml"] == "not_found"
    assert not any("elsewhere" in capture["url"] for capture in maps.captures)
    assert not any("root:" in capture["url"] or "aaaaaaaa" in capture["url"] for capture in maps.captures), "no entity is resolved"
