"""The life of a 取证会话: 待签到 → 自检中 → 待开始 → 取证中 → 存证中 → 已结束, and from anywhere before the end → 中断.

The browser's process writes what happens into its folder and the archive; here stands what the office knows of it. ``settle`` brings the two
together, again and again and by anybody: it only ever moves a session forward. ``home`` is the folder that holds everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from alerts import audit
from alerts.models import AttendedSession, Lead, SessionEvent, SessionSigner
from alerts.sessions.errors import SessionRefused
from alerts.sessions.line import ACTS, Answer, ask
from alerts.sessions.officers import valid_certificate
from crawler.plans.urls import AddressError, typed_address
from evidence.disk import alone
from evidence.errors import EvidenceError
from evidence.ledger import capture as in_ledger
from evidence.numbers import record_number

State = AttendedSession.State
LIVE = (State.CHECKING, State.READY, State.RUNNING, State.ENDING)
START_S = 90  # an order that no process took by then is void
MAX_CITED = 10  # monitoring records cited by one session
BEIJING = ZoneInfo("Asia/Shanghai")
FIELDS = {"cause": ("案由", 200, True), "place": ("地点", 200, True), "network": ("网络环境", 300, True), "case_number": ("案件编号", 100, False),
          "party": ("当事人（持有人）", 200, False), "storage": ("保管介质及存放处", 200, False)}


def folder_of(home: Path, number: str) -> Path:
    return home / "sessions" / number


def open_session(by: str, *, url: str, stated: dict[str, str], lead: Lead | None, archive: Path, now: datetime | None = None) -> AttendedSession:
    """待签到. ``stated``: the FIELDS by name. Raises SessionRefused."""
    now = now or timezone.now()
    try:
        address = typed_address(url.strip()[:2_000])
    except AddressError as error:
        raise SessionRefused(f"网址不对：{error}") from error
    if not address.startswith(("http://", "https://")):
        raise SessionRefused("只能对 http 或 https 网址取证")
    values = {name: " ".join(stated.get(name, "").split()) for name in FIELDS}
    for name, (label, most, needed) in FIELDS.items():
        if needed and not values[name]:
            raise SessionRefused(f"请填写{label}")
        if len(values[name]) > most:
            raise SessionRefused(f"{label}不能超过 {most} 字")
    with transaction.atomic():
        year = now.astimezone(BEIJING).year
        serial = 1 + (AttendedSession.objects.filter(year=year).aggregate(last=Max("serial"))["last"] or 0)
        made = AttendedSession.objects.create(
            year=year, serial=serial, number=f"QZ{year}{serial:06d}", lead=lead, url=address, opened_by=by[:150], opened_at=now,
            monitoring=cited(lead, archive) if lead else [], **values)
        _event(made, by, "发起", f"案由：{values['cause']}；网址：{address}", now)
        audit.record(by, "发起取证会话", f"session:{made.number}", url=address, lead=lead.number if lead else "")
    return made


def cited(lead: Lead, archive: Path) -> list[str]:
    """Numbers of the monitoring records of a lead's captures, as evidence.numbers derives them. Attended captures have none."""
    ids = list(dict.fromkeys(lead.findings.order_by("-level", "-seq").values_list("capture_id", flat=True)))[:MAX_CITED]
    try:
        found = [in_ledger(archive, id) for id in ids]
    except (EvidenceError, OSError):
        return []
    return sorted(record_number(one) for one in found if one is not None and one.client != "attended")


