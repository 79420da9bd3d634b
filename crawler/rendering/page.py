"""One page in the browser: wait until it shows what people see, then take that. Every wait is bounded; a page never has to be quiet."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import Error, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from crawler.rendering.errors import BrowserCrashed, ErrorShown, RenderTimeout, of_playwright
from crawler.rendering.snapshot import MAX_FRAMES, Tree, to_html, trees
from crawler.rendering.watch import Watch, watch_of

LOAD_S = 10.0  # for the load event; what is not there by then is not waited for
SETTLE_S = 12.0  # from the answer's beginning until the page is taken as it is
QUIET_S = 0.5  # nothing added to the page for so long: it shows what it has to show
STEP_S = 10.0  # of each single thing taken
CLOSE_S = 5.0
MAX_FULL_HEIGHT = 16_000  # CSS pixels of a whole-page picture
MAX_TEXT = 4_000_000
MAX_BODY = 16 * 1024 * 1024
_LOOK_S = 0.1
_SCROLLS = 8
T = TypeVar("T")

# How much the page holds, asked in a world of its own that the page's scripts cannot reach.
_SIZE = "document.readyState + ' ' + document.getElementsByTagName('*').length + ' ' + (document.body ? document.body.textContent.length : 0)"
_SCROLL = "window.scrollBy(0, window.innerHeight), [window.scrollY + window.innerHeight, document.documentElement.scrollHeight].join(' ')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the browser showed. ``truncated``: what was cut or given up, comma-separated: time, dom, text, full, view, body, resources,
    disconnect (the connection ended before the page's answer did)."""

    url: str
    final_url: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes  # of the main answer, decoded by the browser
    request_headers: tuple[tuple[str, str], ...]
    redirects: tuple[str, ...]
    dom: str
    text: str
    title: str
    view_png: bytes
    full_png: bytes
    resources: tuple[dict[str, Any], ...]
    sockets: tuple[str, ...]
    errors: tuple[str, ...]
    tls: dict[str, Any]
    seconds: float
    truncated: str = ""
    passages: tuple[dict[str, Any], ...] = ()  # the gate's log of the hosts asked, see guards.proxy.Passage


async def take(page: Page, url: str, *, settle_s: float = SETTLE_S) -> Seen:
    """What ``page`` shows of ``url``, once it has stopped changing. Closes the page, whatever happens. Raises RenderError, ErrorShown."""
    watch = watch_of(page)
    return await taken(page, watch, _take(page, watch, url, settle_s))


async def taken(page: Page, watch: Watch, work: Awaitable[T]) -> T:
    """``work`` on a page, which is closed after it, whatever happens. Raises RenderError, ErrorShown."""
    try:
        return await _crash_or(watch, work)
    except (TimeoutError, PlaywrightTimeout) as error:
        raise RenderTimeout("该页一直占用浏览器，在限定时间内取不到内容") from error
    except Error as error:
        raise of_playwright(error.message) from error
    finally:
        await close(page)


