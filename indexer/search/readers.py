"""A large index read by several threads at once: SQLite runs a statement on one processor, and lets go of Python while it does.

Each thread keeps a connection of its own, which only reads, out of the system's own cache (``mmap_size``: a request's connection is new, and its
cache empty). What the caller's transaction holds uncommitted, they cannot see: within one, and where the database is not a file, the caller reads.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from threading import local
from typing import Any

from django.db import connection

PARTS = min(4, os.cpu_count() or 1)
BUSY_S = 20.0
MAPPED = 2**31 - 2**16  # bytes: the most that SQLite maps
Statement = tuple[str, Sequence[Any]]  # with %s for the values
_own = local()


def able() -> bool:
    return not connection.in_atomic_block and Path(str(connection.settings_dict["NAME"])).is_file()


def together(statements: Sequence[Statement]) -> list[Any]:
    """The rows of all, in their order, each read beside the others. A thread whose connection fails leaves its part to the caller. Raises
    DatabaseError."""
    if not able():
        return [row for statement in statements for row in _here(statement)]
    path = Path(str(connection.settings_dict["NAME"]))
    rows: list[Any] = []
    for statement, answer in [(one, _threads().submit(_read, path, *one)) for one in statements]:
        try:
            rows += answer.result()
        except (sqlite3.Error, OSError):
            rows += _here(statement)
    return rows


def _here(statement: Statement) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall())


def _read(path: Path, sql: str, values: Sequence[Any]) -> list[Any]:
    found = path.stat()
    which = (str(path), found.st_dev, found.st_ino)  # a database put in the place of another is another one
    if getattr(_own, "which", None) != which:
        if kept := getattr(_own, "database", None):
            kept.close()
        _own.which, _own.database = None, sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        _own.database.execute(f"PRAGMA mmap_size={MAPPED}")
        _own.which = which
    return list(_own.database.execute(sql.replace("%s", "?"), values).fetchall())


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """For the process: searches of several people share them."""
    return ThreadPoolExecutor(PARTS, thread_name_prefix="search")
