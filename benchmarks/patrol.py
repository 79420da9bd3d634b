"""The patrol against bare Scrapy: G1, G1b, G1c and G12. Ratios, taken in one run, A-B-A-B, minimum."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 8199
URL = f"http://127.0.0.1:{PORT}/"


@dataclass(frozen=True, slots=True)
class Cost:
    """One whole process: pages, wall seconds, CPU seconds (children included), peak resident MB."""

    pages: int
    seconds: float
    cpu: float
    rss_mb: float

    @property
    def per_page_us(self) -> float:
        return self.cpu / max(self.pages, 1) * 1e6


@contextmanager
def tree(pages: int, folder: Path | None) -> Iterator[None]:
    """The server, in a process of its own on the other core."""
    args = [sys.executable, "-m", "benchmarks.tree", str(PORT), str(pages), *([str(folder)] if folder else [])]
    server = subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
        assert server.stdout is not None
        server.stdout.readline()
        yield
    finally:
        server.terminate()
        server.wait(10)


def bare(kind: str, url: str, pages: int) -> Cost:
    done = subprocess.run([sys.executable, "-m", "benchmarks.bare", kind, url, str(pages)], cwd=ROOT, capture_output=True, text=True,
                          timeout=600, check=True, preexec_fn=_first_core)
    return Cost(**json.loads(done.stdout))


def ours(pages: int, *, ingest: bool) -> Cost:
    """A whole `adpatrol patrol` in a fresh home: interpreter start, fetch, archive, frontier, and ingest where asked."""
    with tempfile.TemporaryDirectory() as home:
        return _patrol(home, ["--site", URL, "--max-pages", str(pages), "--depth", "50", *([] if ingest else ["--no-ingest"])], pinned=not ingest)


def _patrol(home: str, args: list[str], *, pinned: bool) -> Cost:
    env = os.environ | {"ADPATROL_HOME": home}
    plan = Path(home) / "bench.yaml"  # the static way only: what a browser costs is another figure (G9)
    plan.write_text("name: bench\ndefaults: {render: never}\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "adpatrol", "init"], cwd=ROOT, env=env, check=True, capture_output=True, timeout=120)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "adpatrol", "patrol", "--plan", str(plan), *args, "--delay", "0", "--allow", "127.0.0.0/8", "--json"], cwd=ROOT, env=env, check=True,
        capture_output=True, text=True, timeout=900, preexec_fn=_first_core if pinned else None,
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(done.stdout.splitlines()[-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(summary["captures"], summary.get("crawl_seconds", seconds), cpu, after.ru_maxrss / 1024)


def frontier_growth(pages: int = 2_000) -> dict[str, float]:
    """G2: CPU a page with 40,000 addresses waiting ÷ with 1,000. The same pages are visited; the rest only waits."""
    with tree(pages, None), tempfile.TemporaryDirectory() as folder:
        costs = {}
        for waiting in (1_000, 40_000):
            seeds = Path(folder) / f"{waiting}.txt"
            seeds.write_text("\n".join(f"{URL}p/{n}" for n in range(pages + waiting)), encoding="ascii")
            costs[waiting] = _marginal(seeds, pages)
            print(f"待访 {waiting}：{costs[waiting]:.0f} µs/页")
    return {"G2": costs[40_000] / costs[1_000]}


def _marginal(seeds: Path, pages: int) -> float:
    """µs of CPU a page, without what the start and the reading of the list cost."""
    whole = min(seeded(seeds, pages).cpu for _ in range(2))
    start = min(seeded(seeds, 1).cpu for _ in range(2))
    return (whole - start) / (pages - 1) * 1e6


def seeded(seeds: Path, pages: int, home: Path | None = None) -> Cost:
    with tempfile.TemporaryDirectory() as passing:
        folder = home or Path(passing)
        folder.mkdir(exist_ok=True)
        return _patrol(str(folder), ["--sites", str(seeds), "--max-pages", str(pages), "--depth", "0", "--no-ingest"], pinned=True)


def _first_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def best(costs: list[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.seconds / max(cost.pages, 1))


def run(pages: int = 3000, rounds: int = 3, folder: Path | None = None) -> dict[str, float]:
    with tree(pages, folder):
        sides: dict[str, list[Cost]] = {"follow": [], "list": [], "patrol": [], "patrol+ingest": []}
        for _ in range(rounds):
            sides["follow"].append(bare("follow", URL, pages))
            sides["patrol"].append(ours(pages, ingest=False))
            sides["list"].append(bare("list", URL, pages))
        sides["patrol+ingest"].append(ours(pages, ingest=True))
    top = {name: best(costs) for name, costs in sides.items()}
    rate = {name: cost.pages / cost.seconds for name, cost in top.items()}
    for name, cost in top.items():
        print(f"{name:14} {cost.pages} 页 {rate[name]:.0f} 页/秒 {cost.per_page_us:.0f} µs/页 峰值 {cost.rss_mb:.0f} MB")
    return {
        "G1": rate["patrol"] / rate["follow"],
        "G1b": rate["patrol"] / rate["list"],
        "G1c": top["patrol+ingest"].per_page_us / top["follow"].per_page_us,
    }
