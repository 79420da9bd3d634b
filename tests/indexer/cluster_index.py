"""The cluster as ingest uses it: the page row first, its change noted, and then whatever the feeder makes of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.db import transaction
from stored_index import StoredIndex

from indexer import standing
from indexer.models import Page
from indexer.search.elasticsearch.client import Cluster
from indexer.search.elasticsearch.index import ElasticIndex
from indexer.search.feeding import Feeder
from indexer.search.protocol import IndexDoc, SearchPage, SearchQuery
from indexer.search.state import Change, IndexVersion, note


def own_cluster(url: str) -> Cluster:
    """Names of its own on a node that many tests share."""
    return Cluster(urls=(url,), index=f"test-{secrets.token_hex(6)}", timeout_s=30)


def remove_indices(feeder: Feeder) -> None:
    found = feeder.client.indices.get(index=f"{feeder.cluster.index}-*", ignore_unavailable=True, allow_no_indices=True).body
    for name in found:
        feeder.client.indices.delete(index=name)


class ClusterIndex:
    """What is put first is put once: the next test that begins with the same documents finds them in the index of the first one, until it
    changes any (``shared``: documents -> the feeder that put them)."""

    def __init__(self, url: str, home: Path, shared: dict[tuple[IndexDoc, ...], Feeder]) -> None:
        self.pages, self.shared, self.url, self.home = StoredIndex(), shared, url, home
        self._use(Feeder(own_cluster(url), home))
        self.borrowed = False

    def _use(self, feeder: Feeder) -> None:
        self.feeder, self.index = feeder, ElasticIndex(feeder.cluster, feeder.client)

    def follow(self) -> None:
        if self.borrowed:
            IndexVersion.objects.all().delete()
            self._use(Feeder(own_cluster(self.url), self.home))
            self.borrowed = False
        assert self.feeder.catch_up(at_most_s=60)
        self.feeder.client.indices.refresh(index=self.feeder.cluster.index)

    def put(self, docs: Iterable[IndexDoc]) -> int:
        given = tuple(docs)
        first = not Page.objects.exists()
        with transaction.atomic():
            count = self.pages.put(given)
            note(doc.capture_id for doc in given)
        if first and given in self.shared:
            self._use(self.shared[given])
            name = next(iter(self.feeder.client.indices.get_alias(name=self.feeder.cluster.index).body))
            IndexVersion.objects.create(name=name, state=IndexVersion.State.LIVE, position=Change.objects.latest("id").pk)
            self.borrowed = True
            return count
        self.follow()
        if first:
            self.shared[given] = self.feeder
            self.borrowed = True
        return count

    def remove(self, capture_ids: Iterable[str]) -> None:
        ids = list(capture_ids)
        with transaction.atomic():
            self.pages.remove(ids)
            note(ids)
        self.follow()

    def restate(self, states: Mapping[str, tuple[str, ...]]) -> None:
        standing.put(states)
        self.follow()

    def clear(self) -> None:
        self.remove(list(Page.objects.values_list("capture_id", flat=True)))

    def count(self) -> int:
        return self.index.count()

    def search(self, query: SearchQuery) -> SearchPage:
        return self.index.search(query)

    def close(self) -> None:
        """What others may borrow stays until the module ends."""
        if self.feeder not in self.shared.values():
            remove_indices(self.feeder)
