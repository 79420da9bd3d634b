"""One address for one page; no endless corridors; the pages that promise come first."""

from __future__ import annotations

import pytest

from crawler.addresses import Traps, canonical, host_of, looks_like_a_page, origin_of, priority


@pytest.mark.parametrize(("written", "kept"), [
    ("HTTP://WWW.Example.test:80/A?b=1#top", "http://www.example.test/A?b=1"),
    ("https://example.test:443", "https://example.test/"),
    ("http://127.0.0.2:8100/x", "http://127.0.0.2:8100/x"),
    ("http://例子.test/关于", "http://xn--fsqu00a.test/%E5%85%B3%E4%BA%8E"),
    ("http://a.test/x;jsessionid=ABC123?utm_source=q&id=3", "http://a.test/x?id=3"),
    ("http://a.test/(S(abcdefghij1234567890))/x.aspx", "http://a.test/x.aspx"),
    ("http://a.test/x?PHPSESSID=1", "http://a.test/x"),
    ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ("http://a.test/%e4%bf%9d?k=%b1%a3", "http://a.test/%E4%BF%9D?k=%B1%A3"), ("http://a.test/100%25%", "http://a.test/100%25%"),
    ("javascript:alert(1)", ""), ("mailto:a@b", ""), ("http://", ""), ("http://a.test:99999/", ""), ("http://a.test/" + "x" * 3000, ""),
])
def test_one_page_has_one_address(written: str, kept: str) -> None:
    assert canonical(written) == kept
    assert canonical(kept) == kept or not kept


def test_hosts_and_origins_are_named_with_their_port() -> None:
    assert host_of("http://a.test:8100/x") == "a.test:8100"
    assert origin_of("http://A.test/x?y") == "http://a.test" and origin_of("nonsense") == ""


def test_a_calendar_ends_but_a_list_by_number_does_not() -> None:
    traps = Traps()
    assert sum(not traps.trapped(f"http://a/calendar?year={2000 + n // 12}&month={n % 12}") for n in range(500)) <= 40
    assert not any(traps.trapped(f"http://a/item/{n}.html") for n in range(3000))
    assert not any(traps.trapped(f"http://a/detail?id={n}") for n in range(900))


def test_endless_combinations_and_mirrored_paths_end() -> None:
    traps = Traps()
    combined = [traps.trapped(f"http://a/list?sort={a}&page={b}&colour={c}") for a in range(5) for b in range(50) for c in range(5)]
    assert combined.count("") <= 40 and "查询参数组合过多" in combined
    assert traps.trapped("http://a" + "/a/b" * 6) == "路径循环重复"
    assert traps.trapped("http://a/" + "/".join(f"x{n}" for n in range(30))) == "路径过深"


def test_the_more_of_one_form_have_come_the_later_is_the_next() -> None:
    traps = Traps()
    ranks = []
    for n in range(60):
        url = f"http://a/u-{n:04}abcdefabcdef{n:04}/safe.html"
        assert not traps.trapped(url)
        ranks.append(traps.rank(url, 90))
    assert ranks[0] == 90 and set(ranks[1:]) <= set(range(1, 10)), "a token in a folder: a session, or at least no hurry"
    for n in range(200):
        url = f"http://a/article/{n:04}abcdefabcdef{n:04}.html"
        assert not traps.trapped(url) and traps.rank(url, 40) >= 25, "an id that names the page is no session"
    other = "http://a/contact.html"
    assert not traps.trapped(other) and traps.rank(other, 20) == 20


def test_pages_likely_to_promise_come_first() -> None:
    order = sorted(
        [("http://a/login", "登录"), ("http://a/news/1.html", "公告"), ("http://a/x", "安全保障"), ("http://a/licai", ""), ("http://a/", ""), ("http://a/y", "其他")],
        key=lambda link: -priority(link[0], link[1], 1))
    assert [url.rsplit("/", 1)[1] for url, _ in order] == ["", "x", "licai", "1.html", "y", "login"]


@pytest.mark.parametrize(("url", "page"), [("http://a/x.php?id=1", True), ("http://a/app.apk", False), ("http://a/a.JPG", False), ("http://a/x", True)])
def test_files_that_are_no_pages_are_not_visited(url: str, page: bool) -> None:
    assert looks_like_a_page(url) is page