def host_of(url: str) -> str:
    """The host an address names, as the gate writes it; "" for what is no web address."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def hosts_of(seen: Seen) -> set[str]:
    """Every host the page asked."""
    return {host_of(seen.url), host_of(seen.final_url), *(host_of(row["url"]) for row in seen.resources), *map(host_of, seen.sockets)} - {""}


async def close(page: Page) -> bool:
    """Whether the page is closed: a browser that cannot even do that is to be restarted."""
    if page.is_closed():
        return True
    try:
        async with asyncio.timeout(CLOSE_S):
            await page.close()
    except (TimeoutError, Error):
        return page.is_closed()
    return True


async def _crash_or(watch: Watch, work: Awaitable[T]) -> T:
    """``work``, unless the page's process dies first: calls to a dead page are never answered."""
    task = asyncio.ensure_future(work)
    crashed = asyncio.ensure_future(watch.crashed.wait())
    try:
        await asyncio.wait((task, crashed), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise BrowserCrashed("浏览器在显示该页时崩溃")
        return await task
    finally:
        crashed.cancel()
        task.cancel()
        await asyncio.gather(task, crashed, return_exceptions=True)


async def _take(page: Page, watch: Watch, url: str, settle_s: float) -> Seen:
    began = time.monotonic()
    cut: list[str] = []
    async with asyncio.timeout(STEP_S):
        session = watch.session or await page.context.new_cdp_session(page)
    settled = await settle(page, watch, session, began + settle_s)
    if not settled:
        cut.append("time")
    async with asyncio.timeout(STEP_S):
        dom, dom_cut = await _dom(page, session, watch)
    if dom_cut:
        cut.append("dom")
    view = await _picture(page, full=False)
    full, full_cut = await _full(page, session)
    cut += ["view"] * (not view) + ["full"] * full_cut
    text = await or_nothing(page.inner_text("body", timeout=STEP_S * 1000), "")
    title = await or_nothing(page.title(), "")
    answer = await answer_of(watch)
    cut += ["text"] * (len(text) > MAX_TEXT) + ["body"] * (len(answer["body"]) > MAX_BODY) + ["resources"] * bool(watch.dropped)
    answer["body"] = answer["body"][:MAX_BODY]
    cut += ["disconnect"] * watch.main_broken()
    return Seen(
        url=url, final_url=page.url, dom=dom, text=text[:MAX_TEXT], title=title[:500], view_png=view, full_png=full,
        resources=tuple(watch.resources), sockets=tuple(watch.sockets), errors=tuple(watch.errors),
        seconds=round(time.monotonic() - began, 3), truncated=",".join(cut), **answer,
    )


async def or_nothing(work: Awaitable[T], nothing: T) -> T:
    """What is good to have but no reason to lose the rest."""
    try:
        async with asyncio.timeout(STEP_S):
            return await work
    except (TimeoutError, Error):
        return nothing


async def settle(page: Page, watch: Watch, session: Any, deadline: float) -> bool:
    """Until loaded, nothing under way that matters, and unchanged for QUIET_S; False where the time ran out first."""
    load_by = min(deadline, time.monotonic() + LOAD_S)
    with suppress(PlaywrightTimeout):
        await page.wait_for_load_state("load", timeout=max((load_by - time.monotonic()) * 1000, 1))
    world = World(session)
    if not await _quiet(watch, world, deadline):
        return False
    await _scroll(world)  # what loads only when seen
    return await _quiet(watch, world, deadline)


async def _quiet(watch: Watch, world: World, deadline: float) -> bool:
    last, since = "", time.monotonic()
    while time.monotonic() < deadline:
        size = await world.ask(_SIZE)
        now = time.monotonic()
        if size != last or watch.waits_for():
            last, since = size, now
        elif now - since >= QUIET_S:
            return True
        await asyncio.sleep(_LOOK_S)
    return False


async def _scroll(world: World) -> None:
    """Down to the end by screens, and back up."""
    for _ in range(_SCROLLS):
        at, _, whole = (await world.ask(_SCROLL)).partition(" ")
        await asyncio.sleep(_LOOK_S)
        if not whole or float(at or 0) + 1 >= float(whole):
            break
    await world.ask("window.scrollTo(0, 0)")


class World:
    """An isolated world of the top frame, which the page's scripts cannot reach: made once a document, then asked by one message.

    A process that takes the page over numbers its worlds anew, so a number alone may mean the page's own: the world made here holds a mark that
    nothing else has, and where the mark is not found it is made again."""

    def __init__(self, session: Any) -> None:
        self._session, self._mark, self._number = session, f"w{secrets.token_hex(12)}", 0

    async def ask(self, expression: str) -> str:
        """The expression's value; "" while the page is being replaced. Raises Error where page or browser are gone, TimeoutError."""
        try:
            async with asyncio.timeout(STEP_S):
                answer = await self._evaluated(expression) if self._number else None
                if answer is None:
                    await self._make()
                    answer = await self._evaluated(expression)
        except Error as error:
            self._number = 0
            if "closed" in error.message or "crashed" in error.message:
                raise
            return ""
        return answer or ""

    async def _make(self) -> None:
        tree = await self._session.send("Page.getFrameTree")
        made = await self._session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "adpatrol"})
        self._number = made["executionContextId"]
        await self._session.send("Runtime.evaluate", {"expression": f"globalThis.{self._mark} = 1", "contextId": self._number})

    async def _evaluated(self, expression: str) -> str | None:
        """None where this is not the world that was made."""
        guarded = f"globalThis.{self._mark} === 1 ? String([{expression}].pop()) : undefined"
        answer = await self._session.send("Runtime.evaluate", {"expression": guarded, "contextId": self._number, "returnByValue": True})
        value = answer.get("result", {}).get("value")
        return str(value) if value is not None else None


async def _dom(page: Page, session: Any, watch: Watch) -> tuple[str, bool]:
    root = await tree_of(page, session, watch)
    return await asyncio.to_thread(to_html, root) if root is not None else ("", True)


