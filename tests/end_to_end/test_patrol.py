"""What a patrol visits, and what it leaves alone: one run over small sites, held against the servers' own logs."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import captures, lines, run
from web import Answer, Site, html, served


def ordinary(path: str) -> Answer | None:
    pages = {
        "/": html('<a href="/about.html">关于我们</a><a href="/safe.html#top">安全保障</a><iframe src="/frame.html"></iframe><a href="/logo.png">x</a>'
                  '<a href="http://elsewhere.test/">外站</a><a href="mailto:a@b">信</a><a href="/private/x.html">内部</a><a href="/old">旧址</a>'
                  '<link rel="canonical" href="/home.html"><a href="/moved-out">合作</a><a href="/loop">转</a>'),
        "/about.html": html('<meta http-equiv="refresh" content="0; url=/refreshed.html"><p>关于</p>'),
        "/robots.txt": (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /private/\nSitemap: /map.xml\n"),
        "/map.xml": (200, {"Content-Type": "application/xml"}, b'<?xml version="1.0"?><sitemapindex><sitemap><loc>@@map2.xml</loc></sitemap></sitemapindex>'),
        "/map2.xml": (200, {"Content-Type": "application/xml"}, b'<urlset><url><loc>@@only-in-map.html</loc></url></urlset>'),
        "/old": (301, {"Location": "/new.html"}, b""), "/new.html": html("<p>新址</p>"),
        "/moved-out": (302, {"Location": "http://elsewhere.test/landing"}, b""),
        "/loop": (302, {"Location": "/loop2"}, b""), "/loop2": (302, {"Location": "/loop"}, b""),
        "/packed.html": (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, gzip.compress(b'<a href="/from-packed.html">x</a>')),
    }
    if path in ("/safe.html", "/frame.html", "/home.html", "/refreshed.html", "/only-in-map.html", "/from-packed.html"):
        return html(f'<p>{path}</p><a href="/packed.html">更多</a>')
    return pages.get(path)


def traps(path: str) -> Answer | None:
    """Endless in three ways: a calendar, session ids, a path that mirrors itself."""
    if path == "/robots.txt":
        return None
    number = sum(map(ord, path)) + len(path)
    return html(f'<a href="/cal?year=20{number % 90 + 10}&month={number % 12 + 1}">下月</a><a href="/x?sid={number:032x}">页</a>'
                f'<a href="{path.rstrip("/")}/a/b/">镜像</a>')


def gbk(path: str) -> Answer | None:
    pages = {"/": '<a href="/保障.html">安全保障</a><a href="/wrong.html">关于</a>', "/%B1%A3%D5%CF.html": "<p>到了</p>", "/%E4%BF%9D%E9%9A%9C.html": "<p>到了</p>"}
    if path == "/wrong.html":
        return 200, {"Content-Type": "text/html; charset=utf-8"}, "<title>错标编码</title><p>本页是国标码，声明却说不是</p>".encode("gbk")
    return (200, {"Content-Type": "text/html"}, pages[path].encode("gbk")) if path in pages else None


@dataclass(slots=True)
class Patrolled:
    home: Path
    site: Site
    trap: Site
    gbk: Site
    captures: list[dict[str, Any]]
    summary: dict[str, Any]

    def of(self, path: str) -> dict[str, Any]:
        return next(c for c in self.captures if c["url"] == self.site.url.rstrip("/") + path)


@pytest.fixture(scope="module")
def patrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patrolled]:
    home = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        site = stack.enter_context(served(lambda path: _absolute(ordinary(path), site)))
        trap = stack.enter_context(served(traps, "127.0.0.3"))
        coded = stack.enter_context(served(gbk, "127.0.0.4"))
        args = [arg for s in (site, trap, coded) for arg in ("--site", s.url)]
        done = run(home, "patrol", *args, "--allow", "127.0.0.0/8", "--delay", "0", "--max-pages", "150", "--depth", "60", "--no-ingest", "--json")
        yield Patrolled(home, site, trap, coded, captures(home), lines(done.stdout)[-1])


def _absolute(answer: Answer | None, site: Site) -> Answer | None:
    return answer and (answer[0], answer[1], answer[2].replace(b"@@", site.url.encode()))


def test_links_frames_refresh_canonical_and_site_maps_lead_on(patrolled: Patrolled) -> None:
    visited = {c["url"].removeprefix(patrolled.site.url.rstrip("/")) for c in patrolled.captures if c["outcome"] == "ok"}
    assert {"/", "/about.html", "/safe.html", "/frame.html", "/home.html", "/refreshed.html", "/only-in-map.html", "/packed.html", "/from-packed.html"} <= visited


def test_other_sites_pictures_and_what_robots_forbid_are_left_alone(patrolled: Patrolled) -> None:
    assert not {"/logo.png", "/private/x.html"} & set(patrolled.site.asked)
    assert patrolled.of("/private/x.html")["outcome"] == "robots"
    assert patrolled.site.asked.count("/robots.txt") == 1 and not any("elsewhere" in c["url"] for c in patrolled.captures)


def test_redirects_are_followed_within_the_site_and_told_beyond_it(patrolled: Patrolled) -> None:
    followed = patrolled.of("/old")
    assert followed["outcome"] == "ok" and followed["final_url"].endswith("/new.html")
    assert [r["uri"].rpartition("/")[2] for r in followed["records"] if r["type"] in ("response", "revisit")] == ["old", "new.html"], "hop by hop"
    assert patrolled.of("/moved-out")["outcome"] == "redirect_out" and patrolled.of("/moved-out")["final_url"] == "http://elsewhere.test/landing"
    assert patrolled.of("/loop")["outcome"] == "redirect_loop"


def test_no_page_is_visited_twice(patrolled: Patrolled) -> None:
    urls = [c["url"] for c in patrolled.captures]
    assert len(urls) == len(set(urls)) == patrolled.summary["captures"]


def test_robots_txt_is_on_record_with_the_first_visit(patrolled: Patrolled) -> None:
    holding = [c for c in patrolled.captures if any(r["uri"] == patrolled.site.url + "robots.txt" for r in c["records"])]
    assert len(holding) == 1


def test_endless_corridors_end(patrolled: Patrolled) -> None:
    trapped = [c["url"] for c in patrolled.captures if c["site"] == patrolled.trap.url.rstrip("/")]
    assert len([u for u in trapped if "/cal?" in u]) <= 36
    assert len([u for u in trapped if u.endswith("/x")]) == 1 and not any("sid=" in u for u in trapped), "a session id makes no new page"
    assert len(trapped) < 150 and max(u.count("/a/b") for u in trapped) <= 3


def test_addresses_in_chinese_on_a_page_without_declaration_are_found(patrolled: Patrolled) -> None:
    ok = [c["url"] for c in patrolled.captures if c["site"] == patrolled.gbk.url.rstrip("/") and c["outcome"] == "ok"]
    assert any("%" in url for url in ok) and any(url.endswith("/wrong.html") for url in ok)


def test_the_patrol_says_who_it_is(patrolled: Patrolled) -> None:
    assert all("adpatrol/" in agent for agent in patrolled.site.agents)


def test_every_record_stands(patrolled: Patrolled) -> None:
    assert lines(run(patrolled.home, "evidence", "verify", "--all", "--json").stdout)[-1]["failures"] == 0


def test_scrapy_listens_to_nobody(patrolled: Patrolled) -> None:
    """RemoteControl runs code sent over HTTP, the telnet console over telnet: both are off in what a patrol really runs with."""
    from scrapy.settings import Settings
    from scrapy.utils.test import get_crawler

    from crawler.plans import plan_for_sites
    from crawler.settings import scrapy_settings

    plan = plan_for_sites(["http://127.0.0.2:8100/"], delay=0)
    settings = Settings(scrapy_settings(list(plan.sites)))
    assert not settings.getbool("REMOTE_CONTROL_ENABLED") and not settings.getbool("TELNETCONSOLE_ENABLED")
    loaded = [type(e).__name__ for e in get_crawler(settings_dict=scrapy_settings(list(plan.sites))).extensions.middlewares]
    assert "RemoteControl" not in loaded and "TelnetConsole" not in loaded


def test_inside_addresses_are_refused_unless_the_plan_allows_them(tmp_path: Path) -> None:
    with served(lambda path: html("<p>内部系统</p>")) as inside, served(lambda path: (302, {"Location": inside.url}, b"") if path == "/" else None, "127.0.0.5") as door:
        refused = run(tmp_path / "a", "patrol", "--site", inside.url, "--no-ingest", "--json", code=2)
        assert lines(refused.stdout)[-1]["outcomes"] == {"refused_address": 1} and inside.asked == []
        run(tmp_path / "b", "patrol", "--site", door.url, "--allow", "127.0.0.5/32", "--no-ingest", "--json", code=None)
        assert inside.asked == [], "not by a redirect either"


@pytest.mark.parametrize(("args", "says"), [
    ([], "计划"), (["--plan", "nosuch"], "nosuch"), (["--site", "ftp://x"], "网"), (["--site", "http://a.test", "--delay", "0"], "本机"),
    (["--resume", "nosuch"], "nosuch"),
])
def test_misuse_is_one_line_that_says_what_to_do(tmp_path: Path, args: list[str], says: str) -> None:
    done = run(tmp_path, "patrol", *args, code=2)
    assert says in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_with_nothing_unfinished_resume_says_so(tmp_path: Path) -> None:
    assert "没有未完成的巡查" in run(tmp_path, "patrol", "--resume").stdout


def test_seeds_count_among_a_sites_pages(tmp_path: Path) -> None:
    with served(lambda path: (404, {}, b"") if path == "/robots.txt" else html(f"<title>{path}</title><h1>第 {path} 页</h1>")) as site:
        names = tmp_path / "names.txt"
        names.write_text("\n".join(f"{site.url}p{n}.html" for n in range(200)), encoding="ascii")
        run(tmp_path, "patrol", "--sites", str(names), "--max-pages", "5", "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json")
        assert len({c["url"] for c in captures(tmp_path)}) == 5


def test_a_dead_host_is_asked_no_more_pages_than_its_budget(tmp_path: Path) -> None:
    with served(lambda path: html("x")) as gone:
        url = gone.url
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"{url}p{n}.html" for n in range(200)), encoding="ascii")
    run(tmp_path, "patrol", "--sites", str(names), "--max-pages", "5", "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json", code=2)
    assert len({c["url"] for c in captures(tmp_path)}) == 5
