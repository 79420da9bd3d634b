"""`make bench`: ratios against bare libraries, each taken in one run (design/performance.md). No number here is a test."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import capture, evidence, growth, judging, memory, package, patrol, search_index, search_query, verify, writing

FLOORS = {"G1": 0.7, "G1b": 0.45, "G1c": 1.8, "G2": 1.5, "G7": 2.0, "G7b": 1.1, "G12 crawler": 5.0, "G12 ingest MB": 250.0, "G12 console MB": 250.0, "G8c": 2.0,
          "G3": 8.0, "G3b": 20.0, "G4": 5.0, "G4b": 2.0, "G5": 0.25, "G5b bs4": 8.0, "G5b traf": 15.0, "G5c": 4.0, "G6": 0.97, "G8": 1.0, "G8b": 0.7, "G9": 0.7,
          "G11 query": 4.0, "G11 cpu": 1.3, "G11 rss": 1.5, "verify stored": 0.5, "verify full": 0.15, "export s": 10.0}
HIGHER_IS_BETTER = {"G8", "G8b", "G1", "G1b", "G3", "G3b", "G5", "G5b bs4", "G5b traf", "G6", "G7", "G9", "verify stored", "verify full"}


def main() -> None:
    sites = Path(__file__).resolve().parents[2] / "shared" / "sites"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scrapy", "selectolax", "lxml"))
    print(f"Python {platform.python_version()}, {libraries}, 负载 {os.getloadavg()[0]:.2f}")
    folder = sites if sites.is_dir() else None
    ratios = patrol.run(folder=folder) | patrol.frontier_growth() | judging.run(folder) | writing.run(folder) | evidence.run(folder) | verify.run(folder) | capture.run() | package.run() | memory.run()
    ratios |= search_index.apart() | search_query.apart() | growth.run()
    for name, value in ratios.items():
        measure = name.removesuffix(" F").removesuffix(" N")  # of one set of pages
        floor = FLOORS[measure]
        met = value >= floor if measure in HIGHER_IS_BETTER else value <= floor
        print(f"{name:14} {value:.2f}  底线 {floor}  {'达到' if met else '未达到'}")


if __name__ == "__main__":
    main()
