"""A platform of which nothing stands in the static pages: found by a whole patrol, its findings resting on what the browser showed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import captures, lines, run
from web import Answer, html, served

from crawler.rendering.chromium import chromium_path
from evidence.ledger import capture as capture_of
from evidence.read import page_body, screenshot

pytestmark = [pytest.mark.timeout(400), pytest.mark.skipif(chromium_path() is None, reason="no Chromium here")]
SHELL = ('<!doctype html><title>示例财富</title><noscript>请启用 JavaScript 后访问</noscript><div id="app"></div><script src="/app.js"></script>')
SCRIPT = """fetch('/api' + location.pathname).then(r => r.json()).then(d => {
  document.getElementById('app').innerHTML = '<h1>' + d.title + '</h1><p>' + d.words + '</p>' +
    ['/', '/safe', '/plain.html'].map(u => '<a href="' + u + '">' + u + '</a>').join(' ');
});"""
STORY = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。"
WORDS = {"/": "示例财富理财平台，新手专享预期年化收益率18%，起投100元，立即投资。" + STORY, "/safe": "平台投资项目100%本息保障，保本保息，请放心出借。" + STORY}


def application(path: str) -> Answer | None:
    if path == "/app.js":
        return 200, {"Content-Type": "application/javascript; charset=utf-8"}, SCRIPT.encode()
    if path.startswith("/api/"):
        words = WORDS.get(path[4:])
        return (200, {"Content-Type": "application/json"}, json.dumps({"title": "示例财富", "words": words}).encode()) if words else None
    if path == "/plain.html":
        return html(f"<title>公告</title><h1>公告</h1><p>{STORY * 6}</p><script src=/js/jquery.min.js></script>")
    return html(SHELL) if path in WORDS else None


@dataclass(slots=True)
class Seen:
    home: Path
    root: str
    captures: list[dict[str, Any]]
    findings: list[dict[str, Any]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    home = tmp_path_factory.mktemp("home")
    with served(application) as site:
        run(home, "init")
        run(home, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--json", timeout=300)
        yield Seen(home, site.url.rstrip("/"), captures(home), lines(run(home, "findings", "--json").stdout))
    shutil.rmtree(home, ignore_errors=True)


def test_the_promises_are_found_on_what_the_browser_showed(seen: Seen) -> None:
    by_capture = {c["id"]: c for c in seen.captures}
    found = {(f["url"].removeprefix(seen.root), f["code"]) for f in seen.findings if f["level"] != "blue"}
    assert {("/", "yield.excessive"), ("/safe", "guarantee.principal"), ("/safe", "guarantee.return")} <= found
    for finding in seen.findings:
        assert by_capture[finding["capture"]]["client"] in ("desktop-browser", "desktop-evidence", "phone-evidence")
        held = capture_of(seen.home / "archive", finding["capture"])
        assert held is not None
        body = page_body(seen.home / "archive", held)
        assert body is not None and body.kind == "dom" and finding["span"] in body.body.decode("utf-8").replace("<b>", "")
        picture = screenshot(seen.home / "archive", held)
        assert picture is not None and picture[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0")


def test_links_that_only_the_browser_sees_are_followed_and_the_reason_is_kept(seen: Seen) -> None:
    shown = [c for c in seen.captures if c["client"] == "desktop-browser"]
    assert {c["url"].removeprefix(seen.root) for c in shown} == {"/", "/safe"}, "an ordinary page is not opened"
    for one in shown:
        held = capture_of(seen.home / "archive", one["id"])
        assert held is not None and "#app" in held.facts["render_reason"]
    assert any(c["url"].endswith("/plain.html") and c["gate"] == "page" for c in seen.captures)


def test_the_empty_shell_is_no_page(seen: Seen) -> None:
    shells = [c for c in seen.captures if c["client"] == "desktop-static" and c["url"].removeprefix(seen.root) in WORDS]
    assert shells and {c["gate"] for c in shells} == {"near_empty"}
