"""一户一档: which platform a site belongs to, and what its pages say of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

from alerts.models import Platform
from alerts.sighting import Sighting

MAX_LISTED = 50  # companies, filing numbers, sites kept for one platform: a hostile page cannot grow a dossier for ever
# the list of public suffixes that comes with the library: nothing is fetched, nothing is written outside the home
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=4096)
def platform_key(site: str) -> str:
    """The platform a site (origin or host) belongs to: its registrable domain, so that www., m. and both schemes are one dossier; for an
    address, address:port as in the origin (port left out when it is the scheme's)."""
    parts = urlsplit(site if "//" in site else f"//{site}")
    host = (parts.hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # an unknown suffix counts as one label, as the list's own default rule says
        return _SUFFIXES(host).top_domain_under_public_suffix or ".".join(host.split(".")[-2:]) or site[:255]
    port = parts.port if parts.port not in (None, 80, 443) else None
    shown = f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{port}" if port else shown


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
