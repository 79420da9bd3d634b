from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_index import ClusterIndex, remove_indices
from fault_proxy import FaultProxy
from memory_index import MemoryIndex
from stored_index import StoredIndex

from indexer.search.feeding import Feeder
from indexer.search.protocol import IndexDoc, SearchIndex
from indexer.search.sqlite import SqliteIndex

BACKENDS = ["memory", "sqlite", "elasticsearch"]


@pytest.fixture
def no_documents(transactional_db: None) -> None:
    """The full-text index is no model's table, so that Django does not empty it between tests."""
    SqliteIndex().clear()


@pytest.fixture
def proxy(elasticsearch_url: str) -> Iterator[FaultProxy]:
    """Between us and the real node: what passes through may be refused, held up, cut off."""
    one = FaultProxy(elasticsearch_url)
    yield one
    one.close()


@pytest.fixture(scope="module")
def put_before() -> Iterator[dict[tuple[IndexDoc, ...], Feeder]]:
    """What tests of a module put first, and the feeder that holds it."""
    feeders: dict[tuple[IndexDoc, ...], Feeder] = {}
    yield feeders
    for feeder in feeders.values():
        remove_indices(feeder)


@pytest.fixture(params=BACKENDS)
def index(request: pytest.FixtureRequest, db: None, tmp_path: Path, put_before: dict[tuple[IndexDoc, ...], Feeder]) -> Iterator[SearchIndex]:
    """Every backend, empty: the plain one in memory, the embedded one, and Elasticsearch on a real node."""
    if request.param != "elasticsearch":
        yield MemoryIndex() if request.param == "memory" else StoredIndex()
        return
    cluster = ClusterIndex(request.getfixturevalue("elasticsearch_url"), tmp_path, put_before)
    yield cluster
    cluster.close()
