"""The embedded index: FTS5 over our own tokens, in the main database, beside the pages it speaks of.

A document is its ``Page`` row, whose id is the FTS5 row id; a page must be stored before it is put, and taken out before its row changes, in
one transaction (indexer.store does both). Words and facts are in ``indexer_fts``; those of the sample once more in ``indexer_sample``; site
and kind (indexer.search.kinds) in ``IndexedFact``, for the facets and for what people change later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction

from indexer.models import IndexedFact, IndexedKind, IndexedSite, Page
from indexer.search import kinds
from indexer.search.documents import documents
from indexer.search.expression import columns
from indexer.search.highlight import marks, snippets
from indexer.search.order import sampled, write_cursor
from indexer.search.protocol import Hit, IndexDoc, SearchPage, SearchQuery
from indexer.search.query import phrases
from indexer.search.window import Totals, Window

T = TypeVar("T")
CHUNK = 500
_COLUMNS = (
    "id", "capture_id", "time", "site", "url", "title", "genre", "gate", "outcome", "level", "client", "run", "icp", "company", "uscc", "regions", "text",
)
_SHOWN = f"SELECT {', '.join(f'p.{name}' for name in _COLUMNS)}, d.kind FROM indexer_page p LEFT JOIN indexer_indexedfact d ON d.id = p.id WHERE p.id IN"  # noqa: S608
TABLES = ("indexer_fts", "indexer_sample")
_INSERT = "INSERT INTO {} (rowid, title, text, rest) VALUES (%s, %s, %s, %s)"
_DELETE = "INSERT INTO {0} ({0}, rowid, title, text, rest) VALUES ('delete', %s, %s, %s, %s)"


class SqliteIndex:
    """SearchIndex on the connection of the main database."""

    def put(self, docs: Iterable[IndexDoc]) -> int:
        """The pages must be stored, and not yet be in the index."""
        count = 0
        for chunk in chunks(docs):
            numbers = dict(Page.objects.filter(capture_id__in=[d.capture_id for d in chunk]).values_list("capture_id", "id"))
            _write(_INSERT, [(numbers[d.capture_id], d) for d in chunk])
            _note([(numbers[d.capture_id], d) for d in chunk])
            count += len(chunk)
        return count

    def remove(self, capture_ids: Iterable[str]) -> None:
        """While the rows still say what was indexed: FTS5 wants the old tokens again."""
        for chunk in chunks(capture_ids):
            pages = list(Page.objects.filter(capture_id__in=chunk, id__in=IndexedFact.objects.values("id")))
            _write(_DELETE, list(zip([page.id for page in pages], documents(pages), strict=True)))
            IndexedFact.objects.filter(id__in=[page.id for page in pages]).delete()

    def clear(self) -> None:
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608 - our own tables
        for model in (IndexedFact, IndexedKind, IndexedSite):
            model.objects.all().delete()

    def count(self) -> int:
        return IndexedFact.objects.count()

    def restate(self, states: Mapping[str, tuple[str, ...]]) -> None:
        for chunk in chunks(states):
            numbers = dict(Page.objects.filter(capture_id__in=chunk).values_list("id", "capture_id"))
            rows = list(IndexedFact.objects.filter(id__in=numbers))
            known = kinds.meaning(row.kind for row in rows)
            now = [{**known[row.kind], "state": tuple(sorted(states[numbers[row.id]]))} for row in rows]
            now = [{name: values for name, values in facts.items() if values} for facts in now]
            new = kinds.kinds(now)
            for row, facts in zip(rows, now, strict=True):
                row.kind = new[kinds.written(facts)]
            IndexedFact.objects.bulk_update(rows, ["kind"], batch_size=CHUNK)

    def fill(self) -> int:
        """Puts the stored pages that are not in the index, a few hundred at a time; answers how many. A kill loses nothing."""
        count = 0
        while True:
            with transaction.atomic():
                absent = list(Page.objects.exclude(id__in=IndexedFact.objects.values("id")).order_by("id")[:CHUNK])
                if not absent:
                    return count
                count += self.put(documents(absent))

    def among(self, query: SearchQuery, numbers: Sequence[int]) -> set[int]:
        """Which of these documents, by number, the query hits."""
        found: set[int] = set()
        for chunk in chunks(numbers):
            found.update(Window(query).among(chunk))
        return found

    def search(self, query: SearchQuery) -> SearchPage:
        window = Window(query)
        totals = window.totals() if query.counted else Totals(0, False, {})
        place = window.page()
        hits = hits_of(place.numbers, query)
        first, last = place.scores
        return SearchPage(
            hits=hits, total=totals.total, exact=totals.exact, facets=totals.facets,
            next=write_cursor(hits[-1].time, hits[-1].capture_id, score=last) if hits and place.next else "",
            previous=write_cursor(hits[0].time, hits[0].capture_id, back=True, score=first) if hits and place.previous else "",
        )


def write_words(rows: list[tuple[int, IndexDoc]], tables: Sequence[str]) -> None:
    """Into tables that are not searched yet (indexer.search.embedded): all, and those of the sample."""
    _write(_INSERT, rows, tables)


def note_facts(pages: Sequence[Page]) -> None:
    """Of pages whose words are in the index already."""
    _note(list(zip([page.id for page in pages], documents(pages), strict=True)))


def _write(statement: str, rows: list[tuple[int, IndexDoc]], tables: Sequence[str] = TABLES) -> None:
    spelled = [(number, doc.capture_id, columns(doc)) for number, doc in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement.format(tables[0]), [(number, *words) for number, _, words in spelled])
        cursor.executemany(statement.format(tables[1]), [(number, *words) for number, capture_id, words in spelled if sampled(capture_id)])


def _note(rows: list[tuple[int, IndexDoc]]) -> None:
    facts = [kinds.facts_of(doc) for _, doc in rows]
    kind, site = kinds.kinds(facts), kinds.sites(doc.site for _, doc in rows)
    IndexedFact.objects.bulk_create([
        IndexedFact(id=number, site=site[doc.site], kind=kind[kinds.written(one)]) for (number, doc), one in zip(rows, facts, strict=True)
    ])


def hits_of(numbers: Sequence[int], query: SearchQuery) -> tuple[Hit, ...]:
    """What is shown of these pages, in this order: the same for every backend."""
    rows = _shown(numbers)
    known = kinds.meaning(row[-1] for row in rows.values() if row[-1] is not None)
    wanted = phrases(query.tree)
    hits = []
    for number in numbers:
        row = rows.get(number)
        if row is None:  # taken out since the numbers were read
            continue
        _, capture_id, time, site, url, title, genre, gate, outcome, level, client, run, icp, company, uscc, regions, text, kind = row
        facts = known.get(kind, {})
        hits.append(Hit(
            capture_id=capture_id, time=time.replace(tzinfo=UTC), site=site, url=url, title=title, genre=genre, gate=gate, outcome=outcome, level=level,
            codes=facts.get("code", ()), client=client, run=run, icp=_listed(icp), company=_listed(company), uscc=_listed(uscc),
            provisions=facts.get("provision", ()), regions=_listed(regions), states=facts.get("state", ()),
            title_marks=tuple(marks(title, wanted, "title")), snippets=snippets(text, marks(text, wanted, "text")),
        ))
    return tuple(hits)


def _shown(numbers: Sequence[int]) -> dict[int, Any]:
    """Rows by number, as SQLite has them, in one statement: twenty of them are read for every search, and the ORM takes longer than all else."""
    found: dict[int, Any] = {}
    with connection.cursor() as cursor:
        for chunk in chunks(numbers):
            cursor.execute(f"{_SHOWN} ({', '.join(['%s'] * len(chunk))})", chunk)
            found.update((row[0], row) for row in cursor.fetchall())
    return found


@lru_cache(maxsize=4_096)
def _listed(written: str) -> tuple[str, ...]:
    """A column of names or numbers, read from its JSON: mostly there are none, or the same on all pages of a site."""
    return tuple(json.loads(written))


def chunks(items: Iterable[T]) -> Iterator[list[Any]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK)):
        yield chunk
