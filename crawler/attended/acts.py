"""What officers may do in a session, and nothing else: open, scroll, click, go back, take a picture. Nothing is ever typed, so nobody signs in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from crawler.attended.journal import Journal
from crawler.attended.order import SessionError
from crawler.attended.screen import HEIGHT, STEP_S, WIDTH, Screen
from crawler.plans.urls import AddressError, typed_address
from crawler.rendering.chromium import NAVIGATE_S
from crawler.rendering.errors import ErrorShown, RenderError, of_gate, of_playwright
from crawler.rendering.page import as_it_stands, host_of

SETTLE_S = 8.0  # after an act, until the page is as it will be; what moves for longer is recorded all the same
REST_S = 0.5
SCROLL = 600  # CSS pixels of one step
MAX_SHOTS = 40
MAX_URL = 2_000


class ActRefused(SessionError):
    """The act was not done; the session goes on."""


class Acts:
    """One at a time. Each answers one Chinese sentence: what was done, as the journal has it. Raises ActRefused."""

    def __init__(self, screen: Screen, journal: Journal) -> None:
        self._screen, self._journal = screen, journal
        self._shots = 0
        self._answers = 0
        self.table: dict[str, Callable[[dict[str, Any]], Any]] = {
            "open": self._open, "down": self._down, "up": self._up, "click": self._click, "back": self._back, "shot": self._shot,
        }

    async def do(self, asked: dict[str, Any]) -> str:
        name = str(asked.get("act", ""))
        if name not in self.table:
            raise ActRefused("会话中只能打开网址、滚动、点击、后退、截图和结束")
        said: str = await self.table[name](asked)
        return said

    def arrived(self, body: bytes, facts: dict[str, Any]) -> None:
        """A page came into the window: its answer is kept as a file, its facts as a line."""
        kept: dict[str, Any] = {}
        if body and len(body) <= 4 * 1024 * 1024:
            self._answers += 1
            kept = self._journal.file(f"answer-{self._answers:03d}.bin", body)
        status, server = facts.get("status"), facts.get("server") or "未知"
        chain = f"，经 {len(facts['redirects'])} 次跳转" if facts.get("redirects") else ""
        self._journal.event("arrived", f"窗口中显示 {facts['url']}（应答码 {status}，服务器 {server}{chain}）", **facts, answer=kept)

    # The acts

    async def _open(self, asked: dict[str, Any]) -> str:
        try:
            url = typed_address(str(asked.get("url", ""))[:MAX_URL])
        except AddressError as error:
            raise ActRefused(f"网址不对：{error}") from error
        if urlsplit(url).scheme not in ("http", "https"):
            raise ActRefused("只能打开 http 或 https 网址")
        try:
            await self._screen.page.goto(url, wait_until="commit", timeout=NAVIGATE_S * 1000)
            refused = await self._screen.gate_said()
            if refused:
                raise of_gate("refused", refused)
        except (Error, RenderError) as error:
            raise ActRefused(f"打开 {url} 未成功：{self._why(error, url)}") from error
        await self._settle()
        return f"打开网址 {url}"

    async def _down(self, asked: dict[str, Any]) -> str:
        return await self._wheel(SCROLL, "向下滚动")

    async def _up(self, asked: dict[str, Any]) -> str:
        return await self._wheel(-SCROLL, "向上滚动")

    async def _wheel(self, by: int, said: str) -> str:
        await self._quickly(self._wheel_steps(by), "滚动")
        await asyncio.sleep(REST_S)
        where = await self._screen_place()
        return f"{said}{f'，至页面第 {where} 像素处' if where else ''}"

    async def _wheel_steps(self, by: int) -> None:
        await self._screen.page.mouse.move(WIDTH / 2, HEIGHT / 2)
        await self._screen.page.mouse.wheel(0, by)

    async def _screen_place(self) -> str:
        """How far down the top frame stands; "" where the page does not answer."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(2):
                metrics = await self._screen.metrics()
                return str(round(float((metrics.get("cssVisualViewport") or {}).get("pageY", 0))))
        return ""

    async def _click(self, asked: dict[str, Any]) -> str:
        try:
            x, y = int(asked["x"]), int(asked["y"])
        except (KeyError, TypeError, ValueError) as error:
            raise ActRefused("没有说明点击的位置") from error
        if not (0 <= x < WIDTH and 0 <= y < HEIGHT):
            raise ActRefused("点击的位置不在画面内")
        what = await self._screen.under(x, y)
        await self._quickly(self._screen.page.mouse.click(x, y), "点击")
        await asyncio.sleep(REST_S)
        await self._settle()
        return f"点击画面（{x}，{y}）处{f' {what}' if what else ''}"

    async def _back(self, asked: dict[str, Any]) -> str:
        if not await self._screen.earlier():
            raise ActRefused("没有更早的页面可以后退")
        with suppress(Error):
            await self._screen.page.go_back(wait_until="commit", timeout=NAVIGATE_S * 1000)
        await self._settle()
        return f"后退，现为 {self._screen.page.url[:MAX_URL]}"

    async def _shot(self, asked: dict[str, Any]) -> str:
        """The window, the whole page, its DOM and its text, each a file; told by one line, so that they name one another."""
        if self._shots >= MAX_SHOTS:
            raise ActRefused(f"一次会话最多截图 {MAX_SHOTS} 次")
        try:
            seen = await as_it_stands(self._screen.page, self._screen.page.url)
        except (RenderError, ErrorShown) as error:
            raise ActRefused(f"截图未成功：{error if isinstance(error, RenderError) else '浏览器显示的是出错页'}") from error
        if not seen.view_png:
            raise ActRefused("截图未成功：页面一直占用浏览器")
        self._shots += 1
        stem = f"shot-{self._shots:02d}"
        page = {"url": seen.final_url, "title": seen.title, "status": seen.status, "resources": list(seen.resources)[:300], "truncated": seen.truncated}
        parts = [("window.png", seen.view_png), ("page.png", seen.full_png), ("dom.html", seen.dom.encode("utf-8", "replace")),
                 ("text.txt", seen.text.encode("utf-8", "replace")), ("info.json", json.dumps(page, ensure_ascii=False, sort_keys=True).encode())]
        files = [self._journal.file(f"{stem}-{name}", data) for name, data in parts if data]
        self._journal.event("shot", f"截图 {self._shots}：{seen.title or '（无标题）'}", number=self._shots, url=seen.final_url, title=seen.title,
                            files=files, truncated=seen.truncated)
        return f"截图 {self._shots}（窗口、整页、页面结构、页面文字），网址 {seen.final_url[:MAX_URL]}"

    # Waiting

    async def _quickly(self, work: Any, what: str) -> None:
        try:
            async with asyncio.timeout(STEP_S):
                await work
        except (TimeoutError, Error) as error:
            raise ActRefused(f"{what}未成功：页面没有反应") from error

    async def _settle(self) -> None:
        """Until loaded and nothing under way that matters, at most SETTLE_S."""
        with suppress(PlaywrightTimeout, Error):
            await self._screen.page.wait_for_load_state("load", timeout=SETTLE_S * 1000)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                while self._screen.watch.waits_for():
                    await asyncio.sleep(0.1)

    def _why(self, error: Exception, url: str) -> str:
        if isinstance(error, RenderError):
            return error.detail
        rows = self._screen.proxy.not_opened(host_of(self._screen.watch.main_failed_url or url)) if "ERR_TUNNEL" in str(error) else []
        return (of_gate(rows[-1].outcome, rows[-1].reason) if rows else of_playwright(str(error))).detail
