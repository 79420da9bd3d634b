"""How pages reach the cluster: it follows the changes (indexer.search.state) from its own position. Nobody waits for it.

One pass takes the lock, looks that the indices are ours, and brings the one in use and the one being filled on by some batches. The position
moves after the cluster has acknowledged a batch: what is cut off between is sent again, under the same numbers. A page that the cluster
refuses is tried alone, then parked with the cluster's reason; what it held of that page before is taken out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from indexer.errors import FeederBusy, NothingToSwitch
from indexer.lock import only_feeder
from indexer.models import Page
from indexer.search import state
from indexer.search.documents import documents
from indexer.search.elasticsearch.bulk import WRITE_S, Action, BulkWriter, Refused
from indexer.search.elasticsearch.client import Cluster, asking, connect
from indexer.search.elasticsearch.errors import ClusterError, IndexGone
from indexer.search.elasticsearch.mapping import source
from indexer.search.elasticsearch.versions import Versions, write_alias
from indexer.search.state import Change, IndexVersion, ParkedDocument, behind, step

log = logging.getLogger(__name__)
BATCH = 2_000  # changes between two notes of the position
PAGES = 50  # pages in memory at once
PASS_S = 3.0  # a pass ends after so many seconds, so that others get the lock
POLL_S = 1.0
LOOK_S = 60.0  # how often the cluster is looked over where nothing is to be fed
REST_S = (1.0, 2.0, 5.0, 15.0, 30.0)  # before the cluster is tried again
SUSPECT = 3  # so many refused of one batch, and the index itself is looked at


class Feeder:
    """``home``: where the lock lies. ``pause``: waits so many seconds between tries of one batch."""

    def __init__(self, cluster: Cluster, home: Path, *, batch: int = BATCH, pause: Callable[[float], object] = time.sleep) -> None:
        self.cluster, self.home, self._batch, self._pause = cluster, home, batch, pause
        self.client = connect(cluster)
        self.versions = Versions(self.client, cluster)

    def step(self, *, at_most_s: float = PASS_S) -> int:
        """One pass: how many changes were taken in. Raises ClusterError, and FeederBusy where another process is at it."""
        with only_feeder(self.home):
            try:
                moved = self._pass(time.monotonic() + at_most_s)
            except ClusterError as error:
                state.told(False, str(error))
                raise
            state.told(True)
            return moved

    def _pass(self, until: float) -> int:
        self.versions.reconcile()
        moved = 0
        for version in filter(None, (self.versions.live(), self.versions.filling())):
            try:
                while (done := self._feed(version)) and time.monotonic() < until:
                    moved += done
                moved += done
            except IndexGone:
                self.versions.reconcile()  # written off, and another begun: the next pass fills it
                return moved + 1
        coming = self.versions.filling()
        if coming is not None and not coming.hold and not behind(coming):
            self.versions.switch(coming)
        return moved

    def caught_up(self) -> bool:
        live = self.versions.live()
        return live is not None and not behind(live) and self.versions.filling() is None

    def catch_up(self, *, at_most_s: float) -> bool:
        """Passes until all is in; False where the time ended first. Raises as ``step``."""
        until = time.monotonic() + at_most_s
        while not (self.step() == 0 and self.caught_up()):
            if time.monotonic() > until:
                return False
        return True

    def begin(self, *, hold: bool, who: str) -> None:
        """A new index beside the one in use; passes fill it. ``hold``: it is not switched to by itself."""
        with only_feeder(self.home):
            self.versions.reconcile()
            self.versions.create("重建", hold=hold, who=who)

    def switch(self, *, who: str) -> str:
        """To the filled index beside; where none is, back to the one before. Raises NothingToSwitch."""
        with only_feeder(self.home):
            self.versions.reconcile()
            target = self.versions.filling() or self.versions.kept()
            if target is None or (target.state == IndexVersion.State.FILLING and behind(target) > behind(self.versions.live())):
                raise NothingToSwitch("没有填好的备用索引：请先 adpatrol index rebuild --hold")
            self.versions.switch(target, who=who)
            return target.name

    def filled(self, *, hold: bool) -> bool:
        coming = self.versions.filling()
        return coming is None if not hold else coming is not None and not behind(coming)

    def left(self) -> tuple[int, int]:
        """Changes not yet in the index being filled, of how many."""
        coming = self.versions.filling()
        return behind(coming) if coming else 0, Change.objects.count()

    def documents(self, *, hold: bool) -> int:
        version = self.versions.filling() if hold else self.versions.live()
        if version is None:
            return 0
        with asking(version.name):
            self.client.indices.refresh(index=version.name)
            return int(self.client.count(index=version.name)["count"])

    def _feed(self, version: IndexVersion) -> int:
        """One batch: its pages written, then the position."""
        changes = list(Change.objects.filter(id__gt=version.position).order_by("id").values_list("id", "capture_id")[: self._batch])
        if not changes:
            return 0
        writer = BulkWriter(self.client, write_alias(version.name), timeout_s=self.cluster.timeout_s * WRITE_S, pause=self._pause)
        refused = writer.write(_actions(changes))
        if refused:
            refused = self._again(version, writer, refused)
        with transaction.atomic():
            _park(refused, [capture_id for _, capture_id in changes])
            IndexVersion.objects.filter(pk=version.pk).update(position=changes[-1][0])
        version.position = changes[-1][0]
        return len(changes)

    def _again(self, version: IndexVersion, writer: BulkWriter, refused: list[Refused]) -> list[Refused]:
        """Each refused page once more, by itself; what is refused still is taken out, so that no old state of it is found."""
        if len(refused) >= SUSPECT:
            self.versions.open(version)  # IndexGone: the index is at fault, not the pages
        numbers = {one.capture_id: one.version for one in refused}
        still: list[Refused] = []
        for one in refused:
            still += writer.write(_actions([(numbers[one.capture_id], one.capture_id)]))
        writer.write(Action(one.capture_id, one.version, None) for one in still)
        return still


def _actions(changes: list[tuple[int, str]]) -> Iterator[Action]:
    """A few pages in memory at a time."""
    for at in range(0, len(changes), PAGES):
        some = changes[at : at + PAGES]
        found = {doc.capture_id: doc for doc in documents(Page.objects.filter(capture_id__in=[capture_id for _, capture_id in some]))}
        for number, capture_id in some:
            doc = found.get(capture_id)
            yield Action(capture_id, number, source(doc) if doc else None)


def _park(refused: list[Refused], batch: list[str]) -> None:
    reasons = {one.capture_id: one.reason for one in refused}
    known = dict(ParkedDocument.objects.filter(capture_id__in=batch).values_list("capture_id", "tries"))
    ParkedDocument.objects.filter(capture_id__in=batch).delete()
    ParkedDocument.objects.bulk_create(
        [ParkedDocument(capture_id=id, reason=reason, tries=known.get(id, 0) + 1, parked_at=timezone.now()) for id, reason in reasons.items()])
    if reasons:
        step("搁置页面", count=len(reasons), reason=next(iter(reasons.values()))[:200])


def retry(capture_ids: list[str], *, who: str) -> int:
    """Parked pages are to be tried again; answers how many. They stay in the list until the cluster takes them."""
    with transaction.atomic():
        ids = list(ParkedDocument.objects.filter(capture_id__in=capture_ids).values_list("capture_id", flat=True))
        state.note(ids)
        if ids:
            step("重试搁置的页面", who=who, count=len(ids))
    return len(ids)


class _Following(threading.Thread):
    """Feeds until told to stop; a cluster that is down costs a try now and then, and nobody waits for it."""

    def __init__(self, feeder: Feeder) -> None:
        super().__init__(name="index-feeder", daemon=True)
        self.feeder, self.over, self._looked = feeder, threading.Event(), 0.0

    def run(self) -> None:
        failures = 0
        try:
            while not self.over.is_set():
                try:
                    failures, rest = 0, POLL_S if not self._step() else 0.0
                except FeederBusy:
                    rest = POLL_S
                except (ClusterError, DatabaseError) as error:
                    if not failures:
                        log.warning("%s；存档、研判与办案不受影响，稍后自动补上", error)
                    rest = REST_S[min(failures, len(REST_S) - 1)]
                    failures += 1
                self.over.wait(rest)
        finally:
            connection.close()

    def _step(self) -> int:
        """A look at the database; at the cluster only where there is something to feed, or it was not looked at for a while."""
        feeder, now = self.feeder, time.monotonic()
        if feeder.caught_up() and now - self._looked < LOOK_S:
            return 0
        moved = feeder.step()
        self._looked = now
        return moved


@contextmanager
def following(feeder: Feeder | None, *, at_end_s: float = 10.0) -> Iterator[None]:
    """Feeds beside what is done inside, and for a bounded time after it. ``feeder`` None (no cluster is set): nothing."""
    if feeder is None:
        yield
        return
    thread = _Following(feeder)
    thread.start()
    try:
        yield
    finally:
        until = time.monotonic() + at_end_s
        while time.monotonic() < until and thread.is_alive() and not feeder.caught_up() and state.ClusterHealth.objects.filter(up=True).exists():
            thread.over.wait(0.2)
        thread.over.set()
        thread.join(at_end_s)
