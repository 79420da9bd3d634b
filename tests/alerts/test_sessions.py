"""取证会话 from its opening to the signed paper: who may, in which order, and that nothing is completed afterwards."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

sys.path.insert(0, str(Path(__file__).resolve().parent))
from session_home import STATED, finished, officer, opened, png, signed, write

from adpatrol import attending
from alerts.models import AttendedSession, AuditEntry, SessionSigner
from alerts.sessions import closing, desk, facts
from alerts.sessions.errors import NotOfSession, SessionRefused
from evidence import acts, ledger
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord
from evidence.numbers import record_number
from evidence.verify import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def zhang(db: None) -> Any:
    return officer("zhang", "410100001")


@pytest.fixture
def li(db: None) -> Any:
    return officer("li", "410100002")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "archive").mkdir()
    yield tmp_path


def test_two_different_officers_with_valid_certificates_sign_in_and_only_then_the_process_is_ordered(home: Path, zhang: Any, li: Any) -> None:
    session = opened(home / "archive")
    assert (session.state, session.number[:2], len(session.number)) == ("opened", "QZ", 12)
    desk.sign_in(session, zhang, "operator", address="", home=home)
    assert session.state == "opened" and not (home / "sessions" / "waiting").exists()
    with pytest.raises(SessionRefused, match="两名不同的执法人员"):
        desk.sign_in(session, zhang, "recorder", address="", home=home)
    with pytest.raises(SessionRefused, match="已由他人签到"):
        desk.sign_in(session, li, "operator", address="", home=home)
    session = desk.sign_in(session, li, "recorder", address="", home=home)
    assert session.state == "checking"
    order = json.loads((home / "sessions" / "waiting" / f"{session.number}.json").read_text(encoding="utf-8"))
    assert [(one["name"], one["certificate"]) for one in order["stated"]["signers"]] == [("zhang警官", "410100001"), ("li警官", "410100002")]
    assert list(AuditEntry.objects.filter(act="取证会话签到").values_list("who", flat=True)) == ["zhang", "li"]


def test_without_a_valid_certificate_nobody_signs_in(home: Path, zhang: Any, django_user_model: Any) -> None:
    session = opened(home / "archive")
    nobody = django_user_model.objects.create(username="wang")
    with pytest.raises(SessionRefused, match="没有登记执法证"):
        desk.sign_in(session, nobody, "operator", address="", home=home)
    old = officer("old", "410100009", until=date(2021, 1, 1))
    with pytest.raises(SessionRefused, match="今日无效"):
        desk.sign_in(session, old, "operator", address="", home=home)
    assert not SessionSigner.objects.exists() and not AuditEntry.objects.filter(act="取证会话签到").exists()


def test_a_certificate_belongs_to_one_person(zhang: Any, django_user_model: Any) -> None:
    from alerts.sessions.officers import set_certificate

    other = django_user_model.objects.create(username="other")
    with pytest.raises(SessionRefused, match="已登记在另一人名下"):
        set_certificate(other, name="另一人", number="410100001", organ="", valid_from=date(2020, 1, 1), valid_until=date(2030, 1, 1), by="operator")
    with pytest.raises(SessionRefused, match="止日早于起日"):
        set_certificate(other, name="另一人", number="9", organ="", valid_from=date(2030, 1, 1), valid_until=date(2020, 1, 1), by="operator")


@pytest.mark.parametrize("change, why", [({"cause": " "}, "请填写案由"), ({"place": ""}, "请填写地点"), ({"network": "网" * 301}, "不能超过 300 字")])
def test_what_must_be_stated_is_asked_for(home: Path, change: dict[str, str], why: str) -> None:
    with pytest.raises(SessionRefused, match=why):
        desk.open_session("zhang", url="https://a.example/", stated=STATED | change, lead=None, archive=home / "archive")
    with pytest.raises(SessionRefused, match="网址"):
        desk.open_session("zhang", url="javascript:alert(1)", stated=STATED, lead=None, archive=home / "archive")
    assert not AttendedSession.objects.exists() and not AuditEntry.objects.exists()


def test_only_the_two_who_signed_in_may_act_and_only_in_order(home: Path, zhang: Any, li: Any) -> None:
    session = signed(home, zhang, li)
    third = officer("chen", "410100003")
    with pytest.raises(SessionRefused, match="只有签到的两名执法人员"):
        desk.act(session, third, "start", home)
    with pytest.raises(SessionRefused, match="不能截图"):
        desk.act(session, zhang, "shot", home)
    with pytest.raises(SessionRefused, match="只能打开网址"):
        desk.act(session, zhang, "type", home, text="密码")
    with pytest.raises(SessionRefused, match="现为“自检中”"):
        desk.cancel(session, "zhang")


def test_a_finished_session_is_in_the_archive_the_ledger_and_the_audit_trail(home: Path, zhang: Any, li: Any) -> None:
    session = finished(home, zhang, li)
    assert (session.state, session.capture_id) == ("finished", f"attended-{session.number}")
    assert verify(home / "archive").failures == ()
    told = list(acts.acts(home / "archive", subject=f"session:{session.number}"))
    assert [one.act for one in told] == ["session"] and told[0].told["how"] == "finished" and "410100001" in told[0].who
    assert AuditEntry.objects.filter(act="取证会话已结束").count() == 1
    left = facts.of(session, home / "archive", proven=True)
    assert [row["name"] for row in left.files[:2]] == ["journal", "frames"] and len(left.frames) == 2
    assert not (home / "sessions" / session.number / "files").exists() and not (home / "sessions" / "waiting" / f"{session.number}.json").exists()
    assert attending.main(session.number, home) == 1  # nothing waits any more
    assert len(list(acts.acts(home / "archive"))) == 1


def test_a_session_killed_in_the_middle_is_kept_as_interrupted_and_never_completed(home: Path, zhang: Any, li: Any) -> None:
    session = signed(home, zhang, li)
    write(home, session.number, end="")
    AttendedSession.objects.filter(pk=session.pk).update(state="running")
    session.refresh_from_db()
    assert desk.settle(session, home).state == "interrupted"  # known at once: nobody holds it
    assert attending.main(session.number, home) == 0
    session = desk.settle(session, home)
    found = ledger.capture(home / "archive", session.capture_id)
    assert found is not None and found.facts["session"]["how"] == "interrupted" and "中止" in found.facts["session"]["why"]
    for step in (lambda: closing.read_out(session, zhang), lambda: closing.note(session, zhang, party="signed", reason="", witness="", remark=""),
                 lambda: closing.keep_scan(session, zhang, b"%PDF-1.7", "a.pdf", home / "archive"), lambda: desk.act(session, zhang, "start", home)):
        with pytest.raises(SessionRefused):
            step()
    before = AttendedSession.objects.values().get(pk=session.pk)
    assert AttendedSession.objects.values().get(pk=desk.settle(session, home).pk) == before


def test_a_session_that_some_process_holds_is_alive_and_one_that_nobody_took_is_void_after_a_while(home: Path, zhang: Any, li: Any) -> None:
    session = signed(home, zhang, li)
    assert desk.settle(session, home).state == "checking"
    AttendedSession.objects.filter(pk=session.pk).update(ordered_at=timezone.now() - timedelta(seconds=desk.START_S + 1))
    session.refresh_from_db()
    lock = os.open(home / "sessions" / f"{session.number}.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert desk.settle(session, home).state == "checking"
    os.close(lock)
    session = desk.settle(session, home)
    assert session.state == "interrupted" and "adpatrol serve" in session.ending
    assert attending.main(session.number, home) == 1 and not (home / "sessions" / session.number).exists()


def test_what_a_process_says_is_finished_without_the_officers_having_begun_is_not(home: Path, zhang: Any, li: Any) -> None:
    session = signed(home, zhang, li)
    write(home, session.number)
    assert attending.main(session.number, home) == 0
    assert desk.settle(session, home).state == "interrupted"


def test_an_officer_who_leaves_ends_the_session(home: Path, zhang: Any, li: Any) -> None:
    session = signed(home, zhang, li)
    AttendedSession.objects.filter(pk=session.pk).update(state="running")
    assert desk.left(officer("chen", "410100003"), home, "退出登录") == 0
    assert desk.left(li, home, "退出登录") == 1
    session.refresh_from_db()
    assert session.state == "ending" and session.events.filter(act="离场", said="li警官退出登录").count() == 1
    write(home, session.number, end="")
    assert attending.main(session.number, home) == 0
    assert desk.settle(session, home).state == "interrupted"


def test_a_full_disk_leaves_the_session_waiting_to_be_kept(home: Path, zhang: Any, li: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from evidence.errors import ArchiveUnwritable

    session = signed(home, zhang, li)
    write(home, session.number)
    AttendedSession.objects.filter(pk=session.pk).update(state="ending")
    session.refresh_from_db()

    def full(*_: object) -> None:
        raise ArchiveUnwritable("存档所在磁盘已满")

    with monkeypatch.context() as broken:
        broken.setattr("crawler.attended.keep.ArchiveWriter.commit", full)
        assert attending.main(session.number, home) == 2
    assert desk.settle(session, home).state == "ending"
    assert attending.main(session.number, home) == 0 and desk.settle(session, home).state == "finished"


def test_the_digests_are_read_out_once_by_a_signer(home: Path, zhang: Any, li: Any) -> None:
    session = finished(home, zhang, li)
    with pytest.raises(SessionRefused, match="只有签到"):
        closing.read_out(session, officer("chen", "410100003"))
    closing.read_out(session, li)
    assert session.read_out_by == "li警官"
    with pytest.raises(SessionRefused, match="尚未宣读"):
        closing.read_out(session, zhang)


def test_a_refusal_to_sign_is_noted_with_its_reason(home: Path, zhang: Any, li: Any) -> None:
    session = finished(home, zhang, li)
    with pytest.raises(SessionRefused, match="拒绝签名的，须注明情况"):
        closing.note(session, zhang, party="refused", reason=" ", witness="", remark="")
    with pytest.raises(SessionRefused, match="请选择"):
        closing.note(session, zhang, party="elsewhere", reason="", witness="", remark="")
    closing.note(session, zhang, party="refused", reason="称须先问律师", witness="王五，社区工作人员", remark="")
    assert session.closing["reason"] == "称须先问律师" and session.events.filter(act="记录签名情况").count() == 1


def test_the_scan_of_the_signed_paper_is_kept_in_the_archive_with_its_digests(home: Path, zhang: Any, li: Any) -> None:
    session = finished(home, zhang, li)
    for bad in (b"", b"MZ\x90", b"<svg onload=alert(1)>", b"PK\x03\x04"):
        with pytest.raises(SessionRefused, match="只收"):
            closing.keep_scan(session, zhang, bad, "x.pdf", home / "archive")
    made = closing.keep_scan(session, zhang, png(), "../../etc/签名\u202e笔录.png", home / "archive")
    assert made.name == "签名笔录.png" and len(made.sha256) == 64 and len(made.sm3) == 64
    with pytest.raises(SessionRefused, match="已经存过"):
        closing.keep_scan(session, li, png(), "b.png", home / "archive")
    found = ledger.capture(home / "archive", made.capture_id)
    assert found is not None and found.client == "attended" and verify(home / "archive").failures == ()


def test_the_monitoring_record_is_cited_by_number_and_only_where_it_is_automatic(home: Path, zhang: Any, li: Any) -> None:
    from datetime import UTC, datetime

    from alerts.models import Lead, LeadFinding, Platform

    now = timezone.now()
    with ArchiveWriter(home / "archive", run="r1") as writer:
        for id, client in (("auto-1", "desktop-static"), ("man-1", "attended")):
            writer.write(Visit(id=id, run="r1", site="https://a.example", url="https://a.example/", final_url="https://a.example/", client=client,
                               time=datetime(2026, 11, 20, 18, tzinfo=UTC), outcome=Outcome.OK,
                               records=(VisitRecord(type="resource", uri="urn:text:x", payload=b"x", content_type="text/plain"),)))
        captures = writer.commit()
    platform = Platform.objects.create(key="a.example", first_seen=now, last_seen=now)
    lead = Lead.objects.create(year=2026, serial=1, number="XS2026000001", platform=platform, code="c", wording="w", span="s", level=4, first_seen=now,
                               last_seen=now, registered_at=now)
    for n, capture in enumerate(captures):
        LeadFinding.objects.create(lead=lead, key=str(n), capture_id=capture.id, seq=capture.seq, site="s", url="u", url_key=str(n), captured_at=now, code="c",
                                   span="s", start=0, end=1, level=4, rule="r", ruleset="r", last_capture=capture.id, last_seen=now)
    session = opened(home / "archive", lead=lead)
    assert session.monitoring == [record_number(captures[0])] == ["JC20261121-000001"]  # 18:00 UTC is the next day in Beijing


def test_material_of_an_automatic_capture_or_of_another_session_is_refused(home: Path, zhang: Any, li: Any) -> None:
    session, other = finished(home, zhang, li), finished(home, zhang, li)
    assert other.number != session.number
    with ArchiveWriter(home / "archive", run="r1") as writer:
        writer.write(Visit(id="auto-1", run="r1", site="https://a.example", url="https://a.example/", final_url="https://a.example/", client="desktop-browser",
                           time=timezone.now(), outcome=Outcome.OK, facts={"session": {"number": session.number}},
                           records=(VisitRecord(type="resource", uri=f"urn:x-adpatrol:session:{session.number}:journal", payload=b"", content_type="a/b"),)))
        writer.commit()
    for wrong in ("auto-1", other.capture_id, "nothing"):
        session.capture_id = wrong
        with pytest.raises(NotOfSession):
            facts.of(session, home / "archive")
        with pytest.raises(NotOfSession):
            facts.payload(session, home / "archive", "frame:000001")


def test_the_table_of_numbers_and_the_history_are_only_added_to(home: Path, zhang: Any, li: Any) -> None:
    from alerts.errors import AppendOnly

    session = opened(home / "archive")
    with pytest.raises(AppendOnly):
        session.events.all().delete()
    desk.cancel(session, "zhang")
    assert opened(home / "archive").serial == session.serial + 1


def test_the_operator_registers_a_certificate_from_the_command_line(tmp_path: Path) -> None:
    env = dict(os.environ, ADPATROL_HOME=str(tmp_path / "home"))

    def run(*args: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "adpatrol", *args], env=env, capture_output=True, text=True, timeout=90, **more)

    assert run("init").returncode == 0
    assert run("user", "add", "zhang", "--role", "officer", "--full-name", "张三", "--password-stdin", input="Xun-Cha-2026!\n").returncode == 0
    done = run("user", "set-certificate", "zhang", "--number", "410100001", "--from", "2025-01-01", "--until", "2029-12-31", "--json")
    assert done.returncode == 0 and json.loads(done.stdout) == {
        "user": "zhang", "name": "张三", "number": "410100001", "organ": "", "valid_from": "2025-01-01", "valid_until": "2029-12-31"}
    assert run("user", "set-certificate", "nobody", "--number", "1", "--from", "2025-01-01", "--until", "2029-12-31").returncode == 2
    wrong = run("user", "set-certificate", "zhang", "--number", "1", "--from", "2025", "--until", "2029-12-31")
    assert wrong.returncode == 2 and "2026-01-31" in wrong.stderr


def test_what_a_session_took_is_kept_as_long_as_what_was_confirmed(home: Path, zhang: Any, li: Any) -> None:
    from alerts.keeping import standings

    session = finished(home, zhang, li)
    scan = closing.keep_scan(session, zhang, png(), "a.png", home / "archive")
    captures = [found for id in (session.capture_id, scan.capture_id) if (found := ledger.capture(home / "archive", id)) is not None]
    assert {id: (one.name, one.subjects) for id, one in standings(captures).items()} == {
        one.id: ("confirmed", (f"session:{session.number}",)) for one in captures}
