"""Which platform a site belongs to: the one idea of it that dossiers, counts and links between sites share."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

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
