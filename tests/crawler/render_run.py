"""A crawl that shows addresses in the browser and prints what came of each as JSON: run as a child, a reactor starts once a process.

Argument: JSON {"urls": [...], "allow": [CIDR], "client": "desktop-browser", "set": {"crawler.rendering.page.SETTLE_S": 2}, "at_once": 8,
"static": [URLs fetched without the browser], "kill": ["browser" or "renderer", file that appears when it is time]}
"""

from __future__ import annotations

import base64
import importlib
import ipaddress
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess

from crawler.guards.egress import EgressPolicy
from crawler.guards.resolver import GatedResolver
from crawler.rendering.chromium import browser_settings, render_meta
from crawler.rendering.errors import RenderError
from crawler.rendering.records import records


def browsers(kind: bytes = b"") -> list[int]:
    """Chromium's processes among this process's children: its first, or those of a kind (renderer)."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").split()  # a forked renderer's are one string
            parents = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        types = [word[7:] for word in words if word.startswith(b"--type=")]
        fits = kind in types if kind else b"--remote-debugging-pipe" in words and not types
        if fits and _ours(parents):
            found.append(int(folder.name))
    return found


def _ours(parent: str) -> bool:
    while parent not in ("0", "1"):
        if int(parent) == os.getpid():
            return True
        try:
            parent = (Path("/proc") / parent / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            return False
    return False


def kill_when(kind: str, sign: Path) -> None:
    """Kills once ``sign`` exists: the server writes it when the page under test has been asked for."""
    while not sign.exists():
        time.sleep(0.05)
    time.sleep(1.0)
    for pid in browsers(b"renderer" if kind == "renderer" else b""):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def main() -> None:
    order = json.loads(sys.argv[1])
    for name, value in order.get("set", {}).items():
        module, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(module), attribute, value)
    policy = EgressPolicy(allow=tuple(ipaddress.ip_network(network) for network in order["allow"]))
    GatedResolver.policy = policy
    client = order.get("client", "desktop-browser")
    out: list[dict[str, Any]] = []

    class Spider(scrapy.Spider):
        name = "render"

        async def start(self) -> Any:
            for url in order["urls"]:
                yield scrapy.Request(url, callback=self.came, errback=self.failed, dont_filter=True, meta={**render_meta("site", client), "asked": url})
            for url in order.get("static", []):
                yield scrapy.Request(url, callback=self.came, errback=self.failed, dont_filter=True, meta={"asked": url})

        def came(self, response: Any) -> None:
            seen = response.meta.get("seen")
            row: dict[str, Any] = {"url": response.meta["asked"], "body": response.text, "kind": type(response).__name__, "browsers": browsers()}
            if seen is not None:
                row |= {name: getattr(seen, name) for name in ("final_url", "status", "headers", "request_headers", "redirects", "dom", "text", "title",
                                                               "resources", "sockets", "errors", "tls", "seconds", "truncated", "passages")}
                row |= {"view": base64.b64encode(seen.view_png).decode(), "full": base64.b64encode(seen.full_png).decode()}
                row["records"] = [[r.type, r.uri, r.content_type, r.ip, r.truncated, len(r.payload)] for r in records(seen, response.meta["asked"])]
            out.append(row)

        def failed(self, failure: Any) -> None:
            error = failure.value
            out.append({"url": failure.request.meta["asked"], "error": type(error).__name__, "detail": str(error), "cause": str(error.__cause__),
                        "outcome": str(error.outcome) if isinstance(error, RenderError) else ""})

    if "kill" in order:
        threading.Thread(target=kill_when, args=(order["kill"][0], Path(order["kill"][1])), daemon=True).start()
    process = AsyncCrawlerProcess({
        "TWISTED_DNS_RESOLVER": "crawler.guards.resolver.GatedResolver", "LOG_ENABLED": False, "RETRY_ENABLED": False, "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False, "DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": False, "CONCURRENT_REQUESTS": order.get("at_once", 8),
        "HTTPERROR_ALLOW_ALL": True, "REDIRECT_ENABLED": False, **browser_settings(policy),
    })
    process.crawl(Spider)
    process.start()
    print(json.dumps(out))


if __name__ == "__main__":
    main()
