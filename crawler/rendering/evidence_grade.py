"""A page taken at evidence grade: the picture of the whole page with the place of every word in it, every sub-resource, the certificate chains, both logs.
Nothing is clicked, nothing is put into the page; what scrolls in is scrolled in, pop-ups stay as they stand."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from playwright.async_api import Error, Page

from crawler.rendering import page as pages
from crawler.rendering.chromium import device_metrics, product
from crawler.rendering.geometry import STYLES, boxes_record
from crawler.rendering.page import MAX_BODY, MAX_FULL_HEIGHT, MAX_TEXT, SETTLE_S, STEP_S, Seen
from crawler.rendering.recorder import Answer, Recorder, recorder_of, times
from crawler.rendering.snapshot import Place, to_html
from crawler.rendering.watch import Watch, watch_of
from evidence.der import UNREADABLE

MAX_ORIGINS = 12  # whose certificate chains are kept
MAX_PICTURE_HEIGHT = 16_000  # picture pixels: beyond, Chromium paints nothing; a taller page is pictured at one pixel a CSS pixel
MAX_WIDTH = 4_000
PICTURE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded(Seen):
    """What was seen, and all that shows how. ``asked`` and ``came``: the main request sent and its answer begun, by the browser's clock."""

    geometry: bytes = b""
    answers: tuple[Answer, ...] = ()
    network: tuple[dict[str, Any], ...] = ()
    console: tuple[dict[str, Any], ...] = ()
    dropped: tuple[str, ...] = ()
    chains: tuple[dict[str, Any], ...] = ()
    clean: dict[str, Any]
    browser: str = ""
    asked: datetime | None = None
    came: datetime | None = None


async def take(page: Page, url: str, client: str, *, settle_s: float = SETTLE_S) -> Graded:
    """As ``rendering.page.take``. Closes the page, whatever happens. Raises RenderError, ErrorShown."""
    watch = watch_of(page)
    return await pages.taken(page, watch, _take(page, watch, recorder_of(page), url, client, settle_s))


async def _take(page: Page, watch: Watch, recorder: Recorder, url: str, client: str, settle_s: float) -> Graded:
    began = time.monotonic()
    cut: list[str] = []
    async with asyncio.timeout(STEP_S):
        session = recorder.session or await page.context.new_cdp_session(page)
    if not await pages.settle(page, watch, session, began + settle_s):
        cut.append("time")
    dom, geometry, full, cuts = await _picture_and_places(page, watch, session, client)
    cut += cuts
    view = b"" if full else await _shot(session, None)
    cut += ["view"] * (not full and not view)
    text, title, answer, chains, _ = await asyncio.gather(
        pages.or_nothing(page.inner_text("body", timeout=STEP_S * 1000), ""), pages.or_nothing(page.title(), ""), pages.answer_of(watch),
        _chains(session, [page.url, *(row["url"] for row in watch.resources)]), recorder.finish())
    cut += ["text"] * (len(text) > MAX_TEXT) + ["body"] * (len(answer["body"]) > MAX_BODY) + ["resources"] * bool(watch.dropped or recorder.left_out)
    answer["body"] = answer["body"][:MAX_BODY]
    cut += ["disconnect"] * watch.main_broken()
    main = watch.main.request if watch.main is not None else None
    asked, came = times(main) if main is not None else (None, None)
    browser = page.context.browser
    return Graded(
        url=url, final_url=page.url, dom=dom, text=text[:MAX_TEXT], title=title[:500], view_png=view, full_png=full,
        resources=tuple(watch.resources), sockets=tuple(watch.sockets), errors=tuple(watch.errors), seconds=round(time.monotonic() - began, 3),
        truncated=",".join(cut), geometry=geometry, answers=tuple(recorder.answers(main)), network=tuple(recorder.network), console=tuple(recorder.console),
        dropped=tuple(recorder.dropped()), chains=tuple(chains), clean=recorder.clean, browser=product(browser.version) if browser else "",
        asked=asked, came=came, **answer,
    )


