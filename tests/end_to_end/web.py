"""A small web for tests: one site per server, every request in a log of the test's own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class Site:
    """A served site: ``url`` its start, ``asked`` the paths in the order they were asked."""

    url: str
    asked: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)


@contextmanager
def served(pages: Callable[[str], Answer | None], address: str = "127.0.0.2") -> Iterator[Site]:
    """Serves what ``pages(path)`` gives (None: 404) on a free port of ``address``."""
    site = Site("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.agents.append(self.headers.get("User-Agent", ""))
            status, headers, body = pages(self.path) or (404, {"Content-Type": "text/html"}, "<p>没有这一页</p>".encode())
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            if not isinstance(sys.exc_info()[1], ConnectionError):  # who asked was killed
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    server = Server((address, 0), Handler)
    server.daemon_threads = True
    site.url = f"http://{address}:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def html(text: str, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "text/html; charset=utf-8"} | {k.replace("_", "-"): v for k, v in headers.items()}, text.encode()
