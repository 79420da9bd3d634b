"""The same faults met by `scan` and `explain`, which fetch one address and store nothing: one sentence, in time."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest
from hostile_pages import sites as pages
from hostile_sites import sites
from hostile_web import Web, closed_port, never_accepting, served
from test_faults import OURS

from crawler import single
from crawler.rendering.chromium import chromium_path
from crawler.single import FetchFailed, fetch, fetch_rendered

ALLOW = (ipaddress.ip_network("127.0.9.0/24"), ipaddress.ip_network("127.0.10.0/24"))
SAYS = {
    "reset_before": "断开", "closes": "断开", "silent": "限定时间", "drip_body": "限定时间", "drip_head": "限定时间", "tls_garbage": "加密连接", "tls_closes": "",
    "loop": "跳转次数过多", "no_address": "跳转到非网页地址", "two_hundred_mb": "超过", "endless": "超过", "bomb_gzip": "过大", "no_gzip": "压缩格式有误",
    "huge_header": "HTTP 格式", "endless_headers": "HTTP 格式", "bad_status": "HTTP 格式", "no_http": "HTTP 格式", "ssh": "HTTP 格式",
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with served(sites()) as found:
        yield found


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", list(SAYS))
def test_each_fault_is_one_sentence(web: Web, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "TIMEOUT_S", 2.0)
    monkeypatch.setattr(single, "TOTAL_S", 4.0)
    with pytest.raises(FetchFailed) as failed:
        fetch(web.urls[name], ALLOW)
    said = str(failed.value)
    assert SAYS[name] in said and said.isprintable() and not OURS.search(said), said


@pytest.mark.parametrize("name", ["tls_expired", "tls_wrong_name", "tls_self_signed", "nested", "broken_encoding", "too_long"])
def test_what_can_be_read_is_read(web: Web, name: str) -> None:
    assert fetch(web.urls[name], ALLOW).body


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "TIMEOUT_S", 1.0)
    with never_accepting("127.0.9.242") as never:
        for url, says in ((never, "限定时间"), (f"http://127.0.9.243:{closed_port('127.0.9.243')}/", "拒绝连接"), ("http://127.0.0.1:9/", "地址被拒绝")):
            with pytest.raises(FetchFailed, match=says):
                fetch(url, ALLOW)


@pytest.mark.skipif(chromium_path() is None, reason="本机没有 Chromium")
@pytest.mark.parametrize(("name", "says"), [("moves_inward", "出口闸门拒绝访问"), ("moves_inward_tls", "出口闸门拒绝访问"), ("odd_packing", "编码有误")])
def test_a_page_that_leads_the_browser_astray(tmp_path_factory: pytest.TempPathFactory, name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.guards.names.lookup", lambda host: ("127.0.0.1",) if host == "inside.test" else (host,))
    with served([site for site in pages(tmp_path_factory.mktemp("x")) if site.name in (name, "trap")]) as found:
        if name == "odd_packing":
            fetch(found.urls[name], ALLOW)  # the first visit is told nothing odd
        with pytest.raises(FetchFailed) as failed:
            fetch_rendered(found.urls[name], ALLOW)
        assert says in str(failed.value) and not [path for _, host, path in found.asked if host == "trap"]
