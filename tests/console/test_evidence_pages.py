"""What is known of a visit beside its page, and what of it can be taken away: exact, verified, audited."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import pytest
from django.test import Client
from seeding import Seeded
from warcio.archiveiterator import ArchiveIterator

from alerts.models import AuditEntry
from console.facts import connections, visit_facts
from evidence import ledger, retention
from evidence.settings import Term
from indexer import erasing

pytestmark = pytest.mark.django_db


def test_the_record_holds_what_the_ledger_holds(officer: Client, seeded: Seeded) -> None:
    id = seeded.captures["home"]
    answer = officer.get(f"/captures/{id}/evidence.json")
    stored = ledger.capture(seeded.home / "archive", id)
    assert stored is not None and answer["Content-Disposition"] == f'attachment; filename="evidence-{id}.json"'
    data = answer.json()
    assert data["records"] == [r.to_json() for r in stored.records] and data["facts"] == stored.facts and data["url"] == stored.url
    assert AuditEntry.objects.filter(act="下载存证记录", subject=f"capture:{id}", who="officer").count() == 1
    assert "取用经过" in officer.get(f"/captures/{id}/").content.decode()


def test_the_records_leave_as_they_are_stored(officer: Client, seeded: Seeded) -> None:
    id = seeded.captures["home"]
    answer = officer.get(f"/captures/{id}/evidence.warc.gz")
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    stored = ledger.capture(seeded.home / "archive", id)
    assert stored is not None and len(body) == sum(r.length for r in stored.records)
    at = 0
    for ref in stored.records:
        assert hashlib.sha256(body[at : at + ref.length]).hexdigest() == ref.sha256
        at += ref.length
    assert [r.rec_type for r in ArchiveIterator(io.BytesIO(body))] == [r.type for r in stored.records]
    assert AuditEntry.objects.filter(act="下载存证原件", subject=f"capture:{id}").count() == 1


def test_nothing_leaves_that_does_not_verify(officer: Client, seeded: Seeded) -> None:
    id = seeded.captures["home"]
    stored = ledger.capture(seeded.home / "archive", id)
    assert stored is not None
    file = seeded.home / "archive" / stored.records[0].file
    raw = bytearray(file.read_bytes())
    raw[stored.records[0].offset + 20] ^= 1
    file.write_bytes(raw)
    answer = officer.get(f"/captures/{id}/evidence.warc.gz")
    assert answer.status_code == 409 and "存证没有通过核验" in answer.content.decode()
    assert not AuditEntry.objects.filter(act="下载存证原件").exists()


def test_a_capture_that_is_elsewhere_has_no_record_here(officer: Client, seeded: Seeded) -> None:
    assert officer.get("/captures/elsewhere/evidence.json").status_code == 404
    assert officer.get("/captures/elsewhere/evidence.warc.gz").status_code == 404


def test_facts_say_what_is_known_and_what_is_not() -> None:
    nothing = dict(visit_facts({}))
    assert nothing["服务器地址"] == "未记录" and "未登记" in nothing["授权书"] and "服务器证书" not in nothing
    known = dict(visit_facts({
        "authority": {"number": "云市监〔2026〕3号", "issuer": "某局", "scope": ["全部"], "valid_from": "2026-01-01", "valid_until": "2026-12-31"},
        "identity": "browser", "robots": "ignore", "dns": ["203.0.113.7", "2001:db8::7"], "seconds": 1.25, "why": "静态页面有涉嫌违法点（guarantee.principal）",
        "tls": {"sha256": "ab", "subject": "CN=a.test", "issuer": "CN=ca"}, "new_thing": "<b>", "run": "r",
    }))
    assert known["授权书"] == "云市监〔2026〕3号（某局），范围：全部，有效期 2026-01-01 至 2026-12-31"
    assert known["巡查标识"] == "普通浏览器标识" and known["服务器地址"] == "203.0.113.7、2001:db8::7" and known["用时"] == "1.25 秒"
    assert known["为什么访问"] == "静态页面有涉嫌违法点（承诺保本（本金保障））"
    assert known["服务器证书"] == "持有者 CN=a.test；签发者 CN=ca；证书 SHA-256 ab" and known["new_thing"] == "<b>" and "run" not in known


def test_each_connection_is_told_with_what_became_of_it() -> None:
    rows = connections({"connections": [{"host": "a.test", "port": 443, "address": "203.0.113.7", "outcome": "refused_address", "reason": "内网地址", "received": 0}, "x"]})
    assert rows == [{"host": "a.test:443", "address": "203.0.113.7", "outcome": "地址被拒（内网地址）", "received": "0", "time": ""}]
    assert connections({}) == []


def test_the_capture_page_shows_authority_server_and_digests(officer: Client, seeded: Seeded) -> None:
    id = seeded.captures["home"]
    page = officer.get(f"/captures/{id}/").content.decode()
    stored = ledger.capture(seeded.home / "archive", id)
    assert stored is not None
    for said in ("授权书", "巡查标识", "服务器地址", stored.records[0].sha256, f"/captures/{id}/evidence.warc.gz", "为什么没判为例外", "第二十五条", "不得明示或者暗示保本"):
        assert said in page, said


def test_looking_is_one_act_a_day_and_taking_is_one_each_time(officer: Client, seeded: Seeded) -> None:
    from evidence import acts

    id, folder = seeded.captures["home"], seeded.home / "archive"
    before = {(a.seq) for a in acts.acts(folder)}
    for _ in range(3):
        assert officer.get(f"/captures/{id}/").status_code == 200
    officer.get(f"/captures/{id}/evidence.json")
    officer.get(f"/captures/{id}/evidence.json")
    new = [a for a in acts.acts(folder, subject=f"capture:{id}") if a.seq not in before]
    assert [a.act for a in new if a.act == "export"] == ["export"] * 2 and len([a for a in new if a.act == "view"]) <= 1
    assert any(a.act == "view" and a.who == "officer" for a in acts.acts(folder, subject=f"capture:{id}"))


def test_nothing_leaves_that_cannot_be_entered(officer: Client, seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts import custody
    from evidence.errors import ArchiveUnwritable

    def refuse(*_: object) -> None:
        raise ArchiveUnwritable("存档所在磁盘已满")

    monkeypatch.setattr(custody, "taken", refuse)
    for name in ("evidence.json", "evidence.warc.gz"):
        answer = officer.get(f"/captures/{seeded.captures['home']}/{name}")
        assert answer.status_code == 503 and "磁盘已满" in answer.content.decode() and not answer.streaming


def test_a_capture_whose_term_was_over_tells_its_tombstone(officer: Client, seeded: Seeded) -> None:
    id, archive = seeded.captures["plain"], seeded.home / "archive"

    def classify(some: object) -> dict[str, retention.Standing]:
        return {}

    due = retention.preview(archive, [Term.model_validate({"class": "none", "days": 1, "basis": "归档规定"})], classify, datetime(2040, 1, 1, tzinfo=UTC)).due
    assert len(retention.erase(archive, [one for one in due if one.capture == id], "张三", "期限<届满>", classify)) == 1
    erasing.catch_up(archive)
    answer = officer.get(f"/captures/{id}/")
    assert answer.status_code == 410
    page = answer.content.decode()
    assert "依保存期限于" in page and "张三" in page and "归档规定" in page and "期限&lt;届满&gt;" in page and "SHA-256 仍留在存证账" in page
    assert officer.get("/captures/20260101-000000-aaaa-0001/").status_code == 404
