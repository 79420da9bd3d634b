"""The page of the search index: how far behind, what was refused and why, and trying again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from seeding import Seeded

from alerts.models import AuditEntry
from indexer.models import Page
from indexer.search import state
from indexer.search.state import Change, IndexVersion, ParkedDocument

pytestmark = pytest.mark.django_db
DEAD = {"urls": ("http://127.0.0.1:9",), "index": "none", "timeout_s": 0.5}


@pytest.fixture
def behind(settings: Any, seeded: Seeded) -> Seeded:
    """A cluster that is set, holds all but the newest two pages, refused one, and does not answer."""
    settings.SEARCH_CLUSTER = DEAD
    last = Change.objects.order_by("-id").values_list("id", flat=True)[2]
    IndexVersion.objects.create(name="none-1", uuid="u", state="live", position=last)
    state.told(False, "检索集群暂时不可用：连接不上")
    ParkedDocument.objects.create(capture_id=seeded.captures["home"], reason="document_parsing_exception: 网页原文片段")
    return seeded


def test_it_says_how_far_behind_what_was_refused_and_that_the_embedded_index_answers(behind: Seeded, as_role: Callable[..., Client]) -> None:
    page = as_role("analyst").get("/index/").content.decode()
    for said in ("索引滞后 2 条", "连接不上", "由内置索引作答", "document_parsing_exception: 网页原文片段", "重试", behind.captures["home"]):
        assert said in page, said
    told = as_role("operator").get("/index/?format=json").json()
    assert told["cluster"]["behind"] == 2
    assert told["parked"][0]["reason"] == "document_parsing_exception"  # what may quote the page is not the operator's


def test_search_answers_all_the_same_and_says_so(behind: Seeded, officer: Client) -> None:
    page = officer.get("/search/?q=本息保障").content.decode()
    assert "检索集群暂时不可用" in page
    assert "本次由内置索引作答" in page
    assert 'class="hits"' in page


def test_trying_again_queues_the_page_once_and_is_audited(behind: Seeded, as_role: Callable[..., Client]) -> None:
    operator = as_role("operator")
    before = Change.objects.latest("id").pk
    page = operator.post("/index/retry/", {"capture": behind.captures["home"]}, follow=True).content.decode()
    assert "1 个页面已重新排队" in page
    assert Change.objects.get(id__gt=before).capture_id == behind.captures["home"]
    entry = AuditEntry.objects.get(act="重试搁置的页面")
    assert (entry.who, entry.detail["count"]) == ("operator", 1)
    assert "没有这样的搁置页面" in operator.post("/index/retry/", {"capture": "no such"}, follow=True).content.decode()
    assert AuditEntry.objects.filter(act="重试搁置的页面").count() == 1
    assert operator.get("/index/retry/").status_code == 405


def test_without_a_cluster_it_says_which_index_answers(seeded: Seeded, as_role: Callable[..., Client]) -> None:
    page = as_role("operator").get("/index/").content.decode()
    assert "没有设置，由内置索引作答" in page
    assert f"{Page.objects.count()} 个页面" in page
    assert "还没有记录" in page
