"""What to do when the database is held by another, or has no room: wait a while and do it again; say in Chinese what stands in the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

from indexer.errors import StoreBusy, StoreFull

log = logging.getLogger(__name__)
TRIES = 8  # each has waited 20 s for the lock by itself (config.settings)
PAUSE_S = 1.0
T = TypeVar("T")


def patiently(act: Callable[[], T], *, tries: int = TRIES, pause_s: float = PAUSE_S) -> T:
    """``act`` must be one transaction, so that doing it again is safe. Raises StoreBusy when it never came through, StoreFull where the
    disk is full, and any other database error as it is."""
    for left in range(tries - 1, -1, -1):
        try:
            return act()
        except OperationalError as error:
            said = str(error).lower()
            if "full" in said:
                raise StoreFull from error
            if "locked" not in said and "busy" not in said:
                raise
            if not left:
                raise StoreBusy from error
            log.warning("数据库被占用，稍后再试")
            time.sleep(pause_s)
    raise AssertionError("unreachable")
