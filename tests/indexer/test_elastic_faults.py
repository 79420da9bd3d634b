"""A cluster that fails, and an index that is whole all the same: nothing lost, nothing doubled, and the pages are stored whatever it does.

A real node behind a proxy of ours that fails it. What the index must hold is reckoned from the stored pages and their changes, and read from
the node past the proxy.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fault_proxy as faults
import pytest
from cluster_index import own_cluster, remove_indices
from django.db import transaction
from elasticsearch import Elasticsearch
from fault_proxy import FaultProxy
from stored_index import StoredIndex

from indexer.errors import FeederBusy
from indexer.lock import only_feeder
from indexer.models import Page
from indexer.search.elasticsearch.client import Cluster
from indexer.search.elasticsearch.errors import ClusterDown
from indexer.search.feeding import Feeder, retry
from indexer.search.protocol import IndexDoc
from indexer.search.state import Change, ClusterHealth, IndexStep, IndexVersion, ParkedDocument, behind, note

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def node(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch([elasticsearch_url], request_timeout=60) as one:
        yield one


@pytest.fixture
def feeder(proxy: FaultProxy, elasticsearch_url: str, tmp_path: Path) -> Iterator[Feeder]:
    own = own_cluster(proxy.url)
    yield Feeder(own, tmp_path, batch=50, pause=lambda seconds: None)
    remove_indices(Feeder(Cluster(urls=(elasticsearch_url,), index=own.index, timeout_s=30), tmp_path))


def impatient(feeder: Feeder) -> Feeder:
    """The same index, asked by somebody who waits a second."""
    own = feeder.cluster
    return Feeder(Cluster(urls=own.urls, index=own.index, timeout_s=0.4), feeder.home, batch=50, pause=lambda seconds: None)


def pages(first: int, count: int, text: str = "承诺保本保息") -> None:
    """Stored as ingest stores them: the rows and the note of the change in one transaction."""
    docs = [IndexDoc(capture_id=f"c-{n:04}", time=T0 + timedelta(minutes=n), title="示例", text=f"{text} {n}", url=f"https://a.test/{n}", site="https://a.test")
            for n in range(first, first + count)]
    with transaction.atomic():
        StoredIndex().put(docs)
        note(doc.capture_id for doc in docs)


def held(node: Elasticsearch, feeder: Feeder) -> dict[str, int]:
    """Capture id -> version, as the node has them."""
    live = feeder.versions.live()
    assert live is not None
    node.indices.refresh(index=live.name)
    rows = node.search(index=live.name, size=1000, source=False, version=True, sort=[{"capture_id": "asc"}])["hits"]["hits"]
    return {row["_id"]: row["_version"] for row in rows}


def due() -> dict[str, int]:
    """What it must hold: each stored page, as of its newest change."""
    newest = dict(Change.objects.values_list("capture_id", "id"))
    parked = set(ParkedDocument.objects.values_list("capture_id", flat=True))
    return {id: newest[id] for id in Page.objects.values_list("capture_id", flat=True) if id not in parked}


@pytest.mark.parametrize("fault", [
    pytest.param(faults.cut, id="reset after the body"), pytest.param(faults.no_answer, id="acknowledgement lost"), pytest.param(faults.status(429), id="429"),
    pytest.param(faults.status(503), id="503"), pytest.param(faults.half_an_answer, id="half an answer"), pytest.param(faults.status(500), id="500"),
    pytest.param(faults.some_items(503, lambda id: id.endswith("7")), id="some documents 503 again and again"),
])
def test_a_cluster_that_fails_is_told_and_the_index_catches_up(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch, fault: faults.Fault) -> None:
    pages(0, 60)
    assert feeder.catch_up(at_most_s=60)
    pages(30, 60, "已经整改")  # half of them changed, half new
    proxy.fault = fault
    with pytest.raises(ClusterDown):
        feeder.step()
    told = ClusterHealth.objects.get()
    assert not told.up
    assert "检索集群暂时不可用" in told.said
    assert behind(feeder.versions.live()) == 60
    pages(90, 5)  # ingest goes on
    proxy.fault = None
    assert feeder.catch_up(at_most_s=60)
    assert behind(feeder.versions.live()) == 0
    assert ClusterHealth.objects.get().up
    assert held(node, feeder) == due()
    assert len(due()) == 95
    assert not ParkedDocument.objects.exists()


def test_a_cluster_that_hangs_or_refuses_costs_the_time_out_and_no_page(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch) -> None:
    pages(0, 20)
    assert feeder.catch_up(at_most_s=60)
    pages(20, 20)
    proxy.fault, proxy.everything = faults.hang, True
    with pytest.raises(ClusterDown, match="没有在限定时间内应答"):
        impatient(feeder).step()
    proxy.released.set()
    with proxy.refusing(), pytest.raises(ClusterDown, match="连接不上"):
        feeder.step()
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()


def test_a_failure_that_passes_within_the_tries_is_not_even_told(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch) -> None:
    pages(0, 40)
    proxy.fault = faults.once(faults.some_items(429, lambda id: int(id[2:]) % 3 == 0), times=2)
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()
    assert len(due()) == 40


def test_a_request_that_arrives_late_does_not_undo_a_newer_one(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch) -> None:
    pages(0, 10)
    assert feeder.catch_up(at_most_s=60)
    pages(0, 10, "承诺保本")
    proxy.fault = faults.once(faults.cut_and_late)
    with pytest.raises(ClusterDown):
        feeder.step()
    pages(0, 5, "已经整改")
    with transaction.atomic():
        StoredIndex().remove(["c-0009"])
        note(["c-0009"])
    assert feeder.catch_up(at_most_s=60)
    proxy.deliver_late()
    assert held(node, feeder) == due()
    assert "c-0009" not in due()


def test_a_request_too_large_is_halved_and_a_page_too_large_is_parked_until_it_fits(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch) -> None:
    pages(0, 40)
    pages(40, 1, "保本" * 20_000)
    proxy.fault = faults.larger_than(6_000)
    assert feeder.catch_up(at_most_s=60)
    parked = ParkedDocument.objects.get()
    assert parked.capture_id == "c-0040"
    assert "http.max_content_length" in parked.reason
    assert held(node, feeder) == due()
    assert len(due()) == 40
    assert retry(["c-0040"], who="测试") == 1
    assert feeder.catch_up(at_most_s=60)
    assert ParkedDocument.objects.get().tries == 2
    proxy.fault = None
    retry(["c-0040"], who="测试")
    assert feeder.catch_up(at_most_s=60)
    assert not ParkedDocument.objects.exists()
    assert len(held(node, feeder)) == 41
    assert IndexStep.objects.filter(act="重试搁置的页面", who="测试").count() == 2


def test_a_page_the_cluster_refuses_is_tried_again_then_parked_and_its_old_words_are_taken_out(feeder: Feeder, proxy: FaultProxy, node: Elasticsearch) -> None:
    pages(0, 10)
    assert feeder.catch_up(at_most_s=60)
    pages(3, 1, "已经整改")
    before = len(proxy.seen)
    proxy.fault = faults.some_items(400, lambda id: id == "c-0003", "document_parsing_exception")
    assert feeder.catch_up(at_most_s=60)
    assert sum("/_bulk" in path for _, path, _ in proxy.seen[before:]) == 3  # with the batch, by itself, and out
    assert ParkedDocument.objects.get().reason.startswith("document_parsing_exception")
    assert held(node, feeder) == due()
    assert "c-0003" not in due()


def test_an_index_that_was_wiped_is_filled_anew_beside_and_switched_to(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 30)
    assert feeder.catch_up(at_most_s=60)
    lost = feeder.versions.live()
    assert lost is not None
    node.indices.delete(index=lost.name)
    pages(30, 5)
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()
    assert len(due()) == 35
    assert [step.act for step in IndexStep.objects.order_by("id")][-3:] == ["索引失效，重新填充", "新建索引", "切换索引"]


def test_an_index_of_the_same_name_with_other_fields_is_not_taken_for_ours(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 12)
    assert feeder.catch_up(at_most_s=60)
    live = feeder.versions.live()
    assert live is not None
    node.indices.delete(index=live.name)
    node.indices.create(index=live.name, aliases={f"{live.name}-write": {}, feeder.cluster.index: {}}, mappings={"properties": {"text": {"type": "long"}}})
    pages(12, 3)
    assert feeder.catch_up(at_most_s=60)
    now = feeder.versions.live()
    assert now is not None
    assert now.name != live.name
    assert held(node, feeder) == due()
    assert not ParkedDocument.objects.exists()  # the index was at fault, not the pages
    assert node.indices.get_mapping(index=now.name)[now.name]["mappings"]["dynamic"] == "strict"


def test_what_is_cut_off_between_cluster_and_database_is_finished_later(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 8)
    assert feeder.catch_up(at_most_s=60)
    feeder.begin(hold=True, who="测试")
    assert not feeder.catch_up(at_most_s=0)
    coming = feeder.versions.filling()
    assert coming is not None
    feeder.versions.point(coming)  # the cluster has switched; we were killed before we wrote it down
    pages(8, 2)
    assert feeder.catch_up(at_most_s=60)
    live = feeder.versions.live()
    assert live is not None
    assert live.pk == coming.pk
    assert held(node, feeder) == due()


def test_two_feeders_do_not_meet(feeder: Feeder) -> None:
    pages(0, 3)
    inside, over = threading.Event(), threading.Event()

    def other() -> None:
        with only_feeder(feeder.home):
            inside.set()
            over.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(30)
    with pytest.raises(FeederBusy):
        feeder.step()
    over.set()
    thread.join(30)
    assert feeder.catch_up(at_most_s=60)
    assert IndexVersion.objects.filter(state="live").count() == 1
