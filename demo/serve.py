"""Serve every sample site on its own loopback address, and catch the mail the demo sends: `python -m demo.serve`.

One process: a thread for each address, HTTP/1.1 with keep-alive. Prints one line `ready …` when all listen. Exit 2 when a port is taken.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import os
import signal
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from demo.mailbox import Mailbox
from demo.table import FOLDER, PORT, Sample, moved, samples

PHONE_WORDS = ("mobile", "iphone", "android")


class AccessLog:
    """One JSON line a request, for tests that keep their own ledger: {"time","host","method","path","status","agent"}."""

    def __init__(self, file: Path | None) -> None:
        self._out: IO[str] | None = file.open("a", encoding="utf-8") if file else None
        self._lock = threading.Lock()

    def write(self, **row: Any) -> None:
        if self._out is None:
            return
        with self._lock:
            self._out.write(json.dumps({"time": time.time(), **row}, ensure_ascii=False) + "\n")
            self._out.flush()


class Site(ThreadingHTTPServer):
    """One sample site; ``taken`` ports raise OSError when it is made."""

    daemon_threads = True

    def __init__(self, sample: Sample, port: int, log: AccessLog) -> None:
        self.sample, self.log = sample, log
        super().__init__((sample.address, port), Handler)

    def server_bind(self) -> None:
        """As the base class does, without its look-up of the host's name, which may hang offline."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart within a minute finds its own port taken
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.sample.address, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sample", ""
    timeout = 60
    server: Site

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_POST(self) -> None:
        """Sign-in forms lead nowhere: back to the start page."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(HTTPStatus.SEE_OTHER, b"", "text/html", with_body=True, location="/")

    def _answer(self, *, with_body: bool) -> None:
        sample = self.server.sample
        path = unquote(urlsplit(self.path).path)
        status = HTTPStatus.OK
        if sample.gate and path != "/robots.txt":
            file = FOLDER / sample.name / ("checking.html" if path == "/" else "blocked.html")
            status = HTTPStatus.OK if path == "/" else HTTPStatus.FORBIDDEN
        else:
            found = self._file(sample, path)
            if found is None:
                body = "<!DOCTYPE html><title>404</title><h1>404 您访问的页面不存在</h1>".encode()
                self._send(HTTPStatus.NOT_FOUND, body, "text/html; charset=utf-8", with_body=with_body)
                return
            file = found
        if file.is_dir():
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", "text/html", with_body=with_body, location=path + "/")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        if kind.startswith("text/") and sample.charset:
            kind = f"{kind}; charset={sample.charset}"
        body = file.read_bytes()
        is_text = kind.startswith("text/") or kind.endswith(("json", "xml", "javascript"))
        self._send(status, moved(body, self.server.server_port) if is_text else body, kind, with_body=with_body)

    def _file(self, sample: Sample, path: str) -> Path | None:
        """The file a path stands for (a folder without its slash is returned as it is), or None. Never outside the site's folder."""
        root = FOLDER / sample.name
        name = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
        if any(part in ("..", "_phone") for part in Path(name).parts):
            return None
        if sample.phone and any(word in (self.headers.get("User-Agent") or "").lower() for word in PHONE_WORDS):
            variant = root / "_phone" / name
            if variant.is_file():
                return variant
        file = root / name
        return file if file.exists() else None

    def _send(self, status: HTTPStatus, body: bytes, kind: str, *, with_body: bool, location: str = "") -> None:
        self.server.log.write(
            host=self.server.sample.address, method=self.command, path=self.path, status=int(status), agent=self.headers.get("User-Agent") or ""
        )
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.server.sample.phone:
            self.send_header("Vary", "User-Agent")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the access log is ``AccessLog``."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.serve", description="在本机回环地址上提供示例网站")
    parser.add_argument("--port", type=int, default=PORT, help="各网站的端口（默认 8100）")
    parser.add_argument("--log", type=Path, help="访问记录（JSON Lines）")
    parser.add_argument("--mail", type=Path, help="把收到的邮件存到这个文件夹（同时在 127.0.0.1 上监听邮件端口）")
    parser.add_argument("--mail-port", type=int, default=8125)
    parser.add_argument("--with-parent", action="store_true", help="启动它的程序结束时也结束")
    options = parser.parse_args(argv)
    log = AccessLog(options.log)
    running: list[ThreadingHTTPServer | Mailbox] = []
    listening = ""
    try:
        for sample in samples():
            listening = f"{sample.address}:{options.port}"
            running.append(Site(sample, options.port, log))
        if options.mail:
            listening = f"127.0.0.1:{options.mail_port}"
            running.append(Mailbox(("127.0.0.1", options.mail_port), options.mail))
    except OSError as error:
        for server in running:
            server.server_close()
        print(f"示例网站不能在 {listening} 监听（{error.strerror}）：请关闭占用该端口的程序后再试", file=sys.stderr)
        return 2
    for server in running:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print(f"ready {len(running)} 个地址，端口 {options.port}", flush=True)
    parent = os.getppid()
    while not stop.wait(1.0) and not (options.with_parent and os.getppid() != parent):
        pass
    for server in running:
        server.shutdown()
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
