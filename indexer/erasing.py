"""What the archive erased when its term was over (evidence.retention) goes from everything made of it: the page's row, its findings, its
document in every index, what it has in common with others, samples of trials.

Pulled, as all else: the tombstones are followed from a position of our own. What others keep of a capture (pictures) is removed first, and the
position moves last, so that a kill anywhere repeats a batch and loses none; each step is harmless a second time. Leads, cases and papers are
the office's own record and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from django.db import transaction

from evidence import ledger
from evidence.acts import acts
from indexer.lock import only_ingest
from indexer.models import HuntPage, HuntSample, IngestPosition, Page, Standing
from indexer.patience import patiently
from indexer.sameness import follow as sameness
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import note

ERASED = "erased"
BATCH = 200
Forget = Callable[[Sequence[str]], object]


def catch_up(archive: Path, *, forget: Forget = lambda ids: None) -> int:
    """Takes out what was erased since the position; answers how many captures. ``forget`` removes what others keep of these captures and
    must be repeatable. Raises IngestBusy where another process ingests: that one does it."""
    with only_ingest(archive.parent):
        done, at = 0, _position()
        walk = acts(archive, act="erase", after=at)
        while batch := list(islice(walk, BATCH)):
            ids = [act.subject.removeprefix("capture:") for act in batch]
            forget(ids)
            patiently(partial(_take_out, ids))
            sameness.again(archive, _sites(archive, ids))  # what another page of the same site shows too is said of that one
            patiently(partial(_move, batch[-1].seq))
            done += len(ids)
        return done


def _position() -> int:
    return IngestPosition.objects.filter(name=ERASED).values_list("seq", flat=True).first() or 0


def _move(seq: int) -> None:
    IngestPosition.objects.update_or_create(name=ERASED, defaults={"seq": seq})


def _take_out(ids: Sequence[str]) -> None:
    with transaction.atomic():
        SqliteIndex().remove(ids)
        Page.objects.filter(capture_id__in=ids).delete()  # its findings with it
        Standing.objects.filter(capture_id__in=ids).delete()
        HuntSample.objects.filter(capture_id__in=ids).delete()
        HuntPage.objects.filter(capture_id__in=ids).delete()
        sameness.forget(ids)
        note(ids)  # the cluster follows


def _sites(archive: Path, ids: Sequence[str]) -> list[str]:
    found = (ledger.capture(archive, id) for id in ids)
    return sorted({capture.site for capture in found if capture is not None})
