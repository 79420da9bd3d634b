"""One site's scope: which addresses found on its pages are its own and worth a visit."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from urllib.parse import urlsplit

from crawler.addresses import Traps, canonical, host_of, looks_like_a_page, priority, without_token
from crawler.frontier import Found, Row
from crawler.plans import SitePlan
from evidence.capture import PROBE

MAX_SEEN = 100_000
COPY_CHARS = 20  # a page of fewer characters says too little to be called a copy
PROBE_LINKS, PROBE_BUDGET = 3, 30  # links of its own that a page must lead to, and pages the plan must allow, for a probe to be worth it
PROBE_PRIORITY = 125  # before what links lead to: the answer is wanted when they are read
SEED_PRIORITY = 140  # first of all the pages of a site, and counted among them


class Scope:
    """``seen`` spares the frontier what it would only ignore; when full it is emptied, and the frontier's unique key does the work."""

    def __init__(self, plan: SitePlan, site: int) -> None:
        self._plan, self._site = plan, site
        self._hosts = frozenset(host.lower() for host in plan.hosts)
        self._traps = Traps()
        self._seen: set[str] = set()
        self._texts: set[bytes] = set()  # of the pages whose links were taken
        self._probed: set[tuple[str, str]] = set()  # (host, client)
        self._clients = tuple(f"{client}-static" for client in plan.clients)
        self.trapped: dict[str, int] = {}

    def allows(self, url: str) -> bool:
        """Whether ``url`` (canonical) is one of the site's own. Paths do not matter for redirects."""
        parts = urlsplit(url)
        netloc, host = parts.netloc.lower(), (parts.hostname or "").lower()
        return netloc in self._hosts or host in self._hosts or host.removeprefix("www.") in self._hosts or f"www.{host}" in self._hosts

    def remember(self, url: str) -> None:
        """An address that is in the frontier since before this process."""
        if url not in self._seen:
            self._seen.add(url)
            self._traps.trapped(url)

    def _is_copy(self, text: str, links: Sequence[tuple[str, str, str]], row: Row) -> bool:
        """Whether a page with this very text, and links of the same names, came before: a site that answers whatever is asked, a session in
        each link, a path that mirrors itself all show the same again, and their links would make up more of it."""
        if len(text) < COPY_CHARS:
            return False
        path = urlsplit(row.url).path
        bare = text.replace(row.url, "").replace(path, "") if len(path) > 1 else text  # an answer that repeats what was asked
        names = "\n".join(without_token(url.partition("?")[0].rstrip("/").rpartition("/")[2]) for url, _, _ in links)
        key = blake2b(f"{row.client}\n{bare}\n{names}".encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if key in self._texts:
            return True
        if len(self._texts) < MAX_SEEN:
            self._texts.add(key)
        return False

    def found(self, links: Sequence[tuple[str, str, str]], row: Row, text: str = "") -> tuple[Found, ...]:
        """Links of one page, which reads ``text``, as addresses to visit: in scope, not seen, no trap, within the depth."""
        if row.depth >= self._plan.depth:
            return ()
        if self._is_copy(text, links, row):
            self.trapped["内容与已看过的页面相同"] = self.trapped.get("内容与已看过的页面相同", 0) + 1
            return ()
        found = []
        for url, words, kind in links:
            if url in self._seen:
                continue
            if len(self._seen) >= MAX_SEEN:
                self._seen.clear()
            self._seen.add(url)
            target = canonical(url)
            if not target or not self.allows(target) or not self._path_allowed(target) or not (kind == "sitemap" or looks_like_a_page(target)):
                continue
            if target != url:
                if target in self._seen:
                    continue
                self._seen.add(target)
            trap = self._traps.trapped(target)
            if trap:
                self.trapped[trap] = self.trapped.get(trap, 0) + 1
                continue
            found += self._wanted(target, words, kind, row)
        return tuple(found)

    def sitemaps(self, urls: Sequence[str], row: Row) -> tuple[Found, ...]:
        return self.found([(url, "", "sitemap") for url in urls], row)

    def seed(self, url: str) -> list[Found]:
        """A seed for every client; "" addresses give nothing."""
        target = canonical(url)
        self._seen.add(target)
        return [Found(target, self._site, host_of(target), client, 0, SEED_PRIORITY, why="起始页") for client in self._clients] if target else []

    def probe(self, found: Sequence[Found], row: Row, run: str) -> tuple[Found, ...]:
        """One address the host cannot have, asked once by each client: its answer shows what "not found" looks like here. Small sites and
        tight budgets are spared the visit. The same in a resumed run, so that the frontier knows it."""
        if (row.host, row.client) in self._probed or not row.client.endswith("-static") or self._plan.max_pages < PROBE_BUDGET:
            return ()
        if sum(one.host == row.host for one in found) < PROBE_LINKS:
            return ()
        self._probed.add((row.host, row.client))
        parts = urlsplit(row.url)
        folder = self._plan.include[0].rstrip("/") if self._plan.include else ""
        name = blake2b(f"{run}\n{row.host}".encode(), digest_size=7).hexdigest()
        return (Found(f"{parts.scheme}://{parts.netloc}{folder}/{name}.html", self._site, row.host, row.client, row.depth + 1, PROBE_PRIORITY, row.url, PROBE),)

    def _wanted(self, target: str, words: str, kind: str, row: Row) -> list[Found]:
        if kind == "sitemap":
            return [Found(target, self._site, host_of(target), self._clients[0], row.depth, 110, row.url, "sitemap")]
        depth = row.depth + 1
        rank = self._traps.rank(target, priority(target, words, depth))
        return [Found(target, self._site, host_of(target), client, depth, rank, row.url) for client in self._clients]

    def _path_allowed(self, url: str) -> bool:
        path = urlsplit(url).path
        include, exclude = self._plan.include, self._plan.exclude
        return (not include or any(path.startswith(p) for p in include)) and not any(path.startswith(p) for p in exclude)
