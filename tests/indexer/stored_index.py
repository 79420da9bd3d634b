"""The embedded index as ingest uses it: the page row first, then its search document; both in the real database file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from indexer.models import Finding, Page, Standing, host_of, url_key
from indexer.search.order import document_number
from indexer.search.protocol import IndexDoc, SearchPage, SearchQuery
from indexer.search.sqlite import SqliteIndex


class _Stored:
    def __contains__(self, number: object) -> bool:
        return Page.objects.filter(id=number).exists()


class StoredIndex:
    def __init__(self) -> None:
        self.index = SqliteIndex()

    def put(self, docs: Iterable[IndexDoc]) -> int:
        new = list({doc.capture_id: doc for doc in docs}.values())
        with transaction.atomic():
            self.remove([doc.capture_id for doc in new])
            for seq, doc in enumerate(new, Page.objects.count() + 1):
                page = Page.objects.create(
                    id=document_number(doc.time, doc.capture_id, _Stored()), capture_id=doc.capture_id, seq=seq, run=doc.run, site=doc.site, host=host_of(doc.site),
                    url=doc.url, url_key=url_key(doc.url), client=doc.client, time=doc.time, outcome=doc.outcome, gate=doc.gate, title=doc.title,
                    genre=doc.genre, level=doc.level, text=doc.text, icp=list(doc.icp), company=list(doc.company), uscc=list(doc.uscc), regions=list(doc.regions),
                )
                for code in doc.codes or ("",) * bool(doc.provisions):
                    Finding.objects.create(
                        page=page, key=f"{doc.capture_id}-{code}", code=code, span="", start=0, end=0, role="main", level=doc.level or 1,
                        confidence=1, rule="r", ruleset="s", wording="", provisions=list(doc.provisions),
                    )
            Standing.objects.filter(capture_id__in=[doc.capture_id for doc in new]).delete()
            Standing.objects.bulk_create([Standing(capture_id=doc.capture_id, states=list(doc.states)) for doc in new if doc.states])
            return self.index.put(new)

    def remove(self, capture_ids: Iterable[str]) -> None:
        ids = list(capture_ids)
        with transaction.atomic():
            self.index.remove(ids)
            Page.objects.filter(capture_id__in=ids).delete()

    def restate(self, states: Mapping[str, tuple[str, ...]]) -> None:
        self.index.restate(states)

    def clear(self) -> None:
        with transaction.atomic():
            self.index.clear()
            Page.objects.all().delete()

    def count(self) -> int:
        return self.index.count()

    def search(self, query: SearchQuery) -> SearchPage:
        return self.index.search(query)
