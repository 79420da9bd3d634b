"""Findings become leads once, whatever the order; people decide them once."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from alerts import leads
from alerts.dossiers import platform_key
from alerts.errors import AppendOnly, NotAllowed, WrongState
from alerts.leads import Sighting
from alerts.models import AuditEntry, Lead, LeadEvent, LeadFinding, Platform
from alerts.wording import wording
from tests.alerts.conftest import sighting

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
Make = Callable[..., Sighting]


def snapshot() -> list[Any]:
    """What the leads are, without the numbers that tell only in which order they were registered."""
    rows = []
    for lead in Lead.objects.select_related("platform").order_by("platform__key", "code", "wording"):
        copies = [
            (f.url, f.level, f.key, f.span, f.capture_id, f.last_capture, f.last_seen) for f in lead.findings.order_by("url", "level")
        ]
        rows.append((lead.platform.key, lead.platform.level, lead.platform.sites, lead.code, lead.wording, lead.span, lead.level,
                     lead.state, lead.first_seen, lead.last_seen, lead.pages, copies))
    return rows


@pytest.mark.django_db
def test_one_wording_on_many_pages_is_one_lead(make_sighting: Make) -> None:
    leads.register([make_sighting(seq=n, url=f"https://m.shili-licai.example/p/{n}", span=s) for n, s in
                    enumerate(["100%本息保障", "１００％ 本息保障！", "“100%本息保障”"], 1)], now=NOW)
    lead = Lead.objects.get()
    assert (lead.number, lead.pages, lead.state, lead.wording) == ("XS2026000001", 3, "waiting", "100%本息保障")
    assert lead.findings.count() == 3
    assert Platform.objects.get().key == "shili-licai.example"
    assert LeadEvent.objects.get().act == "登记"


@pytest.mark.django_db
def test_a_lead_is_as_sure_as_the_finding_that_stands_for_it(make_sighting: Make) -> None:
    leads.register([make_sighting(seq=2, url="https://m.shili-licai.example/b", level=3, confidence=0.9),
                    make_sighting(seq=1, url="https://m.shili-licai.example/a", level=4, confidence=0.7)], now=NOW)
    assert Lead.objects.get().confidence == 0.7


@pytest.mark.django_db
def test_other_numbers_other_code_or_other_platform_are_other_leads(make_sighting: Make) -> None:
    leads.register([
        make_sighting(seq=1, span="年化12.5%"), make_sighting(seq=2, span="年化125%"),
        make_sighting(seq=3, span="年化12.5%", code="yield.promise"),
        make_sighting(seq=4, span="年化12.5%", site="https://other.example", url="https://other.example/"),
    ], now=NOW)
    assert Lead.objects.count() == 4


@pytest.mark.django_db
def test_blue_findings_form_no_lead(make_sighting: Make) -> None:
    assert leads.register([make_sighting(level=1)], now=NOW) == []
    assert not Lead.objects.exists()
    assert not Platform.objects.exists()


@pytest.mark.django_db
def test_a_dismissed_wording_never_queues_again(make_sighting: Make) -> None:
    lead = leads.register([make_sighting(seq=1)], now=NOW)[0]
    leads.dismiss(lead.pk, "officer", "引用他人广告作反面例子")
    leads.register([make_sighting(seq=9, url="https://www.shili-licai.example/new", level=4)], now=NOW + timedelta(days=1))
    lead.refresh_from_db()
    assert (lead.state, lead.pages, Lead.objects.count()) == ("dismissed", 2, 1)


@pytest.mark.django_db
def test_a_decision_is_recorded_with_who_why_and_both_states(make_sighting: Make) -> None:
    lead = leads.register([make_sighting()], now=NOW)[0]
    leads.confirm(lead.pk, "officer")
    leads.undo(lead.pk, "officer")
    leads.dismiss(lead.pk, "colleague", "已整改")
    assert [(e.act, e.who, e.was, e.now) for e in lead.events.all()] == [
        ("登记", "系统监测", "", "waiting"), ("确认", "officer", "waiting", "confirmed"), ("撤销", "officer", "confirmed", "waiting"),
        ("排除", "colleague", "waiting", "dismissed"),
    ]
    assert [a.act for a in AuditEntry.objects.all()] == ["登记线索", "确认线索", "撤销线索", "排除线索"]


@pytest.mark.django_db
def test_a_refused_decision_changes_nothing_and_leaves_no_audit_entry(make_sighting: Make) -> None:
    lead = leads.register([make_sighting()], now=NOW)[0]
    leads.confirm(lead.pk, "officer")
    before = (AuditEntry.objects.count(), LeadEvent.objects.count())
    with pytest.raises(WrongState, match="已确认"):
        leads.dismiss(lead.pk, "colleague", "不是广告")
    with pytest.raises(WrongState):
        leads.confirm(lead.pk, "colleague")
    with pytest.raises(NotAllowed, match="理由"):
        leads.dismiss(lead.pk, "officer", "  ")
    with pytest.raises(NotAllowed, match="署名"):
        leads.confirm(lead.pk, "")
    with pytest.raises(NotAllowed, match="officer"):
        leads.undo(lead.pk, "colleague")
    assert (AuditEntry.objects.count(), LeadEvent.objects.count()) == before
    assert leads.undo(lead.pk, "colleague", "主办已调离").state == "waiting"


@pytest.mark.django_db
def test_history_is_append_only(make_sighting: Make) -> None:
    leads.register([make_sighting()], now=NOW)
    event = LeadEvent.objects.get()
    with pytest.raises(AppendOnly):
        event.save()
    with pytest.raises(AppendOnly):
        event.delete()
    with pytest.raises(AppendOnly):
        LeadEvent.objects.all().delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(who="someone")


@pytest.mark.django_db
def test_a_raised_level_is_an_event_and_a_second_copy(make_sighting: Make) -> None:
    leads.register([make_sighting(seq=1, level=2)], now=NOW)
    leads.register([make_sighting(seq=2, level=4)], now=NOW)
    lead = Lead.objects.get()
    assert (lead.level, lead.pages, lead.findings.count()) == (4, 1, 2)
    assert lead.events.filter(act="等级上升").count() == 1


@pytest.mark.django_db
def test_a_decided_lead_keeps_the_copy_it_was_decided_on(make_sighting: Make) -> None:
    lead = leads.register([make_sighting(seq=5)], now=NOW)[0]
    leads.confirm(lead.pk, "officer")
    leads.register([make_sighting(seq=1)], now=NOW)
    assert LeadFinding.objects.get().capture_id == "cap-5"


@pytest.mark.parametrize(("site", "key"), [
    ("https://www.abc-licai.example", "abc-licai.example"), ("http://m.abc.com.cn:8080", "abc.com.cn"),
    ("http://127.0.0.2:8801", "127.0.0.2:8801"), ("http://127.0.0.2:80", "127.0.0.2"), ("http://[::1]:9", "[::1]:9"),
    ("https://someone.github.io", "someone.github.io"), ("http://host", "host"),
])
def test_a_platform_is_a_registrable_domain_or_an_address(site: str, key: str) -> None:
    assert platform_key(site) == key


@given(st.text(max_size=400))
def test_wording_is_stable_and_bounded(text: str) -> None:
    once = wording(text)
    assert len(once) <= 300
    assert not any(c.isspace() for c in once)


words = st.sampled_from(["保本保息", "保 本 保 息！", "年化12%", "年化１２％", "国资背景"])
many = st.lists(st.tuples(st.integers(1, 12), words, st.integers(1, 4), st.sampled_from("ab"), st.sampled_from("xy")), max_size=12)


class SameFindingsSameLeads(TestCase):
    """Twice, shuffled, cut into any batches: the same leads."""

    @settings(max_examples=30)
    @given(many, st.randoms(use_true_random=False))
    def test_order_and_repetition_do_not_matter(self, rows: list[tuple[int, str, int, str, str]], rng: random.Random) -> None:
        found = [
            sighting(seq=seq, span=span, level=level, url=f"https://{site}.example/{page}", site=f"https://{site}.example",
                     start=index, companies=(), key=f"{seq:02}:{index:02}", capture_id=f"cap-{seq:02}")
            for index, (seq, span, level, site, page) in enumerate(rows)
        ]
        leads.register(found, now=NOW)
        expected = snapshot()
        leads.register(found, now=NOW)
        assert snapshot() == expected
        for model in (LeadFinding, Lead):
            LeadEvent.objects.all()._raw_delete("default")
            model.objects.all()._raw_delete("default")
        Platform.objects.all().delete()
        shuffled = found + rng.sample(found, len(found) // 2)
        rng.shuffle(shuffled)
        for cut in range(0, len(shuffled), 3):
            leads.register(shuffled[cut : cut + 3], now=NOW)
        assert snapshot() == expected