def sign_in(session: AttendedSession, user: Any, role: str, *, address: str, home: Path, limits: dict[str, float] | None = None,
            now: datetime | None = None) -> AttendedSession:
    """One officer, who has just given their password, takes a part. With the second the process is ordered. Raises SessionRefused."""
    now = now or timezone.now()
    if role not in SessionSigner.Role.values:
        raise SessionRefused("请选择操作人或记录人")
    certificate = valid_certificate(user, now.astimezone(BEIJING).date())
    with transaction.atomic():
        there = list(SessionSigner.objects.filter(session=session))
        _require(session, (State.OPENED,), "签到")
        if any(one.user_id == user.pk or one.certificate == certificate.number for one in there):
            raise SessionRefused(f"{certificate.name} 已经签到；操作人和记录人必须是两名不同的执法人员")
        if any(one.role == role for one in there):
            raise SessionRefused(f"{SessionSigner.Role(role).label}已由他人签到")
        try:
            SessionSigner.objects.create(session=session, user=user, role=role, name=certificate.name, certificate=certificate.number,
                                         organ=certificate.organ, valid_until=certificate.valid_until, signed_at=now, address=address[:60])
        except IntegrityError:
            raise SessionRefused("签到没有成功：同一时刻有人签到，请刷新后再试") from None
        _event(session, user.get_username(), "签到", f"{SessionSigner.Role(role).label} {certificate.name}，执法证号 {certificate.number}", now)
        audit.record(user.get_username(), "取证会话签到", f"session:{session.number}", role=role, certificate=certificate.number, address=address)
        if there:
            _move(session, (State.OPENED,), State.CHECKING, ordered_at=now)
    session.refresh_from_db()
    if session.state == State.CHECKING:
        _order(session, home, limits or {})
    return session


def _order(session: AttendedSession, home: Path, limits: dict[str, float]) -> None:
    """For adpatrol.attending, whole or not at all."""
    signers = [{"user": one.user.get_username(), "name": one.name, "role": SessionSigner.Role(one.role).label, "certificate": one.certificate,
                "organ": one.organ, "signed_at": one.signed_at.isoformat()} for one in session.signers.select_related("user")]
    stated = {name: getattr(session, name) for name in FIELDS} | {
        "lead": session.lead.number if session.lead else "", "monitoring": session.monitoring, "signers": signers}
    waiting = home / "sessions" / "waiting"
    waiting.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = waiting / f"{session.number}.new"
    beside.write_text(json.dumps({"number": session.number, "url": session.url, "stated": stated, "limits": limits}, ensure_ascii=False), encoding="utf-8")
    beside.replace(waiting / f"{session.number}.json")


def cancel(session: AttendedSession, by: str) -> None:
    """待签到 → 已取消. Raises SessionRefused."""
    with transaction.atomic():
        _move(session, (State.OPENED,), State.CANCELLED, ended_at=timezone.now(), ending="开始前取消")
        _event(session, by, "取消", "", timezone.now())
        audit.record(by, "取消取证会话", f"session:{session.number}")


def act(session: AttendedSession, user: Any, name: str, home: Path, **more: Any) -> Answer:
    """One act of a signer. What the browser's process answers is written in its journal; starts and ends are audited. Raises SessionRefused."""
    if name not in ACTS:
        raise SessionRefused("会话中只能打开网址、滚动、点击、后退、截图和结束")
    signer = session.signers.filter(user=user).first()
    if signer is None:
        raise SessionRefused("只有签到的两名执法人员可以操作本会话")
    settle(session, home)
    wanted = (State.CHECKING, State.READY, State.RUNNING) if name == "interrupt" else (State.READY,) if name == "start" else (State.RUNNING,)
    _require(session, wanted, ACTS[name])
    answer = ask(folder_of(home, session.number), name, who=user.get_username(), name=signer.name, **more)
    if answer.ok and name in ("start", "finish", "interrupt"):
        to = {"start": State.RUNNING}.get(name, State.ENDING)
        with transaction.atomic():
            now = timezone.now()
            _move(session, wanted, to, **({"started_at": now} if name == "start" else {}))
            _event(session, user.get_username(), ACTS[name], str(more.get("why", "")), now)
            audit.record(user.get_username(), f"取证会话{ACTS[name]}", f"session:{session.number}", **more)
    return answer


def left(user: Any, home: Path, why: str) -> int:
    """An officer went away (log-out, rest too long): every session they signed into ends as 中断. How many."""
    found = list(AttendedSession.objects.filter(state__in=(*LIVE,), signers__user=user).exclude(state=State.ENDING))
    for session in found:
        name = session.signers.get(user=user).name
        ask(folder_of(home, session.number), "interrupt", who=user.get_username(), name=name, why=f"{name}{why}")
        with transaction.atomic():
            if AttendedSession.objects.filter(pk=session.pk, state__in=(State.CHECKING, State.READY, State.RUNNING)).update(state=State.ENDING):
                _event(session, user.get_username(), "离场", f"{name}{why}", timezone.now())
                audit.record(user.get_username(), "取证会话离场", f"session:{session.number}", why=why)
    return len(found)


