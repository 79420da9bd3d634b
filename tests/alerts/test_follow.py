"""alerts.follow pulls what the indexer stored: every finding once, through kills, rebuilds and second looks."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts import counts, follow, leads
from alerts.channels.model import WebhookChannel
from alerts.models import Alert, FollowPosition, Lead, OutboxMessage
from indexer.models import Finding, Page

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HOOK = {"hook": WebhookChannel(name="hook", kind="webhook", url_env="TEST_HOOK_URL", secret_env="TEST_HOOK_SECRET")}
pytestmark = pytest.mark.django_db


def page(
    seq: int, *, spans: tuple[str, ...] = ("保本保息",), gate: str = "page", level: int = 4, ruleset: str = "sha256:1", **more: Any
) -> Page:
    url = more.pop("url", f"https://shili.example/{seq}")
    made = Page.objects.create(
        id=seq, capture_id=f"cap-{seq}", seq=seq, run=more.pop("run", "run-1"), site="https://shili.example", url=url, url_key="",
        time=NOW + timedelta(minutes=seq), outcome="ok", gate=gate, ruleset=ruleset, company=["示例公司"], icp=[],
        text="\n".join(spans), **more,
    )
    for start, span in enumerate(spans):
        Finding.objects.create(
            page=made, key=hashlib.sha256(f"{seq}{span}{start}".encode()).hexdigest(), code="guarantee.principal", span=span, start=start,
            end=start + len(span), role="main", level=level, confidence=0.9, rule="r", ruleset=ruleset, wording=span, claim={"kind": "g"},
        )
    return made


def test_every_finding_is_read_once() -> None:
    page(1)
    page(2, spans=("保本保息", "年化12%"))
    assert follow.catch_up(HOOK, now=NOW) == 3
    assert (Lead.objects.count(), Alert.objects.count(), OutboxMessage.objects.count()) == (2, 2, 1)
    assert follow.catch_up(HOOK, now=NOW) == 0
    page(3)
    assert follow.catch_up(HOOK, now=NOW) == 1
    assert (Lead.objects.count(), Alert.objects.count(), OutboxMessage.objects.count()) == (2, 2, 1)
    assert Lead.objects.get(wording="保本保息").pages == 3


def test_a_second_patrol_of_the_same_pages_adds_no_lead_and_no_copy() -> None:
    page(1, url="https://shili.example/a")
    follow.catch_up(HOOK, now=NOW)
    page(2, url="https://shili.example/a", run="run-2")
    follow.catch_up(HOOK, now=NOW)
    lead = Lead.objects.get()
    copy = lead.findings.get()
    assert (lead.pages, copy.capture_id, copy.last_capture, Alert.objects.get().version) == (1, "cap-1", "cap-2", 1)


def test_no_lead_rests_on_what_is_not_the_page() -> None:
    page(1, gate="block")
    page(2, gate="soft_404")
    follow.catch_up(HOOK, now=NOW)
    assert not Lead.objects.exists()


def test_blue_findings_stay_on_their_page() -> None:
    page(1, level=1)
    follow.catch_up(HOOK, now=NOW)
    assert not Lead.objects.exists()


def test_a_rebuild_under_the_same_rules_changes_nothing() -> None:
    for seq in (1, 2):
        page(seq)
    follow.catch_up(HOOK, now=NOW)
    leads.confirm(Lead.objects.get().pk, "officer")
    Page.objects.all().delete()
    follow.catch_up(HOOK, now=NOW)
    for seq in (1, 2):
        page(seq)
    follow.catch_up(HOOK, now=NOW)
    lead = Lead.objects.get()
    assert (lead.state, lead.pages, lead.events.count(), OutboxMessage.objects.count()) == ("confirmed", 2, 2, 1)


def test_a_rebuild_under_other_rules_brings_what_they_find_on_old_captures() -> None:
    page(1)
    page(2)
    follow.catch_up(HOOK, now=NOW)
    Page.objects.all().delete()
    page(1, spans=("国资背景",), ruleset="sha256:2")
    page(2, ruleset="sha256:2")
    follow.catch_up(HOOK, now=NOW)
    assert set(Lead.objects.values_list("wording", flat=True)) == {"保本保息", "国资背景"}


def test_a_fault_in_the_middle_of_a_batch_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    page(1)

    def fail(*_: Any, **__: Any) -> int:
        raise RuntimeError("power")

    with monkeypatch.context() as patch:
        patch.setattr(follow.routing, "route", fail)
        with pytest.raises(RuntimeError, match="power"):
            follow.catch_up(HOOK, now=NOW)
    assert not Lead.objects.exists()
    assert not FollowPosition.objects.exists()
    follow.catch_up(HOOK, now=NOW)
    assert (Lead.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_a_degraded_run_raises_one_alert_and_a_good_run_none() -> None:
    for seq in range(1, 13):
        page(seq, spans=(), gate="captcha" if seq > 2 else "page", run="bad")
    for seq in range(13, 33):
        page(seq, spans=(), gate="block" if seq < 17 else "page", run="good")
    follow.catch_up(HOOK, now=NOW)
    assert not Alert.objects.exists()  # they are under way: the first site may be the only bad one
    for _ in range(2):
        assert follow.check_run("bad", HOOK, now=NOW)
        assert not follow.check_run("good", HOOK, now=NOW)
        follow.read_again()
        follow.catch_up(HOOK, now=NOW)
    alert = Alert.objects.get()
    assert (alert.run, OutboxMessage.objects.count()) == ("bad", 1)
    assert "验证码 10" in alert.text


def test_a_long_run_that_sees_nothing_is_told_of_while_it_goes_on() -> None:
    for seq in range(1, 61):
        page(seq, spans=(), gate="block")
    follow.catch_up(HOOK, now=NOW)
    assert Alert.objects.get().kind == "run"


def test_a_run_whose_every_site_failed_is_told_of_however_short() -> None:
    page(1, spans=(), gate="", run="bad")
    Page.objects.update(outcome="connect")
    page(2, spans=(), gate="page", run="good")
    assert follow.check_run("bad", HOOK, now=NOW)
    assert "都没有取得" in Alert.objects.get().text
    assert not follow.check_run("good", HOOK, now=NOW)
    assert not follow.check_run("none", HOOK, now=NOW)


def test_the_figures_of_a_run_count_what_bears_on_it_whoever_saw_it_first() -> None:
    page(1, url="https://shili.example/a")
    page(2, url="https://shili.example/a", run="run-2")
    page(3, url="https://shili.example/b", run="run-2", spans=("年化12%", "保本保息"))
    page(4, run="run-3", spans=())
    follow.catch_up(HOOK, now=NOW)
    assert [counts.for_run(f"run-{n}") for n in (1, 2, 3)] == [{"leads": n, "alerts": n} for n in (1, 2, 0)]


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "BATCH_PAGES", 2)
    for seq in range(1, 8):
        page(seq)
    assert follow.catch_up(HOOK, now=NOW) == 7
    assert (Lead.objects.get().pages, OutboxMessage.objects.count()) == (7, 1)
