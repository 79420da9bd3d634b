"""What ingest does besides reading on: what was erased when its term was over goes from every copy of it, and old pages get the facts that the
index did not keep when they were stored."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifiers.registers import Register


def forget_erased(home: Path) -> int | None:
    """How many captures were taken out of pages, index and derived pictures; None where another process ingests, which does it by itself.
    Call with Django set up."""
    from alerts import annotated
    from indexer import erasing
    from indexer.errors import IngestBusy

    try:
        return erasing.catch_up(home / "archive", forget=partial(annotated.forget, home))
    except IngestBusy:
        return None


def fill_in(home: Path, registers: Register, *, limit: int) -> int:
    """Credit codes, places and states of at most ``limit`` old pages; answers how many were gone over. 0 where another process ingests."""
    from alerts import standings
    from indexer import backfill
    from indexer.errors import IngestBusy

    try:
        return backfill.catch_up(home / "archive", registers, limit=limit, tell=standings.tell)
    except IngestBusy:
        return 0