def settle(session: AttendedSession, home: Path) -> AttendedSession:
    """Brings what the process and the archive say into the row; forward only. Cheap where nothing changed."""
    if session.live:
        told = _result(home, session.number)
        if told is None and session.state == State.CHECKING and _checked(folder_of(home, session.number)):
            AttendedSession.objects.filter(pk=session.pk, state=State.CHECKING).update(state=State.READY)
        elif told is None:
            told = _dead(session, home)
        if told is not None:
            _end(session, told, home)
        session.refresh_from_db()
    elif session.state == State.INTERRUPTED and not session.capture_id:
        told = _result(home, session.number)
        if told is not None and told.get("capture"):
            AttendedSession.objects.filter(pk=session.pk, capture_id="").update(capture_id=told["capture"])
            session.refresh_from_db()
    return session


def settle_all(home: Path) -> None:
    for session in AttendedSession.objects.filter(state__in=LIVE):
        settle(session, home)


def _end(session: AttendedSession, told: dict[str, str], home: Path) -> None:
    finished, facts = False, {}
    if told["capture"]:
        found = in_ledger(home / "archive", told["capture"])
        facts = found.facts.get("session", {}) if found is not None and found.client == "attended" else {}
        # a session that nobody was seen to finish here is none that was finished
        finished = facts.get("how") == "finished" and facts.get("number") == session.number and session.state in (State.RUNNING, State.ENDING)
    to = State.FINISHED if finished else State.INTERRUPTED
    with transaction.atomic():
        changed = AttendedSession.objects.filter(pk=session.pk, state__in=LIVE).update(
            state=to, capture_id=told["capture"], ending=told["why"][:300], ended_at=_moment(facts.get("ended")) or timezone.now(),
            **({"started_at": _moment(facts["started"])} if facts.get("started") else {}))
        if changed:
            _event(session, audit.SYSTEM, str(State(to).label), told["why"], timezone.now())
            audit.record(audit.SYSTEM, f"取证会话{State(to).label}", f"session:{session.number}", capture=told["capture"], why=told["why"])


def _dead(session: AttendedSession, home: Path) -> dict[str, str] | None:
    """How a session ended whose process is gone, or never came; None while one has it, or may yet."""
    lock, waiting = home / "sessions" / f"{session.number}.lock", home / "sessions" / "waiting" / f"{session.number}.json"
    if session.state == State.ENDING and waiting.exists():
        return None  # the officers ended it; what it left is on its way into the archive
    begun = (folder_of(home, session.number) / "journal.jsonl").exists()
    ordered = session.ordered_at or session.opened_at
    if not begun and timezone.now() - ordered < timedelta(seconds=START_S):
        return None
    with alone(lock) as dead:
        if not dead:
            return None
        told = _result(home, session.number)
        if told is not None or begun:
            return told or {"capture": "", "how": "interrupted", "why": "取证进程被中止，会话没有正常结束"}
        waiting.unlink(missing_ok=True)
        return {"capture": "", "how": "interrupted", "why": "取证进程没有启动：请系统管理员确认 adpatrol serve 正在运行"}


def _result(home: Path, number: str) -> dict[str, str] | None:
    try:
        told = json.loads((home / "sessions" / f"{number}.result.json").read_text(encoding="utf-8"))
        return {name: str(told[name]) for name in ("capture", "how", "why")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _checked(folder: Path) -> bool:
    try:
        return b'"kind": "checked"' in (folder / "journal.jsonl").read_bytes()
    except OSError:
        return False


def _require(session: AttendedSession, states: Iterable[str], what: str) -> None:
    state = AttendedSession.objects.values_list("state", flat=True).get(pk=session.pk)
    if state not in states:
        raise SessionRefused(f"会话 {session.number} 现为“{State(state).label}”，不能{what}；请刷新页面")


def _move(session: AttendedSession, was: Iterable[str], to: str, **values: Any) -> None:
    """The old state stands in the condition of the UPDATE: of two at once, one moves it and the other is told."""
    if AttendedSession.objects.filter(pk=session.pk, state__in=tuple(was)).update(state=to, **values) != 1:
        _require(session, was, str(State(to).label))
        raise SessionRefused("会话已经变化，请刷新页面")


def _event(session: AttendedSession, who: str, act: str, said: str, now: datetime) -> None:
    SessionEvent.objects.create(session=session, at=now, who=who[:150], act=act, said=said[:2_000])


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
