"""`serve` as a set of processes: the web server, the ingest that follows the archive, and the patrols that fall due. This process only
starts and ends them; what one of them cannot do stays on disk for the next."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TextIO

from apscheduler.schedulers.background import BackgroundScheduler

from adpatrol import schedule, sealing
from adpatrol.attending import Attending
from adpatrol.home import config_folders
from evidence.disk import alone
from indexer.progress import hunts_wait_at

log = logging.getLogger(__name__)
CHECK_S = 60  # how often the plans are held against what ran
AGAIN_S = (1, 2, 5, 15, 60)  # rests before a child that ended is started again
HUNT_S = 2.0  # how often a trial of rules is looked for
END_S = 20.0
PATROL_END_S = 60.0


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. OSError where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    listening.set_inheritable(True)
    return listening


class Office:
    """The children. ``run`` returns when a signal has ended it: 130 after Ctrl-C, 0 after a request to stop, 2 when the server failed."""

    def __init__(self, listening: socket.socket, home: Path, *, scheduled: bool) -> None:
        self._listening, self._home, self._scheduled = listening, home, scheduled
        self._web: subprocess.Popen[bytes] | None = None
        self._ingest: subprocess.Popen[bytes] | None = None
        self._patrol: subprocess.Popen[bytes] | None = None
        self._attending = Attending(home)
        self._stop = threading.Event()
        self._signal = 0
        self._ingest_failures = 0
        self._ingest_at = 0.0
        self._sealing_said = ""
        self._hunt: subprocess.Popen[bytes] | None = None
        self._hunt_at = 0.0

    def run(self) -> int:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, self._asked)
        scheduler = BackgroundScheduler(timezone="Asia/Shanghai")
        try:
            with _log(self._home) as out:
                self._web = self._start([sys.executable, "-m", "adpatrol.webserver", str(self._listening.fileno())], out=None)
                if self._scheduled:
                    # a late check is still made, once: the plans say what is due, not the clock (design/promises.md, 9)
                    scheduler.add_job(self._check, "interval", seconds=CHECK_S, args=(out,), misfire_grace_time=None, coalesce=True, max_instances=1,
                                      next_run_time=datetime.now(UTC))
                    scheduler.add_job(self._seal, "interval", seconds=CHECK_S, misfire_grace_time=None, coalesce=True, max_instances=1)
                    scheduler.start()
                code = self._watch(out)
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=False)
            self._end()
        return {signal.SIGINT: 130, 0: code}.get(self._signal, 0)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        self._stop.set()

    def _watch(self, out: TextIO) -> int:
        assert self._web is not None  # noqa: S101 - started before
        while not self._stop.wait(0.5):
            if self._web.poll() is not None:
                return 2
            if self._ingest is None or self._ingest.poll() is not None:
                self._follow(out)
            self._attending.tend(out.fileno())
            self._try_rules(out)
        return 0

    def _try_rules(self, out: TextIO) -> None:
        """Trials of rules that the console asked for, or that were cut off: one process at a time takes them all."""
        now = time.monotonic()
        if now < self._hunt_at or (self._hunt is not None and self._hunt.poll() is None):
            return
        self._hunt_at = now + HUNT_S
        if hunts_wait_at(self._home):
            self._hunt = self._start([sys.executable, "-m", "adpatrol", "rules", "try", "--pending"], out=out)

    def _follow(self, out: TextIO) -> None:
        """One ingest for the home. It waits by itself while a patrol's own ingest holds the lock."""
        now = time.monotonic()
        if self._ingest is not None:
            if self._ingest_at and now < self._ingest_at:
                return
            if not self._ingest_at:
                rest = AGAIN_S[min(self._ingest_failures, len(AGAIN_S) - 1)]
                self._ingest_failures += 1
                self._ingest_at = now + rest
                log.warning("研判进程已退出（%s），%s 秒后重新启动；详见 %s", self._ingest.returncode, rest, self._home / "serve.log")
                return
        self._ingest_at = 0.0
        self._ingest = self._start([sys.executable, "-m", "adpatrol", "ingest", "--follow", "serve"], out=out, stdin=subprocess.PIPE)

    def _check(self, out: TextIO) -> None:
        """Starts the patrol that is due, unless one runs. What stops it is told, and asked again at the next check."""
        if self._stop.is_set() or (self._patrol is not None and self._patrol.poll() is None):
            return
        with alone(self._home / "schedule.lock") as leading:
            if not leading:
                return
            try:
                from crawler.plans import load_plans

                found = schedule.due(load_plans(config_folders()), schedule.ran(self._home), datetime.now(UTC))
            except Exception as error:  # a settings file being edited must not end the scheduler
                log.warning("巡查计划无法读取，稍后再试：%s", " ".join(str(error).split()))
                return
            if found is not None and not self._stop.is_set():
                log.info("到期巡查：%s", found.plan)
                self._patrol = self._start([sys.executable, "-m", "adpatrol", *found.command(self._home)], out=out)

    def _seal(self) -> None:
        """A root where one is due, stamps where they wait. What hinders it is told once, not each minute."""
        if self._stop.is_set():
            return
        with alone(self._home / "sealing.lock") as leading:
            said = sealing.check(self._home) if leading else self._sealing_said
        if said and said != self._sealing_said:
            log.warning("%s", said)
        self._sealing_said = said

    def _start(self, argv: list[str], *, out: TextIO | None, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """In a session of its own: Ctrl-C reaches us alone, and we end the children in order."""
        return subprocess.Popen(argv, stdin=stdin, stdout=out, stderr=out, start_new_session=True, pass_fds=(self._listening.fileno(),) if out is None else ())

    def _end(self) -> None:
        """The server first, then sessions (cut off, and kept as that), then patrol (it commits what it has and can be resumed), then ingest (it reads what is on disk)."""
        _finish(self._web, signal.SIGTERM, END_S)
        self._attending.end(END_S)
        _finish(self._patrol, signal.SIGINT, PATROL_END_S)
        _finish(self._hunt, signal.SIGTERM, END_S)
        if self._ingest is not None and self._ingest.stdin is not None:
            with contextlib.suppress(OSError):
                self._ingest.stdin.close()
        _finish(self._ingest, 0, END_S)
        self._listening.close()


def _finish(child: subprocess.Popen[bytes] | None, number: int, within: float) -> None:
    if child is None or child.poll() is not None:
        return
    if number:
        child.send_signal(number)
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            child.wait(within)
            return
        except subprocess.TimeoutExpired:
            child.send_signal(ending)
    child.wait()


@contextmanager
def _log(home: Path) -> Iterator[TextIO]:
    """What the children say, for the operator: home/serve.log."""
    with (home / "serve.log").open("a", encoding="utf-8") as out:
        yield out
