"""A plain connection through the egress gate, for what is no browser: the second fetch, a second resolver."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from crawler.guards.proxy import GateProxy

_LIMIT = 256 * 1024
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GateRefused(Exception):
    """The gate did not connect; the message is its reason, in Chinese."""


async def tunnel(gate: GateProxy, host: str, port: int, *, secure: bool = False, timeout_s: float = 30.0) -> Pair:
    """A stream to ``host``:``port`` (``secure``: under TLS; the certificate is kept, not trusted). Raises GateRefused, OSError, TimeoutError, ssl.SSLError."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port, limit=_LIMIT)
        try:
            shown = f"[{host}]" if ":" in host else host
            writer.write(f"CONNECT {shown}:{port} HTTP/1.1\r\nHost: {shown}:{port}\r\n\r\n".encode("ascii"))
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
            if head[9:12] != b"200":
                refused = gate.not_opened(host)
                raise GateRefused(refused[-1].reason if refused else "出口闸门没有接通")
            if secure:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                await writer.start_tls(context, server_hostname=host)
        except BaseException:
            await hang_up(writer)
            raise
    return reader, writer


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 2)
