"""A named patrol with its sites decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.plans.authority import Authority
from crawler.plans.resolve import Layered
from crawler.plans.siteplan import SitePlan


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of a list that did not go in. ``row``: its number in the file, from 1."""

    row: int
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """``defaults``: the settings a site that the plan does not name inherits (`--plan X --site URL`); ``where``: file:line."""

    name: str
    sites: Sequence[SitePlan]
    defaults: Layered = field(default_factory=Layered)
    title: str = ""
    where: str = ""
    authority: Authority | None = None
    problems: Sequence[Problem] = ()

    def find(self, site: str) -> SitePlan | None:
        """The site with this origin, host, seed or name."""
        wanted = site.strip().rstrip("/")
        lower = wanted.lower()
        for known in self.sites:
            if lower in (known.site, *known.hosts) or wanted == known.name or site.strip() in known.seeds:
                return known
        return None

    def facts(self) -> dict[str, Any]:
        """What every capture of a run of this plan is stamped with."""
        return {"authority": self.authority.to_json() if self.authority else None}
