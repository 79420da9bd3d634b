"""Searching on the cluster: which captures, in which order, how many, of what kind. Everything shown of them comes from the stored pages, and
the highlights are ours, so that both backends say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch

from indexer.models import Page
from indexer.search import protocol
from indexer.search.elasticsearch.client import Cluster, asking, connect
from indexer.search.elasticsearch.translate import condition
from indexer.search.order import Cursor, read_cursor, write_cursor
from indexer.search.protocol import FACET_VALUES, FACETS, SAMPLE_ONE_IN, Hit, SearchPage, SearchQuery
from indexer.search.sqlite import hits_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TURNED = {"asc": "desc", "desc": "asc"}


@dataclass(frozen=True, slots=True)
class _Totals:
    total: int
    exact: bool
    facets: Mapping[str, Mapping[str, int]]


class ElasticIndex:
    """What the console asks. Raises ClusterError where the cluster does not answer; the pages are searched elsewhere then (backend)."""

    def __init__(self, cluster: Cluster, client: Elasticsearch | None = None) -> None:
        self.cluster, self.client = cluster, client or connect(cluster)

    def count(self) -> int:
        with asking(self.cluster.index):
            return int(self.client.count(index=self.cluster.index)["count"])

    def search(self, query: SearchQuery) -> SearchPage:
        """Pages are found by where the last one ended, never by counting up to them."""
        asked = condition(query)
        at = read_cursor(query.cursor) if query.cursor else None
        back = at is not None and at.back
        sort = _sort(query, back)
        body: dict[str, Any] = {"query": asked, "size": query.limit + 1, "sort": sort, "track_total_hits": protocol.EXACT_HITS + 1 if query.counted else False}
        if at is not None:
            body["search_after"] = _after(at, query)
        answer = self._ask(body)
        places = [list(row["sort"]) for row in answer["hits"].get("hits", [])]
        more, places = len(places) > query.limit, places[: query.limit]
        if back:
            places.reverse()
        totals = self._totals(query, asked, int(answer["hits"]["total"]["value"])) if query.counted else _Totals(0, False, {})
        return SearchPage(
            hits=_shown([str(place[-1]) for place in places], query), total=totals.total, exact=totals.exact, facets=totals.facets,
            next=_cursor(places[-1]) if places and (more or back) else "",
            previous=_cursor(places[0], back=True) if places and at is not None and (more or not back) else "",
        )

    def _totals(self, query: SearchQuery, asked: dict[str, Any], counted: int) -> _Totals:
        """Exact up to EXACT_HITS; beyond, what the sample tells, times SAMPLE_ONE_IN."""
        exact = counted <= protocol.EXACT_HITS
        if exact and not query.facets:
            return _Totals(counted, True, {})
        scope = asked if exact else {"bool": {"filter": [asked, {"term": {"sampled": True}}]}}
        # each shard tells all its values, so that the counts of the most frequent ones are true on any number of shards
        aggs = {name: {"terms": {"field": f"facet_{name}", "size": FACET_VALUES, "shard_size": protocol.EXACT_HITS}} for name in FACETS}
        answer = self._ask({"query": scope, "size": 0, "track_total_hits": True} | ({"aggs": aggs} if query.facets else {}))
        times = 1 if exact else SAMPLE_ONE_IN
        facets = {name: _facet(answer["aggregations"][name], times) for name in FACETS} if query.facets else {}
        return _Totals(counted if exact else int(answer["hits"]["total"]["value"]) * times, exact, facets)

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        with asking(self.cluster.index):
            answer = self.client.search(
                index=self.cluster.index, source=False, timeout=f"{int(self.cluster.timeout_s * 1000)}ms", allow_partial_search_results=False, **body)
        found: dict[str, Any] = answer.body
        return found


def _facet(answer: dict[str, Any], times: int) -> dict[str, int]:
    counts = [(str(bucket["key"]), int(bucket["doc_count"]) * times) for bucket in answer["buckets"]]
    return dict(sorted(counts, key=lambda item: (-item[1], item[0])))


def _sort(query: SearchQuery, back: bool) -> list[dict[str, str]]:
    order = {"micros": "asc" if query.sort == "oldest" else "desc", "capture_id": "asc"}
    order = {"_score": "desc", **order} if query.sort == "relevance" else order
    return [{name: TURNED[way] if back else way} for name, way in order.items()]


def _after(at: Cursor, query: SearchQuery) -> list[Any]:
    place: list[Any] = [at.micros, at.capture_id]
    return [at.score or 0.0, *place] if query.sort == "relevance" else place


def _cursor(place: Sequence[Any], *, back: bool = False) -> str:
    """``place``: the values a hit was sorted by."""
    score = float(place[0]) if len(place) == 3 else None
    return write_cursor(EPOCH + timedelta(microseconds=int(place[-2])), str(place[-1]), back=back, score=score)


def _shown(ids: Sequence[str], query: SearchQuery) -> tuple[Hit, ...]:
    """From the stored pages; one that is not stored any more (the index is behind) is left out."""
    numbers = dict(Page.objects.filter(capture_id__in=ids).values_list("capture_id", "id"))
    return hits_of([numbers[one] for one in ids if one in numbers], query)
