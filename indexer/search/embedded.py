"""The embedded index looked over, and made anew beside the one in use: `adpatrol index check|rebuild|switch` where no cluster is set.

Searching goes on throughout; ingest waits (one writer a home), the archive is the log and loses nothing. Cut off anywhere, the index in use is
untouched: the new tables take the old names in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from indexer.errors import NothingToSwitch
from indexer.lock import only_ingest
from indexer.models import IndexedFact, Page
from indexer.search.documents import documents
from indexer.search.expression import EVERY
from indexer.search.order import sampled
from indexer.search.sqlite import TABLES, note_facts, write_words
from indexer.search.state import SYSTEM, Change, IndexStep, step

CHUNK = 500
NEXT = tuple(f"{table}_next" for table in TABLES)
FILLED, SWITCHED = "填充内置索引", "切换内置索引"


@dataclass(frozen=True, slots=True)
class Looked:
    """``missing``: stored pages that are not in the index; ``extra``: numbers in the index without a page; ``broken``: what SQLite says of
    its own tables."""

    pages: int
    documents: int
    missing: int
    extra: int
    broken: str = ""

    @property
    def sound(self) -> bool:
        return not (self.missing or self.extra or self.broken)


def check() -> Looked:
    """Numbers of all pages against both full-text tables and the facts. Reads only."""
    pages = set(Page.objects.order_by().values_list("id", flat=True))
    sample = {number for number, capture_id in Page.objects.order_by().values_list("id", "capture_id") if sampled(capture_id)}
    missing: set[int] = set()
    extra: set[int] = set()
    count = 0
    try:
        for name, wanted in ((TABLES[0], pages), (TABLES[1], sample)):
            found = _numbers(name)
            count = count or len(found)
            missing |= wanted - found
            extra |= found - wanted
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")  # noqa: S608 - our own tables
    except DatabaseError as error:
        return Looked(len(pages), count, len(missing), len(extra), str(error))
    facts = set(IndexedFact.objects.values_list("id", flat=True))
    return Looked(len(pages), count, len(missing | (pages - facts)), len(extra | (facts - pages)))


def rebuild(home: Path, *, hold: bool = False, who: str = SYSTEM, told: Callable[[int, int], object] = lambda done, all: None) -> int:
    """Fills new tables beside those in use, and switches to them unless ``hold``; answers how many pages. ``told``: how many of how many.
    Raises IngestBusy where another process ingests."""
    with only_ingest(home):
        base, count = _base(), 0
        _make_next()
        whole, last = Page.objects.count(), 0
        while some := list(Page.objects.filter(id__gt=last).order_by("id")[:CHUNK]):
            with transaction.atomic():
                write_words([(page.id, doc) for page, doc in zip(some, documents(some), strict=True)], NEXT)
            last, count = some[-1].id, count + len(some)
            told(count, whole)
        step(FILLED, who=who, pages=count, base=base)
        if not hold:
            _switch(base, who)
        return count


def switch(home: Path, *, who: str = SYSTEM) -> None:
    """To the tables that `rebuild --hold` has filled. Raises NothingToSwitch."""
    with only_ingest(home):
        filled = IndexStep.objects.filter(act__in=(FILLED, SWITCHED)).first()
        if filled is None or filled.act != FILLED or not _present(NEXT[0]):
            raise NothingToSwitch("没有填好的备用索引：请先 adpatrol index rebuild --hold")
        _switch(int(filled.detail["base"]), who)


def _switch(base: int, who: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if _base() != base:
            raise NothingToSwitch("填充以来页面有变化，备用索引不全：请重新 adpatrol index rebuild")
        for old, new in zip(TABLES, NEXT, strict=True):
            cursor.execute(f"DROP TABLE {old}")
            cursor.execute(f"ALTER TABLE {new} RENAME TO {old}")
        IndexedFact.objects.exclude(id__in=Page.objects.values("id")).delete()
        while some := list(Page.objects.exclude(id__in=IndexedFact.objects.values("id")).order_by("id")[:CHUNK]):
            note_facts(some)
        step(SWITCHED, who=who)


def _base() -> int:
    """The newest change of any page but what people decide, which has a table of its own."""
    return int(Change.objects.aggregate(last=Max("id"))["last"] or 0)


def _make_next() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for old, new in zip(TABLES, NEXT, strict=True):
            cursor.execute(f"DROP TABLE IF EXISTS {new}")
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [old])
            cursor.execute(str(cursor.fetchone()[0]).replace(old, new, 1).replace('"' + old + '"', new, 1))


def _present(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = %s", [name])
        return bool(cursor.fetchone()[0])


def _numbers(table: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [EVERY])  # noqa: S608 - our own tables
        return {row[0] for row in cursor.fetchall()}
