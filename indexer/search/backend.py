"""Which index is asked: the embedded one, or the cluster that the operator set (config.settings, ADPATROL_SEARCH_*).

A cluster that does not answer, or is not filled yet, is no reason to find nothing: the embedded index holds every page in the same transaction
as the page itself, and answers in its place; whoever asks is told.

Most offices set no cluster: its client, which takes longer to import than an ingest to begin, is imported where one is set.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from indexer.search.elasticsearch.errors import ClusterError
from indexer.search.protocol import SearchPage, SearchQuery
from indexer.search.sqlite import SqliteIndex
from indexer.search.state import IndexVersion, behind

if TYPE_CHECKING:
    from indexer.search.elasticsearch.client import Cluster
    from indexer.search.elasticsearch.index import ElasticIndex
    from indexer.search.feeding import Feeder

LATE = 500  # captures behind before people are told


@dataclass(frozen=True, slots=True)
class Answer:
    """``note``: what people should know of the index; empty: nothing."""

    page: SearchPage
    note: str = ""


def cluster() -> Cluster | None:
    """As set; None: the embedded index alone. ValueError for settings that make no sense."""
    said: dict[str, Any] | None = settings.SEARCH_CLUSTER
    if not said:
        return None
    from indexer.search.elasticsearch.client import Cluster

    return Cluster(**said)


def feeder() -> Feeder | None:
    found = cluster()
    if found is None:
        return None
    from indexer.search.feeding import Feeder

    return Feeder(found, Path(settings.HOME))


def following() -> AbstractContextManager[None]:
    """The cluster that is set is fed beside what is done inside; without one: nothing."""
    found = feeder()
    if found is None:
        return nullcontext()
    from indexer.search.feeding import following as fed

    return fed(found)


def search(query: SearchQuery) -> Answer:
    """Raises QueryError."""
    found = cluster()
    if found is None:
        return Answer(SqliteIndex().search(query))
    live = IndexVersion.objects.filter(state=IndexVersion.State.LIVE).first()
    if live is None:
        return Answer(SqliteIndex().search(query), "检索集群的索引正在填充，本次由内置索引作答")
    try:
        page = _index(found).search(query)
    except ClusterError as error:
        return Answer(SqliteIndex().search(query), f"{error}；本次由内置索引作答")
    late = behind(live)
    return Answer(page, f"索引滞后 {late} 条，最新的页面可能还检索不到" if late > LATE else "")


@lru_cache(maxsize=4)
def _index(found: Cluster) -> ElasticIndex:
    """One client a process: it keeps its connections."""
    from indexer.search.elasticsearch.index import ElasticIndex

    return ElasticIndex(found)
