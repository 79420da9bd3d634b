"""A real Chromium shows pages of loopback servers: what people see is taken, nothing leaves past the gate, and no page stops the run."""

from __future__ import annotations

import base64
import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crawler.rendering.chromium import chromium_path
from crawler.rendering.errors import Unknown, of_playwright

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")

APP = """<!doctype html><meta charset=utf-8><title>平台首页</title><body><div id=app>加载中</div><x-card><b slot=n>保本</b></x-card>
<iframe src="http://127.0.0.3:{other}/frame"></iframe><div style="height:3000px"></div><div id=late></div><script>
setTimeout(() => fetch("/data").then(r => r.json()).then(d => {{ document.getElementById("app").textContent = d.words; }}), 700);
document.querySelector("x-card").attachShadow({{mode: "closed"}}).innerHTML = "<p>卡片：<slot name=n></slot></p>";
new IntersectionObserver(seen => {{ if (seen[0].isIntersecting) document.getElementById("late").textContent = "滚动后才出现"; }}).observe(document.getElementById("late"));
document.documentElement.__defineGetter__("outerHTML", () => "骗" + "人的");
</script>"""
GREEDY = """<!doctype html><meta charset=utf-8><title>t</title><body>正文<img src="http://127.0.0.9:{bad}/img"><iframe src="http://127.0.0.9:{bad}/frame"></iframe>
<link rel=dns-prefetch href="//prefetch.example"><link rel=preconnect href="http://127.0.0.9:{bad}"><script>
fetch("http://127.0.0.9:{bad}/fetch").catch(() => 0); fetch("http://127.0.0.1:{bad}/loop").catch(() => 0); fetch("http://localhost:{bad}/name").catch(() => 0);
fetch("http://[::ffff:127.0.0.9]:{bad}/mapped").catch(() => 0); fetch("/away").catch(() => 0); fetch("https://127.0.0.9:{bad}/tls").catch(() => 0);
new WebSocket("ws://127.0.0.9:{bad}/ws"); navigator.sendBeacon("http://127.0.0.9:{bad}/beacon", "x");
const p = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.2:{udp}"}}, {{urls: "stun:127.0.0.9:{udp}"}}]}}); p.createDataChannel("x");
p.createOffer().then(o => p.setLocalDescription(o));
</script>"""
PAGES = {
    "/data": '{"words": "年化收益率12%"}', "/frame": "<!doctype html><meta charset=utf-8><p>外站框架里的话", "/plain": "<!doctype html><title>平常</title><p>平常的页面",
    "/endless": "<!doctype html><meta charset=utf-8><p>死循环<script>while (true) {}</script>",
    "/restless": "<!doctype html><meta charset=utf-8><p>不停变化<i id=i></i><script>setInterval(() => document.getElementById('i').append('x'), 50)</script>",
    "/slow": "<!doctype html><meta charset=utf-8><p>慢<script src=/hang></script>",
    "/dialog": "<!doctype html><meta charset=utf-8><p>弹窗<script>alert(1); window.open('/plain'); onbeforeunload = () => 'x'; prompt('x')</script>",
    "/jump": "<!doctype html><script>location.href = '/plain'</script>",
    "/jumpy": "<!doctype html><script>location.href = '/jump'; fetch('/hang')</script><img src=/hang>",
    "/poll": "<!doctype html><meta charset=utf-8><p>长轮询<script>fetch('/hang'); new EventSource('/hang')</script>",
}


class Server:
    """Pages on one loopback address; ``hits`` are the paths asked for."""

    def __init__(self, address: str, pages: dict[str, str], sign: Path | None = None) -> None:
        self.pages, self.hits, self.sign, self.over = pages, [], sign, threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hits.append(self.path)
                if self.path in ("/hang", "/hang-kill"):
                    if self.path == "/hang-kill" and outer.sign is not None:
                        outer.sign.touch()
                    outer.over.wait(60)
                    self.close_connection = True
                    return
                outer.answer(self)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer((address, 0), Handler)
        self.httpd.daemon_threads = True
        self.port = self.httpd.server_port
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        if path in ("/away", "/to-inside", "/circle"):
            handler.send_response(302)
            handler.send_header("Location", {"/circle": "/circle"}.get(path, self.pages.get("away", "/")))
            handler.end_headers()
            return
        body = self.pages.get(path, "" if path == "/nothing" else "<p>没有").encode()
        handler.send_response(200 if path in self.pages else 404)
        kind = "application/zip" if path == "/file" else "application/json" if path == "/data" else "text/html; charset=utf-8"
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self) -> None:
        self.over.set()
        self.httpd.shutdown()
        self.httpd.server_close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    server = Server("127.0.0.2", dict(PAGES), tmp_path / "sign")
    yield server
    server.close()


