"""G11: what a page costs with a large store behind it ÷ with a small one: the same patrol with ingest, leads and search, processor time a page without what
the start costs, and resident memory of all its processes. ``python -m benchmarks.growth``.

The store is seeded by its own doors, the archive's writer and ``indexer.store``, with short pages of text made here that nothing is found on: their
archive, ledger, pages, search documents, comparisons and positions are as ingest leaves them; judging them would take hours and is measured elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.patrol import ROOT, URL, tree
from benchmarks.search_query import BEGIN, Words

SIZES = (1_000, 30_000)  # captures; the goal's 100,000 take minutes to seed: python -m benchmarks.growth 100000
FEW, MANY = 20, 1_520  # pages of a patrol; the difference is what is measured
GROUP = 500


def run(sizes: tuple[int, int] = SIZES) -> dict[str, float]:
    cost, resident = {}, {}
    with tree(MANY, None), tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            home = Path(folder) / str(size)
            began = time.perf_counter()
            _adpatrol(home, "init")
            subprocess.run([sys.executable, "-m", "benchmarks.growth", "seed", str(size)], cwd=ROOT, env=_env(home), check=True, timeout=3600)
            seeded = time.perf_counter() - began
            _patrol(home, FEW)  # what follows the store reads the seed, once
            few, many = (min(_patrol(home, pages) for _ in range(2)) for pages in (FEW, MANY))
            cost[size], resident[size] = (many[0] - few[0]) / (many[2] - few[2]) * 1e3, many[1]
            print(f"库中 {size} 个快照（播种 {seeded:.0f} 秒）：再巡查 {many[2]} 页，{cost[size]:.2f} ms/页（处理器），常驻内存合计 {resident[size]:.0f} MB", flush=True)
    small, large = sizes
    print(f"快照 ×{large / small:.0f}：每页处理器时间 ×{cost[large] / cost[small]:.2f}，常驻内存 ×{resident[large] / resident[small]:.2f}")
    return {"G11 cpu": cost[large] / cost[small], "G11 rss": resident[large] / resident[small]}


def seed(count: int) -> None:
    """``count`` captures in the home of the environment: archive, ledger, pages, search documents."""
    from adpatrol.django_setup import setup

    setup()
    from evidence.archive import ArchiveWriter
    from evidence.capture import Outcome, Visit, VisitRecord
    from indexer.models import Page, host_of, url_key
    from indexer.reading import Reading
    from indexer.sameness import follow as sameness
    from indexer.store import store

    words, archive = Words(), Path(os.environ["ADPATROL_HOME"]) / "archive"
    with ArchiveWriter(archive, run="seed") as writer:
        for start in range(0, count, GROUP):
            texts = [(words.cut(6, 14), words.cut(240, 420)) for _ in range(min(GROUP, count - start))]
            for number, (title, text) in enumerate(texts, start):
                site = f"http://site{number % 3000}.example"
                url, body = f"{site}/p/{number}", f"<title>{title}</title><p>{text}</p>".encode()
                answer = VisitRecord(type="response", uri=url, payload=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body,
                                     content_type="application/http; msgtype=response")
                writer.write(Visit(id=f"seed-{number:07}", run="seed", site=site, url=url, final_url=url, time=BEGIN + timedelta(seconds=150 * number),
                                   client="desktop-static", outcome=Outcome.OK, status=200, records=(answer,)))
            store([Reading(one, Page(
                capture_id=one.id, seq=one.seq, run=one.run, site=one.site, host=host_of(one.site), url=one.url, url_key=url_key(one.url), final_url=one.url,
                client=one.client, time=one.time, outcome=str(one.outcome), status=one.status, gate="page", genre="platform", title=title, text=text,
                visible_chars=len(text), source="response", ruleset="seed",
            )) for one, (title, text) in zip(writer.commit(), texts, strict=True)])
    sameness.catch_up(archive)  # else the patrols that are measured would compare what was seeded, the longer the more


def _patrol(home: Path, pages: int) -> tuple[float, float, int]:
    """(processor seconds of all its processes, their peak resident MB together, pages)."""
    plan = home / "bench.yaml"
    plan.write_text("name: bench\ndefaults: {render: never}\n", encoding="utf-8")
    order = ["patrol", "--plan", str(plan), "--site", URL, "--max-pages", str(pages), "--depth", "50", "--delay", "0", "--allow", "127.0.0.0/8", "--json"]
    with tempfile.TemporaryFile() as told:
        began = _children()
        child = subprocess.Popen([sys.executable, "-m", "adpatrol", *order], cwd=ROOT, env=_env(home), stdout=told, stderr=subprocess.DEVNULL)
        peaks: dict[int, float] = {}
        deadline = time.monotonic() + 900
        while child.poll() is None:
            if time.monotonic() > deadline:
                child.kill()
            for one in _family(child.pid):
                peaks[one] = max(peaks.get(one, 0.0), _resident(one))
            time.sleep(0.1)
        if child.returncode:
            raise RuntimeError(f"patrol ended with {child.returncode}")
        told.seek(0)
        summary = json.loads(told.read().splitlines()[-1])
    return _children() - began, sum(peaks.values()), int(summary["captures"])


def _children() -> float:
    """Seconds of the processor of all children that ended, and theirs."""
    spent = os.times()
    return spent.children_user + spent.children_system


def _family(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _resident(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0


def _adpatrol(home: Path, *order: str) -> None:
    subprocess.run([sys.executable, "-m", "adpatrol", *order], cwd=ROOT, env=_env(home), check=True, capture_output=True, timeout=120)


def _env(home: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    return os.environ | {"ADPATROL_HOME": str(home)}


if __name__ == "__main__":
    if sys.argv[1:2] == ["seed"]:
        seed(int(sys.argv[2]))
    else:
        run((SIZES[0], int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[1]))
