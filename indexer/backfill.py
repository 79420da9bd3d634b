"""Credit codes, places and lead states of pages that were stored by a version that did not keep them: read from what is stored, newest first.

A position of its own goes down to 0, once; a kill repeats a batch at most. Pages that are stored since have all of it, and so have all pages
after `adpatrol rebuild`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from django.db import transaction

from classifiers.identity import identify
from classifiers.registers import Register
from evidence import ledger
from indexer.lock import only_ingest
from indexer.models import IngestPosition, Page
from indexer.patience import patiently
from indexer.places import places
from indexer.reading import jurisdiction_of, storable
from indexer.search.documents import documents
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import note
from indexer.store import FACTS, position

BATCH = 100
Tell = Callable[[Sequence[str]], object]


def catch_up(archive: Path, registers: Register, *, limit: int = BATCH, tell: Tell = lambda ids: None) -> int:
    """Goes over the next ``limit`` old pages; answers how many (0: all is done). ``tell`` sets the states of captures (indexer.standing)
    inside our transaction. Raises IngestBusy where another process ingests."""
    if _left() == 0:
        return 0
    with only_ingest(archive.parent):
        done = 0
        while done < limit and (left := _left()):
            pages = list(Page.objects.filter(seq__lte=left).order_by("-seq")[: min(BATCH, limit - done)])
            found = [(page, *_facts(archive, page, registers)) for page in pages]
            patiently(partial(_store, found, tell))
            done += len(pages)
        return done


def _left() -> int:
    """The newest ``seq`` not gone over; where this was never begun, all that is stored."""
    known = IngestPosition.objects.filter(name=FACTS).values_list("seq", flat=True).first()
    return position() if known is None else known


def _facts(archive: Path, page: Page, registers: Register) -> tuple[list[str], list[str]]:
    """Credit codes and places, as indexer.reading finds them."""
    identity = identify(page.text)
    capture = ledger.capture(archive, page.capture_id)
    found = places(identity, jurisdiction_of(capture) if capture is not None else "", registers)
    return [storable(code) for code in identity.uscc], [storable(place) for place in found]


def _store(found: Sequence[tuple[Page, list[str], list[str]]], tell: Tell) -> None:
    with transaction.atomic():
        changed = [(page, codes, regions) for page, codes, regions in found if (page.uscc, page.regions) != (codes, regions)]
        ids = [page.capture_id for page, _, _ in changed]
        SqliteIndex().remove(ids)  # while the rows still say what was indexed
        for page, codes, regions in changed:
            page.uscc, page.regions = codes, regions
        Page.objects.bulk_update([page for page, _, _ in changed], ["uscc", "regions"], batch_size=BATCH)
        SqliteIndex().put(documents(page for page, _, _ in changed))
        note(ids)
        tell([page.capture_id for page, _, _ in found])
        IngestPosition.objects.update_or_create(name=FACTS, defaults={"seq": found[-1][0].seq - 1 if found else 0})
