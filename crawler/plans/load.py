"""All patrols of the settings folders, read, checked and decided."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from classifiers.errors import ConfigError
from crawler.plans.authority import Authority, load_authority
from crawler.plans.plan import Plan, Problem
from crawler.plans.resolve import Layered, site_plan
from crawler.plans.sitelist import by_origin, read_sites
from crawler.plans.siteplan import SitePlan
from crawler.plans.urls import AddressError, origin, typed_address
from crawler.plans.written import Group, Patrol, Region, Site
from crawler.plans.yamlfile import Place, YamlFile, read_yaml, validated


@dataclass(frozen=True, slots=True)
class Plans:
    """By name. ``authority``: the office's 授权书 as it is written, valid or not."""

    plans: Mapping[str, Plan]
    authority: Authority | None = None

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans.values())

    def get(self, name: str) -> Plan:
        """Raises ConfigError, naming the nearest plan there is."""
        if name in self.plans:
            return self.plans[name]
        near = difflib.get_close_matches(name, self.plans, n=1)
        known = f"是否想写 {near[0]}" if near else f"已有的计划：{'、'.join(self.plans)}" if self.plans else "还没有任何计划，请写在设置目录的 patrols/ 里"
        raise ConfigError(f"patrols/{name}.yaml", f"没有名为 {name} 的计划；{known}")

    def find(self, site: str) -> list[tuple[Plan, SitePlan]]:
        """Every plan that patrols ``site`` (origin, host, seed or name)."""
        return [(plan, found) for plan in self for found in [plan.find(site)] if found]


def load_plans(folders: Sequence[Path], *, on: date | None = None) -> Plans:
    """patrols/*.yaml of every folder; the first folder that has a name wins. ``on``: the day the 授权书 must cover (today)."""
    authority = load_authority(folders)
    plans: dict[str, Plan] = {}
    for folder in folders:
        for file in sorted((folder / "patrols").glob("*.yaml")):
            plan = load_plan(file, authority=authority, on=on)
            if plan is None:
                continue
            known = plans.get(plan.name)
            if known is not None and Path(known.where.rpartition(":")[0]).parent == file.parent:
                raise ConfigError(str(file), f"计划名 {plan.name} 已用在 {known.where}", field="name")
            plans.setdefault(plan.name, plan)
    return Plans(plans, authority)


def load_plan(file: Path, *, authority: Authority | None = None, on: date | None = None) -> Plan | None:
    """One file; None for an empty one (all of it comments). Raises ConfigError with file, line and field."""
    read = read_yaml(file)
    if read.data is None:
        return None
    patrol = validated(read, Patrol, read.data)
    reader = _Reader(read, authority, on or date.today())
    sites = tuple(reader.sites(patrol))
    return Plan(patrol.name or file.stem, sites, reader.base(patrol), patrol.title, read.where(()), authority, tuple(reader.problems))


class _Reader:
    def __init__(self, read: YamlFile, authority: Authority | None, on: date) -> None:
        self._read, self._authority, self._on = read, authority, on
        self._places: dict[str, str] = {}  # origin -> where it is written
        self.problems: list[Problem] = []

    def base(self, patrol: Patrol) -> Layered:
        return Layered().under(patrol.defaults, self._read, ("defaults",))

    def sites(self, patrol: Patrol) -> Iterator[SitePlan]:
        base = self.base(patrol)
        yield from self._listed(patrol.sites, patrol.sites_file, base, (), "", "")
        for number, group in enumerate(patrol.groups):
            yield from self._group(group, base, ("groups", number), "")
        for number, region in enumerate(patrol.regions):
            yield from self._region(region, base, ("regions", number))

    def _region(self, region: Region, outer: Layered, place: Place) -> Iterator[SitePlan]:
        if region.name:
            outer = outer.with_value("jurisdiction", region.name, self._read.where((*place, "name")))
        layered = outer.under(region, self._read, place)
        yield from self._listed(region.sites, region.sites_file, layered, place, region.name, "")
        for number, group in enumerate(region.groups):
            yield from self._group(group, layered, (*place, "groups", number), region.name)

    def _group(self, group: Group, outer: Layered, place: Place, region: str) -> Iterator[SitePlan]:
        yield from self._listed(group.sites, group.sites_file, outer.under(group, self._read, place), place, region, group.name)

    def _listed(self, sites: Sequence[Site], listed: str, outer: Layered, place: Place, region: str, group: str) -> Iterator[SitePlan]:
        for number, site in enumerate(sites):
            yield self._site(site, outer, (*place, "sites", number), region, group)
        if listed:
            yield from self._from_list(listed, outer, (*place, "sites_file"), region, group)

    def _from_list(self, listed: str, outer: Layered, place: Place, region: str, group: str) -> Iterator[SitePlan]:
        """The sites of a list: what is wrong in it is told row by row and does not stop the plan."""
        found = read_sites(self._read.file.parent / listed)
        self.problems += found.problems
        for layered, rows in by_origin(found, outer):
            where = f"{found.path}:{rows[0].row}"
            name = origin(rows[0].url)
            known = self._places.setdefault(name, where)
            if known != where:
                self.problems.append(Problem(rows[0].row, rows[0].url, f"网站 {name} 已写在 {known}"))
                continue
            yield site_plan(layered, [row.url for row in rows], seeds_from=where, authority=self._authority, on=self._on,
                            name=rows[0].name, region=region or rows[0].region, group=group)

    def _site(self, site: Site, outer: Layered, place: Place, region: str, group: str) -> SitePlan:
        written = [(site.start, (*place, "start"))] if site.start else []
        written += [(seed, (*place, "seeds", number)) for number, seed in enumerate(site.seeds)]
        if not written:
            raise self._read.error("没有起始页：写 start 或 seeds", place)
        seeds = []
        for text, where in written:
            try:
                seeds.append(typed_address(text))
            except AddressError as error:
                raise self._read.error(str(error), where) from error
        plan = site_plan(outer.under(site, self._read, place), seeds, seeds_from=self._read.where(written[0][1]), authority=self._authority,
                         on=self._on, name=site.name, region=region, group=group)
        known = self._places.setdefault(plan.site, self._read.where(place))
        if known != self._read.where(place):
            raise self._read.error(f"网站 {plan.site} 已写在 {known}；同一网站的起始页请写在一处的 seeds 里", place)
        return plan
