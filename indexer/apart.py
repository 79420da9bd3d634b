"""Reads captures in a process of its own, so that no page can stop ingest: one that breaks a parser, eats the memory or never ends costs
that process, and its row says so.

The child holds no lock and no database. It ends by itself: when the parent is gone (its pipe closes), and, by alarms that the system
delivers even inside a parser's C code, when one capture takes too long.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from classifiers.extract import extract
from classifiers.gate import Prior
from classifiers.judge import judge
from classifiers.knowledge import Knowledge
from classifiers.model import Document
from evidence.capture import Capture
from indexer import lock
from indexer.reading import Reading, read, unreadable

log = logging.getLogger(__name__)
CPU_S = 20.0  # of one capture: processor time, so that a busy machine judges as an idle one does
WALL_S = 180.0  # and should a parser only wait
MEMORY_BYTES = 3 << 30
TRIES = 2  # the system may have ended the child for reasons of its own; twice in a row it is the page
CAPTURES_A_CHILD = 5_000  # then a fresh one: parsers leak
WARMING = Document(body="保本保息，年化收益18%".encode(), plain=True)
Answer = TypeVar("Answer")
_TOO_LONG = {int(signal.SIGPROF), int(signal.SIGALRM)}


class GaveUp(Exception):
    """The child ended at a piece of work; the message says of what, in Chinese."""


class Apart(Generic[Answer]):
    """``act`` in a child process, whatever its arguments do to it. ``ready`` is called before each child is made, so that what it loads is
    shared. Context manager; one thread. Arguments and answers travel by pickle."""

    def __init__(self, act: Callable[..., Answer], *, ready: Callable[[], object] = lambda: None, cpu_s: float = CPU_S, wall_s: float = WALL_S) -> None:
        self._act, self._ready = act, ready
        self._limits = (cpu_s, wall_s)
        self._child: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def ask(self, *values: Any) -> Answer:
        """``act(*values)``. Raises GaveUp where the child broke, took too long, or ate its memory."""
        why = ""
        for _ in range(TRIES):
            pipe = self._started()
            try:
                pipe.send(values)
                found: Answer = pipe.recv()
            except (EOFError, OSError):
                why = self._ended()
                log.warning("%s", why)
                if why.startswith("研判超过"):
                    break
                continue
            self._done += 1
            if self._done >= CAPTURES_A_CHILD:
                self._end()
            return found
        raise GaveUp(why)

    def _started(self) -> Connection:
        if self._pipe is not None:
            return self._pipe
        self._ready()
        context = multiprocessing.get_context("fork")  # the rules are shared, not sent
        ours, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(ours, theirs, self._act, self._limits), daemon=True)
        self._child.start()
        theirs.close()
        self._pipe, self._done = ours, 0
        return ours

    def _ended(self) -> str:
        """What the child died of, in Chinese."""
        child = self._child
        assert child is not None  # noqa: S101 - it was started
        child.join(10)
        code = child.exitcode
        self._end()
        if code is not None and -code in _TOO_LONG:
            return f"研判超过 {self._limits[0]:.0f} 秒（处理器时间）仍未完成，已放弃"
        return f"研判进程异常退出（{signal.Signals(-code).name if code and code < 0 else code}）"

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.join(2)
            if self._child.is_alive():
                self._child.kill()
                self._child.join(10)
            self._child.close()
        self._pipe = self._child = None


class ReaderApart(Apart[Reading]):
    """``read`` as indexer.reading, in a child process."""

    def __init__(self, archive: Path, knowledge: Knowledge, *, cpu_s: float = CPU_S, wall_s: float = WALL_S) -> None:
        self.knowledge = knowledge
        # the rules are made ready once, before the child is made, and not at the cost of the first page's time
        super().__init__(lambda capture, prior: read(archive, capture, knowledge, prior), ready=lambda: judge(extract(WARMING), knowledge), cpu_s=cpu_s, wall_s=wall_s)

    def read(self, capture: Capture, prior: Prior | None) -> Reading:
        try:
            return self.ask(capture, prior)
        except GaveUp as why:
            log.warning("快照 %s：%s", capture.id, why)
            return unreadable(capture, self.knowledge, str(why))


def _serve(parents: Connection, pipe: Connection, act: Callable[..., Any], limits: tuple[float, float]) -> None:
    parents.close()  # else we would never see it closed
    lock.forget()
    faulthandler.disable()  # a broken parser is told in one line, on the page
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it closes the pipe
    for deadly in (signal.SIGPROF, signal.SIGALRM, signal.SIGTERM):
        signal.signal(deadly, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            values = pipe.recv()
            signal.setitimer(signal.ITIMER_PROF, limits[0])
            signal.setitimer(signal.ITIMER_REAL, limits[1])
            found = act(*values)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send(found)
    os._exit(0)  # nothing of the parent's (database connections, files) is closed on the way out
