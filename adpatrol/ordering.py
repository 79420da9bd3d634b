"""From the options of `adpatrol patrol` to an order: which plan, which sites, with every setting decided."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from adpatrol.home import config_folders
from classifiers.errors import ConfigError
from crawler.plans import Plan, SitePlan, load_authority, load_plan, load_plans, overridden, plan_for_sites

if TYPE_CHECKING:
    from crawler.patrol import PatrolOrder
    from crawler.plans.sitelist import SiteList


def order_of(
    *, plan: str, site: Sequence[str], sites: Path | None, max_pages: int | None, depth: int | None, delay: float | None, allow: Sequence[str],
) -> PatrolOrder:
    """Raises ConfigError (file, line and field) or ValueError: what to write instead."""
    from crawler.patrol import PatrolOrder

    listed = _listed(sites) if sites else None
    base = _base(plan) if plan or not (site or listed) else None
    if site or listed:
        chosen = _chosen(site, listed, base)
    else:
        assert base is not None  # noqa: S101 - _base raises where there is none
        chosen = base
    chosen = overridden(chosen, max_pages=max_pages, depth=depth, delay=delay, allow=allow)
    if not chosen.sites:
        raise ValueError(f"计划 {chosen.name} 里没有网站（{chosen.where or '命令行'}）")
    return PatrolOrder(chosen.name, tuple(chosen.sites), chosen.facts())


def still_covered(order: PatrolOrder) -> PatrolOrder:
    """The order of a run to be gone on with: as it was, but where the 授权书 that covered a site is gone or over, that site is visited under
    the public identity and by robots.txt from now on."""
    from crawler.plans.resolve import under_authority

    paper, today = load_authority(config_folders()), date.today()
    sites = tuple(under_authority(site, paper, on=today) if site.authority else site for site in order.sites)
    covers = paper is not None and any(site.authority for site in sites)
    return replace(order, sites=sites, facts=order.facts | {"authority": paper.to_json() if paper and covers else None})


def _base(name: str) -> Plan:
    file = Path(name)
    if name.endswith((".yaml", ".yml")) and file.is_file():
        found = load_plan(file, authority=load_authority(config_folders()))
        if found is None:
            raise ValueError(f"{name} 是空的")
        return found
    plans = load_plans(config_folders())
    if not name and "default" not in plans.plans:
        known = f"已有的计划：{'、'.join(plans.plans)}" if plans.plans else "还没有任何计划"
        raise ValueError(f"没有说明巡查什么：请写 --site 网址、--sites 名单 或 --plan 计划名（{known}）")
    return plans.get(name or "default")


def _chosen(urls: Sequence[str], listed: SiteList | None, base: Plan | None) -> Plan:
    """The sites of the list with what the list says of them, then those typed; an address typed of a listed site is one more seed of it."""
    authority = None if base else load_authority(config_folders())
    plans = [plan_for_sites(given, base=base, authority=authority) for given in (listed, urls) if given]
    sites: dict[str, SitePlan] = {}
    for found in (site for one in plans for site in one.sites):
        known = sites.get(found.site)
        sites[found.site] = replace(known, seeds=tuple(dict.fromkeys([*known.seeds, *found.seeds]))) if known else found
    return replace(plans[0], sites=tuple(sites.values()))


def _listed(file: Path) -> SiteList:
    """Good rows go in; what is wrong with the others is told row by row. Raises ConfigError where none is left."""
    from crawler.plans.sitelist import read_sites

    listed = read_sites(file)
    for problem in listed.problems:
        print(f"{file.name} 第 {problem.row} 行未收入：{problem.reason}", file=sys.stderr)
    if not listed.rows:
        raise ConfigError(str(file), "名单里没有可巡查的网址")
    return listed
