"""`adpatrol doctor` on the search index: a sound one, and each way a cluster can stand in the way, with how to mend it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fault_proxy as faults
import pytest
import trustme
from cluster_index import own_cluster, remove_indices
from django.db import connection, transaction
from fault_proxy import FaultProxy

from adpatrol.checkup import Finding
from adpatrol.index_check import cluster_findings, index_findings
from indexer.models import Page
from indexer.search.elasticsearch.client import Cluster
from indexer.search.feeding import Feeder
from indexer.search.state import Change, IndexVersion, ParkedDocument, note

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


@pytest.fixture
def feeder(elasticsearch_url: str, tmp_path: Path) -> Iterator[Feeder]:
    """Of an index with one page."""
    page("c-1")
    one = Feeder(own_cluster(elasticsearch_url), tmp_path)
    assert one.catch_up(at_most_s=60)
    yield one
    remove_indices(one)


def page(capture_id: str) -> None:
    from indexer.search.sqlite import SqliteIndex

    with transaction.atomic():
        Page.objects.create(id=Page.objects.count() + 1, capture_id=capture_id, seq=Page.objects.count() + 1, run="r", site="https://a.test", url="https://a.test/", url_key=capture_id,
                            time=datetime(2026, 11, 20, tzinfo=UTC), outcome="ok", text="承诺保本")
        SqliteIndex().fill()
        note([capture_id])


def told(found: Iterator[Finding]) -> dict[str, Finding]:
    rows = {one.check: one for one in found}
    assert all(one.mend for one in rows.values() if one.state != "ok")
    return rows


def states(rows: dict[str, Finding]) -> dict[str, str]:
    return {name: str(one.state) for name, one in rows.items()}


def test_a_sound_cluster_is_told_with_version_state_and_lag(feeder: Feeder) -> None:
    rows = told(cluster_findings(feeder.cluster))
    assert states(rows) == {"检索集群": "ok", "集群索引": "ok", "索引滞后": "ok"}
    assert "Elasticsearch 8." in rows["检索集群"].detail and "1 个节点" in rows["检索集群"].detail
    assert feeder.cluster.index in rows["集群索引"].detail and rows["索引滞后"].detail == "索引滞后 0 条"


def test_a_cluster_that_is_not_there_or_does_not_let_us_in(feeder: Feeder, elasticsearch_url: str) -> None:
    proxy = FaultProxy(elasticsearch_url)
    proxy.everything = True
    there = Cluster(urls=(proxy.url,), index=feeder.cluster.index, timeout_s=30)
    try:
        for code, mend in ((401, "ADPATROL_SEARCH_API_KEY_FILE"), (403, "权限"), (503, "ADPATROL_SEARCH_URL")):
            proxy.fault = faults.status(code)
            row = told(cluster_findings(there))["检索集群"]
            assert row.state == "bad" and str(code) in row.detail and mend in row.mend, row
    finally:
        proxy.close()
    row = told(cluster_findings(there))["检索集群"]
    assert row.state == "bad" and "连接不上" in row.detail and "内置索引" in row.mend


def test_a_key_without_rights_on_the_cluster_itself_will_do(feeder: Feeder, elasticsearch_url: str) -> None:
    def only_ours(handler: Any, body: bytes) -> bool:
        return bool(handler.path.startswith(("/_cluster", "/_nodes"))) and faults.status(403)(handler, body)

    proxy = FaultProxy(elasticsearch_url)
    proxy.everything, proxy.fault = True, only_ours
    try:
        rows = told(cluster_findings(Cluster(urls=(proxy.url,), index=feeder.cluster.index, timeout_s=30)))
    finally:
        proxy.close()
    assert states(rows) == {"检索集群": "ok", "集群索引": "ok", "索引滞后": "ok"} and "monitor" in rows["检索集群"].detail


def test_a_certificate_that_is_not_trusted(elasticsearch_url: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    proxy = FaultProxy(elasticsearch_url, tls=context)
    try:
        row = told(cluster_findings(Cluster(urls=(proxy.url,), timeout_s=30)))["检索集群"]
    finally:
        proxy.close()
    assert row.state == "bad" and "证书" in row.detail and "ADPATROL_SEARCH_CA" in row.mend


def test_an_alias_that_is_gone_astray_or_somebody_elses(feeder: Feeder) -> None:
    live = feeder.versions.live()
    assert live is not None
    alias = feeder.cluster.index
    feeder.client.indices.delete_alias(index=live.name, name=alias)
    row = told(cluster_findings(feeder.cluster))["集群索引"]
    assert row.state == "bad" and "不指向任何索引" in row.detail and "index check" in row.mend
    other = f"{alias}-somebody"
    feeder.client.indices.create(index=other, aliases={alias: {}})
    row = told(cluster_findings(feeder.cluster))["检索集群"]
    assert row.state == "bad" and other in row.detail and "ADPATROL_SEARCH_INDEX" in row.mend


def test_an_index_of_another_version_an_unfilled_one_and_parked_pages(feeder: Feeder) -> None:
    live = feeder.versions.live()
    assert live is not None
    feeder.client.indices.put_mapping(index=live.name, meta={"made_by": "adpatrol", "schema": "another"})
    row = told(cluster_findings(feeder.cluster))["集群索引"]
    assert row.state == "bad" and "字段定义" in row.detail and "index rebuild" in row.mend
    page("c-2")
    ParkedDocument.objects.create(capture_id="c-2", reason="too large")
    row = told(cluster_findings(feeder.cluster))["索引滞后"]
    assert row.state == "note" and "索引滞后 1 条，1 个页面" in row.detail and "index retry" in row.mend
    IndexVersion.objects.all().delete()
    feeder.client.indices.delete_alias(index=live.name, name=feeder.cluster.index)
    assert told(cluster_findings(feeder.cluster))["集群索引"].state == "note"
    assert Change.objects.count() == 2  # looking changes nothing
    assert not feeder.client.indices.exists_alias(name=feeder.cluster.index)


def test_the_embedded_index_is_compared_with_the_pages(tmp_path: Path) -> None:
    page("c-1")
    assert told(index_findings(tmp_path)) == {}  # a home without a database is told elsewhere
    (tmp_path / "adpatrol.sqlite3").touch()
    assert states(told(index_findings(tmp_path))) == {"内置索引": "ok"}
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO indexer_fts (indexer_fts) VALUES ('delete-all')")
    row = told(index_findings(tmp_path))["内置索引"]
    assert row.state == "bad" and "缺 1" in row.detail and "index check" in row.mend