async def _picture_and_places(page: Page, watch: Watch, session: Any, client: str) -> tuple[str, bytes, bytes, list[str]]:
    """(DOM as HTML, boxes record, picture, what was cut): the layout is read just before the picture is taken."""
    metrics, cut = device_metrics(client), []
    async with asyncio.timeout(STEP_S):
        await session.send("Emulation.setDeviceMetricsOverride", metrics)  # as the page has it: a session of its own would draw at another scale
        size = (await session.send("Page.getLayoutMetrics")).get("cssContentSize") or {}
        root = await pages.tree_of(page, session, watch, STYLES)
    width, height = min(float(size.get("width") or metrics["width"]), MAX_WIDTH), min(float(size.get("height") or metrics["height"]), MAX_FULL_HEIGHT)
    if float(size.get("height") or 0) > MAX_FULL_HEIGHT or float(size.get("width") or 0) > MAX_WIDTH:
        cut.append("full")
    factor = float(metrics["deviceScaleFactor"])
    if height * factor > MAX_PICTURE_HEIGHT:
        await pages.or_nothing(session.send("Emulation.setDeviceMetricsOverride", metrics | {"deviceScaleFactor": 1}), None)
        factor = 1.0
    full = await _shot(session, {"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
    cut += ["full"] * (not full and "full" not in cut)
    if root is None:
        return "", b"", full, [*cut, "dom"]
    places: list[Place] = []
    dom, short = await asyncio.to_thread(to_html, root, places)
    geometry = await asyncio.to_thread(boxes_record, root, places, scale=factor, width=width, height=height)
    return dom, geometry, full, cut + ["dom"] * short


async def _shot(session: Any, clip: dict[str, float] | None) -> bytes:
    """By DevTools: Playwright's own hides the caret by a style that it puts into the page."""
    order: dict[str, Any] = {"format": "png", "optimizeForSpeed": True}
    if clip is not None:
        order |= {"clip": clip, "captureBeyondViewport": True}
    try:
        async with asyncio.timeout(PICTURE_S):
            return base64.b64decode((await session.send("Page.captureScreenshot", order))["data"])
    except (TimeoutError, Error, KeyError, binascii.Error):
        return b""


async def _chains(session: Any, urls: Sequence[str]) -> list[dict[str, Any]]:
    """The certificates each https server sent, its own first."""
    origins = list(dict.fromkeys(origin for origin in map(_origin, urls) if origin))[:MAX_ORIGINS]
    return [chain for chain in [await _chain(session, origin) for origin in origins] if chain["certificates"]]


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"https://{parts.netloc}" if parts.scheme == "https" else ""


async def _chain(session: Any, origin: str) -> dict[str, Any]:
    answer = await pages.or_nothing(session.send("Network.getCertificate", {"origin": origin}), {})
    return {"origin": origin, "certificates": [certificate_row(found) for found in (answer.get("tableNames") or [])[:10]]}


def certificate_row(encoded: str) -> dict[str, Any]:
    """Of one certificate (DER in base64): its SHA-256, whose it is, who signed it, how long it holds, and itself."""
    try:
        der = base64.b64decode(encoded)
    except (ValueError, binascii.Error):
        return {"sha256": "", "der": ""}
    row: dict[str, Any] = {"sha256": hashlib.sha256(der).hexdigest(), "der": encoded}
    try:
        with warnings.catch_warnings():  # what the library thinks of a stranger's certificate is not for the screen of who patrols
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            found = x509.load_der_x509_certificate(der)
            row |= {"subject": found.subject.rfc4514_string()[:500], "issuer": found.issuer.rfc4514_string()[:500], "serial": f"{found.serial_number:x}",
                    "not_before": found.not_valid_before_utc.isoformat(), "not_after": found.not_valid_after_utc.isoformat()}
    except (ValueError, TypeError, *UNREADABLE):
        row["problem"] = "证书无法解析"
    return row
