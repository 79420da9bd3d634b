"""G9: pages kept at evidence grade a second ÷ bare Playwright goto + content + whole-page screenshot on a reused page. One browser each, local pages.

Ours does all of it: a clean profile a page, egress gate, waiting and scrolling, DOM with places, picture, every sub-resource, certificates, second fetch,
self-check, WARC records with digests, ledger and fsync; as many pages at once as the patrol shows. Printed beside it: bare with as many at once.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from playwright.async_api import async_playwright

from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import running_proxy
from crawler.identity import user_agent
from crawler.rendering import evidence_grade
from crawler.rendering.chromium import AT_ONCE, context_kwargs, launch_options
from crawler.rendering.evidence_records import Evidence
from crawler.rendering.recorder import begin_evidence
from crawler.rendering.surroundings import surroundings
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit

ROOT = Path(__file__).resolve().parent.parent
CLIENT = "desktop-evidence"
WORDS = "我们为出借人和借款人提供信息撮合服务，注册后即可查看全部项目、期限与还款方式，客服每日在线解答。承诺保本保息，年化收益率18%。"
PAGE = ("<!doctype html><meta charset=utf-8><title>示例</title><link rel=stylesheet href=/s.css><h1>示例财富</h1>" + f"<p>{WORDS}</p>" * 40 +
        "".join(f"<img src=/{n}.png width=300 height=120>" for n in range(6)) + "<script src=/a.js></script>")


def serve() -> None:
    """The pages, in a process of their own; prints its port."""
    noise = Image.effect_noise((300, 120), 60).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    files = {"/s.css": ("text/css", b"body{font-family:sans-serif;line-height:1.7}"), "/a.js": ("application/javascript", b"document.title += '!'")}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = files.get(self.path, ("image/png", out.getvalue()) if self.path.endswith(".png") else ("text/html; charset=utf-8", PAGE.encode()))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


async def _many(count: int, at_once: int, one: Callable[[int], Awaitable[Any]]) -> float:
    """Seconds for ``count`` pages."""
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    return time.perf_counter() - began


class Meter:
    """Processor seconds of this process and of all it starts, by what they do. Looked at often, since a page's process ends with its page."""

    def __init__(self) -> None:
        self._own = time.process_time()
        self._spent: dict[int, tuple[str, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    used = child.cpu_times()
                    self._spent[child.pid] = (_work(child.cmdline()), used.user + used.system)

    def told(self, pages: int) -> str:
        sums = Counter({"本程序": time.process_time() - self._own})
        for work, seconds in self._spent.values():
            if work:
                sums[work] += seconds
        return f"{sum(sums.values()) / pages:.2f} 秒/页（" + "，".join(f"{work} {seconds / pages:.2f}" for work, seconds in sums.most_common()) + "）"


def _work(command: list[str]) -> str:
    if "benchmarks.capture" in command:
        return ""  # the server of the pages
    kind = next((part[7:] for part in command if part.startswith("--type=")), "")
    named = {"renderer": "页面进程", "gpu-process": "绘图", "utility": "网络与存储", "zygote": "浏览器"}
    return named.get(kind, "驱动" if "run-driver" in command else "浏览器")


async def _bare(url: str, count: int, at_once: int) -> float:
    async with async_playwright() as playwright:
        options = launch_options("http://127.0.0.1:1")
        browser = await playwright.chromium.launch(**{name: options[name] for name in ("executable_path", "chromium_sandbox")}, headless=True)
        context = await browser.new_context(viewport={"width": 1366, "height": 900})
        free = [await context.new_page() for _ in range(at_once)]

        async def one(number: int) -> None:
            page = free.pop()
            await page.goto(f"{url}{number}")
            await page.content()
            await page.screenshot(full_page=True)
            free.append(page)

        await one(0)
        seconds = await _many(count, at_once, one)
        await browser.close()
        return seconds


async def _ours(url: str, count: int, folder: Path) -> float:
    async with running_proxy(EgressPolicy(allow=(ip_network("127.0.0.0/8"),))) as gate, async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(gate.url))
        with ArchiveWriter(folder, run="bench") as writer:

            async def one(number: int) -> None:
                target, began = f"{url}{number}", datetime.now(UTC)
                visitor = context_kwargs(CLIENT)
                context = await browser.new_context(**visitor)
                page = await context.new_page()
                await begin_evidence(page, user_agent=visitor["user_agent"])
                await page.goto(target, wait_until="commit")
                seen = await evidence_grade.take(page, target, CLIENT)
                closing = asyncio.ensure_future(context.close())
                meta = {"cites": ("保本保息",), "second_user_agent": user_agent("desktop-static", "public")}
                evidence = Evidence(seen, await surroundings(gate, seen, meta))
                assert len(seen.answers) == 8, len(seen.answers)
                writer.write(Visit(id=f"v{number}", run="bench", site=url, url=target, final_url=target, time=began, client=CLIENT, outcome=Outcome.OK,
                                   status=seen.status, facts=evidence.facts(), records=evidence.records(target, {})))
                writer.commit()
                await closing

            await one(count)
            seconds = await _many(count, AT_ONCE, one)
        await browser.close()
        return seconds


def run(count: int = 60, rounds: int = 3) -> dict[str, float]:
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.capture"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.2:{int(server.stdout.readline())}/"
        bare, several, ours, spent = [], [], [], {}
        for _ in range(rounds):
            with Meter() as meter:
                bare.append(asyncio.run(_bare(url, count, 1)))
            spent["Playwright 单页"] = meter.told(count + 1)
            several.append(asyncio.run(_bare(url, count, AT_ONCE)))
            with tempfile.TemporaryDirectory() as folder, Meter() as meter:
                ours.append(asyncio.run(_ours(url, count, Path(folder))))
            spent["证据级留存"] = meter.told(count + 1)
    finally:
        server.terminate()
        server.wait(10)
    for name, times in (("Playwright 单页", bare), (f"Playwright {AT_ONCE} 页并行", several), ("证据级留存", ours)):
        print(f"{name:16} {count / min(times):.2f} 页/秒" + (f"，处理器 {spent[name]}" if name in spent else ""))
    return {"G9": min(bare) / min(ours)}


if __name__ == "__main__":
    serve()
