"""Every answer a page got while it loaded, with its body, and everything it said on the console: bounded in number, bytes and time, and what was
left out is said. For visits at evidence grade."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error, Page

from crawler.rendering.watch import MAX_TEXT, MAX_URL, begin, watch_of

MAX_ANSWERS = 500  # of one visit
MAX_BYTES = 48 * 1024 * 1024  # of all bodies together
MAX_BODY = 8 * 1024 * 1024  # of one; the rest is cut and marked
MAX_POST = 1024 * 1024
MAX_LOG = 1_000
AT_ONCE = 6
BODY_S = 5.0  # for one body
FINISH_S = 8.0  # for those still under way when the page is taken
_PLAIN = ("http://", "https://")

_recorders: WeakKeyDictionary[Page, Recorder] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One exchange as the browser had it: ``body`` decoded by the browser, ``truncated`` as in WARC-Truncated."""

    url: str
    method: str
    status: int
    request_headers: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    post: bytes = b""
    truncated: str = ""
    asked: datetime | None = None  # the browser's clock
    came: datetime | None = None


class Recorder:
    """``clean``: what the browser profile held before the first request; ``session``: DevTools on the page, whose network part listened from then on (it
    tells certificates of what it saw only)."""

    def __init__(self, page: Page, clean: dict[str, Any], session: Any = None) -> None:
        self.clean, self.session = clean, session
        self.network: list[dict[str, Any]] = []
        self.console: list[dict[str, Any]] = []
        self.left_out: Counter[str] = Counter()
        self._answers: list[tuple[Any, Answer]] = []
        self._seen: set[bytes] = set()
        self._bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._over = False
        page.on("requestfinished", self._finished)
        page.on("requestfailed", self._failed)
        page.on("console", self._said)
        page.on("pageerror", self._broke)

    async def finish(self) -> None:
        """Waits for bodies under way; what does not come in time is left out."""
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=FINISH_S)
            for task in late:
                task.cancel()
                self.left_out["没有及时取到"] += 1
        self._over = True

    def answers(self, main: Any) -> list[Answer]:
        """All but the exchange of the request ``main``."""
        return [answer for request, answer in self._answers if main is None or request != main]

    def dropped(self) -> list[str]:
        """What was left out, in Chinese."""
        return [f"{why}：{count} 个" for why, count in sorted(self.left_out.items())]

    def _finished(self, request: Any) -> None:
        self._log(request)
        if self._over or not request.url.startswith(_PLAIN):
            return
        if len(self._tasks) + len(self._answers) >= MAX_ANSWERS:
            self.left_out[f"子资源超过 {MAX_ANSWERS} 个，其余未留存"] += 1
            return
        task = asyncio.ensure_future(self._fetch(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _failed(self, request: Any) -> None:
        self._log(request, (request.failure or "")[:MAX_TEXT])

    def _log(self, request: Any, failed: str = "") -> None:
        if len(self.network) >= MAX_LOG:
            self.left_out[f"网络日志超过 {MAX_LOG} 行，其余未记"] += 1
            return
        if request.url.startswith(("data:", "blob:")):
            return
        timing = request.timing
        row: dict[str, Any] = {"url": request.url[:MAX_URL], "method": request.method, "type": request.resource_type,
                               "started": _moment(timing.get("startTime"))}
        row |= {name: round(timing[name], 1) for name in ("requestStart", "responseStart", "responseEnd") if timing.get(name, -1) >= 0}
        if failed:
            row["failed"] = failed
        if request.redirected_from is not None:
            row["from"] = request.redirected_from.url[:MAX_URL]
        self.network.append(row)

    def _said(self, message: Any) -> None:
        self._note(message.type, message.text, message.location.get("url", "") if isinstance(message.location, dict) else "")

    def _broke(self, error: Any) -> None:
        self._note("pageerror", str(error), "")

    def _note(self, kind: str, text: str, where: str) -> None:
        if len(self.console) < MAX_LOG:
            self.console.append({"time": datetime.now(UTC).isoformat(), "type": kind[:20], "text": text[:MAX_URL], "url": where[:MAX_URL]})
        else:
            self.left_out[f"控制台日志超过 {MAX_LOG} 行，其余未记"] += 1

    async def _fetch(self, request: Any) -> None:
        try:
            async with self._slots, asyncio.timeout(BODY_S):
                await self._keep(request)
        except (TimeoutError, Error):
            self.left_out["浏览器没有给出内容"] += 1

    async def _keep(self, request: Any) -> None:
        answer = await request.response()
        if answer is None:
            self.left_out["没有应答"] += 1
            return
        headers, asked = await asyncio.gather(answer.headers_array(), request.headers_array())
        body, cut = b"", ""
        if not 300 <= answer.status < 400 and answer.status != 204:
            with suppress(Error):
                body = await answer.body()
        if len(body) > MAX_BODY:
            body, cut = body[:MAX_BODY], "length"
            self.left_out[f"单个子资源超过 {MAX_BODY >> 20} MiB，只留存开头"] += 1
        if self._bytes + len(body) > MAX_BYTES:
            self.left_out[f"子资源合计超过 {MAX_BYTES >> 20} MiB，其余未留存"] += 1
            return
        key = blake2b(f"{request.method}\n{request.url}\n{answer.status}\n".encode("utf-8", "surrogatepass") + body, digest_size=16).digest()
        if key in self._seen or self._over:
            return
        self._seen.add(key)
        self._bytes += len(body)
        timing = request.timing
        self._answers.append((request, Answer(
            url=request.url, method=request.method, status=answer.status, body=body, truncated=cut,
            headers=tuple((h["name"], h["value"]) for h in headers), request_headers=tuple((h["name"], h["value"]) for h in asked),
            post=(request.post_data_buffer or b"")[:MAX_POST] if request.method != "GET" else b"",
            asked=_when(timing, "requestStart"), came=_when(timing, "responseStart"),
        )))


def times(request: Any) -> tuple[datetime | None, datetime | None]:
    """When a request was sent and when its answer began, by the browser's clock."""
    return _when(request.timing, "requestStart"), _when(request.timing, "responseStart")


def _when(timing: Any, name: str) -> datetime | None:
    start, offset = timing.get("startTime", 0), timing.get(name, -1)
    return datetime.fromtimestamp((start + offset) / 1000, UTC) if start and start > 0 and offset >= 0 else None


def _moment(milliseconds: Any) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds") if milliseconds and milliseconds > 0 else ""


async def begin_evidence(page: Page, request: Any = None, user_agent: str = "") -> None:
    """scrapy-playwright's page init callback for visits at evidence grade: the profile is counted through before the first request."""
    await begin(page, request, user_agent)
    state = await page.context.storage_state()
    clean = {"cookies": len(state.get("cookies", [])), "origins": len(state.get("origins", [])), "pages": len(page.context.pages)}
    session = watch_of(page).session or await page.context.new_cdp_session(page)
    await session.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
    _recorders[page] = Recorder(page, clean, session)


def recorder_of(page: Page) -> Recorder:
    """The page's recorder; for a page without one, begun now."""
    found = _recorders.get(page)
    if found is None:
        found = _recorders[page] = Recorder(page, {})
    return found
