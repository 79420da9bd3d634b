"""`adpatrol serve` as people start it: it answers, follows the archive, says in one line why it cannot start, and ends clean."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int) -> subprocess.Popen[str]:
    environment = os.environ | {"ADPATROL_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", "adpatrol", "serve", "--bind", f"127.0.0.1:{port}", "--no-schedule"], env=environment, text=True,
                            stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def answered(port: int, path: str, within_s: float = 60) -> tuple[int, str]:
    until = time.monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    port = free_port()
    child = start(tmp_path / "home", port)
    yield child, port, tmp_path / "home"
    if child.poll() is None:
        child.kill()
    child.communicate()


def test_it_serves_and_ends_with_its_children(served: tuple[subprocess.Popen[str], int, Path]) -> None:
    child, port, home = served
    assert answered(port, "/healthz") == (200, "ok\n")
    status, page = answered(port, "/")  # follows to the sign-in page
    assert status == 200 and "登录" in page and "/static/console/base.css" in page
    assert answered(port, "/static/console/base.css")[0] == 200
    assert answered(port, "/static/django_htmx/htmx-2.min.js")[0] == 200
    until = time.monotonic() + 90
    while not any("ingest" in _command(one) for one in psutil.Process(child.pid).children()):
        assert time.monotonic() < until
        time.sleep(0.2)
    family = psutil.Process(child.pid).children(recursive=True)
    second = start(home, port)
    _out, told = second.communicate(timeout=60)
    assert second.returncode == 2 and "已被占用" in told and len(told.strip().splitlines()) == 1
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)


def test_a_killed_serve_leaves_nothing_behind(served: tuple[subprocess.Popen[str], int, Path]) -> None:
    child, port, _ = served
    answered(port, "/healthz")
    family = psutil.Process(child.pid).children(recursive=True)
    child.kill()
    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive


def test_a_request_to_stop_ends_it_quietly(served: tuple[subprocess.Popen[str], int, Path]) -> None:
    child, port, _ = served
    answered(port, "/healthz")
    child.terminate()
    assert child.wait(60) == 0


def test_a_bad_address_is_misuse(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "adpatrol", "serve", "--bind", "nowhere"], capture_output=True, text=True, timeout=60,
                          env=os.environ | {"ADPATROL_HOME": str(tmp_path)}, check=False)
    assert done.returncode == 2
