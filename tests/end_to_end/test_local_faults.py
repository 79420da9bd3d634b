"""What goes wrong on our own side while a patrol runs: a full disk, a locked database, a mail server that is down. The run goes on, and nothing is lost."""

from __future__ import annotations

import email
import email.policy
import os
import resource
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from running import ROOT, captures, environment, lines, run, started
from web import Answer, html, served


def pages(path: str) -> Answer | None:
    if path == "/robots.txt":
        return None
    if path == "/large.html":
        return 200, {"Content-Type": "text/html"}, b"<p>" + os.urandom(3_000_000).hex().encode()
    time.sleep(0.02)
    return html("".join(f'<a href="/p{n}.html">{n}</a>' for n in range(60)) + '<a href="/large.html">大</a>')


def test_what_finds_no_room_on_the_disk_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    """A real limit of the kernel on the size of files stands for the full disk."""
    with served(pages) as site:
        done = subprocess.run(
            [sys.executable, "-m", "adpatrol", "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json"],
            cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=120, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000)),
        )
    assert done.returncode == 0, done.stderr
    outcomes = lines(done.stdout)[-1]["outcomes"]
    assert outcomes["not_archived"] == 1
    assert {f"{site.url}p{n}.html" for n in range(60)} <= {c["url"] for c in captures(tmp_path) if c["outcome"] == "ok"}
    (lost,) = [c for c in captures(tmp_path) if c["outcome"] == "not_archived"]
    assert lost["url"].endswith("/large.html")
    assert "磁盘已满" in run(tmp_path, "captures").stdout
    assert lines(run(tmp_path, "evidence", "verify", "--all", "--json").stdout)[-1]["failures"] == 0


def test_a_disk_with_no_room_at_all_stops_the_run_and_resume_goes_on(tmp_path: Path) -> None:
    with served(pages) as site:
        args = ["--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "adpatrol", "patrol", *args], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=120,
            check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)),
        )
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
        acknowledged = {line["capture"] for line in lines(done.stdout) if line.get("event") == "acknowledged"}
        run(tmp_path, "patrol", "--resume", "--no-ingest", "--json")
    kept = captures(tmp_path)
    assert acknowledged <= {c["id"] for c in kept}
    assert {f"{site.url}p{n}.html" for n in range(60)} <= {c["url"] for c in kept if c["outcome"] == "ok"}


def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    with served(pages) as site:
        process = started(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--no-ingest", "--json")
        assert process.stdout is not None
        process.stdout.readline()
        for name in ("frontier.sqlite3", "archive/ledger.sqlite3"):
            with sqlite3.connect(tmp_path / name, timeout=10, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                other.execute("ROLLBACK")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert {f"{site.url}p{n}.html" for n in range(60)} <= {c["url"] for c in captures(tmp_path) if c["outcome"] == "ok"}


def promise(path: str) -> Answer | None:
    if path != "/" and not path.startswith("/p"):
        return None
    time.sleep(0.02)
    claim = f"<p>恒利示例平台第 {path} 号产品，100%本息保障，保本保息，年化收益12%，立即投资。</p>"
    return html("<title>恒利示例平台</title>" + claim + "".join(f'<a href="/p{n}.html">{n}</a>' for n in range(8)))


def test_a_locked_main_database_is_waited_for_by_the_ingest_beside_the_patrol(tmp_path: Path) -> None:
    run(tmp_path, "init")
    with served(promise) as site:
        process = started(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--json")
        assert process.stdout is not None
        process.stdout.readline()
        with sqlite3.connect(tmp_path / "adpatrol.sqlite3", timeout=10, isolation_level=None) as other:
            for _ in range(3):
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                other.execute("ROLLBACK")
        out, errors = process.communicate(timeout=90)
    assert process.returncode == 0 and "研判没有完成" not in errors, errors
    judged = {line["capture"] for line in lines(run(tmp_path, "findings", "--json").stdout)}
    assert {c["id"] for c in captures(tmp_path) if "/p" in c["url"] and c["outcome"] == "ok"} <= judged
    assert lines(out)[-1]["findings"] and run(tmp_path, "lead", "list", "--json").stdout.strip(), lines(out)[-1]


@pytest.mark.alone  # a minute is waited before the second try: three commands must be quicker
def test_a_mail_server_that_is_down_is_told_of_and_gets_the_message_when_it_is_back(tmp_path: Path) -> None:
    """From the page to the mailbox, by the product's own commands."""
    channel = tmp_path / "config" / "channels" / "duty.yaml"
    channel.parent.mkdir(parents=True)
    channel.write_text("name: duty\nkind: smtp\nsecurity: none\ndigest_s: 0\nhost_env: T_HOST\nport_env: T_PORT\nsender: a@office.example\n"
                       "to: [b@office.example]\nallow: [127.0.0.0/8]\n", "utf-8")
    settings = {"ADPATROL_CONFIG": str(channel.parents[1]), "T_HOST": "127.0.0.1"}
    with served(promise) as site:
        run(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--depth", "0", **settings, T_PORT="1")
    down = run(tmp_path, "deliver", **settings, T_PORT="1")
    assert "连不上" in down.stderr and "Error" not in down.stderr and "排队 1 条" in down.stdout
    box = Box()
    server = AnyPort(box, hostname="127.0.0.1", port=0)
    server.start()
    try:
        early = run(tmp_path, "deliver", **settings, T_PORT=str(server.port))
        assert "发出 0 条" in early.stdout, "not before its time"
        with sqlite3.connect(tmp_path / "adpatrol.sqlite3", timeout=10) as clock:  # stands for the minute of waiting
            clock.execute("UPDATE alerts_outboxmessage SET next_attempt_at = '2020-01-01 00:00:00'")
        assert "发出 1 条" in run(tmp_path, "deliver", **settings, T_PORT=str(server.port)).stdout
        assert "发出 0 条" in run(tmp_path, "deliver", **settings, T_PORT=str(server.port)).stdout
    finally:
        server.stop()
    assert len(box.mails) == 1 and "新线索" in str(email.message_from_bytes(box.mails[0], policy=email.policy.default)["Subject"])


class Box:
    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        self.mails.append(bytes(envelope.content or b""))
        return "250 OK"


class AnyPort(Controller):
    """On a port the system picks."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
