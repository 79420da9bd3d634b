"""The browser's one way out: a forward proxy on loopback that resolves once, checks the address, connects to that address and logs it.

Speaks CONNECT (https, WebSocket) and absolute-form http. TLS passes through unread. What the egress policy refuses is answered with 403 and a
reason page; such answers of our own carry a header with this proxy's secret, so that no site can pretend to be the gate (promises.md, rule 6).
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import itertools
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from crawler.guards import names
from crawler.guards.egress import EgressPolicy

GATE_HEADER = "X-Adpatrol-Gate"
MAX_CONNECTIONS = 256
MAX_REQUEST_HEAD = 64 * 1024
MAX_ANSWER_HEAD = 256 * 1024
MAX_RECEIVED = 64 * 1024 * 1024  # bytes of one connection from the server
MAX_LOG = 10_000
HEAD_TIMEOUT_S, DNS_TIMEOUT_S, CONNECT_TIMEOUT_S, IDLE_TIMEOUT_S, TOTAL_TIMEOUT_S = 30.0, 20.0, 12.0, 60.0, 300.0
DNS_CACHE_S, DNS_CACHE_HOSTS = 60.0, 2_000
MAX_TRIES = 3  # addresses tried of one name
_CHUNK = 64 * 1024

# What Chromium asks on its own (updates, accounts, safe browsing): switched off by flags, refused here by name, and no evidence of any site.
BROWSERS_OWN = frozenset({
    "update.googleapis.com", "clients2.google.com", "clients4.google.com", "clients2.googleusercontent.com", "accounts.google.com",
    "safebrowsing.googleapis.com", "safebrowsing.google.com", "optimizationguide-pa.googleapis.com", "content-autofill.googleapis.com",
    "clientservices.googleapis.com", "edgedl.me.gvt1.com", "redirector.gvt1.com", "android.clients.google.com", "mtalk.google.com",
    "passwordsleakcheck-pa.googleapis.com",
})
_HOP_HEADERS = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"proxy-authenticate", b"upgrade", b"te"})
_STATUS = {
    "refused": "403 Forbidden", "own": "403 Forbidden", "dns": "502 Bad Gateway", "connect": "502 Bad Gateway", "reset": "502 Bad Gateway",
    "timeout": "504 Gateway Timeout", "busy": "503 Service Unavailable", "bad": "400 Bad Request",
}
Resolve = Callable[[str], Awaitable[Sequence[str]]]


@dataclass(slots=True)
class Passage:
    """One connection asked of the gate. ``outcome``: open, ok, closed, too_large, timeout, reset, or why there was none: refused, own, dns, connect, busy, bad."""

    number: int
    method: str
    host: str
    port: int
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    addresses: tuple[str, ...] = ()  # every DNS answer
    address: str = ""  # the one connected to
    outcome: str = "open"
    reason: str = ""  # Chinese
    sent: int = 0  # bytes
    received: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "host": self.host, "port": self.port, "time": self.time.isoformat(), "addresses": list(self.addresses), "address": self.address,
            "outcome": self.outcome, "reason": self.reason, "sent": self.sent, "received": self.received, "seconds": round(self.seconds, 3),
        }


class _Stop(Exception):
    """Ends one passage: ``outcome`` of the list above, Chinese reason."""

    def __init__(self, outcome: str, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class GateProxy:
    """``url`` for the browser, ``log`` for the evidence, ``token`` to know this gate's own answers by."""

    def __init__(self, policy: EgressPolicy, resolve: Resolve | None = None) -> None:
        self.policy = policy
        self.log: deque[Passage] = deque(maxlen=MAX_LOG)
        self.token = secrets.token_hex(16)
        self.port = 0
        self._resolve = resolve or names.resolve
        self._dns: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, limit=MAX_ANSWER_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def passages(self, host: str, since: float | datetime = 0.0) -> list[Passage]:
        """Connections asked for ``host`` since a UTC time, oldest first."""
        after = since if isinstance(since, datetime) else datetime.fromtimestamp(since, UTC)
        return [passage for passage in self.log if passage.host == host.lower().strip("[]") and passage.time >= after]

    def not_opened(self, host: str, since: float | datetime = 0.0) -> list[Passage]:
        """What was asked for ``host`` and not connected; other pages, and the browser itself, have refusals of their own."""
        return [passage for passage in self.passages(host, since) if passage.outcome not in ("ok", "open") and passage.reason]

    def said(self, header: str | None) -> str:
        """The outcome where a GATE_HEADER value is of this gate; "" where a site made it up."""
        token, _, outcome = (header or "").partition(" ")
        return outcome if secrets.compare_digest(token.encode(), self.token.encode()) else ""

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        passage: Passage | None = None
        began = time.monotonic()
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                method, target, head = await _request_head(reader)
                passage = self._passage(method, target)
                await self._serve(passage, target, head, reader, writer)
        except _Stop as stop:
            await self._refuse(writer, passage, stop)
        except TimeoutError:
            if passage is not None and passage.outcome == "open":
                passage.outcome, passage.reason = "timeout", "连接时间过长，已断开"
        except (OSError, asyncio.IncompleteReadError):
            if passage is not None and passage.outcome == "open":
                passage.outcome = "reset"
        except asyncio.CancelledError:
            # Only close() cancels. Let go, the task would end with a traceback from asyncio's own callback.
            if passage is not None and passage.outcome == "open":
                passage.outcome = "closed"
        finally:
            if passage is not None:
                passage.seconds = time.monotonic() - began
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 2)

    def _passage(self, method: bytes, target: bytes) -> Passage:
        host, port = _host_and_port(method, target)
        passage = Passage(next(self._numbers), method.decode("latin-1")[:20], host, port)
        self.log.append(passage)
        return passage

    async def _serve(self, passage: Passage, target: bytes, head: list[tuple[bytes, bytes]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) > MAX_CONNECTIONS:
            raise _Stop("busy", "同时打开的连接过多")
        upstream_reader, upstream = await self._connect(passage)
        try:
            if passage.method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                request = _origin_form(passage, target, head)
                passage.sent += len(request)
                upstream.write(request)
                await upstream.drain()
            await _both_ways(passage, reader, writer, upstream_reader, upstream)
        finally:
            upstream.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(upstream.wait_closed(), 2)

    async def _connect(self, passage: Passage) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To an address that was checked, and to no other. Raises _Stop."""
        if passage.host in BROWSERS_OWN:
            raise _Stop("own", "浏览器自身的通信，不属于任何网站")
        passage.addresses = tuple(await self._addresses(passage.host))
        if not passage.addresses:
            raise _Stop("dns", "域名无法解析，可能已停用或未注册")
        reasons = {address: self.policy.check(address) for address in passage.addresses}
        allowed = [address for address, reason in reasons.items() if not reason]
        if not allowed:
            raise _Stop("refused", f"出口闸门拒绝访问：{next(iter(reasons.values()))}")
        if passage.port == self.port:
            raise _Stop("refused", "出口闸门拒绝访问：不得连接闸门自身")
        late = False
        for address in allowed[:MAX_TRIES]:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    pair = await asyncio.open_connection(address, passage.port, limit=MAX_ANSWER_HEAD)
            except TimeoutError:
                late = True
            except OSError:
                late = False
            else:
                passage.address = address
                return pair
        raise _Stop("timeout", "在限定时间内没有连上服务器") if late else _Stop("connect", "服务器拒绝连接或无法到达")

    async def _addresses(self, host: str) -> tuple[str, ...]:
        known = self._dns.get(host)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        try:
            async with asyncio.timeout(DNS_TIMEOUT_S):
                addresses = tuple(await self._resolve(host))
        except (OSError, UnicodeError, TimeoutError):
            addresses = ()
        if len(self._dns) >= DNS_CACHE_HOSTS:
            self._dns.clear()
        self._dns[host] = (time.monotonic() + DNS_CACHE_S, addresses)
        return addresses

    async def _refuse(self, writer: asyncio.StreamWriter, passage: Passage | None, stop: _Stop) -> None:
        if passage is not None:
            passage.outcome, passage.reason = stop.outcome, stop.reason
        body = f"<!doctype html><meta charset=utf-8><title>巡查出口</title><p>{html.escape(stop.reason)}".encode()
        head = (
            f"HTTP/1.1 {_STATUS.get(stop.outcome, '502 Bad Gateway')}\r\n{GATE_HEADER}: {self.token} {stop.outcome}\r\n"
            f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError, TimeoutError):
            writer.write(head.encode("ascii") + body)
            await asyncio.wait_for(writer.drain(), 5)


@asynccontextmanager
async def running_proxy(policy: EgressPolicy, resolve: Resolve | None = None) -> AsyncIterator[GateProxy]:
    """``resolve``: host to addresses, in place of the system's."""
    proxy = GateProxy(policy, resolve)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.close()


async def _head(reader: asyncio.StreamReader, bound: int, late: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """First line and headers. Raises _Stop("bad") or, where nothing came, IncompleteReadError."""
    try:
        async with asyncio.timeout(HEAD_TIMEOUT_S):
            raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise _Stop("bad", "头部过大") from error
    except TimeoutError as error:
        raise _Stop("timeout", late) from error
    if len(raw) > bound:
        raise _Stop("bad", "头部过大")
    first, *lines = raw[:-4].split(b"\r\n")
    headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        headers.append((name, value.strip()))
    return first, headers


async def _request_head(reader: asyncio.StreamReader) -> tuple[bytes, bytes, list[tuple[bytes, bytes]]]:
    first, headers = await _head(reader, MAX_REQUEST_HEAD, "浏览器没有发出请求")
    parts = first.split(b" ")
    if len(parts) != 3:
        raise _Stop("bad", "请求格式不对")
    return parts[0], parts[1], headers


def _host_and_port(method: bytes, target: bytes) -> tuple[str, int]:
    """Of a CONNECT authority or an absolute http URL. Raises _Stop("bad")."""
    text = target.decode("latin-1")
    try:
        parts = urlsplit(f"//{text}" if method == b"CONNECT" else text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise _Stop("bad", "地址格式不对") from error
    if not host or (method != b"CONNECT" and parts.scheme.lower() != "http") or (method == b"CONNECT" and port is None):
        raise _Stop("bad", "地址格式不对")
    return host, port or 80


def _origin_form(passage: Passage, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The request as the server expects it, for one exchange: the connection is not used again."""
    _, _, rest = target.partition(b"://")
    mark = min((at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0), default=len(rest))
    path = rest[mark:]
    if not path.startswith(b"/"):
        path = b"/" + path
    lines = [b"%s %s HTTP/1.1" % (passage.method.encode("ascii", "replace"), path)]
    lines += [name + b": " + value for name, value in headers if name.strip().lower() not in _HOP_HEADERS]
    return b"\r\n".join([*lines, b"Connection: close", b"", b""])


async def _both_ways(
    passage: Passage, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter,
    server_reader: asyncio.StreamReader, server: asyncio.StreamWriter,
) -> None:
    """Until either side has ended, or a bound is reached. The browser ends a plain exchange when it has the whole body."""
    up = asyncio.create_task(_pump(client_reader, server, passage, "sent"))
    down = asyncio.create_task(_down(passage, server_reader, client))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        if down.done() or up.exception() is not None:  # a server may refuse a body and still answer
            await down
        passage.outcome = "ok"
    finally:
        up.cancel()
        down.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _down(passage: Passage, server_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    if passage.method != "CONNECT":
        await _answer_head(passage, server_reader, client)
    await _pump(server_reader, client, passage, "received")


async def _answer_head(passage: Passage, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    """Passes the head on with ``Connection: close``: the browser must not ask another host over this connection."""
    while True:
        try:
            first, headers = await _head(server, MAX_ANSWER_HEAD, "在限定时间内没有收到回答")
        except asyncio.IncompleteReadError as error:
            raise _Stop("reset", "连接在回答途中断开") from error
        if not first.startswith(b"HTTP/1."):
            raise _Stop("reset", "回答不是 HTTP")
        kept = [(name, value) for name, value in headers if name.strip().lower() not in _HOP_HEADERS and name.lower() != GATE_HEADER.lower().encode()]
        interim = first[9:10] == b"1" and first[9:12] != b"101"
        if not interim:
            kept.append((b"Connection", b"close"))
        data = b"\r\n".join([first, *(name + b": " + value for name, value in kept), b"", b""])
        passage.received += len(data)
        client.write(data)
        if not interim:
            return


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passage: Passage, counter: str) -> None:
    """Bytes from one side to the other. The wait is bounded on the server's side only: the browser may be silent as long as it reads."""
    while True:
        if counter == "received":
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                data = await reader.read(_CHUNK)
        else:
            data = await reader.read(_CHUNK)
        if not data:
            return
        count = getattr(passage, counter) + len(data)
        setattr(passage, counter, count)
        if count > MAX_RECEIVED:
            passage.outcome, passage.reason = "too_large", f"一个连接超过 {MAX_RECEIVED // 2**20} MiB，已断开"
            raise ConnectionAbortedError
        writer.write(data)
        await asyncio.wait_for(writer.drain(), IDLE_TIMEOUT_S)
