"""What happens on one page while it loads: requests, failures, script errors, crash. Bounded, as a hostile page says as much as it likes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error, Page

from crawler.rendering.hints import hints

MAX_RESOURCES = 1_000
MAX_ERRORS = 50
MAX_TEXT = 300
MAX_URL = 2_000
BEGIN_S = 5.0
WAITED_FOR_S = 5.0  # a request older than this is a long poll, not the page's content
_CONTENT = frozenset({"document", "script", "stylesheet", "xhr", "fetch"})

_watches: WeakKeyDictionary[Page, Watch] = WeakKeyDictionary()


class Watch:
    """``resources``: one row a request: url, type, method, status, mime, failed. ``main``: the top frame's newest answer; ``main_failure``: why its
    newest request that failed did (net::ERR_…); a page that sends the browser elsewhere is itself told as aborted, before or after what it led to
    fails. ``session``: DevTools on the page, where it was begun for a client."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: Any = None
        self.began = datetime.now(UTC)
        self.resources: list[dict[str, Any]] = []
        self.dropped = 0
        self.errors: list[str] = []
        self.sockets: list[str] = []
        self.main: Any = None
        self.main_failure = self.main_failed_url = ""
        self._main_before: Any = None
        self._navigation: Any = None  # the top frame's newest request
        self._navigation_failed = False
        self.crashed = asyncio.Event()
        self._rows: dict[Any, dict[str, Any]] = {}
        self._pending: dict[Any, float] = {}
        for event, handler in (
            ("request", self._request), ("response", self._response), ("requestfinished", self._finished), ("requestfailed", self._failed),
            ("console", self._console), ("pageerror", self._pageerror), ("websocket", self._socket), ("crash", self._crash), ("popup", self._popup),
        ):
            page.on(event, handler)  # type: ignore[call-overload]

    def waits_for(self) -> int:
        """Requests under way that may still change what the page shows."""
        now = time.monotonic()
        return sum(now - since < WAITED_FOR_S for since in self._pending.values())

    def main_broken(self) -> bool:
        """Whether the top frame's answer began and did not end."""
        return self.main is not None and "net::ERR_" in (self.main.request.failure or "")

    def _request(self, request: Any) -> None:
        if self._is_main(request):
            self._navigation, self._navigation_failed = request, False
        if request.resource_type in _CONTENT and len(self._pending) < MAX_RESOURCES:
            self._pending[request] = time.monotonic()
        if request.url.startswith(("data:", "blob:")):
            return
        if len(self.resources) >= MAX_RESOURCES:
            self.dropped += 1
            return
        row = {"url": request.url[:MAX_URL], "type": request.resource_type, "method": request.method}
        self._rows[request] = row
        self.resources.append(row)

    def _response(self, response: Any) -> None:
        row = self._rows.get(response.request)
        if row is not None:
            row["status"] = response.status
            row["mime"] = response.headers.get("content-type", "")[:100]
        if not 300 <= response.status < 400 and self._is_main(response.request):
            self._main_before, self.main = self.main, response

    def _finished(self, request: Any) -> None:
        self._pending.pop(request, None)
        self._rows.pop(request, None)

    def _failed(self, request: Any) -> None:
        self._pending.pop(request, None)
        if self._is_main(request):
            self._main_failed(request)
        row = self._rows.pop(request, None)
        if row is not None:
            row["failed"] = (request.failure or "")[:MAX_TEXT]

    def _is_main(self, request: Any) -> bool:
        try:
            return bool(request.is_navigation_request() and request.frame == self.page.main_frame)
        except Error:  # a request of a worker, or of a frame that is gone, has no frame
            return False

    def _main_failed(self, request: Any) -> None:
        failure = (request.failure or "")[:MAX_TEXT]
        if request == self._navigation or not self._navigation_failed:
            self._navigation_failed = request == self._navigation
            self.main_failure, self.main_failed_url = failure, request.url[:MAX_URL]
        if "ERR_ABORTED" in failure and self.main is not None and self.main.request == request:
            self.main = self._main_before  # a download, or an answer without content: the page stays where it was

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self._error(message.text)

    def _pageerror(self, error: Any) -> None:
        self._error(str(error))

    def _error(self, text: str) -> None:
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(text[:MAX_TEXT])

    def _socket(self, socket: Any) -> None:
        if len(self.sockets) < MAX_ERRORS:
            self.sockets.append(socket.url[:MAX_URL])

    def _crash(self, page: Any) -> None:
        self.crashed.set()

    async def _popup(self, page: Page) -> None:
        with suppress(Error):
            await page.close()


async def begin(page: Page, request: Any = None, user_agent: str = "") -> None:
    """scrapy-playwright's page init callback: before the first request of the page. ``user_agent``: the client's, where no request tells it.
    Raises playwright's Error, TimeoutError."""
    watch = _watches[page] = Watch(page)
    name = user_agent or ((request.meta.get("playwright_context_kwargs") or {}).get("user_agent") if request is not None else "")
    browser = page.context.browser
    if name and browser is not None:
        async with asyncio.timeout(BEGIN_S):
            watch.session = await page.context.new_cdp_session(page)
            await watch.session.send("Emulation.setUserAgentOverride", hints(name, browser.version))


def watch_of(page: Page) -> Watch:
    """The page's watch; for a page without one, begun now."""
    watch = _watches.get(page)
    if watch is None:
        watch = _watches[page] = Watch(page)
    return watch
