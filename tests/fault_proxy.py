"""A proxy of ours in front of a real Elasticsearch node, which fails as networks and clusters fail."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Fault = Callable[["_Handler", bytes], bool]  # answers the request itself (True), or lets it through (False)


class FaultProxy:
    """``fault``: what happens to each bulk request (``everything``: to every request); None: nothing. ``seen``: (method, path, authorization)."""

    def __init__(self, upstream: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.fault: Fault | None = None
        self.everything = False
        self.seen: list[tuple[str, str, str]] = []
        self.late: list[tuple[str, str, bytes]] = []  # requests whose sender was cut off, and that the cluster will see later
        self.released = threading.Event()
        self._tls, self._port = tls, 0
        self.open()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self._port}"

    def open(self) -> None:
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """From now on connections are refused; those that are open end with their next request."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self.fault, self.everything = cut, True
        self.close()
        yield
        self.fault, self.everything = None, False
        self.released.clear()
        self.open()

    def deliver_late(self) -> None:
        for method, path, body in self.late:
            forward(self.upstream, method, path, body)
        self.late.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultProxy

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _any(self) -> None:
        owner = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        owner.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        fault = owner.fault if owner.everything or "/_bulk" in self.path else None
        if fault is not None and fault(self, body):
            return
        self.reply(*self.ask(body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any

    def ask(self, body: bytes) -> tuple[int, bytes]:
        return forward(self.owner.upstream, self.command, self.path, body)

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reset(self) -> None:
        """The connection ends with a reset, as of a machine that is gone."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def forward(upstream: tuple[str, int], method: str, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*upstream, timeout=60)
    kind = "application/vnd.elasticsearch+x-ndjson; compatible-with=8" if "/_bulk" in path else "application/vnd.elasticsearch+json; compatible-with=8"
    try:
        connection.request(method, path, body, {"Content-Type": kind, "Accept": "application/vnd.elasticsearch+json; compatible-with=8"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# --- faults


def cut(handler: _Handler, body: bytes) -> bool:
    """Reset after the body was sent; the cluster has seen nothing."""
    handler.reset()
    return True


def cut_and_late(handler: _Handler, body: bytes) -> bool:
    """Reset after the body was sent; the cluster sees it later."""
    handler.owner.late.append((handler.command, handler.path, body))
    handler.reset()
    return True


def hang(handler: _Handler, body: bytes) -> bool:
    handler.owner.released.wait(30)
    handler.reset()
    return True


def no_answer(handler: _Handler, body: bytes) -> bool:
    """Done, and the acknowledgement lost."""
    handler.ask(body)
    handler.reset()
    return True


def half_an_answer(handler: _Handler, body: bytes) -> bool:
    status, answer = handler.ask(body)
    handler.reply(status, answer[: len(answer) // 2])
    return True


def status(code: int) -> Fault:
    def fault(handler: _Handler, body: bytes) -> bool:
        handler.reply(code, json.dumps({"error": {"type": "es_rejected_execution_exception", "reason": "rejected"}, "status": code}).encode())
        return True

    return fault


def larger_than(size: int) -> Fault:
    def fault(handler: _Handler, body: bytes) -> bool:
        if len(body) <= size:
            return False
        handler.reply(413, b"")
        return True

    return fault


def some_items(code: int, which: Callable[[str], bool], kind: str = "es_rejected_execution_exception") -> Fault:
    """Those documents never reach the cluster, which says ``code`` of them; the others do."""

    def fault(handler: _Handler, body: bytes) -> bool:
        lines = body.decode().splitlines()
        sent: list[str] = []
        refused: list[bool] = []
        at = 0
        while at < len(lines):
            act, head = next(iter(json.loads(lines[at]).items()))
            taken = 1 if act == "delete" else 2
            refused.append(act == "index" and which(head["_id"]))
            if not refused[-1]:
                sent += lines[at : at + taken]
            at += taken
        items: list[dict[str, Any]] = []
        if sent:
            said, answer = handler.ask(("\n".join(sent) + "\n").encode())
            items = json.loads(answer)["items"] if said == 200 else []
        others = iter(items)
        told = [{"index": {"status": code, "error": {"type": kind, "reason": "not this one"}}} if no else next(others) for no in refused]
        handler.reply(200, json.dumps({"errors": True, "items": told}).encode())
        return True

    return fault


def once(fault: Fault, times: int = 1) -> Fault:
    """The first requests only."""
    left = [times]
    guard = threading.Lock()

    def limited(handler: _Handler, body: bytes) -> bool:
        with guard:
            left[0] -= 1
            if left[0] < 0:
                return False
        return fault(handler, body)

    return limited
