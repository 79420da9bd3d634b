"""A web that misbehaves: every site on a loopback address of its own, answering byte by byte as its handler likes. One thread, one log."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme


@dataclass(slots=True)
class Talk:
    """One connection with its first request. ``count``: how often this path was asked before; ``head``: the request as it came."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    path: str
    count: int
    web: Web
    head: bytes = b""

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes | str, *, status: str = "200 OK", kind: str = "text/html; charset=utf-8", **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(data)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.raw("\r\n".join([*lines, "", ""]).encode("latin-1") + data)

    def cut(self) -> None:
        """Ends with a reset instead of a goodbye."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Handler = Callable[[Talk], Awaitable[None]]


@dataclass(slots=True)
class Web:
    """``asked``: (monotonic seconds, host, path) of every request, in order; ``urls``: host name of the test -> where its site begins."""

    asked: list[tuple[float, str, str]] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    cookies: list[int] = field(default_factory=list)  # how many came with each request of the site that sets too many
    rebound: Path = Path("/nonexistent")  # comes to be when a name is to mean something else

    def times(self, name: str, path: str = "/") -> list[float]:
        return [at for at, host, asked in self.asked if (host, asked) == (name, path)]

    def port(self, name: str) -> int:
        return int(self.urls[name].rstrip("/").rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Site:
    """One site: ``handler`` answers every path but robots.txt, which ``robots`` answers (None: there is none)."""

    name: str
    address: str
    handler: Handler
    robots: Handler | None = None
    tls: str = ""  # good, expired, wrong_name, self_signed; garbage, closes: what stands in place of a TLS server
    port: int = 0


def _serve(web: Web, site: Site) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if site.tls in ("garbage", "closes"):
                await site.handler(Talk(reader, writer, "", 0, web))
                return
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("latin-1")
            count = len(web.times(site.name, path))
            web.asked.append((time.monotonic(), site.name, path))
            talk = Talk(reader, writer, path, count, web, head)
            if path != "/robots.txt":
                await site.handler(talk)
            elif site.robots is not None:
                await site.robots(talk)
            else:
                await talk.answer("没有", status="404 Not Found")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    return serve


def _context(kind: str, address: str) -> ssl.SSLContext:
    ca = trustme.CA()
    now = datetime.datetime.now(datetime.UTC)
    if kind == "expired":
        cert = ca.issue_cert(address, not_after=now - datetime.timedelta(days=30))
    elif kind == "wrong_name":
        cert = ca.issue_cert("another-name.example")
    else:
        cert = ca.issue_cert(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "self_signed":
        _self_signed(context, address)
    else:
        cert.configure_cert(context)
    return context


def _self_signed(context: ssl.SSLContext, address: str) -> None:
    import ipaddress
    import tempfile

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=90))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False).sign(key, hashes.SHA256()))
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(cert.public_bytes(serialization.Encoding.PEM))
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)


async def _begin(web: Web, sites: list[Site]) -> list[asyncio.Server]:
    servers = []
    for site in sites:
        context = _context(site.tls, site.address) if site.tls not in ("", "garbage", "closes") else None
        server = await asyncio.start_server(_serve(web, site), site.address, site.port, ssl=context)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        web.urls[site.name] = f"http{'s' if site.tls else ''}://{site.address}:{port}/"
    return servers


async def _end() -> None:
    mine = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not mine]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def served(sites: list[Site]) -> Iterator[Web]:
    web = Web()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(_begin(web, sites), loop).result(30)
        yield web
    finally:
        asyncio.run_coroutine_threadsafe(_end(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def never_accepting(address: str) -> Iterator[str]:
    """A port whose queue is full: who connects hears nothing at all."""
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind((address, 0))
        listening.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listening.getsockname())
        yield f"http://{address}:{listening.getsockname()[1]}/"


def closed_port(address: str) -> int:
    with socket.create_server((address, 0)) as closing:
        return int(closing.getsockname()[1])
