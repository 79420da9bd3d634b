"""取证会话 in the console: what each state shows, who may do what, and that a page's words stay words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from seeding import PASSWORD, SCRIPT, Seeded

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "alerts"))
from session_home import STATED, finished, png, signed, write

from alerts.models import AttendedSession, AuditEntry, Certificate, Lead
from alerts.sessions import desk
from alerts.sessions.line import Answer
from alerts.sessions.officers import set_certificate
from console.roles import add_user

pytestmark = pytest.mark.django_db
AsRole = Callable[..., Client]


@pytest.fixture
def two(people: dict[str, User], db: None) -> tuple[User, User]:
    second = add_user("second", PASSWORD, ["officer"])
    for user, number in ((people["officer"], "410100001"), (second, "410100002")):
        set_certificate(user, name=f"{user.username}警官", number=number, organ="示例市市场监督管理局", valid_from=date(2020, 1, 1), valid_until=date(2099, 1, 1), by="operator")
    return people["officer"], second


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_from_a_lead_to_two_signatures(officer: Client, seeded: Seeded, two: tuple[User, User]) -> None:
    lead = Lead.objects.get(code="guarantee.principal", platform__key="shili-licai.example")
    assert f"/sessions/new/?lead={lead.number}" in officer.get(f"/leads/{lead.number}/").content.decode()
    form = officer.get(f"/sessions/new/?lead={lead.number}").content.decode()
    assert 'value="https://www.shili-licai.example/' in form and lead.number in form
    refused = officer.post("/sessions/new/", {"url": "https://www.shili-licai.example/", "lead": lead.number, **STATED, "place": ""})
    assert "请填写地点" in refused.content.decode() and not AttendedSession.objects.exists()
    made = officer.post("/sessions/new/", {"url": "https://www.shili-licai.example/", "lead": lead.number, **STATED}, follow=True).content.decode()
    session = AttendedSession.objects.get()
    assert session.monitoring and session.monitoring[0] in made and "操作人签到" in made and "记录人签到" in made
    wrong = officer.post(f"/sessions/{session.number}/sign/", {"role": "operator", "username": "officer", "password": "nope"}, follow=True).content.decode()
    assert "用户名或密码不正确" in wrong and not session.signers.exists()
    one = officer.post(f"/sessions/{session.number}/sign/", {"role": "operator", "username": "officer", "password": PASSWORD}, follow=True).content.decode()
    assert "已签到" in one and "操作人签到" not in one and "记录人签到" in one
    same = officer.post(f"/sessions/{session.number}/sign/", {"role": "recorder", "username": "officer", "password": PASSWORD}, follow=True).content.decode()
    assert "两名不同的执法人员" in same
    both = officer.post(f"/sessions/{session.number}/sign/", {"role": "recorder", "username": "second", "password": PASSWORD}, follow=True).content.decode()
    session.refresh_from_db()
    assert session.state == "checking" and "正在自检" in both and 'http-equiv="refresh"' in both
    assert set(AuditEntry.objects.filter(subject=f"session:{session.number}").values_list("who", flat=True)) == {"officer", "second"}


def test_whoever_is_no_officer_signs_nobody_in(officer: Client, home: Path, two: tuple[User, User], people: dict[str, User]) -> None:
    set_certificate(people["analyst"], name="分析员", number="410100099", organ="", valid_from=date(2020, 1, 1), valid_until=date(2099, 1, 1), by="operator")
    officer.post("/sessions/new/", {"url": "https://a.example/", **STATED})
    session = AttendedSession.objects.get()
    page = officer.post(f"/sessions/{session.number}/sign/", {"role": "operator", "username": "analyst", "password": PASSWORD}, follow=True).content.decode()
    assert "不是办案人员" in page and not session.signers.exists()


def test_only_signers_drive_and_others_with_the_right_to_read_watch(home: Path, two: tuple[User, User], as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    session = signed(home, *two, url="https://a.example/")
    write(home, session.number, end="")
    (home / "sessions" / session.number / "live.jpg").write_bytes(b"\xff\xd8live")
    lock = (home / "sessions" / f"{session.number}.lock").open("w")
    import fcntl

    fcntl.flock(lock, fcntl.LOCK_EX)  # as the process that has it
    asked: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(desk, "ask", lambda folder, act, **more: asked.append((act, more)) or Answer(True, f"做了 {act}"))
    officer, leader = as_role("officer"), as_role("leader")
    ready = officer.get(f"/sessions/{session.number}/").content.decode()
    assert "两人已核对，开始取证并录像" in ready and "系统时间比 time.example 慢 0.3 秒" in ready
    assert "两人已核对" not in leader.get(f"/sessions/{session.number}/").content.decode()
    officer.post(f"/sessions/{session.number}/act/", {"act": "start"})
    held = officer.get(f"/sessions/{session.number}/").content.decode()
    assert 'type="image"' in held and "向下滚动" in held and "限时" in held and "<b>限时" not in held
    watched = leader.get(f"/sessions/{session.number}/").content.decode()
    assert "只有签到的两名执法人员可以操作" in watched and 'type="image"' not in watched
    for reader in (officer, leader):
        live = reader.get(f"/sessions/{session.number}/live.jpg")
        assert live.content == b"\xff\xd8live" and live["Content-Type"] == "image/jpeg" and "sandbox" in live["Content-Security-Policy"]
        assert "网页" in reader.get(f"/sessions/{session.number}/journal/").content.decode()
    third = client_of(add_user("third", PASSWORD, ["officer"]))
    assert "只有签到的两名执法人员" in third.post(f"/sessions/{session.number}/act/", {"act": "finish"}, follow=True).content.decode()
    assert leader.post(f"/sessions/{session.number}/act/", {"act": "finish"}).status_code == 403
    officer.post(f"/sessions/{session.number}/act/", {"act": "click", "at.x": "17", "at.y": "99"})
    assert "只能打开网址" in officer.post(f"/sessions/{session.number}/act/", {"act": "type", "text": "x"}, follow=True).content.decode()
    assert [(act, more.get("x"), more.get("y")) for act, more in asked] == [("start", None, None), ("click", 17, 99)]
    lock.close()


def test_logging_out_ends_the_session_of_that_officer(home: Path, two: tuple[User, User], as_role: AsRole) -> None:
    session = signed(home, *two, url="https://a.example/")
    write(home, session.number, end="")
    client_of(add_user("third", PASSWORD, ["officer"])).post("/sign-out/")
    session.refresh_from_db()
    assert session.state == "checking"
    client_of(two[1]).post("/sign-out/")
    session.refresh_from_db()
    assert session.state == "ending" and "退出登录" in session.events.get(act="离场").said


def test_an_ended_session_shows_its_files_pictures_and_makes_the_record(home: Path, two: tuple[User, User], as_role: AsRole) -> None:
    session = finished(home, *two, title=SCRIPT, url="https://a.example/")
    officer = as_role("officer")
    page = officer.get(f"/sessions/{session.number}/").content.decode()
    assert "shot:01-window.png" in page and "frame:000002" in page and session.capture_id in page and SCRIPT not in page
    told = officer.get(f"/sessions/{session.number}/", {"format": "json"}).json()
    assert told["state"] == "finished" and {row["name"] for row in told["files"]} >= {"journal", "frames", "frame:000001"} and told["files"][0]["sha256"] in page
    for name in ("frame:000001", "shot:01-window.png"):
        picture = officer.get(f"/sessions/{session.number}/file/{name}")
        assert picture.status_code == 200 and picture.content[:2] == b"\xff\xd8"
    for name in ("journal", "shot:01-dom.html", "answer:001", "frame:000009", "..%2f..%2fkeys", "frame:000001x"):
        assert officer.get(f"/sessions/{session.number}/file/{name}").status_code == 404, name
    assert "已记录：校验值当场宣读" in officer.post(f"/sessions/{session.number}/read-out/", follow=True).content.decode()
    assert "须注明情况" in officer.post(f"/sessions/{session.number}/note/", {"party": "refused"}, follow=True).content.decode()
    assert "签名情况已记录" in officer.post(f"/sessions/{session.number}/note/", {"party": "absent", "witness": "王五"}, follow=True).content.decode()
    for kind, start in (("docx", b"PK"), ("pdf", b"%PDF-")):
        paper = officer.post(f"/sessions/{session.number}/record.{kind}")
        assert paper.content[:len(start)] == start and paper["Content-Disposition"] == f'attachment; filename="record-{session.number}.{kind}"'
        assert officer.get(f"/sessions/{session.number}/record.{kind}").status_code == 302  # making it is an act
    kept = officer.post(f"/sessions/{session.number}/scan/", {"scan": SimpleUploadedFile("<b>签名.png", png())}, follow=True).content.decode()
    assert "扫描件已存证" in kept and "&lt;b&gt;签名.png" in kept
    assert "只收" in officer.post(f"/sessions/{session.number}/scan/", {"scan": SimpleUploadedFile("a.svg", b"<svg onload=alert(1)>")}, follow=True).content.decode()
    acts = set(AuditEntry.objects.filter(subject=f"session:{session.number}").values_list("act", flat=True))
    assert {"取证会话宣读校验值", "取证会话记录签名情况", "制作电子数据提取笔录", "取证会话存签名笔录"} <= acts
    assert session.number in officer.get("/sessions/").content.decode()


def test_an_interrupted_session_says_so_and_makes_no_record(home: Path, two: tuple[User, User], as_role: AsRole) -> None:
    session = finished(home, *two, end="interrupted", url="https://a.example/")
    officer = as_role("officer")
    page = officer.get(f"/sessions/{session.number}/").content.decode()
    assert "会话中断" in page and "浏览器或页面进程崩溃" in page and "record.pdf" not in page and "journal" in page
    for step in ("record.pdf", "read-out/", "scan/", "act/"):
        answer = officer.post(f"/sessions/{session.number}/{step}", {"act": "start", "scan": SimpleUploadedFile("a.png", png())}, follow=True)
        assert "note-error" in answer.content.decode(), step
    session.refresh_from_db()
    assert session.state == "interrupted" and not session.papers.exists() and session.read_out_at is None


def test_analysts_and_leaders_read_and_the_operator_does_not(home: Path, two: tuple[User, User], as_role: AsRole) -> None:
    session = finished(home, *two, url="https://a.example/")
    for role, status in (("analyst", 200), ("leader", 200), ("operator", 403)):
        client = as_role(role)
        assert client.get(f"/sessions/{session.number}/").status_code == status
        assert client.get(f"/sessions/{session.number}/file/frame:000001").status_code == status
        for step in ("sign/", "act/", "cancel/", "read-out/", "note/", "scan/", "record.docx", "record.pdf"):
            assert client.post(f"/sessions/{session.number}/{step}").status_code == 403, (role, step)
        assert client.get("/sessions/new/").status_code == 403


def test_the_operator_registers_certificates_and_nobody_else(home: Path, as_role: AsRole, people: dict[str, User]) -> None:
    given = {"user": "officer", "name": "张三", "number": "410100001", "organ": "示例市局", "valid_from": "2025-01-01", "valid_until": "2029-12-31"}
    for role in ("officer", "analyst", "leader"):
        assert as_role(role).post("/certificates/", given).status_code == 403
    assert not Certificate.objects.exists()
    operator = as_role("operator")
    assert "未登记" in operator.get("/certificates/").content.decode()
    for change, why in (({"valid_from": "去年"}, "日期写成"), ({"user": "nobody"}, "没有这个用户"), ({"number": " "}, "都要填写")):
        assert why in operator.post("/certificates/", given | change, follow=True).content.decode()
    assert not Certificate.objects.exists() and not AuditEntry.objects.filter(act="登记执法证").exists()
    assert "执法证已登记" in operator.post("/certificates/", given, follow=True).content.decode()
    assert Certificate.objects.get().number == "410100001" and AuditEntry.objects.filter(act="登记执法证", who="operator").count() == 1
    assert 'value="410100001"' in operator.get("/certificates/?user=officer").content.decode()


def test_the_list_says_what_to_do_where_there_is_nothing(officer: Client, home: Path) -> None:
    page = officer.get("/sessions/").content.decode()
    assert "还没有取证会话" in page and "发起取证会话" in page
    assert officer.get("/sessions/QZ2026999999/").status_code == 404
