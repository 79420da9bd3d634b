"""Plans that come from the command line: `--site`, `--sites`, and options that override a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from classifiers.errors import ConfigError
from crawler.plans.authority import Authority
from crawler.plans.plan import Plan
from crawler.plans.resolve import Layered, site_plan
from crawler.plans.sitelist import ListedSite, SiteList, by_origin
from crawler.plans.siteplan import SitePlan
from crawler.plans.urls import AddressError, on_loopback, origin, typed_address
from crawler.plans.written import Network, network


def plan_for_sites(urls: Iterable[str] | SiteList, *, max_pages: int | None = None, depth: int | None = None, delay: float | None = None,
                   allow: Sequence[str | Network] = (), base: Plan | None = None, authority: Authority | None = None,
                   on: date | None = None) -> Plan:
    """A plan of these addresses: those of one origin are one site with several seeds. With ``base``, a site it names keeps its settings and
    any other gets its defaults. ``authority``: the office's 授权书 (``base`` brings its own). Raises ConfigError: no address, a bad one."""
    listed = urls if isinstance(urls, SiteList) else _typed(urls)
    if not listed.rows:
        raise ConfigError("--site", "没有可巡查的网址")
    paper = base.authority if base else authority
    known = {site.site: site for site in base.sites} if base else {}
    sites = []
    for layered, rows in by_origin(listed, base.defaults if base else Layered()):
        those, name = [row.url for row in rows], origin(rows[0].url)
        where = f"{listed.path}:{rows[0].row}" if isinstance(urls, SiteList) else "命令行 --site"
        if name in known:
            sites.append(_reseeded(known[name], those, where))
        else:
            sites.append(site_plan(layered, those, seeds_from=where, authority=paper, on=on or date.today(), name=rows[0].name, region=rows[0].region))
    plan = replace(base, sites=tuple(sites)) if base else Plan("sites", tuple(sites), authority=paper)
    return overridden(plan, max_pages=max_pages, depth=depth, delay=delay, allow=allow)


def _typed(urls: Iterable[str]) -> SiteList:
    rows = []
    for number, url in enumerate(urls, 1):
        try:
            rows.append(ListedSite(number, typed_address(url)))
        except AddressError as error:
            raise ConfigError("--site", f"{url[:200]}：{error}") from error
    return SiteList(rows, ())


def _reseeded(site: SitePlan, seeds: Sequence[str], where: str) -> SitePlan:
    return replace(site, seeds=tuple(dict.fromkeys(seeds)), origins={**site.origins, "seeds": where})


def overridden(plan: Plan, *, max_pages: int | None = None, depth: int | None = None, delay: float | None = None,
               allow: Sequence[str | Network] = ()) -> Plan:
    """``plan`` with the options of `adpatrol patrol` on top; ``allow`` is added to what each site allows. `--delay 0` also switches
    AutoThrottle off: nothing is to wait. Raises ConfigError, also where a zero delay is not accepted."""
    try:
        more = tuple(network(one) for one in allow)
    except ValueError as error:
        raise ConfigError("--allow", str(error)) from error
    for name, value, least in (("--max-pages", max_pages, 1), ("--depth", depth, 0), ("--delay", delay, 0)):
        if value is not None and not least <= value < float("inf"):
            raise ConfigError(name, f"应不小于 {least}")
    changed = replace(plan, sites=tuple(_site(site, max_pages, depth, delay, more) for site in plan.sites))
    check_zero_delay(changed.sites)
    return changed


def _site(site: SitePlan, max_pages: int | None, depth: int | None, delay: float | None, more: Sequence[Network]) -> SitePlan:
    values: dict[str, Any] = {}
    origins = dict(site.origins)
    for name, option, value in (("max_pages", "--max-pages", max_pages), ("depth", "--depth", depth), ("delay_s", "--delay", delay)):
        if value is not None:
            values[name], origins[name] = value, f"命令行 {option}"
    if delay == 0:
        values["autothrottle"], origins["autothrottle"] = False, "命令行 --delay 0"
    if more:
        values["allow"] = tuple(dict.fromkeys([*site.allow, *more]))
        origins["allow"] = f"命令行 --allow，加 {origins['allow']}" if "allow" in origins else "命令行 --allow"
    return replace(site, origins=origins, **values) if values else site


def check_zero_delay(sites: Sequence[SitePlan]) -> None:
    """No pause between visits is for this machine's own sites only. Raises ConfigError where a site without one is elsewhere."""
    if not any(site.delay_s == 0 for site in sites):
        return
    for site in sites:
        outside = [host for host in site.hosts if not on_loopback(host)]
        if outside:
            raise ConfigError("crawl_delay_s", f"间隔为 0 只用于本机网站（127.0.0.0/8、localhost）；{outside[0]} 不是，请设 1 秒以上")
