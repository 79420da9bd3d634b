"""导出证据包 in the console: who may, what is told where an element lacks, who may seal without it, and what is handed over."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from seeding import Seeded

from alerts.models import AuditEntry, Lead
from evidence import acts

pytestmark = pytest.mark.django_db
REASON = "页面随时可能删除，先行封存"


@pytest.fixture(autouse=True)
def quick_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """How papers are printed is told in test_evidence_papers: here it only takes time."""
    monkeypatch.setattr("alerts.evidence_papers.papers.pdf", lambda sheet: b"%PDF-1.7 " + sheet.title.encode())


def address() -> str:
    return f"/leads/{Lead.objects.get(code='guarantee.principal', platform__key='shili-licai.example').number}/package/"


def exports() -> list[str]:
    return [one.who for one in acts.acts(settings.HOME / "archive", act="export")]


def test_what_lacks_is_named_on_the_page_and_nothing_leaves(officer: Client, seeded: Seeded) -> None:
    answer = officer.post(address())
    page = answer.content.decode()
    assert answer.status_code == 409
    assert all(words in page for words in ("没有导出", "可信时间戳", "时间戳待补", "时钟偏差", "负责人（领导角色）"))
    assert 'name="reason"' not in page
    assert exports() == []
    assert list((seeded.home / "exports").iterdir()) == []


def test_only_the_leader_seals_without_an_element(officer: Client, as_role: Callable[[str], Client], seeded: Seeded) -> None:
    refused = officer.post(address(), {"reason": REASON})
    assert refused.status_code == 403
    assert "须由负责人" in refused.content.decode()
    assert exports() == []
    leader = as_role("leader")
    assert 'name="reason"' in leader.post(address()).content.decode()
    answer = leader.post(address(), {"reason": REASON})
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as package:
        told = json.loads(package.read("manifest.json"))
        assert (told["sealed_without"]["who"], told["sealed_without"]["reason"]) == ("leader", REASON)
        assert REASON in package.read("核验说明.txt").decode()


def test_what_leaves_is_a_download_that_runs_nowhere_and_is_entered(as_role: Callable[[str], Client], seeded: Seeded) -> None:
    leader = as_role("leader")
    answer = leader.post(address(), {"reason": REASON})
    assert answer["Content-Disposition"].startswith('attachment; filename="evidence-')
    assert "sandbox" in answer["Content-Security-Policy"]
    assert set(exports()) == {"leader"}
    assert AuditEntry.objects.get(act="导出证据包").who == "leader"
    page = leader.get(address()).content.decode()
    assert AuditEntry.objects.get(act="导出证据包").detail["sha256"] in page
    assert "缺项封存" in page


def test_a_capture_has_its_own_package_and_an_unknown_one_is_not_found(as_role: Callable[[str], Client], seeded: Seeded) -> None:
    leader = as_role("leader")
    answer = leader.post(f"/captures/{seeded.captures['hostile']}/package/", {"reason": REASON})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as package:
        assert json.loads(package.read("manifest.json"))["captures"][0]["id"] == seeded.captures["hostile"]
    assert leader.get("/captures/nowhere/package/").status_code == 404
    assert leader.get("/leads/XS2000000001/package/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("officer", 200), ("leader", 200), ("analyst", 403), ("operator", 403)])
def test_officers_and_leaders_export_and_nobody_else(role: str, status: int, as_role: Callable[[str], Client], seeded: Seeded) -> None:
    client = as_role(role)
    assert client.get(address()).status_code == status
    if status == 403:
        assert client.post(address(), {"reason": REASON}).status_code == 403
        assert exports() == []


def test_the_way_there_is_on_the_lead_and_on_the_capture_for_those_who_may(officer: Client, as_role: Callable[[str], Client], seeded: Seeded) -> None:
    lead = address().removesuffix("package/")
    capture = f"/captures/{seeded.captures['home']}/"
    for path in (lead, capture):
        assert f"{path}package/" in officer.get(path).content.decode()
        assert f"{path}package/" not in as_role("analyst").get(path).content.decode()


def test_a_stored_record_that_was_touched_is_told_and_never_leaves(as_role: Callable[[str], Client], seeded: Seeded) -> None:
    path = next((seeded.home / "archive").glob("*/*.warc.gz"))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 8] ^= 1
    path.write_bytes(bytes(raw))
    answers = [as_role("leader").post(f"/captures/{id}/package/", {"reason": REASON}) for id in seeded.captures.values()]
    told = [one for one in answers if one.status_code == 409]
    assert len(told) == 1
    assert "与登记的摘要不符" in told[0].content.decode()


def test_before_the_first_export_the_page_says_so(officer: Client, seeded: Seeded) -> None:
    page = officer.get(address()).content.decode()
    assert "还没有导出过" in page
    assert "导出证据包（ZIP）" in page
