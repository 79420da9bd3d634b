"""A page server on loopback and a session in this process, driven over its socket as the console does."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from crawler.attended.order import Order
from crawler.attended.session import SOCKET, Ended, hold

NUMBER = "QZ2026000001"
HEAD = "<!doctype html><meta charset=utf-8>"


@contextmanager
def site(pages: Mapping[str, str], redirects: Mapping[str, str] | None = None) -> Any:
    """Yields the origin; ``pages``: path -> HTML, ``redirects``: path -> Location."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in (redirects or {}):
                self.send_response(302)
                self.send_header("Location", (redirects or {})[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = pages.get(self.path, "").encode()
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", "application/zip" if self.path.endswith(".zip") else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # a browser may leave while it is answered
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.2:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


async def ask(folder: Path, act: str, **more: Any) -> dict[str, Any]:
    handle = os.open(folder, os.O_PATH)
    try:
        reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{handle}/{SOCKET}")
    except OSError:  # the session has just ended
        return {"ok": False, "said": "没有会话"}
    finally:
        os.close(handle)
    writer.write((json.dumps({"act": act, "who": "zhang", "name": "张三", **more}) + "\n").encode())
    line = await reader.readline()
    writer.close()
    return dict(json.loads(line)) if line else {}


def order(url: str, **limits: Any) -> Order:
    stated = {"cause": "涉嫌发布违法互联网金融广告", "signers": [{"name": "张三"}, {"name": "李四"}]}
    return Order(number=NUMBER, url=url, stated=stated, allow=(ipaddress.ip_network("127.0.0.2/32"),), **limits)


@asynccontextmanager
async def session(order: Order, folder: Path, *, start: bool = True) -> AsyncIterator[asyncio.Task[Ended]]:
    """A running session, its checks over and (``start``) begun. Whatever the test does, it is ended."""
    task = asyncio.create_task(hold(order, folder))
    try:
        async with asyncio.timeout(60):
            while not (folder / SOCKET).exists():
                assert not task.done(), task.result()
                await asyncio.sleep(0.05)
            while start and not task.done() and not (await ask(folder, "start"))["ok"]:
                await asyncio.sleep(0.1)
        yield task
    finally:
        if not task.done():
            await ask(folder, "interrupt", why="测试结束")
        await asyncio.wait_for(asyncio.wait([task]), 60)
