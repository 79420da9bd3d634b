"""Links as written to links as absolute addresses. No network, no list of domains: RFC 3986 only, cheap for the common forms."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_WEB = re.compile(r"https?://[^/\s?#]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9_][^:;?#]*(?:\?[^#;:]+)?(?:#[^:;]+)?\Z", re.IGNORECASE)  # a page of the same folder
_BLANKS = str.maketrans("", "", "\t\r\n")
MAX_URL = 4_000


class Resolver:
    """Joins references to one base. ``join`` gives "" for what is no web address (javascript:, mailto:, a bare fragment, nonsense)."""

    __slots__ = ("base", "folder", "origin")

    def __init__(self, base: str) -> None:
        self.base = base
        try:
            parts = urlsplit(base)
            self.origin = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
            folder = parts.path.rpartition("/")[0] + "/"
            self.folder = self.origin + folder if self.origin and "/." not in folder and "//" not in folder else ""
        except ValueError:
            self.origin = self.folder = ""

    def join(self, written: str) -> str:
        reference = written.strip().translate(_BLANKS)
        if not reference or reference[0] == "#" or len(reference) > MAX_URL:
            return ""
        if reference[0] == "/" and self.origin and "/." not in reference and not reference.startswith("//"):
            return self.origin + reference
        if self.folder and _PLAIN.match(reference) and "/." not in reference:
            return self.folder + reference
        if _WEB.match(reference):
            if "/." not in reference:
                return reference
        elif _SCHEME.match(reference):
            return ""
        try:
            url = urljoin(self.base, reference)
        except ValueError:
            return ""
        return url if _WEB.match(url) else ""
