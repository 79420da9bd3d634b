"""One URL fetched once for `scan` and `explain`: resolved once, checked, connected to that address, bounded, nothing stored."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
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
TOTAL_S = 60.0  # of one answer, head and body, however slowly it comes
_SAID: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (socket.gaierror, "域名无法解析，可能已停用或未注册"), (TimeoutError, "在限定时间内没有收到完整的回答"), (ssl.SSLError, "无法建立加密连接（TLS 握手失败）"),
    (ConnectionRefusedError, "服务器拒绝连接或无法到达"), ((ConnectionError, http.client.IncompleteRead), "连接在回答途中断开"),
    (http.client.HTTPException, "服务器的回答不符合 HTTP 格式，无法读取"), (zlib.error, "内容的压缩格式有误，无法展开"), (OSError, "服务器拒绝连接或无法到达"),
    (Exception, "网址的写法有误"),
)
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
            if not location:
                return got
            url = urljoin(url, location)
            if urlsplit(url).scheme not in ("http", "https"):
                raise FetchFailed("跳转到非网页地址，已停止")
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchFailed(f"无法访问：{_said(error)}") from error
    raise FetchFailed("跳转次数过多，已停止")


def _said(error: Exception) -> str:
    """The first that fits: what Python says of it is English and names its own parts."""
    return next(said for kinds, said in _SAID if isinstance(error, kinds))


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
        self.was_cut = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT_S)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """Ends whatever it waits for: a socket's time-out begins anew with every byte."""
        self.was_cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


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
    late = threading.Timer(TOTAL_S, connection.cut)
    late.daemon = True
    late.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target.encode("ascii", "ignore").decode(), headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = _bounded(answer)
        if connection.was_cut:
            raise TimeoutError
        return Fetched(url, body, answer.getheader("Content-Type") or "", answer.status), (
            answer.getheader("Location") or "" if answer.status in (301, 302, 303, 307, 308) else ""
        )
    except (OSError, http.client.HTTPException) as error:
        raise TimeoutError if connection.was_cut else error from error
    finally:
        late.cancel()
        connection.close()


def fetch_rendered(url: str, allow: Sequence[Network] = (), client: str = "desktop-browser") -> Fetched:
    """The page as Chromium shows it, frames and shadow trees included; the browser's only way out is our gate. Raises FetchFailed."""
    from crawler.rendering.errors import RenderError

    try:
        return asyncio.run(_rendered(url, EgressPolicy(allow=tuple(allow)), client))
    except RenderError as error:
        raise FetchFailed(error.detail) from error


def date_of(url: str, policy: EgressPolicy) -> str:
    """The Date of a server's answer to HEAD, by the same pinned way. Raises FetchFailed where it tells none, OSError."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = _Pinned(host, port, _address(host, port, policy), ssl.create_default_context() if secure else None)
    try:
        connection.request("HEAD", parts.path or "/", headers={"User-Agent": USER_AGENT})
        told = connection.getresponse().getheader("Date") or ""
    except http.client.HTTPException as error:
        raise FetchFailed(f"无法访问：{_said(error)}") from error
    finally:
        connection.close()
    if not told:
        raise FetchFailed("服务器没有报时")
    return told


async def _rendered(url: str, policy: EgressPolicy, client: str) -> Fetched:
    from playwright.async_api import Error, async_playwright

    from crawler.guards.proxy import GATE_HEADER, running_proxy
    from crawler.rendering.chromium import NAVIGATE_S, context_kwargs, launch_options
    from crawler.rendering.errors import ErrorShown, of_gate, of_playwright
    from crawler.rendering.page import host_of, take
    from crawler.rendering.watch import begin, watch_of

    async with running_proxy(policy) as proxy:
        options = launch_options(proxy.url)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**options)
            visitor = context_kwargs(client)
            page = await (await browser.new_context(**visitor)).new_page()
            await begin(page, user_agent=visitor["user_agent"])
            try:
                await page.goto(url, wait_until="commit", timeout=NAVIGATE_S * 1000)
                seen = await take(page, url)
                said = proxy.said(next((value for name, value in seen.headers if name.lower() == GATE_HEADER.lower()), ""))
                if said:
                    raise of_gate(said, next((row.reason for row in proxy.not_opened(host_of(seen.final_url))), ""))
            except (Error, ErrorShown) as error:
                rows = proxy.not_opened(host_of(watch_of(page).main_failed_url or url)) if "ERR_TUNNEL" in str(error) else []
                raise of_gate(rows[-1].outcome, rows[-1].reason) if rows else of_playwright(str(error)) from error
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

