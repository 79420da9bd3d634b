"""The feeder as it runs beside ingest: the cluster goes away, the queue grows and the console says so, the cluster comes back, and the lag is
gone without anybody's doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cluster_index import own_cluster, remove_indices
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from fault_proxy import FaultProxy
from stored_index import StoredIndex

from console.roles import add_user
from indexer.search import feeding
from indexer.search.elasticsearch.client import Cluster
from indexer.search.feeding import Feeder, behind, following
from indexer.search.protocol import IndexDoc
from indexer.search.state import ClusterHealth, IndexVersion, note

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents"), pytest.mark.timeout(600)]
T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def feeder(proxy: FaultProxy, elasticsearch_url: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feeder]:
    own = own_cluster(proxy.url)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SEARCH_CLUSTER = {"urls": own.urls, "index": own.index, "timeout_s": 30}
    monkeypatch.setattr(feeding, "REST_S", (0.1,))
    monkeypatch.setattr(feeding, "POLL_S", 0.1)
    assert django_settings.SEARCH_CLUSTER["index"] == own.index
    yield Feeder(own, tmp_path, batch=20, pause=lambda seconds: None)
    remove_indices(Feeder(Cluster(urls=(elasticsearch_url,), index=own.index, timeout_s=30), tmp_path))


def pages(first: int, count: int) -> None:
    docs = [IndexDoc(capture_id=f"c-{n:04}", time=T0 + timedelta(minutes=n), title="示例", text=f"承诺保本 {n}", url=f"https://a.test/{n}", site="https://a.test")
            for n in range(first, first + count)]
    with transaction.atomic():
        StoredIndex().put(docs)
        note(doc.capture_id for doc in docs)


def wait(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)


def late() -> int:
    return behind(IndexVersion.objects.filter(state=IndexVersion.State.LIVE).first())


def up() -> bool | None:
    return ClusterHealth.objects.values_list("up", flat=True).first()


def test_the_lag_grows_while_the_cluster_is_away_and_is_gone_by_itself_when_it_is_back(feeder: Feeder, proxy: FaultProxy) -> None:
    client = Client()
    client.force_login(add_user("operator", "long enough a word", ["operator"]), backend="django.contrib.auth.backends.ModelBackend")
    pages(0, 5)
    with following(feeder):
        wait(lambda: feeder.versions.live() is not None and late() == 0)
        with proxy.refusing():
            pages(5, 30)  # ingest goes on
            wait(lambda: up() is False)
            pages(35, 15)
            shown = client.get("/index/").content.decode()
            assert "索引滞后 45 条" in shown and "检索集群暂时不可用" in shown
        wait(lambda: late() == 0 and up() is True)
        assert "没有滞后" in client.get("/index/").content.decode()
    live = feeder.versions.live()
    assert live is not None
    feeder.client.indices.refresh(index=live.name)
    assert feeder.documents(hold=False) == 50
    assert not any(one.name == "index-feeder" for one in threading.enumerate())


def test_what_is_left_when_the_work_is_over_is_fed_before_the_end(feeder: Feeder) -> None:
    with following(feeder, at_end_s=120.0):
        pages(0, 50)
        wait(lambda: up() is True)
    assert late() == 0 and feeder.documents(hold=False) == 50
