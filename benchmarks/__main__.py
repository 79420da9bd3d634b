"""`make bench`: ratios against bare libraries, each taken in one run (design/performance.md). No number here is a test."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks import evidence, memory, patrol

FLOORS = {"G1": 0.7, "G1b": 0.45, "G1c": 1.8, "G2": 1.5, "G7b": 1.25, "G12 crawler": 5.0, "G12 ingest MB": 250.0, "G12 console MB": 250.0}
HIGHER_IS_BETTER = {"G1", "G1b"}


def main() -> None:
    sites = Path(__file__).resolve().parents[2] / "shared" / "sites"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scrapy", "selectolax", "lxml"))
    print(f"Python {platform.python_version()}, {libraries}, 负载 {os.getloadavg()[0]:.2f}")
    folder = sites if sites.is_dir() else None
    ratios = patrol.run(folder=folder) | patrol.frontier_growth() | evidence.run(folder) | memory.run()
    for name, value in ratios.items():
        floor = FLOORS[name]
        met = value >= floor if name in HIGHER_IS_BETTER else value <= floor
        print(f"{name:14} {value:.2f}  底线 {floor}  {'达到' if met else '未达到'}")


if __name__ == "__main__":
    main()
