"""The first half hour of somebody who has read nothing: each command says what comes next."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.ports import free_ports
from tests.end_to_end.running import ROOT, environment, run

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    port, _ = free_ports()
    with subprocess.Popen([sys.executable, "-m", "demo.serve", "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("ready")
        yield f"http://127.0.0.2:{port}/"
        process.terminate()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("first") / "home"


def one_line(text: str) -> str:
    (line,) = text.strip().splitlines()
    return line


def test_nothing_said_shows_the_commands(home: Path) -> None:
    shown = run(home, code=2).stdout + run(home, "--help").stdout
    for word in ("用法", "init", "patrol", "serve", "巡查一次"):
        assert word in shown


def test_reading_before_init_says_init(home: Path) -> None:
    assert "adpatrol init" in one_line(run(home, "findings", code=2).stderr)


def test_init_says_what_comes_next(home: Path) -> None:
    assert "adpatrol patrol --site" in run(home, "init").stdout
    assert "已建立" not in run(home, "init").stdout


def test_a_patrol_of_nothing_says_what_to_write(home: Path) -> None:
    assert "--site" in one_line(run(home, "patrol", code=2).stderr)


def test_an_inner_address_is_refused_and_the_reason_is_kept(home: Path, site: str) -> None:
    told = run(home, "patrol", "--site", site, code=2)
    assert "地址被拒 1" in told.stdout
    assert "--allow" in told.stderr and "adpatrol captures" in told.stderr
    assert "是本机地址" in run(home, "captures").stdout


def test_a_site_is_patrolled_and_its_leads_can_be_read(home: Path, site: str) -> None:
    told = run(home, "patrol", "--site", site, "--allow", "127.0.0.0/8", "--max-pages", "4", "--delay", "0", timeout=200)
    assert "巡查结束" in told.stdout
    assert "涉嫌" in run(home, "findings").stdout
    shown = run(home, "lead", "show", "XS2026000001" if "XS2026000001" in run(home, "lead", "list").stdout else _first(home)).stdout
    assert "《中华人民共和国广告法》" in shown
    assert not re.search(r"\d{4}-\d\d-\d\dT", shown), "times are told in Beijing time"


def _first(home: Path) -> str:
    found = re.search(r"XS\d+", run(home, "lead", "list").stdout)
    assert found
    return found[0]


def test_serve_says_that_nobody_can_sign_in_yet(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "adpatrol", "serve", "--bind", f"127.0.0.1:{port}", "--no-schedule"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(home), stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as talk:
                talk.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if talk.recv(16):
                    break
            time.sleep(0.2)
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"http://127.0.0.1:{port}" in said
    assert "adpatrol user add" in said
