"""Follows the archive: what the crawler has put on disk becomes pages, findings and search documents, in archive order, once."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from classifiers.knowledge import Knowledge
from evidence.ledger import captures
from evidence.retention import erased_among
from indexer.apart import ReaderApart
from indexer.asks import ask_for_evidence
from indexer.lock import only_ingest
from indexer.patience import patiently
from indexer.priors import Priors
from indexer.reading import Reading, erased
from indexer.store import position, store

BATCH = 64  # captures a transaction
BATCH_S = 1.0  # or so many seconds of judging: the console sees findings seconds behind the patrol


def catch_up(
    archive: Path, knowledge: Knowledge, *, limit: int | None = None, ask: bool = True, after_batch: Callable[[], object] | None = None,
) -> int:
    """Reads on from the stored position to the end of the ledger (at most ``limit`` captures); answers how many captures were read.

    ``ask``: ask for a browser's visit where a static page has a finding above blue. ``after_batch`` is called after each commit (leads).
    Raises IngestBusy where another process ingests into this home, which is the archive's parent.
    """
    with only_ingest(archive.parent), ReaderApart(archive, knowledge) as reader:
        return _read_on(archive, reader, limit=limit, ask=ask, after_batch=after_batch)


def _read_on(archive: Path, reader: ReaderApart, *, limit: int | None, ask: bool, after_batch: Callable[[], object] | None) -> int:
    done = 0
    priors = Priors()
    while limit is None or done < limit:
        batch = _batch(archive, reader, priors, BATCH if limit is None else min(BATCH, limit - done))
        if not batch:
            break
        if ask:
            ask_for_evidence(archive.parent, batch)
        patiently(partial(store, batch))
        done += len(batch)
        if after_batch is not None:
            patiently(after_batch)
    return done


def _batch(archive: Path, reader: ReaderApart, priors: Priors, size: int) -> list[Reading]:
    """The next captures, read and judged; nothing is written, so that the database is locked for the writing only."""
    began = time.monotonic()
    readings: list[Reading] = []
    coming = list(captures(archive, after=position(), limit=size))
    if coming:
        priors.ahead_of(coming)
    gone = erased_among(archive, [capture.id for capture in coming])
    for capture in coming:
        if capture.id in gone:
            readings.append(erased(capture, reader.knowledge))
            continue
        reading = reader.read(capture, priors.of(capture))
        priors.learn(reading.page)
        readings.append(reading)
        if time.monotonic() - began > BATCH_S:
            break
    return readings


def follow(
    archive: Path, knowledge: Knowledge, *, until: Callable[[], bool], poll_s: float = 0.5, ask: bool = True,
    after_batch: Callable[[], object] | None = None, idle: Callable[[], object] | None = None,
) -> int:
    """Catches up again and again until ``until()`` holds and nothing is left; answers how many captures were read. ``idle`` is called
    whenever nothing is left to read. Holds the lock throughout: raises IngestBusy at once where another process has it."""
    total = 0
    with only_ingest(archive.parent), ReaderApart(archive, knowledge) as reader:
        while True:
            over = until()  # asked before reading: what was acknowledged until then is read below
            done = _read_on(archive, reader, limit=None, ask=ask, after_batch=after_batch)
            total += done
            if not done:
                if over:
                    return total
                if idle is not None:
                    idle()
                time.sleep(poll_s)
