"""`make demo` as a person lives it: killed in the middle, gone on with, opened again, patrolled again, ended with Ctrl-C, refused on a taken port.

The tests share one home and run in the order they stand in: each begins where the one before left it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.demo.ports import free_ports
from tests.demo.terminal import Terminal
from tests.end_to_end.running import ROOT, lines, run

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("make-demo")]
UP = "按 Ctrl-C 结束。"


class Office:
    """One home, its ports, and what a test counts in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.sites, self.console = free_ports()
        self.before: dict[str, int] = {}

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("AGAIN", "ADPATROL_CONFIG", "MAKEFLAGS", "MAKELEVEL")}
        return kept | {"ADPATROL_HOME": str(self.home), "DEMO_PORT": str(self.sites), "DEMO_BIND": f"127.0.0.1:{self.console}"} | more

    def start(self, **more: str) -> Terminal:
        return Terminal([sys.executable, "-m", "demo"], folder=ROOT, env=self.env(**more))

    def counts(self) -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(f"file:{self.home / 'adpatrol.sqlite3'}?mode=ro", uri=True)) as db:
            alerts = int(db.execute("SELECT COUNT(*) FROM alerts_alert").fetchone()[0])
        shown = {name: len(lines(run(self.home, *name.split(), "--json").stdout)) for name in ("captures", "findings", "lead list")}
        return shown | {"alerts": alerts, "letters": len(list((self.home / "outgoing").glob("*.eml")))}

    def processes(self) -> list[psutil.Process]:
        """All that run for this home, whoever started them."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("ADPATROL_HOME") == str(self.home) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def cut_off(self) -> None:
        """As a power cut does: nobody ends in order."""
        there = self.processes()
        for process in there:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(there, timeout=20)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("demo-home"))
    yield office
    office.cut_off()


def test_a_first_run_killed_in_the_middle_is_gone_on_with(office: Office) -> None:
    first = office.start()
    first.until("开始巡查", 120)
    ledger = office.home / "archive" / "ledger.sqlite3"
    until = time.monotonic() + 120
    while _captured(ledger) < 5:
        assert time.monotonic() < until, first.text
        time.sleep(0.02)
    office.cut_off()
    first.ended()
    assert not (office.home / "demo-finished.json").exists()
    with office.start() as second:
        second.until(UP, 240)
        assert "继续上次没有完成的巡查" in second.text
        _console_is_up(office, second)
        counts = office.counts()
        assert min(counts.values()) > 0, counts
        _ends_clean(office, second)
    office.before = counts


def test_a_second_start_opens_the_console_and_changes_nothing(office: Office) -> None:
    assert office.before, "the first run did not end well"
    with office.start() as again:
        again.until(UP, 120)
        assert "上次巡查已完成" in again.text
        _console_is_up(office, again)
        _ends_clean(office, again)
    assert office.counts() == office.before


def test_again_patrols_and_raises_nothing_twice(office: Office) -> None:
    assert office.before, "the first run did not end well"
    with office.start(AGAIN="1") as again:
        again.until(UP, 240)
        _ends_clean(office, again)
    after = office.counts()
    assert after["captures"] > office.before["captures"]
    assert {name: after[name] for name in ("lead list", "alerts", "letters")} == {name: office.before[name] for name in ("lead list", "alerts", "letters")}


@pytest.mark.parametrize("which", ["console", "sites"])
def test_a_taken_port_is_one_line_and_exit_2(office: Office, which: str) -> None:
    with _held(("127.0.0.1", office.console) if which == "console" else ("127.0.0.5", office.sites)):
        done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, env=office.env(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "已被占用" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None or not (ROOT / ".venv" / ".installed").exists(), reason="make, or what it installs, is not there")
def test_make_itself_refuses_a_taken_port_with_2(office: Office) -> None:
    with _held(("127.0.0.1", office.console)):
        done = subprocess.run(
            ["make", "demo", f"DEMO_BIND=127.0.0.1:{office.console}"], cwd=ROOT, env=office.env(), capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 2
    assert "已被占用" in done.stderr


@contextlib.contextmanager
def _held(address: tuple[str, int]) -> Iterator[None]:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(address)
        holder.listen()
        yield


def _captured(ledger: Path) -> int:
    if not ledger.is_file():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db, contextlib.suppress(sqlite3.OperationalError):
        return int(db.execute("SELECT COUNT(*) FROM captures").fetchone()[0])
    return 0


def _console_is_up(office: Office, terminal: Terminal) -> None:
    """Where the screen says it is, and with the sign-in it says."""
    address = f"http://127.0.0.1:{office.console}/"
    password = (office.home / "sign-in.txt").read_text(encoding="ascii").strip()
    assert address in terminal.text and "officer" in terminal.text and password in terminal.text
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.status == 200
        assert "登录" in answer.read().decode()


def _ends_clean(office: Office, terminal: Terminal) -> None:
    terminal.ctrl_c()
    assert terminal.ended() == 130, terminal.text
    assert "Traceback" not in terminal.text
    assert office.processes() == []
    with _held(("127.0.0.1", office.console)), _held(("127.0.0.2", office.sites)):
        pass
