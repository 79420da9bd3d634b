"""Group commit: visits go to disk together, and only then count. One thread writes; the reactor never waits for a disk."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crawler.frontier import Again, Found, Frontier, Row
from evidence.archive import ArchiveWriter
from evidence.capture import Capture, Outcome, Visit
from evidence.errors import ArchiveUnwritable, EvidenceError

GROUP = 64
GROUP_BYTES = 8 * 1024 * 1024
EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Landed:
    """One finished visit with what follows from it. ``row`` is None for what the frontier did not ask (robots.txt)."""

    visit: Visit
    row: Row | None
    size: int
    again_at: float | None
    found: tuple[Found, ...]


class Committer:
    def __init__(
        self, writer: ArchiveWriter, frontier: Frontier, *,
        on_settled: Callable[[Sequence[tuple[Landed, Capture]], int], None], on_failed: Callable[[str], None],
        on_broken: Callable[[Exception], None],
    ) -> None:
        self._writer, self._frontier = writer, frontier
        self._on_settled, self._on_failed, self._on_broken = on_settled, on_failed, on_broken
        self._batch: list[Landed] = []
        self._bytes = 0
        self._due = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def add(self, landed: Landed) -> None:
        self._batch.append(landed)
        self._bytes += landed.size
        if len(self._batch) >= GROUP or self._bytes >= GROUP_BYTES:
            self._due.set()

    def hurry(self) -> None:
        """Nothing else is under way: what landed is wanted now, for its links."""
        if self._batch:
            self._due.set()

    async def put(self, found: Sequence[Found]) -> int:
        """Addresses somebody asked for, kept before the one who asked is told."""
        return (await asyncio.to_thread(self._frontier.settle, [], [], found))

    async def close(self) -> None:
        """Commits what is left."""
        self._closing = True
        self._due.set()
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.exception()  # told already

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), EVERY_S)
            self._due.clear()
            batch, self._batch, self._bytes = self._batch, [], 0
            if batch:
                try:
                    captures, new = await asyncio.to_thread(self._store, batch)
                except (EvidenceError, OSError, sqlite3.Error) as error:
                    self._on_failed(f"存档无法写入：{error}")
                    return
                except Exception as error:  # a fault of ours: the run must stop, not hang
                    self._on_failed(f"程序出错（{type(error).__name__}：{error}）")
                    raise
                try:
                    self._on_settled(list(zip(batch, captures, strict=True)), new)
                except Exception as error:  # whoever listens is broken (its pipe is closed, say): what is stored is stored
                    self._on_broken(error)
            elif self._closing:
                return

    def _store(self, batch: Sequence[Landed]) -> tuple[list[Capture], int]:
        """The archive first; the frontier forgets nothing before the archive knows."""
        captures = self._archive(batch)
        done = [(landed.row.id, landed.size) for landed in batch if landed.row is not None and landed.again_at is None]
        again = [Again(landed.row.id, landed.again_at) for landed in batch if landed.row is not None and landed.again_at is not None]
        found = [item for landed in batch for item in landed.found]
        return captures, self._frontier.settle(done, again, found)

    def _archive(self, batch: Sequence[Landed]) -> list[Capture]:
        """All together; where the disk refuses, one by one, so that a large one cannot take the others with it."""
        try:
            for landed in batch:
                self._writer.write(landed.visit)
            return self._writer.commit()
        except ArchiveUnwritable:
            return [self._alone(landed.visit) for landed in batch]

    def _alone(self, visit: Visit) -> Capture:
        """The visit, or where there is no room for it, that it could not be kept. Raises ArchiveUnwritable where not even that is possible."""
        try:
            self._writer.write(visit)
            return self._writer.commit()[0]
        except ArchiveUnwritable as error:
            self._writer.write(replace(visit, outcome=Outcome.NOT_ARCHIVED, detail=f"内容没有存下：{error}", records=()))
            return self._writer.commit()[0]
