"""`serve`'s part in 取证会话: a process for each session that two officers signed into. ``python -m adpatrol.attending NUMBER`` holds one, or keeps what
a dead one left: a session that died is archived as 中断 and never gone on with.

In the home: ``sessions/waiting/NUMBER.json`` is the console's order and stays until ``sessions/NUMBER.result.json`` says how it ended;
``sessions/NUMBER.lock`` is held while a process has the session; ``sessions/NUMBER/`` is what it writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from adpatrol.home import config_folders, home
from evidence.disk import alone

if TYPE_CHECKING:
    from crawler.attended.order import Order

log = logging.getLogger(__name__)
AT_ONCE = 2
AGAIN_S = 20.0  # before what could not be kept (disk full) is tried again
MAX_WAITING = 50
PR_SET_PDEATHSIG = 1


class Attending:
    """The sessions' processes. ``tend`` is called again and again and never waits."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "sessions"
        self._home = home
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._again: dict[str, float] = {}

    def tend(self, out: int | None = None) -> None:
        """Starts what waits, at most AT_ONCE at a time. ``out``: where the children's complaints go."""
        from crawler.attended.order import NUMBER

        for number in [name for name, child in self._children.items() if child.poll() is not None]:
            del self._children[number]
            self._again[number] = time.monotonic() + AGAIN_S
        try:
            waiting = sorted(file.stem for file in (self._folder / "waiting").iterdir() if file.suffix == ".json")[:MAX_WAITING]
        except FileNotFoundError:
            return
        self._again = {name: when for name, when in self._again.items() if name in waiting}
        for number in waiting:
            if len(self._children) >= AT_ONCE:
                return
            if NUMBER.match(number) and number not in self._children and time.monotonic() >= self._again.get(number, 0.0):
                self._children[number] = subprocess.Popen(
                    [sys.executable, "-m", "adpatrol.attending", number], stdin=subprocess.DEVNULL, stdout=out or subprocess.DEVNULL,
                    stderr=out or subprocess.DEVNULL, start_new_session=True, env=dict(os.environ, ADPATROL_HOME=str(self._home)))

    def end(self, within: float) -> None:
        """Whatever runs is ended as interrupted, and kept as that."""
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(within)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()


def main(number: str, home: Path) -> int:
    """0: the session is over and kept; 1: another process has it; 2: it could not be kept, and waits to be."""
    from classifiers.errors import AdPatrolError
    from crawler.attended.order import BadOrder
    from evidence.errors import EvidenceError

    folder = home / "sessions"
    with alone(folder / f"{number}.lock") as mine:
        waiting = folder / "waiting" / f"{number}.json"
        if not mine or not waiting.is_file():
            return 1
        try:
            _hold(folder / number, waiting)
            _keep(folder, number, home / "archive", json.loads(waiting.read_text(encoding="utf-8"))["url"])
        except (BadOrder, AdPatrolError) as error:  # the order, or the plans it is held against, cannot be read: it never begins
            log.warning("%s", error)
            _result(folder, number, {"capture": "", "how": "interrupted", "why": " ".join(str(error).split())})
        except (EvidenceError, OSError, ValueError, KeyError) as error:  # a disk that is full, an archive that cannot be read: it stays waiting
            log.warning("取证会话 %s 尚未存档：%s", number, " ".join(str(error).split()) or type(error).__name__)
            return 2
        waiting.unlink(missing_ok=True)
    return 0


def _hold(folder: Path, waiting: Path) -> None:
    """Only where no process ever began it: what was begun and has no process is dead."""
    from crawler.attended.journal import JOURNAL
    from crawler.attended.session import hold

    if (folder / JOURNAL).exists():
        return
    order = _order(waiting)

    async def held(order: Order) -> None:
        stop = asyncio.Event()
        for one in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(one, stop.set)
        await hold(order, folder, stop=stop)

    asyncio.run(held(order))


def _order(waiting: Path) -> Order:
    """The console's order with what the plans and the 授权书 say of this site."""
    from crawler.attended.order import read
    from crawler.plans import load_plans

    url = str(json.loads(waiting.read_text(encoding="utf-8")).get("url", ""))
    found = [site for _, site in load_plans(config_folders()).find(url)]
    named = [network for site in found for network in site.allow]
    identity = "browser" if any(site.identity == "browser" for site in found) else "public"
    clocks = [one.strip() for one in os.environ.get("ADPATROL_CLOCK", "").split(",") if one.strip().startswith(("http://", "https://"))]
    return read(waiting, allow=named, identity=identity, contact=next((site.contact for site in found if site.contact), ""), time_sources=clocks)


def _keep(folder: Path, number: str, archive: Path, url: str) -> None:
    """Into the archive, into the ledger's acts, and then how it ended; the loose files go last."""
    from crawler.attended.journal import FILES, LIVE
    from crawler.attended.keep import keep
    from evidence import acts

    capture = keep(folder / number, archive, number, url)
    told = capture.facts["session"]
    if not any(True for _ in acts.acts(archive, subject=f"session:{number}", act="session")):
        signers = [f"{one.get('name', '')}（{one.get('certificate', '')}）" for one in told["stated"].get("signers", [])]
        acts.append(archive, "、".join(signers) or "取证会话", "session", f"session:{number}", {
            "capture": capture.id, "how": told["how"], "why": told["why"], "began": told["began"], "ended": told["ended"],
            "manifest_sha256": told["manifest_sha256"], "journal_head": told["journal_head"], "frames_head": told["frames_head"]})
    _result(folder, number, {"capture": capture.id, "how": told["how"], "why": told["why"]})
    shutil.rmtree(folder / number / FILES, ignore_errors=True)
    (folder / number / LIVE).unlink(missing_ok=True)


def _result(folder: Path, number: str, told: dict[str, str]) -> None:
    beside = folder / f"{number}.result.new"
    with beside.open("w", encoding="utf-8") as out:
        json.dump(told, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(folder / f"{number}.result.json")


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="adpatrol: %(message)s")
    with contextlib.suppress(OSError, AttributeError):  # Linux only: where the system is killed, its sessions end as interrupted
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    sys.exit(main(sys.argv[1], home()))
