"""What `adpatrol init` makes in the home: folders, the secret key, the database, the archive. Safe to repeat, and by two at once."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adpatrol.django_setup import setup
from evidence import keys

KEY = Path("keys") / "secret.txt"
LEDGER_KEY = Path("keys") / keys.FILE
FOLDERS = {"archive": 0o755, "keys": 0o700}


@dataclass(frozen=True, slots=True)
class Made:
    """``new`` is False for what was already there."""

    what: str
    where: Path
    new: bool


def found(home: Path) -> list[Made]:
    """Makes what is missing under ``home``; answers what there is now. OSError where the place cannot be written."""
    made = [Made("数据目录", home, not home.is_dir())]
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        for name, mode in FOLDERS.items():
            new = not (home / name).is_dir()
            (home / name).mkdir(mode=mode, exist_ok=True)
            if name == "archive":
                made.append(Made("存档目录", home / name, new))
        made.append(Made("密钥", home / KEY, _key(home / KEY)))
        made.append(Made("存证签名密钥", home / LEDGER_KEY, keys.make(home / LEDGER_KEY)))
        new = not (home / "adpatrol.sqlite3").is_file()
        setup()  # only now: Django reads the key when it starts
        from indexer import tables

        tables.make()
        made.append(Made("数据库", home / "adpatrol.sqlite3", new))
    return made


def _key(file: Path) -> bool:
    """A random key that only this account reads, whole on disk or not at all. True where it was made now."""
    if file.is_file() and file.read_text(encoding="ascii").strip():
        file.chmod(0o600)
        return False
    beside = file.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as handle:
        handle.write(secrets.token_urlsafe(64) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    beside.rename(file)
    return True


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "init.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
