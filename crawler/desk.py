"""Who is next: takes waiting addresses host by host from the frontier, within each site's budget, and hands out one at a time."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crawler.frontier import ASKED, Frontier, Row
from crawler.identity import by_browser
from crawler.plans import SitePlan
from evidence.capture import PROBE

BATCH = 64
LEASE_S = 600.0
HOSTS_AT_ONCE = 2_000
SHOWN_AT_ONCE = 3  # of one host: visits asked for need the slow browser, and must not hold up what has not been seen at all


@dataclass(slots=True)
class _Host:
    name: str
    site: int
    at_once: int
    asked: deque[Row] = field(default_factory=deque)  # what somebody waits for: no budget holds it back
    ready: deque[Row] = field(default_factory=deque)
    busy: set[int] = field(default_factory=set)  # handed out, or waiting for the archive's commit
    flying: int = 0  # handed out
    showing: int = 0  # of them, by the browser
    fresh: bool = True  # the frontier may hold more
    probing: bool = False  # what "not found" looks like is being asked: other visits wait for the answer, which must be archived before them


@dataclass(slots=True)
class _Budget:
    pages: int
    bytes: int
    until: float  # monotonic


class Desk:
    """Keeps no address the frontier does not also keep: losing a Desk loses nothing."""

    def __init__(self, frontier: Frontier, plans: Sequence[SitePlan], *, max_unsettled: int = 512) -> None:
        self._frontier, self._plans, self._max_unsettled = frontier, plans, max_unsettled
        self._hosts: dict[str, _Host] = {}
        self._ring: deque[_Host] = deque()
        self._resting: dict[int, tuple[float, str]] = {}
        self._held: Counter[int] = Counter()  # by site, pages that rest: each keeps its place, or a dead host would get through any budget
        now = time.monotonic()
        spent = frontier.counts()
        self._budgets = [_Budget(plan.max_pages - spent.get(i, (0, 0, 0))[0], plan.max_bytes - spent.get(i, (0, 0, 0))[2], now + plan.max_seconds)
                         for i, plan in enumerate(plans)]
        self._unsettled = 0
        self.flying = 0  # handed out and not landed, all hosts
        self._leased = 0.0
        self.meet_hosts()

    def meet_hosts(self, *, new: bool = True) -> None:
        """Leases are taken for hosts seen for the first time, and renewed well before they end."""
        now = time.monotonic()
        if not new and now - self._leased < LEASE_S / 3:
            return
        self._leased = now
        self._frontier.lease(lease_s=LEASE_S)
        for name, site in self._frontier.hosts()[:HOSTS_AT_ONCE]:
            if name not in self._hosts:
                plan = self._plans[site]
                host = _Host(name, site, 1 if plan.delay_s > 0 else 8)
                self._hosts[name] = host
                self._ring.append(host)

    def next(self) -> Row | None:
        """An address to visit now, or None."""
        if self._unsettled >= self._max_unsettled:
            return None
        for _ in range(len(self._ring)):
            host = self._ring[0]
            self._ring.rotate(-1)
            if host.flying < host.at_once and not host.probing:
                row = self._take(host)
                if row is not None:
                    return row
        return None

    def _may(self, site: int, *, again: bool = False) -> bool:
        """Whether another page of the site may be visited; ``again``: one that rested."""
        budget = self._budgets[site]
        return budget.pages > (0 if again else self._held[site]) and budget.bytes > 0 and time.monotonic() < budget.until

    def may_add(self, site: int) -> bool:
        """Whether the site's bytes and time allow for what belongs to a page that was visited."""
        return self._budgets[site].bytes > 0 and time.monotonic() < self._budgets[site].until

    def _take(self, host: _Host) -> Row | None:
        if not host.ready and host.fresh:
            self._refill(host)
        if not host.ready and not host.asked:
            return None
        row = self._asked(host) or self._ordinary(host)
        if row is None:
            return None
        host.busy.add(row.id)
        host.probing = row.why == PROBE
        host.flying += 1
        host.showing += _shown(row)
        self.flying += 1
        self._unsettled += 1
        self._budgets[host.site].pages -= _counts(row)
        return row

    @staticmethod
    def _asked(host: _Host) -> Row | None:
        if not host.asked or (_shown(host.asked[0]) and host.showing >= SHOWN_AT_ONCE):
            return None
        return host.asked.popleft()

    def _ordinary(self, host: _Host) -> Row | None:
        if host.ready and not self._may(host.site):
            host.ready.clear()
            host.fresh = False
        return host.ready.popleft() if host.ready else None

    def _refill(self, host: _Host) -> None:
        now, limit = time.time(), BATCH + len(host.busy)
        asked = self._frontier.waiting(host.name, limit=limit, ripe_at=now, least=ASKED)
        rows = self._frontier.waiting(host.name, limit=limit, ripe_at=now, below=ASKED) if self._may(host.site) else []
        host.asked = deque(row for row in asked if row.id not in host.busy)
        host.ready = deque(row for row in rows if row.id not in host.busy)
        host.fresh = bool(host.ready)

    def landed(self, row: Row) -> None:
        """The visit is over, its records not yet on disk."""
        host = self._hosts[row.host]
        host.flying -= 1
        host.showing -= _shown(row)
        host.probing = host.probing and row.why != PROBE
        self.flying -= 1

    def settled(self, row: Row, size: int, again_at: float | None) -> None:
        """The archive has it, the frontier knows."""
        host = self._hosts[row.host]
        host.busy.discard(row.id)
        self._unsettled -= 1
        self._budgets[row.site].bytes -= size
        if again_at is not None:
            self._budgets[row.site].pages += _counts(row)
            self._held[row.site] += row.id not in self._resting
            self._resting[row.id] = (again_at, row.host)

    def grown(self, hosts: Iterable[str]) -> None:
        """New addresses are in the frontier, at these hosts: better ones may have come."""
        self.meet_hosts(new=any(host not in self._hosts for host in hosts))
        for host in self._ring:
            host.asked.clear()
            host.ready.clear()
            host.fresh = True

    def wake(self) -> bool:
        """Whether an address that rested may be tried now."""
        now = time.time()
        ripe = [row for row, (at, _) in self._resting.items() if at <= now]
        for row in ripe:
            host = self._hosts[self._resting.pop(row)[1]]
            host.fresh = True
            self._held[host.site] -= 1
        return bool(ripe)

    def over(self) -> bool:
        """Nothing under way, nothing unsettled, nothing that may still be visited."""
        if self._unsettled:
            return False
        if any(self._may(self._hosts[name].site, again=True) for _, name in self._resting.values()):
            return False
        for host in self._ring:
            if not host.ready and host.fresh:
                self._refill(host)
            if host.asked or (host.ready and self._may(host.site)):
                return False
        return True

    def spent(self) -> list[int]:
        """Sites whose budget ended before their addresses did."""
        return [site for site, (_, waiting, _) in self._frontier.counts().items() if waiting and not self._may(site)]


def _shown(row: Row) -> bool:
    return by_browser(row.client)


def _counts(row: Row) -> bool:
    """Whether it is one of the pages the plan allows: a second look at one of them, asked for as evidence, is not."""
    return row.priority != ASKED
