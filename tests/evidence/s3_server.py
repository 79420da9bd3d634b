"""A real S3 server process for tests (moto's server), from an environment of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.environments import environment

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
UP_S = 60.0


@contextmanager
def s3() -> Iterator[str]:
    """Its address. Skips, with the reason, where it cannot be installed."""
    bin = environment("moto", "moto[s3,server]==5.2.5")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen([str(bin / "python"), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log, env=os.environ | KEYS, cwd=Path("/"))
        try:
            until = time.monotonic() + UP_S
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except OSError:
                    if child.poll() is not None or time.monotonic() > until:
                        log.seek(0)
                        pytest.fail(f"the S3 server did not start: {log.read()[-500:]!r}")
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
