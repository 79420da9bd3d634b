"""Writes readings: pages, findings, what was excused, search documents and the position, all of a batch in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from indexer.models import Excused, Finding, IngestPosition, Page
from indexer.reading import Reading
from indexer.search.documents import document, with_states
from indexer.search.order import document_number
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import note, note_every_page

ARCHIVE = "archive"
FACTS = "facts"  # how far down indexer.backfill has come


def position() -> int:
    """The last ``seq`` whose page is stored; 0 before the first."""
    return IngestPosition.objects.filter(name=ARCHIVE).values_list("seq", flat=True).first() or 0


def store(readings: Sequence[Reading]) -> None:
    """Replaces what was stored of the same captures. After a kill either all of it is there, or nothing."""
    if not readings:
        return
    index, gone = SqliteIndex(), [r.capture.id for r in readings if r.erased]
    last_seq = max(reading.capture.seq for reading in readings)
    with transaction.atomic():
        known = dict(Page.objects.filter(capture_id__in=[r.capture.id for r in readings]).values_list("capture_id", "id"))
        index.remove(known)
        Page.objects.filter(id__in=known.values()).delete()
        note(gone)
        readings = [reading for reading in readings if not reading.erased]
        taken = _Taken([reading.page for reading in readings if reading.page.capture_id not in known])
        for reading in readings:
            page = reading.page
            page.id = known.get(page.capture_id) or document_number(page.time, page.capture_id, taken)
            taken.mine.add(page.id)
            for finding in reading.findings:
                finding.page = page  # takes the number over
            for excused in reading.excused:
                excused.page = page
        Page.objects.bulk_create([reading.page for reading in readings])
        Finding.objects.bulk_create([row for reading in readings for row in reading.findings])
        Excused.objects.bulk_create([row for reading in readings for row in reading.excused])
        index.put(with_states([document(reading.page, ((f.code, f.provisions) for f in reading.findings)) for reading in readings]))
        note(reading.capture.id for reading in readings)
        before = position()
        if not before:  # a new store: no version before this one kept anything in it
            IngestPosition.objects.update_or_create(name=FACTS, defaults={"seq": 0})
        IngestPosition.objects.update_or_create(name=ARCHIVE, defaults={"seq": max(before, last_seq)})


def empty() -> None:
    """Throws away every derived row and goes back to the beginning of the archive. Leads and cases are no business of ours."""
    with transaction.atomic():
        note_every_page()
        Excused.objects.all().delete()
        Finding.objects.all().delete()
        Page.objects.all().delete()
        SqliteIndex().clear()
        IngestPosition.objects.filter(name=ARCHIVE).delete()
        IngestPosition.objects.update_or_create(name=FACTS, defaults={"seq": 0})  # what is read from now on has its facts


class _Taken:
    """Numbers in the store or given out in this batch. Those each page would take first are looked up together."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.mine: set[int] = set()
        self._first = {document_number(page.time, page.capture_id) for page in pages}
        self._stored = set(Page.objects.filter(id__in=self._first).values_list("id", flat=True))

    def __contains__(self, number: object) -> bool:
        if number in self.mine or number in self._stored:
            return True
        return isinstance(number, int) and number not in self._first and Page.objects.filter(id=number).exists()
