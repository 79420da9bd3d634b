"""Decisions on leads: who did what, once, with a reason; what is refused changes nothing and leaves no audit entry."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from seeding import Seeded

from alerts.models import AuditEntry, Lead, LeadEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(seeded: Seeded) -> Lead:
    found = Lead.objects.filter(platform__key="shili-licai.example", code="guarantee.principal").get()
    assert found.pages == 2
    return found


def audits(lead: Lead) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(subject=f"lead:{lead.number}").order_by("id").values_list("who", "act"))


def test_an_officer_confirms_once_for_all_pages(officer: Client, lead: Lead) -> None:
    page = officer.post(f"/leads/{lead.number}/confirm/", {"reason": "属实"}, follow=True).content.decode()
    lead.refresh_from_db()
    assert lead.state == "confirmed" and "覆盖 2 个页面" in page
    assert audits(lead)[-1] == ("officer", "确认线索")
    before = LeadEvent.objects.count(), AuditEntry.objects.filter(subject__startswith="lead:").count()
    page = officer.post(f"/leads/{lead.number}/confirm/", follow=True).content.decode()
    assert "现为“已确认”" in page
    assert (LeadEvent.objects.count(), AuditEntry.objects.filter(subject__startswith="lead:").count()) == before


def test_a_lead_is_dismissed_only_with_a_reason_and_comes_back_on_undo(officer: Client, lead: Lead) -> None:
    page = officer.post(f"/leads/{lead.number}/dismiss/", {"reason": "  "}, follow=True).content.decode()
    lead.refresh_from_db()
    assert lead.state == "waiting" and "必须写明排除理由" in page
    officer.post(f"/leads/{lead.number}/dismiss/", {"reason": "引用他人广告"})
    lead.refresh_from_db()
    assert lead.state == "dismissed"
    assert lead.number not in [row["number"] for row in officer.get("/leads/?format=json").json()["leads"]]
    assert lead.number in [row["number"] for row in officer.get("/leads/?state=dismissed&format=json").json()["leads"]]
    officer.post(f"/leads/{lead.number}/undo/")
    lead.refresh_from_db()
    assert lead.state == "waiting"
    assert [act for _, act in audits(lead)] == ["登记线索", "排除线索", "撤销线索"]


def test_another_officers_decision_needs_a_reason_to_undo(officer: Client, lead: Lead) -> None:
    from alerts import leads

    leads.confirm(lead.pk, "李四")
    assert "必填：原由他人决定" in officer.get(f"/leads/{lead.number}/").content.decode()
    page = officer.post(f"/leads/{lead.number}/undo/", follow=True).content.decode()
    lead.refresh_from_db()
    assert lead.state == "confirmed" and "须写明理由" in page


def test_decisions_by_get_or_without_a_token_change_nothing(people: dict, lead: Lead) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    refused = client.post(f"/leads/{lead.number}/confirm/")
    assert refused.status_code == 403 and "什么也没有改动" in refused.content.decode()
    assert client.get(f"/leads/{lead.number}/confirm/").status_code == 405
    lead.refresh_from_db()
    assert lead.state == "waiting"


def test_readers_see_no_buttons(as_role: Callable[[str], Client], lead: Lead) -> None:
    for role in ("analyst", "leader"):
        page = as_role(role).get(f"/leads/{lead.number}/").content.decode()
        assert lead.span in page and "确认：值得办理" not in page and "生成草稿" not in page


def test_programs_decide_too(officer: Client, lead: Lead) -> None:
    answer = officer.post(f"/leads/{lead.number}/dismiss/?format=json")
    assert answer.status_code == 409 and "必须写明排除理由" in answer.json()["error"]
    answer = officer.post(f"/leads/{lead.number}/confirm/?format=json")
    assert answer.json()["state"] == "confirmed"


def test_the_referral_letter_is_drafted_and_audited(officer: Client, lead: Lead) -> None:
    answer = officer.post(f"/leads/{lead.number}/referral.docx")
    assert answer["Content-Disposition"] == f'attachment; filename="referral-{lead.number}.docx"'
    words = zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode()
    assert "涉嫌" in words and "100%本息保障" in words
    assert audits(lead)[-1] == ("officer", "生成线索移送函草稿")


def test_no_letter_rests_on_evidence_that_does_not_verify(officer: Client, lead: Lead, seeded: Seeded) -> None:
    file = next(Path(seeded.home).glob("archive/*/*.warc.gz"))
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 8] ^= 0xFF  # within the first captures
    file.write_bytes(bytes(raw))
    before = audits(lead)
    page = officer.post(f"/leads/{lead.number}/referral.docx", follow=True).content.decode()
    assert "移送函没有生成" in page and "没有通过核验" in page
    assert audits(lead) == before


def test_a_dismissed_lead_gets_no_letter(officer: Client, lead: Lead) -> None:
    officer.post(f"/leads/{lead.number}/dismiss/", {"reason": "误报"})
    page = officer.post(f"/leads/{lead.number}/referral.docx", follow=True).content.decode()
    assert "移送函没有生成" in page


def test_the_queue_filters_and_its_counts_agree(officer: Client, seeded: Seeded) -> None:
    everything = officer.get("/leads/?format=json").json()
    assert everything["total"] == 5
    assert [lead["level"] for lead in everything["leads"]] == ["red", "red", "orange", "orange", "yellow"]
    assert officer.get("/leads/?format=json&level=orange").json()["total"] == 2
    assert officer.get("/leads/?format=json&code=yield.promise").json()["total"] == 1
    assert officer.get("/leads/?format=json&platform=shili-licai.example").json()["total"] == 4
    assert officer.get("/leads/?format=json&q=年化收益").json()["total"] == 1
    assert officer.get("/leads/?format=json&state=confirmed").json()["total"] == 0
    assert officer.get("/leads/?level=nonsense&sort=nonsense&page=-3&state=x").status_code == 200
    assert "没有符合条件的线索" in officer.get("/leads/?q=没有这样的话").content.decode()


def test_of_one_level_the_surest_lead_comes_first(officer: Client, seeded: Seeded) -> None:
    reds = list(Lead.objects.filter(level=4).order_by("id"))
    for lead, confidence in zip(reds, (0.6, 0.9), strict=True):
        Lead.objects.filter(pk=lead.pk).update(confidence=confidence)
    assert [lead["number"] for lead in officer.get("/leads/?format=json").json()["leads"]][:2] == [reds[1].number, reds[0].number]


def test_an_unknown_lead_is_not_found(officer: Client, seeded: Seeded) -> None:
    answer = officer.get("/leads/XS1999000001/")
    assert answer.status_code == 404 and "没有这个页面" in answer.content.decode()
