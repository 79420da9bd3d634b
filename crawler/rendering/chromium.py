"""Chromium as the patrol starts it: the system's own, clean, talking to nobody but the egress gate."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import GateProxy
from crawler.identity import second_user_agent, user_agent
from crawler.rendering.errors import BrowserMissing

AT_ONCE = max(3, min(8, 3 * (os.cpu_count() or 1)))  # pages open at the same time: each waits more than it works
RESTART_PAGES = 200  # Chromium's memory grows with every page shown
NAVIGATE_S = 25.0  # until the server's answer begins
MAX_WAIT_DOWNLOAD_MS = 2_000  # a download is never kept; how long to wait for Chromium to say that it is one
# The headless shell first: the same engine without the desktop browser around it costs a third a page (docs/decisions/0022).
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_ARGS = (
    "--no-first-run", "--no-default-browser-check", "--no-pings", "--disable-component-update", "--disable-background-networking",
    "--disable-domain-reliability", "--disable-sync", "--disable-breakpad", "--disable-client-side-phishing-detection", "--disable-quic",
    "--js-flags=--max-old-space-size=1024",  # MiB of one page's scripts; by default it may take 4 GiB
    "--dns-prefetch-disable", "--disable-dev-shm-usage", "--mute-audio", "--lang=zh-CN",
    # Names are the gate's to resolve, and packets that no proxy carries stay here (WebRTC, loopback).
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",
)


def chromium_path() -> Path | None:
    """ADPATROL_CHROMIUM, else the first of NAMES on PATH; None where there is none."""
    named = os.environ.get("ADPATROL_CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def headless_shell(path: Path | None) -> bool:
    """Whether this is the engine without the desktop browser around it."""
    return path is not None and "headless" in path.name


def product(version: str) -> str:
    """What the evidence says it was shown by."""
    return f"Chromium {version}" + (" (headless shell)" if headless_shell(chromium_path()) else "")


def launch_options(proxy_url: str) -> dict[str, Any]:
    """For Playwright's ``chromium.launch``. Raises BrowserMissing."""
    executable = chromium_path()
    if executable is None:
        raise BrowserMissing("没有找到 Chromium：请安装 chromium，或用 ADPATROL_CHROMIUM 指明位置")
    return {
        "executable_path": str(executable), "headless": True, "args": list(_ARGS), "proxy": {"server": proxy_url, "bypass": "<-loopback>"},
        "chromium_sandbox": os.geteuid() != 0,  # Chromium's sandbox does not run as root; everywhere else it stays on
        "handle_sigint": False, "handle_sigterm": False, "handle_sighup": False,  # how a patrol ends is Scrapy's to say
        "env": {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
    }


def browser_settings(policy: EgressPolicy) -> dict[str, Any]:
    """Scrapy settings for a patrol that may need the browser. It starts with the first page that needs it, its gate with it."""
    GatedBrowser.policy = policy
    handler = "crawler.rendering.handler.RenderingHandler"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_PROVIDER": "crawler.rendering.chromium.GatedBrowser",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": AT_ONCE,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": NAVIGATE_S * 1000,
        "PLAYWRIGHT_DOWNLOAD_TIMEOUT": MAX_WAIT_DOWNLOAD_MS,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,  # the browser's own headers, as people's browsers send them
    }


def device_metrics(client: str) -> dict[str, Any]:
    """What DevTools must be told of the device that ``context_kwargs`` makes."""
    known = context_kwargs(client)
    return {**known["viewport"], "deviceScaleFactor": known["device_scale_factor"], "mobile": known["is_mobile"]}


def context_kwargs(client: str, identity: str = "public", contact: str = "") -> dict[str, Any]:
    """A clean profile for one kind of visitor. ``client``: desktop-… or phone-…"""
    phone = client.startswith("phone")
    return {
        "viewport": {"width": 393, "height": 852} if phone else {"width": 1366, "height": 900},
        "device_scale_factor": 2 if phone else 1, "is_mobile": phone, "has_touch": phone,
        "user_agent": user_agent(client, identity, contact), "locale": "zh-CN", "timezone_id": "Asia/Shanghai",
        "service_workers": "block", "accept_downloads": False,
        "ignore_https_errors": True,  # as the static fetch: what a platform says is judged, its certificate is trusted with nothing
        "permissions": [],
    }


def render_meta(site: str, client: str, identity: str = "public", contact: str = "") -> dict[str, Any]:
    """What a Request's meta must hold to be shown in the browser. The answer's ``meta["seen"]`` is then what was seen (page.Seen)."""
    return {
        "playwright": True, "playwright_include_page": True, "playwright_context": f"{site} {client} {identity}",
        "playwright_context_kwargs": context_kwargs(client, identity, contact),
        "playwright_page_init_callback": "crawler.rendering.watch.begin",
        "playwright_page_goto_kwargs": {"wait_until": "commit"},  # the rest of the wait is page.take's, that keeps what has come
    }


def evidence_meta(visit: str, client: str, cites: Sequence[str], identity: str = "public", contact: str = "") -> dict[str, Any]:
    """What is added to ``render_meta`` for a visit at evidence grade: a browser profile of its own, counted through before the first request and
    thrown away after it. ``meta["evidence"]`` of the answer is then evidence_records.Evidence."""
    return {
        "playwright_context": f"evidence {visit}", "playwright_page_init_callback": "crawler.rendering.recorder.begin_evidence",
        "wanted_as_evidence": client, "cites": tuple(cites), "second_user_agent": second_user_agent(client, identity, contact),
    }


class GatedBrowser:
    """scrapy-playwright's PLAYWRIGHT_BROWSER_PROVIDER: nothing is started before the first page needs it."""

    policy: ClassVar[EgressPolicy] = EgressPolicy()

    def __init__(self, config: Any) -> None:
        self.proxy: GateProxy | None = None
        self._playwright: Any = None

    async def start(self) -> None:
        """Deliberately nothing: most runs need no browser."""

    async def launch_browser(self) -> Any:
        from playwright.async_api import async_playwright

        if self.proxy is None:
            self.proxy = GateProxy(self.policy)
            await self.proxy.start()
        options = launch_options(self.proxy.url)
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        return await self._playwright.chromium.launch(**options)

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError("巡查只用一次性的浏览器环境")

    async def close(self) -> None:
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
        if self.proxy is not None:
            await self.proxy.close()
