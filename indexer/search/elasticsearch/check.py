"""The index against the stored pages, id by id and version by version; what differs is noted as changed, and the feeder mends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from elasticsearch import Elasticsearch

from indexer.search.elasticsearch.client import asking
from indexer.search.state import SYSTEM, Change, IndexVersion, ParkedDocument, note, step

PAGE = 5_000
KEEP_ALIVE = "2m"
END = "\U0010ffff"  # behind every capture id


@dataclass(slots=True)
class Differences:
    """``pages``: stored and due in the index by now (not parked, not waiting to be fed)."""

    pages: int = 0
    documents: int = 0
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        return self.missing + self.extra + self.stale


def compare(client: Elasticsearch, version: IndexVersion) -> Differences:
    """Both sides in the order of their ids, a few thousand at a time. What the feeder has not come to yet is no difference. Raises ClusterError."""
    position = version.position
    waiting = set(Change.objects.filter(id__gt=position).values_list("capture_id", flat=True))
    passed = waiting | set(ParkedDocument.objects.values_list("capture_id", flat=True))
    found = Differences()
    with asking(version.name):
        client.indices.refresh(index=version.name)
    pages, documents = _pages(), _documents(client, version.name)
    page, document = next(pages, (END, 0)), next(documents, (END, 0))
    while page[0] != END or document[0] != END:
        if page[0] <= document[0]:
            found.pages += page[0] not in passed
            if page[0] not in passed and page[0] < document[0]:
                found.missing.append(page[0])
            elif page[0] not in passed and document[1] < page[1]:
                found.stale.append(page[0])
        elif document[0] not in waiting:
            found.extra.append(document[0])
        found.documents += document[0] <= page[0]
        here = min(page[0], document[0])
        page = next(pages, (END, 0)) if page[0] == here else page
        document = next(documents, (END, 0)) if document[0] == here else document
    return found


def mend(found: Differences, version: IndexVersion, *, who: str = SYSTEM) -> int:
    """How many the feeder will put right."""
    if not found.all:
        return 0
    with transaction.atomic():
        note(found.all)
        step("校对补齐", version.name, who=who, missing=len(found.missing), extra=len(found.extra), stale=len(found.stale))
    return len(found.all)


def _pages() -> Iterator[tuple[str, int]]:
    """Capture id and number of the newest change, by id (SQLite and the cluster both sort by bytes)."""
    after = ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.capture_id, COALESCE(c.id, 0) FROM indexer_page p LEFT JOIN indexer_change c ON c.capture_id = p.capture_id"
                " WHERE p.capture_id > %s ORDER BY p.capture_id LIMIT %s", [after, PAGE])
            rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _documents(client: Elasticsearch, name: str) -> Iterator[tuple[str, int]]:
    """From one point in time, page by page, each after the last one's id."""
    with asking(name):
        pit = client.open_point_in_time(index=name, keep_alive=KEEP_ALIVE)["id"]
    try:
        after: list[Any] = []
        while True:
            more: dict[str, Any] = {"search_after": after} if after else {}
            with asking(name):
                answer = client.search(
                    pit={"id": pit, "keep_alive": KEEP_ALIVE}, size=PAGE, sort=[{"capture_id": "asc"}], source=False, version=True, track_total_hits=False, **more)
            rows = answer["hits"]["hits"]
            if not rows:
                return
            for row in rows:
                yield str(row["_id"]), int(row["_version"])
            after, pit = rows[-1]["sort"], answer["pit_id"]
    finally:
        with asking(name):
            client.close_point_in_time(id=pit)
