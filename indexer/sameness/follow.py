"""Follows the stored pages from a position of its own: what they show that others may show too becomes signals and sketches.

A batch and the position move in one transaction, held against the position they were read from: killed anywhere, or run twice at once, it
loses nothing and repeats nothing. After `adpatrol rebuild` the page at the position is the same capture; where it is another, or what is
extracted has changed (``VERSION``), everything is read again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.db import transaction

from evidence import ledger
from evidence.capture import Capture
from evidence.errors import EvidenceError
from indexer.apart import Apart, GaveUp
from indexer.models import Page
from indexer.patience import patiently
from indexer.platforms import platform_key
from indexer.sameness.likeness import bands
from indexer.sameness.signals import VERSION, Gathered, gathered
from indexer.sameness.tables import Band, SamenessPosition, Signal, Sketch

log = logging.getLogger(__name__)
NAME = "pages"
BATCH = 32
AGAIN = 100  # pages of a site that are read again where one of them was erased: the newest
CPU_S = 10.0  # of one page


@dataclass(frozen=True, slots=True)
class Taken:
    """One page and what was gathered of it; nothing where it does not show the page itself or cannot be read."""

    page: Page
    gathered: Gathered


def behind() -> int:
    """How many stored pages are not yet compared."""
    found = SamenessPosition.objects.filter(name=NAME).first()
    return Page.objects.filter(seq__gt=found.seq if found and found.version == VERSION else 0).count()


def catch_up(archive: Path, *, limit: int | None = None, keep_on: Callable[[], bool] = lambda: True) -> int:
    """Reads on to the newest stored page (at most ``limit`` pages); answers how many were read."""
    done = 0
    with Apart(partial(_gathered, archive), cpu_s=CPU_S) as reader:
        while keep_on() and (limit is None or done < limit):
            position = patiently(_position)
            pages = list(Page.objects.filter(seq__gt=position).order_by("seq").defer("text")[:BATCH if limit is None else min(BATCH, limit - done)])
            if not pages:
                break
            batch = [Taken(page, _of(page, reader, archive)) for page in pages]
            if patiently(partial(_store, batch, position)):
                done += len(batch)
    return done


def clear() -> None:
    """Throws everything away; the next ``catch_up`` makes it again."""
    with transaction.atomic():
        for table in (Band, Sketch, Signal, SamenessPosition):
            table.objects.all().delete()


def forget(capture_ids: Sequence[str]) -> None:
    """What these captures were the last to show. Call ``again`` for their sites afterwards."""
    Signal.objects.filter(capture_id__in=capture_ids).delete()
    Sketch.objects.filter(capture_id__in=capture_ids).delete()


def again(archive: Path, sites: Sequence[str]) -> None:
    """Reads the pages of these sites that are stored still once more, oldest first: at most AGAIN of each. Repeatable."""
    position = patiently(_position)
    with Apart(partial(_gathered, archive), cpu_s=CPU_S) as reader:
        for site in sites:
            pages = list(Page.objects.filter(site=site, seq__lte=position).order_by("-seq").defer("text")[:AGAIN])[::-1]
            for at in range(0, len(pages), BATCH):
                batch = [Taken(page, _of(page, reader, archive)) for page in pages[at : at + BATCH]]
                patiently(partial(_store, batch, position, moves=False))


def _position() -> int:
    with transaction.atomic():
        found, _ = SamenessPosition.objects.get_or_create(name=NAME, defaults={"version": VERSION})
        at = Page.objects.filter(seq=found.seq).values_list("capture_id", flat=True).first() if found.seq else None
        if found.version != VERSION or (at is not None and at != found.mark):
            clear()
            found = SamenessPosition.objects.create(name=NAME, version=VERSION)
        return found.seq


def _of(page: Page, reader: Apart[Gathered], archive: Path) -> Gathered:
    if page.outcome != "ok" or page.gate != "page":
        return Gathered()
    capture = ledger.capture(archive, page.capture_id)
    if capture is None:
        return Gathered()
    try:
        return reader.ask(capture, page.genre)
    except GaveUp as why:
        log.warning("快照 %s 未能比对：%s", page.capture_id, why)
        return Gathered()


def _gathered(archive: Path, capture: Capture, genre: str) -> Gathered:
    """In the child. What cannot be read shows nothing in common."""
    try:
        return gathered(archive, capture, genre)
    except (EvidenceError, RecursionError, ValueError):
        return Gathered()


def _store(batch: Sequence[Taken], position: int, *, moves: bool = True) -> bool:
    """Whether it was stored: not where another process has read on meanwhile. ``moves``: the position goes on with it."""
    with transaction.atomic():
        place = SamenessPosition.objects.select_for_update().filter(name=NAME).first()
        if place is None or (moves and place.seq != position):
            return False
        _signals(batch)
        for taken in batch:
            if taken.gathered.sketch is not None:
                _sketch(taken.page, taken.gathered.sketch)
        if moves:
            place.seq, place.mark = batch[-1].page.seq, batch[-1].page.capture_id
            place.save()
    return True


def _signals(batch: Sequence[Taken]) -> None:
    wanted = {(kind, value, taken.page.site) for taken in batch for kind, value in taken.gathered.signals}
    known = {(s.kind, s.value, s.site): s for s in Signal.objects.filter(site__in={site for _, _, site in wanted}, value__in={value for _, value, _ in wanted})}
    new: dict[tuple[str, str, str], Signal] = {}
    changed: dict[int, Signal] = {}
    for taken in batch:
        page = taken.page
        for kind, value in taken.gathered.signals:
            key = (kind, value, page.site)
            row = known.get(key) or new.get(key)
            if row is None:
                new[key] = Signal(kind=kind, value=value, site=page.site, platform=platform_key(page.site), capture_id=page.capture_id, seq=page.seq,
                                  first_seen=page.time, last_seen=page.time)
                continue
            row.first_seen = min(row.first_seen, page.time)
            if page.time >= row.last_seen:
                row.last_seen, row.capture_id, row.seq = page.time, page.capture_id, page.seq
            if row.pk is not None:
                changed[row.pk] = row
    Signal.objects.bulk_create(new.values(), batch_size=400)
    Signal.objects.bulk_create(changed.values(), batch_size=400, update_conflicts=True, unique_fields=["pk"],
                               update_fields=["first_seen", "last_seen", "capture_id", "seq"])


def _sketch(page: Page, signature: bytes) -> None:
    """The newest text of an address stands; bands are filed anew only where it changed."""
    row = Sketch.objects.filter(url_key=page.url_key).first()
    if row is not None and bytes(row.signature) == signature:
        Sketch.objects.filter(pk=row.pk).update(capture_id=page.capture_id, seq=page.seq)
        return
    if row is not None:
        row.delete()
    row = Sketch.objects.create(url_key=page.url_key, url=page.url, site=page.site, platform=platform_key(page.site), capture_id=page.capture_id, seq=page.seq,
                                signature=signature)
    Band.objects.bulk_create([Band(band=band, sketch=row) for band in bands(signature)])
