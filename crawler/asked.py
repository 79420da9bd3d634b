"""Visits that others ask for while a patrol runs: evidence of a finding, a recheck. They go into the frontier before who asked is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from crawler.addresses import canonical, host_of
from crawler.frontier import ASKED, Found
from crawler.identity import BROWSER
from crawler.identity import EVIDENCE as IN_EVIDENCE
from crawler.plans import SitePlan
from crawler.plans.asks import EVIDENCE, Ask, done, open_asks, take_asks

LIMIT = 50
LEASE_S = 30.0


class Asked:
    def __init__(self, home: Path, run: str, plans: Sequence[SitePlan], caught_up: Callable[[int], bool], *, browser: bool) -> None:
        self._home, self._run, self._plans, self._caught_up, self._browser = home, run, plans, caught_up, browser
        self._sites = {plan.site: number for number, plan in enumerate(plans)}

    def take(self) -> list[tuple[Ask, Found]]:
        """What is asked of the sites of this run."""
        asks = take_asks(self._home, worker=self._run, limit=LIMIT, lease_s=LEASE_S, sites=list(self._sites))
        cannot = [ask.id for ask in asks if not self._shows(ask)]
        if cannot:
            done(self._home, cannot, result="本机没有 Chromium，或计划不用浏览器")
        return [(ask, self._found(ask)) for ask in asks if self._shows(ask)]

    def _shows(self, ask: Ask) -> bool:
        return self._browser and self._plans[self._sites[ask.site]].render != "never"

    def taken(self, asks: Sequence[Ask]) -> None:
        """They are in the frontier, which forgets nothing."""
        done(self._home, [ask.id for ask in asks], result="在巡查队列中")

    def none_to_come(self, last_seq: int) -> bool:
        return self._caught_up(last_seq) and open_asks(self._home, sites=list(self._sites)) == 0

    def _found(self, ask: Ask) -> Found:
        number = self._sites[ask.site]
        plan = self._plans[number]
        url = canonical(ask.url)
        kind = IN_EVIDENCE if ask.grade == EVIDENCE else BROWSER
        return Found(url, number, host_of(url), f"{ask.client or plan.clients[0]}{kind}", 0, ASKED, why=ask.why, cites=ask.cites)
