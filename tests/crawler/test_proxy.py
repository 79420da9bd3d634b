"""The browser's way out: what is refused, what is logged, and that the address checked is the one connected to."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from crawler.guards import proxy as gate
from crawler.guards.egress import EgressPolicy
from crawler.guards.proxy import GATE_HEADER, GateProxy, running_proxy

LOOPBACK2 = EgressPolicy(allow=(ipaddress.ip_network("127.0.0.2/32"),))
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _echo_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nX-Adpatrol-Gate: made up\r\nContent-Length: %d\r\n\r\n" % len(head) + head)
    await writer.drain()
    writer.close()


async def _ask(proxy: GateProxy, request: bytes, *, then: bytes = b"") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(request)
    if then:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(then)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def _ended(proxy: GateProxy) -> None:
    async with asyncio.timeout(10):
        while proxy.log[-1].outcome == "open":
            await asyncio.sleep(0.01)


def _with_server(handler: Handler, use: Callable[[GateProxy, int], Awaitable[Any]], policy: EgressPolicy = LOOPBACK2,
                 names: dict[str, Sequence[str]] | None = None) -> Any:
    async def resolve(host: str) -> Sequence[str]:
        return (names or {}).get(host, (host,))

    async def run() -> Any:
        server = await asyncio.start_server(handler, "127.0.0.2", 0)
        async with server, running_proxy(policy, resolve) as proxy:
            return await asyncio.wait_for(use(proxy, server.sockets[0].getsockname()[1]), 20)

    return asyncio.run(run())


def test_http_is_passed_on_in_origin_form_and_closed() -> None:
    async def use(proxy: GateProxy, port: int) -> None:
        answer = await _ask(proxy, b"GET http://site.example:%d?q=1 HTTP/1.1\r\nHost: site.example\r\nProxy-Connection: keep-alive\r\n\r\n" % port)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"Connection: close" in head and b"keep-alive" not in head
        assert GATE_HEADER.encode() not in head  # a site cannot speak as the gate
        assert body.startswith(b"GET /?q=1 HTTP/1.1\r\n") and b"Proxy-" not in body and b"Connection: close" in body
        [passage] = proxy.passages("site.example")
        assert (passage.outcome, passage.address, passage.addresses) == ("ok", "127.0.0.2", ("127.0.0.1", "127.0.0.2"))
        assert passage.received > 0 and passage.to_json()["host"] == "site.example"

    _with_server(_echo_head, use, names={"site.example": ("127.0.0.1", "127.0.0.2")})


def test_a_tunnel_carries_bytes_unread() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)).upper())
        await writer.drain()
        writer.close()

    async def use(proxy: GateProxy, port: int) -> None:
        assert await _ask(proxy, b"CONNECT 127.0.0.2:%d HTTP/1.1\r\n\r\n" % port, then=b"\x16abc") == b"\x16ABC"
        await _ended(proxy)
        assert [(p.method, p.outcome, p.sent, p.received) for p in proxy.log] == [("CONNECT", "ok", 4, 4)]

    _with_server(shout, use)


@pytest.mark.parametrize(("request_line", "status", "outcome"), [
    (b"CONNECT 127.0.0.9:443 HTTP/1.1", b"403", "refused"), (b"GET http://127.0.0.1/ HTTP/1.1", b"403", "refused"),
    (b"GET http://inside.example/ HTTP/1.1", b"403", "refused"), (b"GET http://gone.example/ HTTP/1.1", b"502", "dns"),
    (b"CONNECT [::1]:443 HTTP/1.1", b"403", "refused"), (b"CONNECT update.googleapis.com:443 HTTP/1.1", b"403", "own"),
    (b"GET http://127.0.0.2:9/ HTTP/1.1", b"502", "connect"),
])
def test_what_is_refused_is_answered_by_the_gate_and_logged(request_line: bytes, status: bytes, outcome: str) -> None:
    async def use(proxy: GateProxy, port: int) -> None:
        head = (await _ask(proxy, request_line + b"\r\n\r\n")).partition(b"\r\n\r\n")[0]
        assert head.split(b" ")[1] == status
        said = next(line.partition(b": ")[2] for line in head.split(b"\r\n") if line.startswith(GATE_HEADER.encode()))
        assert proxy.said(said.decode()) == outcome and proxy.said(f"{'0' * 32} {outcome}") == ""
        await _ended(proxy)
        [passage] = proxy.log
        assert passage.outcome == outcome and passage.reason

    _with_server(_echo_head, use, names={"inside.example": ("10.0.0.1",), "gone.example": ()})


@pytest.mark.parametrize("request_bytes", [
    b"GET / HTTP/1.1\r\n\r\n", b"GET\r\n\r\n", b"GET ftp://127.0.0.2/ HTTP/1.1\r\n\r\n", b"CONNECT 127.0.0.2 HTTP/1.1\r\n\r\n",
    b"CONNECT 127.0.0.2:99999 HTTP/1.1\r\n\r\n", b"GET http://127.0.0.2/ HTTP/1.1\r\nA: " + b"a" * gate.MAX_REQUEST_HEAD + b"\r\n\r\n",
])
def test_a_malformed_request_is_answered_400(request_bytes: bytes) -> None:
    async def use(proxy: GateProxy, port: int) -> None:
        assert (await _ask(proxy, request_bytes)).startswith(b"HTTP/1.1 400")

    _with_server(_echo_head, use)


def test_the_gate_does_not_connect_to_itself() -> None:
    async def use(proxy: GateProxy, port: int) -> None:
        assert (await _ask(proxy, b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % proxy.port)).startswith(b"HTTP/1.1 403")

    _with_server(_echo_head, use, policy=EgressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),)))


def test_a_server_that_never_answers_floods_or_lies_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "HEAD_TIMEOUT_S", 1.0)
    monkeypatch.setattr(gate, "IDLE_TIMEOUT_S", 1.0)
    monkeypatch.setattr(gate, "MAX_RECEIVED", 200_000)

    async def hostile(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]
        if path == b"/hang":
            await asyncio.sleep(10)
        elif path == b"/stall":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
            await asyncio.sleep(10)
        elif path == b"/endless":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            for _ in range(100):
                writer.write(b"x" * 10_000)
                await writer.drain()
        elif path == b"/heads":
            writer.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000 + b"\r\n")
        elif path == b"/noise":
            writer.write(b"\x00\x01\x02 no http\r\n\r\n")
        writer.close()

    async def use(proxy: GateProxy, port: int) -> None:
        got = {}
        for path in ("hang", "stall", "endless", "heads", "noise", "gone"):
            answer = await _ask(proxy, b"GET http://127.0.0.2:%d/%s HTTP/1.1\r\n\r\n" % (port, path.encode()))
            await _ended(proxy)
            got[path] = (answer[9:12], proxy.log[-1].outcome)
        assert got == {"hang": (b"504", "timeout"), "stall": (b"200", "timeout"), "endless": (b"200", "too_large"), "heads": (b"400", "bad"),
                       "noise": (b"502", "reset"), "gone": (b"502", "reset")}

    _with_server(hostile, use)


def test_names_are_asked_once_for_many_connections() -> None:
    asked: list[str] = []

    async def resolve(host: str) -> Sequence[str]:
        asked.append(host)
        return ("127.0.0.2",)

    async def run() -> None:
        server = await asyncio.start_server(_echo_head, "127.0.0.2", 0)
        async with server, running_proxy(LOOPBACK2, resolve) as proxy:
            port = server.sockets[0].getsockname()[1]
            for _ in range(3):
                await _ask(proxy, b"GET http://a.example:%d/ HTTP/1.1\r\n\r\n" % port)

    asyncio.run(run())
    assert asked == ["a.example"]
