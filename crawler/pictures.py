"""The marks of a page, its icon and logos, fetched with it: they go on record as parts of the page's own visit, so that page and pictures
are judged together, whatever came first. What was asked for and not kept is told with its reason."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import Response

from classifiers.marks import Mark, marks_of
from crawler.addresses import canonical
from crawler.frontier import ASKED
from crawler.harvest import Leads
from crawler.limits import MAX_PICTURE_BYTES, PICTURES_A_SITE
from crawler.outcomes import Met
from crawler.plans import SitePlan
from crawler.scope import Scope
from crawler.visiting import Draft
from evidence.capture import VisitRecord
from evidence.warc import safe_uri

_PAGES_LOOKED_AT = 40  # of one site and client: its logo stands on the first ones, if on any
_TOO_LARGE = f"超过 {MAX_PICTURE_BYTES >> 10} KB，未留存"
_NOT_FOUND = 404


@dataclass(slots=True)
class Waiting:
    """A page that has come, while its pictures are asked for one by one. ``records``: of the picture just received, put here by the
    middleware."""

    draft: Draft
    met: Met
    leads: Leads
    size: int
    left: deque[Mark]
    records: Sequence[VisitRecord] = ()

    def came(self, mark: Mark, response: Response) -> None:
        if response.status != 200:
            self.refused(mark, "" if response.status == _NOT_FOUND and mark.role == "favicon" else f"网站回答 HTTP {response.status}")
        elif self.records and self.records[0].truncated:
            self.refused(mark, _TOO_LARGE if self.records[0].truncated == "length" else "只收到一部分，未留存")
        elif len(response.body) > MAX_PICTURE_BYTES:
            self.refused(mark, _TOO_LARGE)
        elif safe_uri(response.url) == safe_uri(self.draft.url or self.draft.row.url):
            self.refused(mark, "与网页同一网址")
        elif not response.body or response.body[:512].lstrip()[:1] in (b"<", b"{"):
            self.refused(mark, "不是图片")
        else:
            self.draft.records += self.records
            self.size += len(response.body)
            self._tell(mark, safe_uri(response.url))
        self.records = ()

    def refused(self, mark: Mark, why: str) -> None:
        """``why`` empty: nothing worth telling, as most sites have no icon of the usual name."""
        if why:
            self._tell(mark, safe_uri(mark.url), why)

    def _tell(self, mark: Mark, uri: str, why: str = "") -> None:
        told: dict[str, Any] = {"role": mark.role, "uri": uri} | ({"refused": why} if why else {})
        self.draft.facts.setdefault("pictures", []).append(told)


@dataclass(slots=True)
class Pictures:
    """Which pictures of a page are wanted. Once by address, site and client; a visit that somebody asked for has its own. ``compared``: the
    office has pictures to compare them with."""

    compared: bool
    _seen: set[tuple[int, str, str]] = field(default_factory=set)
    _looked: Counter[tuple[int, str]] = field(default_factory=Counter)
    _asked: Counter[int] = field(default_factory=Counter)

    def of(self, draft: Draft, plan: SitePlan, scope: Scope, page: tuple[bytes, str, str]) -> deque[Mark]:
        """``page``: body, content type and address."""
        row = draft.row
        if plan.pictures == "never" or not (self.compared or plan.pictures == "always"):
            return deque()
        asked = row.priority == ASKED
        self._looked[row.site, row.client] += 1
        if not asked and (self._looked[row.site, row.client] > _PAGES_LOOKED_AT or self._asked[row.site] >= PICTURES_A_SITE):
            return deque()
        body, content_type, address = page
        # An answer under the page's own name would pass for the page.
        own = {canonical(url) for url in (row.url, address, draft.url, *draft.chain)}
        wanted: deque[Mark] = deque()
        for mark in marks_of(body, content_type, address):
            url = canonical(mark.url) if mark.url[:4] == "http" else ""
            if not url or url in own or not scope.allows(url) or any(urlsplit(url).path.startswith(path) for path in plan.exclude):
                continue
            if asked or (row.site, row.client, url) not in self._seen:
                self._seen.add((row.site, row.client, url))
                wanted.append(Mark(mark.role, url))
        self._asked[row.site] += len(wanted)
        return wanted
