"""When roots are made and stamped: hourly, after a case step, at the end of a patrol, before an export, and when a person asks.

Nothing is stored about what is due: it is asked of the ledger each time, so that a restart, or a kill, forgets nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adpatrol.home import config_folders
from alerts.evidence_settings import EvidenceSettings, load_evidence
from alerts.stamping import post
from evidence import keys, roots, stamps, tables
from evidence.errors import CannotSign, EvidenceError
from evidence.keys import Signer
from evidence.roots import Root
from evidence.stamps import Passed

log = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
AT_ONCE = ("step", "session", "hold", "release", "erase", "move", "seal_without")  # acts that do not wait for the hour
STATE = "stamping.json"


@dataclass(frozen=True, slots=True)
class Sealed:
    """``root``: made now, or None where nothing was new."""

    root: Root | None
    stamps: Passed


def signer_of(home: Path, settings: EvidenceSettings) -> Signer:
    """The office's signer; a home from before roots gets its key now. Raises CannotSign, also where the key that signed before is gone."""
    if settings.program is None and not (home / "keys" / keys.FILE).is_file() and not roots.roots(home / "archive"):
        try:
            keys.make(home / "keys" / keys.FILE)
        except OSError as error:
            raise CannotSign(f"签名密钥写不下（{error.strerror}），请检查 {home / 'keys'}") from error
    return settings.signer(home)


def seal(home: Path, *, at_once: bool = False, settings: EvidenceSettings | None = None) -> Sealed:
    """A root over what is new, and stamps for what waits; ``at_once``: authorities that rest are asked too. Raises EvidenceError, OSError, ConfigError."""
    settings = settings or load_evidence(config_folders())
    archive = home / "archive"
    if not tables.path_of(archive).is_file():
        return Sealed(None, Passed(0))
    _steps(home)
    root = roots.make(archive, signer_of(home, settings), witness=settings.witness)
    return Sealed(root, stamps.stamp(archive, settings.authorities, post, home / STATE, at_once=at_once, witness=settings.witness))


def seal_quietly(home: Path) -> str:
    """For the patrol and the scheduler: "" or why it did not come to a root or a stamp. What waits is asked for again by the next."""
    from classifiers.errors import ConfigError

    try:
        done = seal(home)
    except (EvidenceError, OSError, ConfigError) as error:
        return f"存证根没有签成：{error}"
    return "；".join(f"时间戳机构 {name} 暂不可用：{said}" for name, said in done.stamps.silent.items())


def due(home: Path, now: datetime | None = None) -> bool:
    """Is there something that no root covers and that has waited long enough, or a stamp to ask for?"""
    archive = home / "archive"
    now = now or datetime.now(UTC)
    last = tables.read(archive, "SELECT statement FROM roots ORDER BY seq DESC LIMIT 1")
    if not last:
        return bool(tables.read(archive, "SELECT 1 FROM members LIMIT 1") or tables.read(archive, "SELECT 1 FROM acts LIMIT 1"))
    told = Root(0, last[0][0], "", "", "").told
    marks = ",".join("?" for _ in AT_ONCE)
    if tables.read(archive, f"SELECT 1 FROM acts WHERE seq > ? AND act IN ({marks}) LIMIT 1", (told["acts"]["upto"], *AT_ONCE)):  # noqa: S608 - made of marks
        return True
    new = any(tables.read(archive, f"SELECT 1 FROM {chain} WHERE seq > ? LIMIT 1", (told[chain]["upto"],)) for chain in tables.CHAINS)  # noqa: S608 - one of three names
    return new and now - datetime.fromisoformat(told["time"]) >= EVERY


def check(home: Path) -> str:
    """For the scheduler, each minute: seals where it is due, asks authorities whose rest is over. Answers what to log."""
    from classifiers.errors import ConfigError

    try:
        settings = load_evidence(config_folders())
        _steps(home)
        if due(home) or stamps.waiting(home / "archive", settings.authorities):
            return seal_quietly(home)
    except (EvidenceError, OSError, ConfigError) as error:
        return f"存证根没有签成：{error}"
    return ""


def _steps(home: Path) -> None:
    """Decisions that have no act yet. Where there is no main database there are no decisions."""
    if not (home / "adpatrol.sqlite3").is_file():
        return
    from adpatrol.django_setup import setup

    setup()
    from django.db import Error, connection

    from alerts.custody import record_steps

    with suppress(Error, sqlite3.Error):  # tables of another version, or busy: the next root has them
        record_steps(home / "archive")
    connection.close()
