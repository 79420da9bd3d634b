"""From what is written to what is done: each setting from the nearest level that says it, then the 授权书."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from crawler.plans.authority import Authority
from crawler.plans.siteplan import SitePlan
from crawler.plans.urls import origin
from crawler.plans.written import Settings
from crawler.plans.yamlfile import Place, YamlFile

BUILT_IN = "内置默认值"
_FIELDS = {"crawl_delay_s": "delay_s"}


@dataclass(frozen=True, slots=True)
class Layered:
    """Values gathered from the outer levels to the inner ones, each with the place it was written at."""

    values: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def under(self, settings: Settings, file: YamlFile, place: Place) -> Layered:
        """This, with what ``settings`` (written at ``place``) says on top."""
        values, origins = dict(self.values), dict(self.origins)
        for name in Settings.model_fields:
            value = getattr(settings, name)
            if value is None:
                continue
            if name == "expect_pages":
                for end in ("min", "max"):
                    if (bound := getattr(value, end)) is not None:
                        values[f"expect_{end}"], origins[f"expect_{end}"] = bound, file.where((*place, name, end))
                continue
            key = _FIELDS.get(name, name)
            values[key], origins[key] = value, file.where((*place, name))
        return Layered(values, origins)

    def with_value(self, name: str, value: Any, where: str) -> Layered:
        return Layered({**self.values, name: value}, {**self.origins, name: where})


def site_plan(layered: Layered, seeds: Sequence[str], *, seeds_from: str, authority: Authority | None, on: date,
              name: str = "", region: str = "", group: str = "") -> SitePlan:
    """``seeds``: checked addresses, at least one. The hosts of the seeds always belong to the site."""
    unique = tuple(dict.fromkeys(seeds))
    values, origins = dict(layered.values), dict(layered.origins)
    own = [urlsplit(seed).netloc for seed in unique]
    hosts = tuple(dict.fromkeys([*own, *values.pop("hosts", ())]))
    origins["seeds"] = seeds_from
    origins.setdefault("hosts", f"起始页的主机（{seeds_from}）")
    plan = SitePlan(site=origin(unique[0]), seeds=unique, hosts=hosts, name=name, region=region, group=group, origins=origins, **values)
    return under_authority(plan, authority, on=on)


def under_authority(plan: SitePlan, authority: Authority | None, *, on: date) -> SitePlan:
    """Public identity and robots.txt obeyed unless a valid 授权书 covers the site; ``origins`` tell when that changed something."""
    why = "没有授权书（authority.yaml）" if authority is None else authority.why_not(on=on, jurisdiction=plan.jurisdiction, seeds=plan.seeds)
    if not why:
        assert authority is not None  # noqa: S101 - why_not of None is never empty
        return replace(plan, authority=authority.number)
    changes: dict[str, str] = {}
    origins = dict(plan.origins)
    for name, kept in (("identity", "public"), ("robots", "obey")):
        asked = getattr(plan, name)
        if asked != kept:
            changes[name] = kept
            origins[name] = f"{why}，所设 {asked} 不生效（{origins.get(name, BUILT_IN)}）"
        elif name not in origins:
            origins[name] = f"{BUILT_IN}（{why}）"
    return replace(plan, origins=origins, authority="", **changes)  # type: ignore[arg-type]
