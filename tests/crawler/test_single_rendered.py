"""`scan --render`: one address in the browser, under the same gate as the patrol."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawler.rendering.chromium import chromium_path

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine")


class _App(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = json.dumps("本平台承诺保本保息，年化收益率15%")
        body = f"<!doctype html><meta charset=gbk><title>x</title><div id=a></div><script>a.textContent = {said}</script>".encode("ascii")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.2", 0), _App)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.2:{httpd.server_port}/"
    httpd.shutdown()
    httpd.server_close()


def _scan(*args: str) -> tuple[int, list[dict[str, object]]]:
    done = subprocess.run([sys.executable, "-m", "adpatrol", "scan", "--json", *args], capture_output=True, text=True, timeout=90)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_what_scripts_write_is_judged(url: str) -> None:
    code, [row] = _scan(url, "--allow", "127.0.0.2/32", "--render", "--text")
    assert code == 1 and row["violating"] and "保本保息" in str(row["text"])


def test_the_gate_holds_for_a_single_page(url: str) -> None:
    code, [row] = _scan(url, "--render")
    assert code == 2 and "出口闸门拒绝访问" in str(row["error"])
