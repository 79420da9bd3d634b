"""The ingest of a run, in a child process beside it: it follows the archive by itself, and ends when its standard input closes.

So if the patrol is killed the child still reads what is on disk; and if the child is killed, another one goes on from where it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from indexer.progress import position_at

END_S = 3_600.0
RESTS_S = (0.0, 1.0, 2.0, 5.0, 15.0)  # before a child that died is followed by another; those without any progress in between are counted
LOG = "logs/ingest.log"
MAX_LOG = 1 << 20  # it then begins anew


class Beside:
    """``counts``: what the child said at its end. ``start``, ``watch`` and ``end`` are for one thread, ``caught_up`` for any."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._run = ""
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._deaths, self._died, self._reached = 0, 0.0, -1
        self.counts: dict[str, Any] = {}

    def start(self, run: str) -> None:
        """Once the run is on record."""
        self._run = run
        with self._lock:
            self._spawn()

    def _spawn(self) -> None:
        log = self._home / LOG
        log.parent.mkdir(parents=True, exist_ok=True)
        fresh = not log.exists() or log.stat().st_size > MAX_LOG
        # In a session of its own: Ctrl-C is the patrol's to hear, which then lets this one read to the end. What it complains of must not
        # run into the display.
        with log.open("w" if fresh else "a") as complaints:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "adpatrol", "ingest", "--follow", self._run, "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=complaints, text=True, start_new_session=True)

    def watch(self) -> bool:
        """Whether there is a child at work; follows one that died by another, after a rest. False once none lived long enough to read anything."""
        with self._lock:
            if self._child is None:
                return False
            if self._child.poll() in (None, 0):  # 0: it saw the end of the run
                return True
            reached = position_at(self._home)
            if not self._died:
                self._deaths = 1 if reached > self._reached else self._deaths + 1
                self._died, self._reached = time.monotonic(), reached
            if self._deaths > len(RESTS_S):
                return False
            if time.monotonic() - self._died >= RESTS_S[self._deaths - 1]:
                self._died = 0.0
                _closed(self._child)
                self._spawn()
            return True

    def caught_up(self, seq: int) -> bool:
        """Whether everything up to ``seq`` is judged, and what it asks for is asked; also where there is nobody left to wait for."""
        return not self.watch() or position_at(self._home) >= seq

    def end(self) -> None:
        """Lets it read to the end. Where it cannot, stderr says what to do. Ctrl-C ends it at once."""
        until = time.monotonic() + END_S
        while self.watch():
            child = self._child
            assert child is not None  # noqa: S101 - watched
            if child.poll() not in (None, 0):  # a rest
                time.sleep(0.1)
                continue
            try:
                out, _ = child.communicate(timeout=max(1.0, until - time.monotonic()))
            except BaseException:
                child.terminate()
                raise
            if child.returncode == 0 and out.splitlines():
                self.counts = json.loads(out.splitlines()[-1])
                return
        if self._child is not None:
            print(f"adpatrol: 研判没有完成{self._complaint()}；存档是完整的，请运行 adpatrol ingest 续办", file=sys.stderr)

    def _complaint(self) -> str:
        """The last thing the child said, in brackets."""
        lines = (self._home / LOG).read_text(encoding="utf-8", errors="replace").splitlines()
        said = "".join(c for c in lines[-1] if c.isprintable()).removeprefix("adpatrol: ")[:300] if lines else ""
        return f"（{said}）" if said else ""


def _closed(child: subprocess.Popen[str]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


class NoIngest:
    """--no-ingest: nobody follows."""

    counts: ClassVar[dict[str, Any]] = {}

    def start(self, run: str) -> None:
        pass

    def watch(self) -> bool:
        return False

    def caught_up(self, seq: int) -> bool:
        return True

    def end(self) -> None:
        pass


def heard(tell: Callable[[dict[str, Any]], None], ingest: Beside | NoIngest) -> Callable[[dict[str, Any]], None]:
    """What to do on each event of the patrol: the child follows the run, people are told."""
    def on_event(event: dict[str, Any]) -> None:
        if event["event"] == "run":
            ingest.start(event["run"])
        elif event["event"] == "progress":
            ingest.watch()
        tell(event)

    return on_event


@contextmanager
def ingest_beside(home: Path, off: bool, *, on_end: Callable[[], None] = lambda: None) -> Iterator[Beside | NoIngest]:
    """``on_end`` is called when the visits are over and the child may still read."""
    beside: Beside | NoIngest = NoIngest() if off else Beside(home)
    try:
        yield beside
    finally:
        if not off:
            on_end()
        beside.end()
