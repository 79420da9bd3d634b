"""A plan with every setting decided: what the crawler works with, and what a run stores in the frontier to be resumed."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from crawler.plans.written import Network, cadence_hours

# The names people write in the settings, where they differ from the field's.
WRITTEN = {"delay_s": "crawl_delay_s", "expect_min": "expect_pages.min", "expect_max": "expect_pages.max"}
_NOT_SETTINGS = ("site", "origins", "authority", "name", "region", "group")


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site. ``site``: origin of the first seed; ``hosts``: host or host:port, those of the seeds among them; ``include``/``exclude``: path
    prefixes; ``delay_s``: seconds between two visits of a host; ``identity``/``robots``: after the 授权书 had its say; ``authority``: its
    文号 where it covers this site today, else ""; ``origins``: setting -> where its value comes from (file:line, option, or 内置)."""

    site: str
    seeds: tuple[str, ...]
    hosts: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    depth: int = 5
    max_pages: int = 500
    max_bytes: int = 2 << 30
    max_seconds: int = 4 * 3_600
    delay_s: float = 1.0
    autothrottle: bool = True
    clients: tuple[str, ...] = ("desktop",)
    identity: str = "public"
    contact: str = ""
    robots: str = "obey"
    allow: tuple[Network, ...] = ()
    render: str = "auto"
    pictures: str = "auto"
    jurisdiction: str = ""
    cadence: str = "weekly"
    expect_min: int | None = None
    expect_max: int | None = None
    name: str = ""
    region: str = ""
    group: str = ""
    authority: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def cadence_h(self) -> float:
        """Hours between two patrols of this site; 0: only when a person starts one."""
        return cadence_hours(self.cadence) or 0.0

    def explain(self) -> list[tuple[str, str, str]]:
        """(setting as it is written, its value, where it comes from) for every setting."""
        rows = []
        for one in fields(self):
            if one.name in _NOT_SETTINGS:
                continue
            name = WRITTEN.get(one.name, one.name)
            rows.append((name, _shown(getattr(self, one.name)), self.origins.get(one.name, "内置默认值")))
        return rows

    def facts(self) -> dict[str, Any]:
        """What every capture of this site is stamped with, beside the plan's own facts: as whom, by which rules, under which 文号 ("" none)."""
        return {"identity": self.identity, "robots": self.robots, "jurisdiction": self.jurisdiction, "authority_number": self.authority}

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        out["allow"] = [str(network) for network in self.allow]
        out["origins"] = dict(self.origins)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in out.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SitePlan:
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in known}
        values["allow"] = tuple(ipaddress.ip_network(network) for network in data.get("allow", ()))
        return cls(**values)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "、".join(str(part) for part in value) or "（空）"
    return "（空）" if value is None or value == "" else str(value)
