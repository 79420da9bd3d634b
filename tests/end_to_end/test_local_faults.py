"""What goes wrong on our own side while a patrol runs: a full disk, a locked database. The run goes on, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

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
    assert outcomes["not_archived"] == 1 and outcomes["ok"] == 61
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
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert lines(out)[-1]["outcomes"]["ok"] == 62
