"""The index on a cluster looked over and made anew; the backend that answers; the way to the cluster; and a node that is killed."""

from __future__ import annotations

import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cluster_index import own_cluster, remove_indices
from django.db import connection
from elastic_node import own_node
from elasticsearch import Elasticsearch
from fault_proxy import FaultProxy
from stored_index import StoredIndex
from test_elastic_faults import due, held, pages

from indexer.errors import NothingToSwitch
from indexer.models import IndexedFact, Page
from indexer.search import backend, embedded
from indexer.search.elasticsearch import check
from indexer.search.elasticsearch.client import Cluster, connect
from indexer.search.elasticsearch.errors import AliasTaken, ClusterDown
from indexer.search.elasticsearch.translate import condition
from indexer.search.elasticsearch.versions import write_alias
from indexer.search.feeding import Feeder
from indexer.search.protocol import And, Node, Or, Phrase, SearchQuery
from indexer.search.query import parse
from indexer.search.state import Change, IndexStep, behind

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]


@pytest.fixture
def node(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    with Elasticsearch([elasticsearch_url], request_timeout=60) as one:
        yield one


@pytest.fixture
def feeder(elasticsearch_url: str, tmp_path: Path) -> Iterator[Feeder]:
    one = Feeder(own_cluster(elasticsearch_url), tmp_path)
    yield one
    remove_indices(one)


def test_what_differs_is_named_and_mended(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 30)
    assert feeder.catch_up(at_most_s=60)
    live = feeder.versions.live()
    assert live is not None
    assert not check.compare(node, live).all
    node.delete(index=live.name, id="c-0007")
    node.index(index=live.name, id="strange", document={"capture_id": "strange", "micros": 1})
    pages(11, 1, "已经整改")
    live.position = Change.objects.latest("id").pk  # as if acknowledged, and lost by the cluster since
    live.save()
    pages(30, 2)  # not fed yet: no difference
    found = check.compare(node, live)
    assert (found.missing, found.extra, found.stale) == (["c-0007"], ["strange"], ["c-0011"])
    assert (found.pages, found.documents) == (30, 30)
    assert check.mend(found, live, who="测试") == 3
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()
    assert not check.compare(node, live).all
    assert IndexStep.objects.get(act="校对补齐").detail == {"missing": 1, "extra": 1, "stale": 1}


def test_an_index_is_filled_beside_and_switched_to_and_back(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 12)
    assert feeder.catch_up(at_most_s=60)
    first = feeder.versions.live()
    assert first is not None
    with pytest.raises(NothingToSwitch):
        feeder.switch(who="测试")
    feeder.begin(hold=True, who="测试")
    while not feeder.filled(hold=True):
        feeder.step()
    assert feeder.versions.live() == first  # held: the one in use goes on
    second = feeder.switch(who="测试")
    assert list(node.indices.get_alias(name=feeder.cluster.index).body) == [second]
    pages(12, 3)
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()
    assert feeder.switch(who="测试") == first.name  # back, and it catches up
    assert behind(feeder.versions.live()) == 3
    assert feeder.catch_up(at_most_s=60)
    assert held(node, feeder) == due()
    assert [(step.act, step.who) for step in IndexStep.objects.order_by("id")][2:] == [("新建索引", "测试"), ("切换索引", "测试"), ("切换索引", "测试")]


def test_a_name_that_is_somebody_elses_is_left_alone(feeder: Feeder, node: Elasticsearch) -> None:
    other = f"{feeder.cluster.index}-other"
    node.indices.create(index=other, aliases={feeder.cluster.index: {}})
    with pytest.raises(AliasTaken, match="ADPATROL_SEARCH_INDEX"):
        feeder.step()
    assert node.indices.exists_alias(name=feeder.cluster.index, index=other)


def test_writing_never_makes_an_index(feeder: Feeder, node: Elasticsearch) -> None:
    from indexer.search.elasticsearch.bulk import Action, BulkWriter
    from indexer.search.elasticsearch.errors import IndexGone

    alias = write_alias(f"{feeder.cluster.index}-absent")
    with pytest.raises(IndexGone):
        BulkWriter(node, alias).write([Action("a", 1, {"capture_id": "a"})])
    assert not node.indices.exists(index=alias)


def test_the_chosen_index_answers_and_the_embedded_one_where_it_cannot(feeder: Feeder, settings: Any) -> None:
    pages(0, 3)
    asked = parse("保本")
    own = feeder.cluster
    settings.SEARCH_CLUSTER = {"urls": own.urls, "index": own.index}
    assert "正在填充" in backend.search(asked).note
    assert feeder.catch_up(at_most_s=60)
    feeder.client.indices.refresh(index=own.index)
    assert backend.search(asked).note == ""
    assert backend.search(asked).page == StoredIndex().search(asked)
    settings.SEARCH_CLUSTER = {"urls": ("http://127.0.0.1:9",), "index": own.index, "timeout_s": 1}
    answered = backend.search(asked)
    assert "本次由内置索引作答" in answered.note
    assert answered.page == StoredIndex().search(asked)


def test_a_deep_query_and_a_shallow_one_are_both_understood(feeder: Feeder, node: Elasticsearch) -> None:
    pages(0, 2)
    assert feeder.catch_up(at_most_s=60)
    node.indices.refresh(index=feeder.cluster.index)
    deep: Node = Phrase("保本")
    for _ in range(40):
        deep = Or((Phrase("没有"), And((Phrase("保息"), deep))))
    assert node.search(index=feeder.cluster.index, query=condition(SearchQuery(tree=deep)))["hits"]["total"]["value"] == 2


def test_the_key_goes_by_tls_to_a_cluster_whose_authority_is_known_and_nowhere_else(elasticsearch_url: str, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    proxy = FaultProxy(elasticsearch_url, tls=context)
    name = own_cluster(elasticsearch_url).index
    try:
        known = Feeder(Cluster(urls=(proxy.url,), index=name, api_key="c2VjcmV0", ca=tmp_path / "ca.pem", timeout_s=30), tmp_path)
        assert known.step() == 0
        assert {sent for _, _, sent in proxy.seen} == {"ApiKey c2VjcmV0"}
        remove_indices(known)
        before = len(proxy.seen)
        with pytest.raises(ClusterDown, match="证书"):
            Feeder(Cluster(urls=(proxy.url,), index=name, api_key="c2VjcmV0", timeout_s=30), tmp_path).step()
        assert len(proxy.seen) == before
    finally:
        proxy.close()


@pytest.mark.parametrize(("settings", "said"), [
    ({"urls": ("http://es.example:9200",)}, "没有加密"), ({"urls": ("https://u:p@es.example",)}, "不要写口令"), ({"urls": ("es.example:9200",)}, "没有读懂"),
    ({"urls": ("http://127.0.0.1:9200",), "index": "Ad Patrol"}, "ADPATROL_SEARCH_INDEX"),
], ids=["unprotected", "password in the address", "no address", "no name"])
def test_settings_that_make_no_sense_are_refused_in_words(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Cluster(**settings)


def test_the_client_is_not_asked_who_it_talks_to(elasticsearch_url: str) -> None:
    """A node without `GET /` will do."""
    with connect(Cluster(urls=(elasticsearch_url,))) as client:
        assert client.indices.exists(index="nothing-here").body is False


# --- the embedded index


def test_the_embedded_index_is_looked_over_and_made_anew_beside(db: None, tmp_path: Path) -> None:
    pages(0, 40)
    assert embedded.check().sound
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO indexer_fts (indexer_fts) VALUES ('delete-all')")
    IndexedFact.objects.filter(id=Page.objects.earliest("id").pk).delete()
    found = embedded.check()
    assert (found.sound, found.pages, found.documents, found.missing) == (False, 40, 0, 40)
    assert embedded.rebuild(tmp_path) == 40
    assert embedded.check().sound
    assert StoredIndex().search(parse("保本")).total == 40


def test_the_embedded_index_is_switched_to_only_while_it_holds_every_page(db: None, tmp_path: Path) -> None:
    pages(0, 5)
    with pytest.raises(NothingToSwitch, match="rebuild --hold"):
        embedded.switch(tmp_path)
    embedded.rebuild(tmp_path, hold=True)
    pages(5, 1)
    with pytest.raises(NothingToSwitch, match="有变化"):
        embedded.switch(tmp_path)
    embedded.rebuild(tmp_path, hold=True)
    embedded.switch(tmp_path)
    assert embedded.check().sound
    assert StoredIndex().search(parse("保本")).total == 6


# --- a node of its own


@pytest.mark.prove
def test_a_node_killed_in_mid_ingest_comes_back_to_a_whole_index(tmp_path: Path) -> None:
    """kill -9 with some of the pages in, pages stored meanwhile, the same data started again: all are there, once."""
    with own_node() as node:
        feeder = Feeder(Cluster(urls=(node.url,), index="test-killed", timeout_s=30), tmp_path, batch=20)
        pages(0, 60)
        assert feeder.catch_up(at_most_s=120)
        live = feeder.versions.live()
        pages(60, 60)
        feeder.step(at_most_s=0)  # one batch of three
        assert 0 < behind(feeder.versions.live()) < 60
        node.kill(signal.SIGKILL)
        with pytest.raises(ClusterDown):
            feeder.step()
        pages(120, 60)  # ingest goes on
        assert behind(feeder.versions.live()) >= 100
        node.start()
        until = time.monotonic() + 120
        while not _came(feeder):
            assert time.monotonic() < until
        assert feeder.versions.live() == live
        with Elasticsearch([node.url], request_timeout=60) as client:
            assert held(client, feeder) == due()
            assert len(due()) == 180


def _came(feeder: Feeder) -> bool:
    """The shards of a node that has just begun may take a while."""
    try:
        return feeder.catch_up(at_most_s=30)
    except ClusterDown:
        time.sleep(0.5)
        return False
