"""A named patrol with its sites decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crawler.plans.authority import Authority
from crawler.plans.resolve import Layered
from crawler.plans.siteplan import SitePlan
from crawler.plans.urls import AddressError, origin, typed_address


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
        """The site with this origin, host or name, or to which this address belongs."""
        wanted = site.strip()
        try:
            address = typed_address(wanted)
        except AddressError:
            return next((known for known in self.sites if known.name == wanted), None)
        host = urlsplit(address).netloc
        exact = (known for known in self.sites if known.site == origin(address) or known.name == wanted)
        return next(exact, None) or next((known for known in self.sites if host in known.hosts), None)

    def facts(self) -> dict[str, Any]:
        """What every capture of a run of this plan is stamped with: the 授权书 only where it covers a site of it today."""
        covers = self.authority is not None and any(site.authority for site in self.sites)
        return {"authority": self.authority.to_json() if self.authority and covers else None}
