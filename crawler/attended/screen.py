"""The browser of a session: one page, its live picture, and what a page tries that is not looking. Nothing leaves but through the gate."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Error, Page, Playwright

from crawler.guards.proxy import GATE_HEADER, GateProxy
from crawler.rendering.chromium import context_kwargs, launch_options
from crawler.rendering.page import host_of
from crawler.rendering.watch import Watch, begin, watch_of

WIDTH, HEIGHT = 1200, 760  # CSS pixels, one to one in the picture: a click's place is the page's
QUALITY = 70
STEP_S = 8.0
PICTURE_S = 4.0
MAX_TOLD = 300  # characters of what a page says
MAX_ARRIVALS = 300
Tell = Callable[..., object]  # (kind, said, **facts)


class Screen:
    """``tell`` hears what happens on the page; ``newest`` is its newest picture (JPEG) or b"". ``gone`` is set when page or browser died."""

    def __init__(self, proxy: GateProxy, tell: Tell, arrived: Callable[[bytes, dict[str, Any]], object]) -> None:
        self.proxy, self._tell, self._arrived = proxy, tell, arrived
        self.newest = b""
        self.gone = asyncio.Event()
        self.version = ""
        self.page: Page
        self.watch: Watch
        self._browser: Browser | None = None
        self._session: Any = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._arrivals = 0
        self._closing = False

    async def start(self, playwright: Playwright, *, identity: str, contact: str) -> None:
        """A fresh profile that ends with the session. Raises RenderError, playwright's Error."""
        self._browser = await playwright.chromium.launch(**launch_options(self.proxy.url))
        self.version = self._browser.version
        options = context_kwargs("desktop-browser", identity, contact) | {"viewport": {"width": WIDTH, "height": HEIGHT}}
        context = await self._browser.new_context(**options)
        self.page = await context.new_page()
        await begin(self.page, user_agent=options["user_agent"])
        self.watch = watch_of(self.page)
        self._browser.on("disconnected", lambda _: self._died("浏览器已退出"))
        for event, handler in (
            ("dialog", self._dialog), ("download", self._download), ("filechooser", self._chooser),
            ("framenavigated", self._navigated), ("crash", lambda _: self._died("浏览器在显示该页时崩溃")), ("websocket", self._socket),
        ):
            self.page.on(event, handler)  # type: ignore[call-overload]
        self._session = await context.new_cdp_session(self.page)
        self._session.on("Page.screencastFrame", self._frame)
        self._session.on("Page.windowOpen", self._window)
        await self._session.send("Page.enable")
        await self._session.send("Page.startScreencast", {"format": "jpeg", "quality": QUALITY, "maxWidth": WIDTH, "maxHeight": HEIGHT})

    async def close(self) -> None:
        self._closing = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._browser is not None:
            with suppress(Error, TimeoutError):
                async with asyncio.timeout(STEP_S):
                    await self._browser.close()

    async def clean(self) -> dict[str, int]:
        """What the profile holds: before the first page, nothing. Counts of cookies, of origins with storage, of pages."""
        state = await self.page.context.storage_state()
        return {"cookies": len(state.get("cookies", [])), "origins": len(state.get("origins", [])), "pages": len(self.page.context.pages)}

    async def picture(self) -> bytes:
        """The page as it is shown now, as JPEG; b"" where it cannot be had (a script that never rests)."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(PICTURE_S):
                return await self.page.screenshot(type="jpeg", quality=QUALITY, timeout=PICTURE_S * 1000)
        return b""

    async def under(self, x: int, y: int) -> str:
        """What lies at a place, as the page names it: 〈a〉立即投资; asked in a world that the page's scripts cannot reach."""
        ask = (
            f"(() => {{ const e = document.elementFromPoint({int(x)}, {int(y)}); if (!e) return ''; const t = e.closest('a,button') || e; "
            "const said = (t.innerText || t.value || t.alt || '').trim(); return '〈' + t.tagName.toLowerCase() + '〉' + (said.length > 60 ? '' : said); })()"
        )
        with suppress(Error, TimeoutError, KeyError):
            async with asyncio.timeout(STEP_S):
                tree = await self._session.send("Page.getFrameTree")
                world = await self._session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "adpatrol"})
                got = await self._session.send("Runtime.evaluate", {"expression": ask, "contextId": world["executionContextId"], "returnByValue": True})
                return " ".join(str(got["result"].get("value", "")).split())[:100]
        return ""

    async def earlier(self) -> bool:
        """Whether a page was shown before this one; the blank page of the beginning is none."""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(STEP_S):
                history = await self._session.send("Page.getNavigationHistory")
                return any(str(one.get("url", "")).startswith("http") for one in history["entries"][: int(history["currentIndex"])])
        return False

    async def metrics(self) -> dict[str, Any]:
        """As CDP's Page.getLayoutMetrics."""
        return dict(await self._session.send("Page.getLayoutMetrics"))

    def server_of(self, url: str) -> str:
        """The address the gate connected to for this page's host; "" where none."""
        found = [row.address for row in self.proxy.passages(host_of(url)) if row.address]
        return found[-1] if found else ""

    def dns_of(self, url: str) -> list[str]:
        found = [list(row.addresses) for row in self.proxy.passages(host_of(url)) if row.addresses]
        return found[-1] if found else []

    async def gate_said(self) -> str:
        """Why the gate refused the page that is shown in place of the site's; "" where it is the site's."""
        main = self.watch.main
        if main is None:
            return ""
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(STEP_S):
                if self.proxy.said(await main.header_value(GATE_HEADER)):
                    rows = self.proxy.not_opened(host_of(main.url))
                    return rows[-1].reason if rows else "出口闸门没有接通"
        return ""

    # What the page does

    def _frame(self, event: dict[str, Any]) -> None:
        self._do(self._session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        with suppress(binascii.Error, KeyError):
            self.newest = base64.b64decode(event["data"])

    def _navigated(self, frame: Any) -> None:
        if frame == self.page.main_frame and self._arrivals < MAX_ARRIVALS:
            self._arrivals += 1
            self._do(self._facts(frame.url))

    async def _facts(self, url: str) -> None:
        """What answered: status, chain of redirects, server, certificate. Told once for each page that comes into the window."""
        main = self.watch.main
        if url.startswith(("chrome-error:", "about:")):
            return
        if main is None or main.url.partition("#")[0] != url.partition("#")[0]:
            self._tell("arrived", f"地址栏变为 {url[:MAX_TOLD]}", url=url[:2_000])
            return
        chain: list[str] = []
        request = main.request.redirected_from
        while request is not None and len(chain) < 30:
            chain.append(request.url[:2_000])
            request = request.redirected_from
        body = b""
        headers: list[list[str]] = []
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(STEP_S):
                headers = [[h["name"], h["value"][:1_000]] for h in await main.headers_array()][:60]
                body = await main.body()
        tls = await self._tls(main, url)
        self._arrived(body, {
            "url": url[:2_000], "status": main.status, "redirects": list(reversed(chain)), "server": self.server_of(url), "dns": self.dns_of(url),
            "tls": tls, "headers": headers,
        })

    async def _tls(self, main: Any, url: str) -> dict[str, Any]:
        if urlsplit(url).scheme != "https":
            return {}
        facts: dict[str, Any] = {}
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(STEP_S):
                facts = dict(await main.security_details() or {})
                origin = f"https://{urlsplit(url).netloc}"
                table = (await self._session.send("Network.getCertificate", {"origin": origin})).get("tableNames") or []
                facts["sha256"] = [hashlib.sha256(base64.b64decode(one)).hexdigest() for one in table[:6]]
        return facts

    async def _dialog(self, dialog: Any) -> None:
        kind = {"alert": "提示框", "confirm": "确认框", "prompt": "输入框", "beforeunload": "离开提示"}.get(dialog.type, "对话框")
        leaving = dialog.type == "beforeunload"
        self._tell("notice", f"页面弹出{kind}：“{dialog.message[:MAX_TOLD]}”，{'已放行' if leaving else '未作选择，已关闭'}", dialog=dialog.type)
        with suppress(Error):
            await (dialog.accept() if leaving else dialog.dismiss())

    async def _download(self, download: Any) -> None:
        self._tell("notice", f"页面要求下载文件（{download.url[:MAX_TOLD]}），未下载")
        with suppress(Error):
            await download.cancel()

    def _chooser(self, chooser: Any) -> None:
        self._tell("notice", "页面要求选择本机文件，未提供")

    def _window(self, event: dict[str, Any]) -> None:
        """A new window is closed at once (rendering.watch): the officers look at one, and see in the journal what was asked."""
        url = str(event.get("url", ""))
        self._tell("notice", f"页面要求在新窗口打开 {url[:MAX_TOLD] or '空白页'}，新窗口已关闭；要查看的，用“打开网址”在本窗口打开", popup=url[:2_000])

    def _socket(self, socket: Any) -> None:
        self._tell("notice", f"页面建立实时连接 {socket.url[:MAX_TOLD]}")

    def _died(self, why: str) -> None:
        if not self._closing and not self.gone.is_set():
            self._tell("notice", why)
            self.gone.set()

    def _do(self, work: Awaitable[Any]) -> None:
        """In the background, bounded by the session's life; a page that is gone is no fault of ours."""
        async def run() -> None:
            with suppress(Error):
                await work

        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
