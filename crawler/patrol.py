"""One patrol run from its order to its end: what is not done stays in the frontier, and `resume` goes on with it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler.asked import Asked
from crawler.committer import Committer, Landed
from crawler.desk import Desk
from crawler.errors import PatrolError, PatrolInterrupted, PatrolStopped
from crawler.frontier import Frontier, path_of, runs
from crawler.guards.egress import EgressPolicy
from crawler.guards.resolver import GatedResolver
from crawler.logs import logged_to
from crawler.plans import SitePlan
from crawler.rendering.chromium import chromium_path
from crawler.scope import Scope
from crawler.settings import scrapy_settings
from crawler.spider import PatrolSpider, Work
from crawler.stopping import signals_to
from evidence.archive import ArchiveWriter
from evidence.capture import Capture
from evidence.ledger import captures
from evidence.recover import recover

Event = dict[str, Any]
TICK_S = 0.2
PROGRESS_S = 1.0
SIGN_S = 3.0  # between two signs of life in the frontier
CANCEL_S = 3.0
STOP_S = 10.0  # once asked to stop, visits under way may end for so long; what does not is visited again by --resume


@dataclass(frozen=True, slots=True)
class PatrolOrder:
    """What to patrol: the plan's name and its sites with every setting resolved. ``facts`` stamp each capture (授权书, jurisdiction)."""

    plan: str
    sites: tuple[SitePlan, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"plan": self.plan, "sites": [site.to_json() for site in self.sites], "facts": self.facts}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PatrolOrder:
        return cls(data["plan"], tuple(SitePlan.from_json(site) for site in data["sites"]), data["facts"])


@dataclass(frozen=True, slots=True)
class Summary:
    run: str
    sites: int
    captures: int
    outcomes: dict[str, int]
    seconds: float
    visited: int  # sites of which at least one page came

    def to_json(self) -> dict[str, Any]:
        return {"run": self.run, "sites": self.sites, "captures": self.captures, "outcomes": self.outcomes, "crawl_seconds": self.seconds}


def new_run_id() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"


def patrol(
    order: PatrolOrder, home: Path, *, on_event: Callable[[Event], None], run: str = "", caught_up: Callable[[int], bool] = lambda seq: True,
    pictures: bool = False,
) -> Summary:
    """A new run to its end: the frontier is empty, who follows the archive has ``caught_up`` with the last ``seq``, and the visits asked for
    are made. ``pictures``: the office has brands' pictures to compare a page's icon and logos with. Raises PatrolStopped where it must stop before (resumable), PatrolError where it cannot begin."""
    run = run or new_run_id()
    with _one_patrol(home):
        frontier = Frontier(path_of(home), worker=run)
        seeds = [found for number, plan in enumerate(order.sites) for url in plan.seeds for found in Scope(plan, number).seed(url)]
        frontier.begin(run, order.plan, order.to_json(), seeds)
        return _Patrol(order, home, run, frontier, on_event, caught_up, pictures=pictures).go()


def resume(
    home: Path, *, on_event: Callable[[Event], None], run: str = "", caught_up: Callable[[int], bool] = lambda seq: True,
    revised: Callable[[PatrolOrder], PatrolOrder] = lambda order: order, pictures: bool = False,
) -> Summary | None:
    """Goes on with ``run``, or with the newest that did not end; None where there is none. ``revised``: the order it began with → the one to
    go on under (the same sites in the same places)."""
    known = runs(home, limit=1_000)
    found = next((r for r in known if (r.id == run if run else r.state != "finished")), None)
    if found is None or found.state == "finished":
        return None
    with _one_patrol(home):
        frontier = Frontier(path_of(home), worker=found.id)
        frontier.resume(found.id)
        return _Patrol(revised(PatrolOrder.from_json(found.order)), home, found.id, frontier, on_event, caught_up, pictures=pictures).go()


