"""Scrapy's download handler for pages in the browser: one page a request, taken and closed before the answer goes back, every wait bounded.

scrapy-playwright has no setting to restart the browser and leaves pages to the spider; both are kept here, so that no error leaves a page open.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error, Page
from scrapy.http import HtmlResponse, Request, Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.guards.heads import bound
from crawler.guards.proxy import GATE_HEADER, GateProxy, Passage
from crawler.outcomes import of_status
from crawler.rendering import chromium, evidence_grade, page
from crawler.rendering.errors import ErrorShown, RenderError, RenderFailed, RenderTimeout, Unknown, of_gate, of_playwright
from crawler.rendering.evidence_grade import Graded
from crawler.rendering.evidence_records import Evidence
from crawler.rendering.page import Seen
from crawler.rendering.surroundings import surroundings
from crawler.rendering.watch import watch_of

_handlers: WeakKeyDictionary[Any, RenderingHandler] = WeakKeyDictionary()


class RenderingHandler(ScrapyPlaywrightDownloadHandler):
    """For http and https alike: one handler, one browser. Requests without ``meta["playwright"]`` are fetched as ever."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        bound(self)
        self.config.target_closed_max_retries = 1  # a page that kills the browser is not to kill it four times
        self._slots = asyncio.Semaphore(chromium.AT_ONCE)
        self._door = asyncio.Lock()
        self._empty = asyncio.Event()
        self._empty.set()
        self._open = self._shown = 0
        self._sick = self._closed = False

    @classmethod
    def from_crawler(cls, crawler: Any) -> RenderingHandler:
        """Scrapy makes a handler for each scheme; two would be two browsers."""
        if crawler not in _handlers:
            _handlers[crawler] = cls(crawler)
        return _handlers[crawler]

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await super().close()

    async def download_request(self, request: Request) -> Response:
        if not request.meta.get("playwright"):
            return await super().download_request(request)
        async with self._slots:
            await self._enter()
            try:
                answer = await self._show(request)
            finally:
                self._open -= 1
                if self._open == 0:
                    self._empty.set()
        seen, gate = request.meta.get("seen"), self._gate()
        if isinstance(seen, Graded) and gate is not None:
            request.meta["evidence"] = Evidence(seen, await surroundings(gate, seen, request.meta))
        return answer

    async def _enter(self) -> None:
        """Counts the page in; where the browser has shown enough, or is sick, waits for the others and starts a new one."""
        async with self._door:
            if self._shown >= chromium.RESTART_PAGES or self._sick:
                await self._empty.wait()
                await self._restart()
            self._shown += 1
            self._open += 1
            self._empty.clear()

    async def _restart(self) -> None:
        browser = getattr(self, "browser", None)
        self._shown, self._sick = 0, False
        if browser is None:
            return
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(15):
                await browser.close()
        await self._browser_disconnected_callback()

    async def _browser_disconnected_callback(self) -> None:
        """As scrapy-playwright's, which leaves the dead browser in place where closing one of its contexts fails."""
        self.context_wrappers.clear()
        if hasattr(self, "browser") and not self.browser.is_connected():
            del self.browser

    async def _show(self, request: Request) -> Response:
        began = datetime.now(UTC)
        try:
            try:
                async with asyncio.timeout(chromium.NAVIGATE_S + 5):
                    answer: Response | None = await super().download_request(request)
            except TimeoutError as error:
                raise RenderTimeout("浏览器在限定时间内没有打开该页") from error
            except (Error, RuntimeError) as error:
                why, there = self._why(request, began, str(error)), request.meta.get("playwright_page")
                if not (isinstance(why, Unknown) and isinstance(there, Page) and there.url.startswith("http")):
                    raise why from error
                answer = None  # a script went elsewhere while the page was being read: what stands there now is what people see
            gate = self._gate()
            said = gate.said((answer.headers.get(GATE_HEADER) or b"").decode("latin-1")) if gate is not None and answer is not None else ""
            if said and answer is not None:
                raise of_gate(said, self._refusal(answer.url, began, said))
            shown: Page = request.meta["playwright_page"]
            try:
                client = request.meta.get("wanted_as_evidence")
                seen = await evidence_grade.take(shown, request.url, client) if client else await page.take(shown, request.url)
            except ErrorShown as error:
                raise self._why(request, began, str(error)) from error
            said = gate.said(next((value for name, value in seen.headers if name.lower() == GATE_HEADER.lower()), "")) if gate is not None else ""
            if said:  # where a script of the page went to
                raise of_gate(said, self._refusal(seen.final_url, began, said))
        except RenderError:
            self._sick = self._sick or not self._alive()
            raise
        finally:
            await self._put_away(request)
        return self._answer(request, seen, began)

    def _answer(self, request: Request, seen: Seen, began: datetime) -> Response:
        gate = self._gate()
        hosts = page.hosts_of(seen)
        passages = [passage.to_json() for passage in (gate.log if gate is not None else ()) if passage.time >= began and passage.host in hosts]
        seen = request.meta["seen"] = replace(seen, passages=tuple(passages))
        headers = [(name, value) for name, value in seen.headers if name.lower() not in ("content-encoding", "content-type")]
        answer = HtmlResponse(seen.final_url, status=seen.status or 200, body=seen.dom.encode("utf-8", "replace"), encoding="utf-8", request=request,
                              flags=["playwright"])
        for name, value in headers:
            answer.headers.appendlist(name, value)
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
        return answer

    async def _put_away(self, request: Request) -> None:
        left = request.meta.pop("playwright_page", None)
        for shown in [left] if isinstance(left, Page) else []:
            if not await page.close(shown):
                self._sick = True
            if request.meta.get("wanted_as_evidence"):  # the profile was for this visit alone
                with suppress(Error, TimeoutError):
                    async with asyncio.timeout(page.CLOSE_S):
                        await shown.context.close()

    def _alive(self) -> bool:
        browser = getattr(self, "browser", None)
        return browser is None or browser.is_connected()

    def _gate(self) -> GateProxy | None:
        provider = getattr(self, "browser_provider", None)
        return getattr(provider, "proxy", None)

    def _why(self, request: Request, began: datetime, message: str) -> RenderError:
        """What stopped the navigation: for a tunnel that was not opened, the gate knows; an error status without a page is told by the status."""
        shown = request.meta.get("playwright_page")
        if "ERR_HTTP_RESPONSE_CODE_FAILURE" in message and isinstance(shown, Page) and (main := watch_of(shown).main) is not None:
            met = of_status(main.status)
            return RenderFailed(met.detail, met.outcome)
        if "ERR_TUNNEL_CONNECTION_FAILED" in message:
            failed = watch_of(shown).main_failed_url if isinstance(shown, Page) else ""  # where the site sent the browser, if it did
            rows = self._not_opened(failed or request.url, began)
            if rows:
                return of_gate(rows[-1].outcome, rows[-1].reason)
        return of_playwright(message)

    def _refusal(self, url: str, began: datetime, said: str) -> str:
        return next((passage.reason for passage in reversed(self._not_opened(url, began)) if passage.outcome == said), "")

    def _not_opened(self, url: str, began: datetime) -> list[Passage]:
        gate = self._gate()
        return gate.not_opened(page.host_of(url), began) if gate is not None else []
