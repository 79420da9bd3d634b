"""一户一档: which platform a site belongs to, and what its pages say of it."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.models import Platform
from alerts.sighting import Sighting
from indexer.platforms import platform_key

__all__ = ["MAX_LISTED", "brought_up", "platform_key"]

MAX_LISTED = 50  # companies, filing numbers, sites kept for one platform: a hostile page cannot grow a dossier for ever


def _joined(have: list[str], more: Iterable[str]) -> list[str]:
    """Sorted, so that the order of arrival does not show."""
    return sorted({*have, *(m for m in more if m)})[:MAX_LISTED]


def brought_up(platform: Platform, seen: Sighting) -> bool:
    """Takes in what a page says of its platform; whether anything changed. The name is an officer's to correct: the first one stays, and
    where nobody has named it, it is the first company a page shows (else its key is shown)."""
    before = (platform.name, platform.sites, platform.companies, platform.icp, platform.level, platform.first_seen, platform.last_seen)
    platform.name = platform.name or (seen.companies[0][:300] if seen.companies else "")
    platform.sites = _joined(platform.sites, [seen.site])
    platform.companies = _joined(platform.companies, seen.companies)
    platform.icp = _joined(platform.icp, seen.icp)
    platform.level = max(platform.level, seen.level)
    platform.first_seen, platform.last_seen = min(platform.first_seen, seen.time), max(platform.last_seen, seen.time)
    return before != (platform.name, platform.sites, platform.companies, platform.icp, platform.level, platform.first_seen, platform.last_seen)
