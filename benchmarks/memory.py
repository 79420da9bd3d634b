"""Peak resident memory, by process (G12): ``VmHWM``, as the system counts it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from benchmarks.patrol import ROOT, URL, bare, seeded, tree

WAITING = 100_000


def run(pages: int = 500) -> dict[str, float]:
    """The crawler with 100,000 addresses waiting ÷ bare Scrapy at its start; ingest and console in MB."""
    with tree(pages, None), tempfile.TemporaryDirectory() as folder:
        start = bare("list", URL, 1)
        seeds = Path(folder) / "seeds.txt"
        seeds.write_text("\n".join(f"{URL}p/{n}" for n in range(pages + WAITING)), encoding="ascii")
        home = Path(folder) / "home"
        crawler = seeded(seeds, pages, home)
        judged, served = _ingest(home), _console(home)
    print(f"待访 {WAITING} 的巡查 {crawler.rss_mb:.0f} MB，Scrapy 空跑 {start.rss_mb:.0f} MB，入库 {judged:.0f} MB，控制台 {served:.0f} MB")
    return {"G12 crawler": crawler.rss_mb / start.rss_mb, "G12 ingest MB": judged, "G12 console MB": served}


def _ingest(home: Path) -> float:
    process = subprocess.Popen([sys.executable, "-m", "adpatrol", "ingest", "--json"], cwd=ROOT, env=_env(home), stdout=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _peak_mb(process.pid))
        time.sleep(0.05)
    return peak


def _console(home: Path) -> float:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "adpatrol", "serve", "--no-schedule", "--bind", f"127.0.0.1:{port}"], cwd=ROOT, env=_env(home),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/sign-in/"
        _answers(address)
        for _ in range(200):
            urllib.request.urlopen(address, timeout=10).read()
        return max(_peak_mb(child.pid) for child in psutil.Process(process.pid).children(recursive=True))
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            urllib.request.urlopen(address, timeout=10).read()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _env(home: Path) -> dict[str, str]:
    return os.environ | {"ADPATROL_HOME": str(home)}


def _peak_mb(pid: int) -> float:
    """Of the process and those it started, the largest."""
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        said = [(Path("/proc") / str(one) / "status").read_text(encoding="ascii", errors="replace") for one in family]
    except (psutil.NoSuchProcess, OSError):
        return 0.0
    return max((int(found.group(1)) / 1024 for text in said if (found := re.search(r"VmHWM:\s+(\d+)", text))), default=0.0)
