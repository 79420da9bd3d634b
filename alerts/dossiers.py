"""一户一档: which platform a site belongs to, and what its pages say of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

from alerts.models import Platform

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


def open_dossier(
    site: str, *, seen: datetime, level: int, name: str = "", companies: Iterable[str] = (), icp: Iterable[str] = ()
) -> Platform:
    """The dossier of this site, opened or brought up to date; ``seen`` in UTC. The name is an officer's to correct: the first one stays."""
    platform, new = Platform.objects.get_or_create(
        key=platform_key(site), defaults={"name": name[:300], "first_seen": seen, "last_seen": seen, "level": level, "sites": [site]}
    )
    before = (platform.name, platform.sites, platform.companies, platform.icp, platform.level, platform.first_seen, platform.last_seen)
    platform.name = platform.name or name[:300]
    platform.sites = _joined(platform.sites, [site])
    platform.companies = _joined(platform.companies, companies)
    platform.icp = _joined(platform.icp, icp)
    platform.level = max(platform.level, level)
    platform.first_seen, platform.last_seen = min(platform.first_seen, seen), max(platform.last_seen, seen)
    after = (platform.name, platform.sites, platform.companies, platform.icp, platform.level, platform.first_seen, platform.last_seen)
    if new or after != before:
        platform.save()
    return platform
