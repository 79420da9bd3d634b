"""From the options of `adpatrol patrol` to an order: which plan, which sites, with every setting decided."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from adpatrol.home import config_folders
from crawler.plans import Plan, load_authority, load_plan, load_plans, overridden, plan_for_sites

if TYPE_CHECKING:
    from crawler.patrol import PatrolOrder


def order_of(
    *, plan: str, site: Sequence[str], sites: Path | None, max_pages: int | None, depth: int | None, delay: float | None, allow: Sequence[str],
) -> PatrolOrder:
    """Raises ConfigError (file, line and field) or ValueError: what to write instead."""
    from crawler.patrol import PatrolOrder

    urls = [*site, *(_listed(sites) if sites else [])]
    base = _base(plan) if plan or not urls else None
    if urls:
        chosen = plan_for_sites(urls, max_pages=max_pages, depth=depth, delay=delay, allow=allow, base=base,
                                authority=None if base else load_authority(config_folders()))
    else:
        assert base is not None  # noqa: S101 - _base raises where there is none
        chosen = overridden(base, max_pages=max_pages, depth=depth, delay=delay, allow=allow)
    if not chosen.sites:
        raise ValueError(f"计划 {chosen.name} 里没有网站（{chosen.where or '命令行'}）")
    return PatrolOrder(chosen.name, tuple(chosen.sites), chosen.facts())


def _base(name: str) -> Plan:
    file = Path(name)
    if name.endswith((".yaml", ".yml")) and file.is_file():
        found = load_plan(file, authority=load_authority(config_folders()))
        if found is None:
            raise ValueError(f"{name} 是空的")
        return found
    return load_plans(config_folders()).get(name or "default")


def _listed(file: Path) -> list[str]:
    """Good rows go in; what is wrong with the others is told row by row."""
    from crawler.plans.sitelist import read_sites

    listed = read_sites(file)
    for problem in listed.problems:
        print(f"{file.name} 第 {problem.row} 行未收入：{problem.reason}", file=sys.stderr)
    return [row.url for row in listed.rows]