def _run(**order: Any) -> dict[str, dict[str, Any]]:
    order.setdefault("allow", ["127.0.0.2/32"])
    done = subprocess.run([sys.executable, "-m", "tests.crawler.render_run", json.dumps(order)], capture_output=True, text=True, timeout=150,
                          cwd=Path(__file__).resolve().parents[2])
    assert done.returncode == 0, done.stderr[-3000:]
    return {row["url"]: row for row in json.loads(done.stdout)}


def test_what_people_see_is_taken(site: Server) -> None:
    other = Server("127.0.0.3", dict(PAGES))
    site.pages["/"] = APP.format(other=other.port)
    url = f"http://127.0.0.2:{site.port}/"
    try:
        out = _run(urls=[url], static=[f"{url}plain"], allow=["127.0.0.2/31"])
    finally:
        other.close()
    row = out[url]
    for words in ("年化收益率12%", "卡片：", "保本", "外站框架里的话", "滚动后才出现"):
        assert words in row["dom"], words
    assert "骗人的" not in row["body"] and row["title"] == "平台首页" and row["status"] == 200 and row["truncated"] == ""
    view, full = (Image.open(io.BytesIO(base64.b64decode(row[name]))) for name in ("view", "full"))
    assert view.size == (1366, 900) and full.size[0] == 1366 and full.size[1] > 3000
    kinds = {uri.removesuffix(f":{url}"): kind for kind, uri, *_ in row["records"] if uri.startswith("urn:")}
    assert kinds == dict.fromkeys(("urn:x-adpatrol:dom", "urn:view", "urn:fullPage", "urn:text", "urn:pageinfo"), "resource")
    assert [(r[0], r[3]) for r in row["records"] if r[1] == url] == [("response", "127.0.0.2"), ("request", "127.0.0.2")]
    assert {r["url"] for r in row["resources"]} >= {url, f"{url}data", f"http://127.0.0.3:{other.port}/frame"}
    assert {p["host"] for p in row["passages"]} == {"127.0.0.2", "127.0.0.3"}
    assert "平常的页面" in out[f"{url}plain"]["body"]


def test_nothing_leaves_past_the_gate(site: Server) -> None:
    bad = Server("0.0.0.0", dict(PAGES))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", 0))
    udp.settimeout(0.1)
    site.pages["/"] = GREEDY.format(bad=bad.port, udp=udp.getsockname()[1])
    site.pages["away"] = f"http://127.0.0.9:{bad.port}/redirected"
    url = f"http://127.0.0.2:{site.port}/"
    inside = f"http://127.0.0.9:{bad.port}/page"
    loop = f"http://127.0.0.1:{bad.port}/page"
    try:
        out = _run(urls=[url, inside, loop, f"{url}to-inside", f"https://127.0.0.9:{bad.port}/", "http://nobody.invalid/"])
        with pytest.raises(TimeoutError):
            udp.recv(100)
    finally:
        bad.close()
        udp.close()
    assert bad.hits == []
    row = out[url]
    assert "正文" in row["dom"] and row["status"] == 200
    refused = {p["host"]: p["reason"] for p in row["passages"] if p["outcome"] == "refused"}
    assert {"127.0.0.9", "127.0.0.1", "localhost", "::ffff:7f00:9"} <= set(refused), refused
    assert all("出口闸门拒绝访问" in reason for reason in refused.values())
    assert "prefetch.example" not in {p["host"] for p in row["passages"]}
    for one in (inside, loop, f"{url}to-inside", f"https://127.0.0.9:{bad.port}/"):
        assert (out[one]["outcome"], out[one]["error"]) == ("refused_address", "RenderFailed"), out[one]
        assert "本机地址" in out[one]["detail"]
    assert out["http://nobody.invalid/"]["outcome"] == "dns"