async def tree_of(page: Page, session: Any, watch: Watch, styles: Sequence[str] = ()) -> Tree | None:
    """The page's document with its frames; ``styles``: computed styles to be told with the layout. Raises ErrorShown."""
    found = trees(await session.send("DOMSnapshot.captureSnapshot", {"computedStyles": list(styles)}))
    if not found:
        return None
    if found[0].url.startswith("chrome-error:") or "ERR_CONTENT_DECODING" in watch.main_failure:
        raise ErrorShown(watch.main_failure)
    await _frames_elsewhere(page, session, found, styles)
    return found[0]


async def _frames_elsewhere(page: Page, session: Any, found: list[Tree], styles: Sequence[str]) -> None:
    """Frames of other sites run in processes of their own: each is asked there, and put where its element stands. A frame that cannot be had
    (gone, hung) is left out: it is no reason to lose the page."""
    for frame in page.frames[1:MAX_FRAMES]:
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(2.0):
                inner = await page.context.new_cdp_session(frame)  # refused for frames of the page's own process
                tree = await inner.send("Page.getFrameTree")
                theirs = trees(await inner.send("DOMSnapshot.captureSnapshot", {"computedStyles": list(styles)}))
                owner = await session.send("DOM.getFrameOwner", {"frameId": tree["frameTree"]["frame"]["id"]})
            for outer in found:
                if theirs and owner["backendNodeId"] in outer.backend:
                    outer.frames[list(outer.backend).index(owner["backendNodeId"])] = theirs[0]
                    found += theirs
                    break


async def _full(page: Page, session: Any) -> tuple[bytes, bool]:
    """(picture of the whole page, whether something is missing)."""
    metrics = await or_nothing(session.send("Page.getLayoutMetrics"), {})
    size = metrics.get("cssContentSize") or {}
    if float(size.get("height", 0)) > MAX_FULL_HEIGHT:
        clip = {"x": 0, "y": 0, "width": min(float(size["width"]), 4_000), "height": MAX_FULL_HEIGHT}
        return await _picture(page, full=True, clip=clip), True
    picture = await _picture(page, full=True)
    return picture, not picture


async def _picture(page: Page, *, full: bool, clip: Any = None) -> bytes:
    return await or_nothing(page.screenshot(full_page=full, clip=clip, timeout=STEP_S * 1000), b"")


async def answer_of(watch: Watch) -> dict[str, Any]:
    """The main answer and the request it answers, redirects before it, and its TLS facts."""
    main = watch.main
    nothing: dict[str, Any] = {"status": None, "headers": (), "body": b"", "request_headers": (), "redirects": (), "tls": {}}
    if main is None:
        return nothing
    chain: list[str] = []
    request = main.request.redirected_from
    while request is not None and len(chain) < 30:
        chain.append(request.url)
        request = request.redirected_from
    return {
        "status": main.status,
        "headers": tuple((h["name"], h["value"]) for h in await or_nothing(main.headers_array(), [])),
        "request_headers": tuple((h["name"], h["value"]) for h in await or_nothing(main.request.headers_array(), [])),
        "body": await or_nothing(main.body(), b""), "redirects": tuple(reversed(chain)),
        "tls": dict(await or_nothing(main.security_details(), None) or {}),
    }


async def as_it_stands(page: Page, url: str) -> Seen:
    """What ``page`` shows this moment: nothing is waited for, nothing is scrolled, and the page stays open (取证会话). Raises as ``take``."""
    watch = watch_of(page)
    try:
        return await _crash_or(watch, _stands(page, watch, url))
    except (TimeoutError, PlaywrightTimeout) as error:
        raise RenderTimeout("该页一直占用浏览器，在限定时间内取不到内容") from error
    except Error as error:
        raise of_playwright(error.message) from error


async def _stands(page: Page, watch: Watch, url: str) -> Seen:
    began = time.monotonic()
    async with asyncio.timeout(STEP_S):
        session = watch.session or await page.context.new_cdp_session(page)
    view = await _picture(page, full=False)
    dom, dom_cut = await or_nothing(_dom(page, session, watch), ("", True))  # a page may be too large for it: its picture is not lost for that
    full, full_cut = await _full(page, session)
    text = await or_nothing(page.inner_text("body", timeout=STEP_S * 1000), "")
    title = await or_nothing(page.title(), "")
    answer = await answer_of(watch)
    answer["body"] = answer["body"][:MAX_BODY]
    cut = ["dom"] * dom_cut + ["view"] * (not view) + ["full"] * full_cut + ["text"] * (len(text) > MAX_TEXT)
    return Seen(
        url=url, final_url=page.url, dom=dom, text=text[:MAX_TEXT], title=title[:500], view_png=view, full_png=full, resources=tuple(watch.resources),
        sockets=tuple(watch.sockets), errors=tuple(watch.errors), seconds=round(time.monotonic() - began, 3), truncated=",".join(cut), **answer,
    )
