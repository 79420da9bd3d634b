"""Far beyond the window that Elasticsearch opens on its hits, page after page: the same hits in the same order and the same counts as the
embedded index. The node's own limit is lowered, so that a few hundred pages lie as deep as tens of thousands would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cluster_index import own_cluster, remove_indices
from django.db import transaction
from elasticsearch import BadRequestError
from stored_index import StoredIndex

from indexer.search.elasticsearch.index import ElasticIndex
from indexer.search.feeding import Feeder
from indexer.search.protocol import IndexDoc, SearchIndex
from indexer.search.query import parse
from indexer.search.state import note

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
COUNT, WINDOW, LIMIT = 400, 50, 3


@pytest.fixture
def feeder(elasticsearch_url: str, tmp_path: Path) -> Iterator[Feeder]:
    docs = [IndexDoc(capture_id=f"c-{n * 7919 % COUNT:04}", time=T0 + timedelta(seconds=n // 5), title="示例", text="承诺保本" if n % 4 else "谨慎", level=1 + n % 4,
                     url=f"https://a.test/{n}", site=f"https://s{n % 7}.test", outcome="ok", gate="page", genre=("platform", "news")[n % 2], codes=("yield.promise",) * (n % 3 == 0))
            for n in range(COUNT)]
    with transaction.atomic():
        StoredIndex().put(docs)
        note(doc.capture_id for doc in docs)
    one = Feeder(own_cluster(elasticsearch_url), tmp_path)
    assert one.catch_up(at_most_s=120)
    one.client.indices.put_settings(index=one.cluster.index, settings={"index.max_result_window": WINDOW})
    one.client.indices.refresh(index=one.cluster.index)
    yield one
    remove_indices(one)


def walked(index: SearchIndex, sort: str) -> list[str]:
    cursor, found = "", []
    for _ in range(COUNT):
        answer = index.search(parse("保本", limit=LIMIT, sort=sort, cursor=cursor))  # type: ignore[arg-type]
        found += [hit.capture_id for hit in answer.hits]
        cursor = answer.next
        if not cursor:
            return found
    raise AssertionError("the pages have no end")


def test_hits_and_counts_are_the_same_all_the_way_down(feeder: Feeder) -> None:
    with pytest.raises(BadRequestError):  # the limit holds
        feeder.client.search(index=feeder.cluster.index, from_=WINDOW, size=LIMIT)
    cluster, own = ElasticIndex(feeder.cluster, feeder.client), StoredIndex()
    for sort in ("newest", "oldest"):
        path = walked(cluster, sort)
        assert len(path) == len(set(path)) == COUNT * 3 // 4 > 5 * WINDOW  # a hundred pages
        assert path == walked(own, sort)
    there, here = (index.search(parse("保本", limit=LIMIT, facets=True)) for index in (cluster, own))
    assert (there.total, there.exact, there.facets) == (here.total, here.exact, here.facets)
    assert there.exact and sum(there.facets["site"].values()) == COUNT * 3 // 4
