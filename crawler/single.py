"""One URL fetched once for `scan` and `explain`: resolved once, checked, connected to that address, bounded, nothing stored."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urljoin, urlsplit

from crawler.guards.egress import EgressPolicy

TIMEOUT_S = 20.0
MAX_BYTES = 32 * 1024 * 1024
MAX_REDIRECTS = 5
USER_AGENT = "adpatrol/0.1 (internet finance advertising patrol)"
Network = IPv4Network | IPv6Network


class FetchFailed(Exception):
    """The page could not be had; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    body: bytes  # content-encoding undone
    content_type: str
    status: int


def fetch(url: str, allow: Sequence[Network] = ()) -> Fetched:
    """Follows at most five redirects, each checked anew. Raises FetchFailed."""
    policy = EgressPolicy(allow=tuple(allow))
    for _ in range(MAX_REDIRECTS + 1):
        try:
            got, location = _once(url, policy)
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchFailed(f"无法访问：{error}") from error
        if not location:
            return got
        url = urljoin(url, location)
        if urlsplit(url).scheme not in ("http", "https"):
            raise FetchFailed("跳转到非网页地址，已停止")
    raise FetchFailed("跳转次数过多，已停止")


def _address(host: str, port: int, policy: EgressPolicy) -> str:
    answers = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    refused = [reason for reason in map(policy.check, sorted(answers)) if reason]
    if refused:
        raise FetchFailed(f"地址被拒绝：{refused[0]}（如确需访问，请用 --allow）")
    return sorted(answers, key=lambda a: ":" in a)[0]


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name answers later."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address, self._context = address, context

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT_S)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _once(url: str, policy: EgressPolicy) -> tuple[Fetched, str]:
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname and ":" not in parts.hostname else parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = None
    if secure:
        # A platform with a broken certificate is still to be read: what it says is judged, its certificate is not trusted with anything.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = _Pinned(host, port, _address(host, port, policy), context)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target.encode("ascii", "ignore").decode(), headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = _bounded(answer)
        return Fetched(url, body, answer.getheader("Content-Type") or "", answer.status), (
            answer.getheader("Location") or "" if answer.status in (301, 302, 303, 307, 308) else ""
        )
    finally:
        connection.close()


def fetch_rendered(url: str, allow: Sequence[Network] = (), client: str = "desktop-browser") -> Fetched:
    """The page as Chromium shows it, frames and shadow trees included; the browser's only way out is our gate. Raises FetchFailed."""
    from crawler.rendering.errors import RenderError

    try:
        return asyncio.run(_rendered(url, EgressPolicy(allow=tuple(allow)), client))
    except RenderError as error:
        raise FetchFailed(error.detail) from error


async def _rendered(url: str, policy: EgressPolicy, client: str) -> Fetched:
    from playwright.async_api import Error, async_playwright

    from crawler.guards.proxy import GATE_HEADER, running_proxy
    from crawler.rendering.chromium import NAVIGATE_S, context_kwargs, launch_options
    from crawler.rendering.errors import of_gate, of_playwright
    from crawler.rendering.page import take
    from crawler.rendering.watch import begin

    async with running_proxy(policy) as proxy:
        options = launch_options(proxy.url)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**options)
            try:
                page = await (await browser.new_context(**context_kwargs(client))).new_page()
                await begin(page)
                answer = await page.goto(url, wait_until="commit", timeout=NAVIGATE_S * 1000)
                said = proxy.said(await answer.header_value(GATE_HEADER)) if answer is not None else ""
                if said:
                    raise of_gate(said, proxy.last_reason())
                seen = await take(page, url)
            except Error as error:
                raise of_gate("refused", proxy.last_reason()) if "ERR_TUNNEL" in error.message else of_playwright(error.message) from error
            finally:
                await browser.close()
    return Fetched(seen.final_url, seen.dom.encode("utf-8", "replace"), "text/html; charset=utf-8", seen.status or 0)


def _bounded(answer: http.client.HTTPResponse) -> bytes:
    raw = answer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise FetchFailed(f"页面超过 {MAX_BYTES // 2**20} MiB，未读取")
    if "gzip" not in (answer.getheader("Content-Encoding") or "").lower():
        return raw
    unzip = zlib.decompressobj(31)
    body = unzip.decompress(raw, MAX_BYTES)
    if unzip.unconsumed_tail:
        raise FetchFailed("压缩内容展开后过大，未读取")
    return body