@contextmanager
def _one_patrol(home: Path) -> Iterator[None]:
    """One patrol writes a home at a time; the lock ends with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "patrol.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PatrolError("这个目录里已有一次巡查在进行；请等它结束，或另设 ADPATROL_HOME") from error
        yield


class _Patrol:
    def __init__(
        self, order: PatrolOrder, home: Path, run: str, frontier: Frontier, on_event: Callable[[Event], None], caught_up: Callable[[int], bool], *,
        pictures: bool,
    ) -> None:
        self._pictures = pictures
        self._order, self._run, self._frontier, self._on_event = order, run, frontier, on_event
        self._browser = any(plan.render != "never" for plan in order.sites) and chromium_path() is not None
        self._asks = Asked(home, run, order.sites, caught_up, browser=self._browser)
        self._last_seq, self._may_end = 0, False
        self._folder = home / "archive"
        self._outcomes: Counter[str] = Counter()
        self._visited: set[str] = set()
        self._stopped = ""
        self._reason = ""
        self._signal, self._cut = 0, False
        self._crawler: Crawler | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: list[asyncio.Task[None]] = []
        self._began = time.monotonic()
        self._told = self._signed = 0.0

    def go(self) -> Summary:
        self._began = time.monotonic()
        for torn in recover(self._folder):
            self._on_event({"event": "recovered", "detail": str(torn)})
        for capture in captures(self._folder, run=self._run):
            self._count(capture)
        self._on_event({"event": "run", "run": self._run, "sites": len(self._order.sites), "budgets": [plan.max_pages for plan in self._order.sites]})
        with logged_to(self._folder.parent / "logs" / "patrol.log"), ArchiveWriter(self._folder, run=self._run) as writer:
            self._crawl(writer)
        summary = self._summary(time.monotonic() - self._began)
        if self._reason == "finished" and not self._stopped:
            self._frontier.finish(summary.to_json())
            self._frontier.close()
            return summary
        with contextlib.suppress(sqlite3.Error):  # no room for a word either: it then counts as cut off, and is resumed all the same
            self._frontier.stop(summary.to_json())
        if self._signal:
            raise PatrolInterrupted(self._signal, captures=summary.captures, at_once=self._cut)
        raise PatrolStopped(self._stopped or "巡查意外停止", captures=summary.captures, at_once=self._cut)

    def _summary(self, seconds: float) -> Summary:
        return Summary(self._run, len(self._order.sites), sum(self._outcomes.values()), dict(sorted(self._outcomes.items())),
                       round(seconds, 2), len(self._visited))

    def _crawl(self, writer: ArchiveWriter) -> None:
        plans = self._order.sites
        policy = EgressPolicy(allow=tuple(network for plan in plans for network in plan.allow))
        desk = Desk(self._frontier, plans)
        committer = Committer(writer, self._frontier, on_settled=self._settled, on_failed=self._failed, on_broken=self._broken)
        facts = {"run": self._run, "plan": self._order.plan, **self._order.facts}
        work = Work(self._run, plans, desk, committer, policy, facts, GatedResolver.answers, lambda: self._may_end, self._broken,
                    known=list(self._frontier.known()), browser=self._browser, pictures=self._pictures)
        GatedResolver.policy = policy
        process = AsyncCrawlerProcess(scrapy_settings(plans, policy if work.browser else None))
        crawler = self._crawler = process.create_crawler(PatrolSpider)
        self._desk, self._committer = desk, committer
        crawler.signals.connect(self._opened, signal=signals.spider_opened)
        crawler.signals.connect(self._closed, signal=signals.spider_closed)
        gc.collect()
        gc.freeze()
        # What the crawl allocates is mostly short-lived or plain bytes; the default thresholds cost a growing share of the run.
        gc.set_threshold(100_000, 50, 100)
        process.crawl(crawler, work=work)
        with signals_to(self._asked_to_stop):
            process.start(install_signal_handlers=False)

    def _asked_to_stop(self, number: int) -> None:
        """By a signal, between two steps of the loop: the first time visits under way may end, the second time nothing is waited for but
        the disk."""
        first, self._signal = not self._signal, number
        if self._loop is None:  # not open yet: it will not be
            return
        self._loop.call_soon_threadsafe(self._wind_down if first else self._leave_now)

    def _wind_down(self) -> None:
        if not self._ending:
            self._on_event({"event": "stopping", "run": self._run, "flying": self._desk.flying})
            self._end_soon(STOP_S)

    def _leave_now(self) -> None:
        self._ending.append(asyncio.get_running_loop().create_task(self._leave(0)))

    def _end_soon(self, within_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._stopping = loop.create_task(self._stop_crawler())
        self._ending.append(loop.create_task(self._leave(within_s)))

    async def _stop_crawler(self) -> None:
        if self._crawler is not None:
            await self._crawler.stop_async()

    async def _leave(self, after_s: float) -> None:
        """What has landed goes to disk; then the loop ends, whoever still waits for an answer."""
        from twisted.internet import reactor

        await asyncio.sleep(after_s)
        self._cut = True
        await self._committer.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=CANCEL_S)
        reactor.crash()

    def _opened(self) -> None:
        self._committer.start()
        self._loop = asyncio.get_running_loop()
        if self._signal:
            self._wind_down()
        self._ticking = asyncio.get_running_loop().create_task(self._tick())
        self._ticking.add_done_callback(self._ticked)

    async def _closed(self, spider: Any, reason: str) -> None:
        self._reason = reason
        self._ticking.cancel()
        await self._committer.close()
        for leaving in self._ending:
            leaving.cancel()

    async def _tick(self) -> None:
        """Wakes what rested, and tells how far the run is."""
        while True:
            await asyncio.sleep(TICK_S)
            if self._desk.wake():
                self._nudge()
            await self._listen()
            if time.monotonic() - self._signed >= SIGN_S:
                self._signed = time.monotonic()
                await asyncio.to_thread(self._frontier.progress, self._summary(time.monotonic() - self._began).to_json())
            if time.monotonic() - self._told >= PROGRESS_S:
                self._told = time.monotonic()
                self._on_event({"event": "progress", "run": self._run, "captures": sum(self._outcomes.values()), "outcomes": dict(self._outcomes)})

    def _ticked(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._broken(error)

    async def _listen(self) -> None:
        """Takes in visits asked for; the run may end when none is left and nobody will ask again."""
        found = await asyncio.to_thread(self._asks.take)
        if found:
            await self._committer.put([f for _, f in found])
            await asyncio.to_thread(self._asks.taken, [ask for ask, _ in found])
            self._desk.grown({f.host for _, f in found})
            self._may_end = False
            self._nudge()
        elif not self._may_end and self._desk.over() and await asyncio.to_thread(self._asks.none_to_come, self._last_seq):
            self._may_end = self._desk.over()
            self._nudge()

    def _settled(self, batch: Sequence[tuple[Landed, Capture]], new: int) -> None:
        self._may_end = False
        for landed, capture in batch:
            self._count(capture)
            self._last_seq = capture.seq
            if landed.row is not None:
                self._desk.settled(landed.row, landed.size, landed.again_at)
            self._on_event({"event": "acknowledged", "url": capture.url, "capture": capture.id})
        self._desk.grown({found.host for landed, _ in batch for found in landed.found})
        self._nudge()

    def _count(self, capture: Capture) -> None:
        self._outcomes[str(capture.outcome)] += 1
        if capture.status is not None:
            self._visited.add(capture.site)

    def _broken(self, error: Exception) -> None:
        """The frontier or a fault of ours: nothing is lost, and the run can be resumed."""
        logging.getLogger(__name__).error("patrol stopped", exc_info=error)
        if isinstance(error, BrokenPipeError):
            self._failed("输出已被关闭（管道另一端已结束），巡查停下")
        elif isinstance(error, sqlite3.Error):
            self._failed(f"巡查进度无法读写：{error}")
        else:
            self._failed(f"程序出错（{type(error).__name__}：{error}）")

    def _failed(self, why: str) -> None:
        if self._stopped:
            return
        self._stopped = why
        self._end_soon(STOP_S)

    def _nudge(self) -> None:
        """Scrapy asks its scheduler only when a request ends, else every five seconds: it has no public way to be told sooner."""
        engine = self._crawler.engine if self._crawler is not None else None
        if engine is not None and engine._slot is not None:
            engine._slot.nextcall.schedule()
