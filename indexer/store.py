"""Writes readings: pages, findings, what was excused, search documents and the position, all of a batch in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from indexer.models import Excused, Finding, IngestPosition, Page
from indexer.reading import Reading
from indexer.search.order import document_number
from indexer.search.protocol import IndexDoc
from indexer.search.sqlite import SqliteIndex

ARCHIVE = "archive"


def position() -> int:
    """The last ``seq`` whose page is stored; 0 before the first."""
    return IngestPosition.objects.filter(name=ARCHIVE).values_list("seq", flat=True).first() or 0


def store(readings: Sequence[Reading]) -> None:
    """Replaces what was stored of the same captures. After a kill either all of it is there, or nothing."""
    if not readings:
        return
    index = SqliteIndex()
    with transaction.atomic():
        known = dict(Page.objects.filter(capture_id__in=[r.capture.id for r in readings]).values_list("capture_id", "id"))
        index.remove(known)
        Page.objects.filter(id__in=known.values()).delete()
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
        index.put(document(reading) for reading in readings)
        last = max(position(), *(reading.capture.seq for reading in readings))
        IngestPosition.objects.update_or_create(name=ARCHIVE, defaults={"seq": last})


def document(reading: Reading) -> IndexDoc:
    page = reading.page
    return IndexDoc(
        capture_id=page.capture_id, time=page.time, title=page.title, text=page.text, url=page.url, run=page.run, site=page.site,
        client=page.client, outcome=page.outcome, gate=page.gate, genre=page.genre, level=page.level,
        codes=tuple(sorted({finding.code for finding in reading.findings})), icp=tuple(page.icp), company=tuple(page.company),
    )


def empty() -> None:
    """Throws away every derived row and goes back to the beginning of the archive. Leads and cases are no business of ours."""
    with transaction.atomic():
        Excused.objects.all().delete()
        Finding.objects.all().delete()
        Page.objects.all().delete()
        SqliteIndex().clear()
        IngestPosition.objects.filter(name=ARCHIVE).delete()


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
