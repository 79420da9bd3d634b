"""A real time-stamping authority for tests: `openssl ts -reply` with a CA of its own behind a small HTTP server on loopback.

The fixture ``authority`` is one (RSA) that runs; ``authorities`` makes more: ``authorities("b", "ecdsa")``. ``url``, ``root`` (PEM of the
CA), ``stop()`` and ``start()`` (the same address again). ``fault`` turns what it answers into something else.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp

import pytest

_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = {dir}
serial = {dir}/serial
signer_cert = {dir}/tsa.pem
certs = {dir}/ca.pem
signer_key = {dir}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
ess_cert_id_chain = no
"""
_KEYS = {"rsa": ["rsa:2048"], "ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]}
_EXTENSIONS = "[tsa]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
_lock = threading.Lock()


def _run(*argv: str, cwd: Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *argv], cwd=cwd, input=stdin, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"openssl {argv}: {done.stderr.decode(errors='replace')}"
    return done.stdout


@cache
def _ca(kind: str) -> Path:
    """A folder with ca.pem, ca.key, tsa.pem and tsa.key: made once a process and kind."""
    folder = Path(mkdtemp(prefix=f"adpatrol-tsa-{kind}-"))
    new = ["-newkey", *_KEYS[kind], "-nodes"]
    _run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650", "-subj", f"/C=CN/O=Test/CN=Test {kind} CA",
         "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=folder)
    _run("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", f"/C=CN/O=Test/CN=Test {kind} TSA", cwd=folder)
    (folder / "ext").write_text(_EXTENSIONS)
    _run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3650", "-extfile", "ext", "-extensions", "tsa",
         "-out", "tsa.pem", cwd=folder)
    (folder / "tsa.cnf").write_text(_CONFIG.format(dir=folder))
    (folder / "serial").write_text("01\n")
    return folder


class LocalAuthority:
    """``fault``: given the request's bytes and the true answer, what is sent instead; None: the true answer. ``asked`` counts requests."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        self.folder = _ca(kind)
        self.root = self.folder / "ca.pem"
        self.fault: Callable[[bytes, bytes], bytes] | None = None
        self.status, self.asked = 200, 0
        self.hold = threading.Event()  # set: requests are answered
        self.hold.set()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/tsa"

    def reply(self, request: bytes) -> bytes:
        """The true answer, as `openssl ts -reply` gives it."""
        with _lock:
            place = Path(mkdtemp(prefix="adpatrol-tsq-"))
            try:
                (place / "q").write_bytes(request)
                return _run("ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-queryfile", "q", cwd=place)
            finally:
                shutil.rmtree(place)

    def start(self) -> None:
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self._port), self._handler())
            self._server.daemon_threads = True
            self._port = self._server.server_address[1]
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """The port is closed: connections are refused."""
        self.hold.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 1 << 16))
                mine.asked += 1
                if not mine.hold.wait(60):
                    return
                body = mine.reply(request)
                if mine.fault is not None:
                    body = mine.fault(request, body)
                try:
                    self.send_response(mine.status)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the client left, as it should where we are too slow or too long

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def authorities() -> Iterator[Callable[..., LocalAuthority]]:
    """``authorities(name, kind)`` with kind rsa, ecdsa or ecdsa384; all are stopped at the end."""
    made: list[LocalAuthority] = []

    def make(name: str = "tsa", kind: str = "rsa") -> LocalAuthority:
        made.append(LocalAuthority(name, kind))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def authority(authorities: Callable[..., LocalAuthority]) -> LocalAuthority:
    return authorities()