def test_each_failure_has_an_outcome_and_the_run_goes_on(site: Server) -> None:
    url = f"http://127.0.0.2:{site.port}"
    site.pages["/file"] = "PK"
    with socket.create_server(("127.0.0.2", 0)) as silent:
        mute = f"http://127.0.0.2:{silent.getsockname()[1]}/"
        plain_tls = f"https://127.0.0.2:{site.port}/"
        closed = f"http://127.0.0.2:{_closed_port()}/"
        out = _run(
            urls=[f"{url}/endless", f"{url}/restless", f"{url}/slow", f"{url}/dialog", f"{url}/jump", f"{url}/jumpy", f"{url}/poll", f"{url}/file", f"{url}/circle",
                  f"{url}/nothing", f"{url}/gone", plain_tls, closed, mute, f"{url}/plain"],
            set={"crawler.rendering.page.SETTLE_S": 4, "crawler.rendering.page.STEP_S": 3, "crawler.rendering.chromium.NAVIGATE_S": 6},
        )
    # An error status without a page: the whole browser refuses to show it, the headless shell shows it empty.
    nothing = {"/nothing": "not_found"} if "error" in out[f"{url}/nothing"] else {}
    assert nothing or out[f"{url}/nothing"]["status"] == 404
    assert {one.removeprefix(url): row["outcome"] for one, row in out.items() if "error" in row} == {
        "/endless": "timeout", "/file": "not_html", "/circle": "redirect_loop", plain_tls: "tls", closed: "connect", mute: "timeout",
    } | nothing
    assert all(row["detail"].isascii() is False for row in out.values() if "error" in row)
    for path, words, cut in (("/restless", "不停变化", "time"), ("/slow", "慢", "time"), ("/dialog", "弹窗", ""), ("/jump", "平常的页面", ""), ("/jumpy", "平常的页面", ""),
                             ("/poll", "长轮询", "time"), ("/plain", "平常的页面", "")):
        assert words in out[url + path]["dom"] and out[url + path]["truncated"] in (cut, ""), (path, out[url + path]["truncated"])
    assert out[f"{url}/jumpy"]["final_url"] == out[f"{url}/jump"]["final_url"] == f"{url}/plain" and out[f"{url}/gone"]["status"] == 404


def _closed_port() -> int:
    with socket.create_server(("127.0.0.2", 0)) as closing:
        return int(closing.getsockname()[1])


@pytest.mark.parametrize("kind", ["renderer", "browser"])
def test_a_dead_browser_is_told_and_replaced(site: Server, kind: str) -> None:
    url = f"http://127.0.0.2:{site.port}"
    site.pages["/kill"] = "<!doctype html><p>x<script src=/hang-kill></script>"
    out = _run(urls=[f"{url}/kill", *(f"{url}/plain?{n}" for n in range(3))], kill=[kind, str(site.sign)], at_once=1)
    assert (out[f"{url}/kill"].get("outcome"), out[f"{url}/kill"].get("error")) == ("browser_crash", "BrowserCrashed"), out[f"{url}/kill"]
    assert "崩溃" in out[f"{url}/kill"]["detail"]
    assert [out[f"{url}/plain?{n}"]["status"] for n in range(3)] == [200] * 3


def test_the_browser_is_restarted_after_so_many_pages(site: Server) -> None:
    urls = [f"http://127.0.0.2:{site.port}/plain?{n}" for n in range(6)]
    out = _run(urls=urls, set={"crawler.rendering.chromium.RESTART_PAGES": 2})
    assert [out[u]["status"] for u in urls] == [200] * 6
    assert len({pid for row in out.values() for pid in row["browsers"]}) >= 3


def test_a_phone_sees_the_phones_page(site: Server) -> None:
    site.pages["/"] = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><p id=p><script>p.textContent = innerWidth + ' ' + navigator.userAgent + ' ' + new Date().getTimezoneOffset()</script>"
    url = f"http://127.0.0.2:{site.port}/"
    row = _run(urls=[url], client="phone-browser")[url]
    assert "<p id=\"p\">393 " in row["dom"] and "Mobile" in row["dom"] and " -480" in row["dom"]
    assert Image.open(io.BytesIO(base64.b64decode(row["view"]))).size == (786, 1704)


@pytest.mark.parametrize(("message", "unknown"), [
    ("Page.goto: Navigation to \"http://a.example/\" is interrupted by another navigation to \"http://b.example/\"", True),
    ("Page.content: Unable to retrieve content because the page is navigating and changing the content.", True),
    ("Page.goto: net::ERR_CONNECTION_RESET at http://a.example/", False), ("Page.goto: Timeout 30000ms exceeded.", False), ("Page.goto: Page crashed", False),
])
def test_a_page_that_goes_elsewhere_is_told_from_one_that_fails(message: str, unknown: bool) -> None:
    assert isinstance(of_playwright(message), Unknown) is unknown
