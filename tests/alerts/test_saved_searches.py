"""Searches that people keep: new pages among their hits are told of once, whatever is killed or rebuilt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from alerts import follow, searches
from alerts.channels.model import WebhookChannel
from alerts.errors import NotAllowed
from alerts.models import Alert, AuditEntry, FollowPosition, OutboxMessage, SavedSearch
from indexer.models import Finding, IngestPosition, Page, host_of, url_key
from indexer.search.documents import documents
from indexer.search.order import document_number
from indexer.search.protocol import QueryError
from indexer.search.query import parse
from indexer.search.sqlite import SqliteIndex

pytestmark = pytest.mark.django_db
T0 = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_documents() -> None:
    SqliteIndex().clear()


def page(seq: int, url: str, text: str, *, code: str = "") -> Page:
    """One stored capture, as ingest leaves it."""
    taken = T0 + timedelta(minutes=seq)
    with transaction.atomic():
        stored = Page.objects.create(
            id=document_number(taken, f"c{seq}"), capture_id=f"c{seq}", seq=seq, run="r", site="https://a.test", host=host_of("https://a.test"), url=url,
            url_key=url_key(url), time=taken, outcome="ok", gate="page", text=text, level=4 if code else None, ruleset="s",
        )
        if code:
            Finding.objects.create(
                page=stored, key=f"k{seq}", code=code, span="保本", start=0, end=2, role="main", level=4, confidence=1, rule="r", ruleset="s", wording="保本",
            )
        SqliteIndex().put(documents([stored]))
        IngestPosition.objects.update_or_create(name="archive", defaults={"seq": seq})
    return stored


def told() -> list[str]:
    return list(Alert.objects.filter(kind=Alert.Kind.SEARCH).order_by("id").values_list("text", flat=True))


def test_new_pages_among_the_hits_are_told_of_once() -> None:
    page(1, "https://a.test/old", "保本")
    searches.save("li", "保本的页面", "q=保本", shared=False, alerting=True)
    page(2, "https://a.test/old", "保本")  # met again: no news
    page(3, "https://a.test/new", "保本")
    page(4, "https://a.test/other", "风险自担")
    follow.catch_up()
    assert told() == ["已存检索“保本的页面”（li）有 1 个页面新命中。"]
    follow.catch_up()
    page(5, "https://a.test/new", "保本")  # the next day's patrol
    follow.catch_up()
    assert len(told()) == 1
    page(6, "https://a.test/other", "如今也保本")
    page(7, "https://a.test/third", "保本")
    page(8, "https://a.test/third", "保本")  # by the browser, in the same batch
    follow.catch_up()
    assert told()[1:] == ["已存检索“保本的页面”（li）有 2 个页面新命中。"]


def test_a_second_reading_of_everything_tells_nothing_twice() -> None:
    searches.save("li", "保本", "q=保本", shared=True, alerting=True)
    page(1, "https://a.test/1", "保本")
    follow.catch_up()
    follow.read_again()
    follow.catch_up()
    assert len(told()) == 1


def test_what_is_not_committed_is_told_after_the_kill() -> None:
    searches.save("li", "保本", "q=保本", shared=True, alerting=True)
    page(1, "https://a.test/1", "保本")

    class Killed(BaseException):
        pass

    with pytest.raises(Killed), transaction.atomic():
        follow.catch_up()
        assert len(told()) == 1
        raise Killed
    assert told() == []
    assert not FollowPosition.objects.filter(position__gt=0).exists()
    follow.catch_up()
    assert len(told()) == 1


def test_a_search_that_does_not_alert_is_silent_and_one_that_cannot_be_read_says_why() -> None:
    searches.save("li", "静", "q=保本", shared=False, alerting=False)
    broken = searches.save("li", "坏", "q=保本", shared=False, alerting=True)
    SavedSearch.objects.filter(pk=broken.pk).update(asked="q=(保本")
    page(1, "https://a.test/1", "保本")
    follow.catch_up()
    assert told() == []
    assert "括号" in SavedSearch.objects.get(pk=broken.pk).problem


def test_what_cannot_be_asked_is_not_saved_and_only_the_owner_deletes() -> None:
    with pytest.raises(QueryError):
        searches.save("li", "坏", "q=(保本", shared=False, alerting=False)
    with pytest.raises(NotAllowed):
        searches.save("li", "  ", "q=保本", shared=False, alerting=False)
    kept = searches.save("li", "保本", "q=保本&level=red", shared=True, alerting=False)
    searches.save("wang", "自己的", "q=收益", shared=False, alerting=False)
    assert [one.name for one in searches.visible_to("wang")] == ["自己的", "保本"]
    assert [one.name for one in searches.visible_to("li")] == ["保本"]
    with pytest.raises(NotAllowed):
        searches.delete(kept.pk, "wang")
    searches.delete(kept.pk, "li")
    assert list(AuditEntry.objects.order_by("id").values_list("who", "act")) == [("li", "保存检索"), ("wang", "保存检索"), ("li", "删除已存检索")]


def test_messages_name_the_search_on_private_channels_only() -> None:
    searches.save("li", "机密名称", "q=保本", shared=True, alerting=True)
    page(1, "https://a.test/1", "保本")
    common = {"kind": "webhook", "url_env": "HOOK_URL", "secret_env": "HOOK_SECRET"}
    channels = {
        name: WebhookChannel.model_validate({**common, "name": name, "private": private}) for name, private in (("inside", True), ("outside", False))
    }
    follow.catch_up(channels)
    bodies = dict(OutboxMessage.objects.values_list("channel", "body"))
    assert "机密名称" in bodies["inside"]
    assert "机密名称" not in bodies["outside"]
    assert "/search/saved/" in bodies["outside"]


def test_what_an_officer_decides_is_searched_at_once() -> None:
    from alerts import leads
    from alerts.models import Lead

    page(1, "https://a.test/1", "保本", code="guarantee.principal")
    page(2, "https://a.test/2", "保本", code="guarantee.principal")
    page(3, "https://a.test/3", "平安")
    follow.catch_up()

    def found(query: str) -> list[str]:
        return [hit.capture_id for hit in SqliteIndex().search(parse(query)).hits]

    assert found("状态:待核查") == ["c2", "c1"]
    leads.dismiss(Lead.objects.get().pk, "li", "监管公告")
    assert found("状态:待核查") == []
    assert found("保本 状态:已排除") == ["c2", "c1"]
    page(4, "https://a.test/4", "保本", code="guarantee.principal")  # of the same lead, later
    follow.catch_up()
    assert found("状态:已排除") == ["c4", "c2", "c1"]
    assert found("-状态:已排除") == ["c3"]
