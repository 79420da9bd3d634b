"""After a session has ended: the digests read out, who signed or refused, and the scan of the signed paper. The material is not touched."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts import audit
from alerts.models import AttendedSession, SessionEvent, SignedPaper
from alerts.sessions.desk import State
from alerts.sessions.errors import SessionRefused
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord
from evidence.digests import sm3

PARTY = {"signed": "当事人（持有人）在场，签名", "refused": "当事人（持有人）在场，拒绝签名", "absent": "当事人（持有人）不在场"}
MAX_SCAN = 24 * 1024 * 1024
MAX_SCANS = 10
KINDS = {b"%PDF-": ("application/pdf", "pdf"), b"\xff\xd8\xff": ("image/jpeg", "jpg"), b"\x89PNG\r\n\x1a\n": ("image/png", "png")}


def read_out(session: AttendedSession, user: Any) -> None:
    """The list of files with their digests was read out before both officers. Once. Raises SessionRefused."""
    signer = _signer(session, user)
    with transaction.atomic():
        now = timezone.now()
        if AttendedSession.objects.filter(pk=session.pk, state=State.FINISHED, read_out_at=None).update(read_out_at=now, read_out_by=signer) != 1:
            raise SessionRefused("只有正常结束、尚未宣读过的会话可以记录宣读")
        SessionEvent.objects.create(session=session, at=now, who=user.get_username(), act="宣读校验值", said=f"{signer} 当场宣读文件清单及校验值")
        audit.record(user.get_username(), "取证会话宣读校验值", f"session:{session.number}")
    session.refresh_from_db()


def note(session: AttendedSession, user: Any, *, party: str, reason: str, witness: str, remark: str) -> None:
    """Who signed, or why not, and who witnessed it (市场监督管理行政处罚程序规定: 拒签注明情况, 必要时见证人). Raises SessionRefused."""
    signer = _signer(session, user)
    reason, witness, remark = (" ".join(text.split())[:500] for text in (reason, witness, remark))
    if party not in PARTY:
        raise SessionRefused("请选择当事人（持有人）的签名情况")
    if party == "refused" and not reason:
        raise SessionRefused("拒绝签名的，须注明情况")
    now = timezone.now()
    with transaction.atomic():
        told = {"party": party, "reason": reason, "witness": witness, "remark": remark, "by": signer, "at": now.isoformat()}
        if AttendedSession.objects.filter(pk=session.pk, state=State.FINISHED).update(closing=told) != 1:
            raise SessionRefused("会话没有正常结束，不制作笔录")
        SessionEvent.objects.create(session=session, at=now, who=user.get_username(), act="记录签名情况",
                                    said="；".join(filter(None, (PARTY[party], reason, witness and f"见证人：{witness}", remark))))
        audit.record(user.get_username(), "取证会话记录签名情况", f"session:{session.number}", party=party, reason=reason, witness=witness)
    session.refresh_from_db()


def keep_scan(session: AttendedSession, user: Any, data: bytes, name: str, archive: Path) -> SignedPaper:
    """The signed paper as PDF, JPEG or PNG, into the archive as a visit of its own. Raises SessionRefused, ArchiveUnwritable."""
    _signer(session, user)
    if session.state != State.FINISHED:
        raise SessionRefused("会话没有正常结束，没有笔录可签")
    kind = next((found for start, found in KINDS.items() if data.startswith(start)), None)
    if kind is None:
        raise SessionRefused("只收 PDF、JPEG 或 PNG 扫描件")
    if len(data) > MAX_SCAN:
        raise SessionRefused(f"扫描件不能超过 {MAX_SCAN // 2**20} MiB")
    there = session.papers.count()
    if there >= MAX_SCANS:
        raise SessionRefused(f"一次会话最多存 {MAX_SCANS} 份扫描件")
    now, digest = timezone.now(), hashlib.sha256(data).hexdigest()
    if session.papers.filter(sha256=digest).exists():
        raise SessionRefused("这份扫描件已经存过")
    id = f"attended-{session.number}-signed-{digest[:16]}"
    uri = f"urn:x-adpatrol:session:{session.number}:signed:{digest[:16]}.{kind[1]}"
    with ArchiveWriter(archive, run=f"session-{session.number}-signed") as writer:
        writer.write(Visit(
            id=id, run=f"session-{session.number}-signed", site="/".join(session.url.split("/")[:3]), url=session.url, final_url=session.url, time=now, client="attended",
            outcome=Outcome.OK, detail=f"取证会话 {session.number} 签名笔录扫描件", facts={"signed": {"session": session.number, "sha256": digest, "by": user.get_username()}},
            records=(VisitRecord(type="resource", uri=uri, payload=data, content_type=kind[0]),)))
        writer.commit()
    with transaction.atomic():
        made = SignedPaper.objects.create(session=session, at=now, who=user.get_username(), name=_safe(name), content_type=kind[0], size=len(data),
                                          sha256=digest, sm3=sm3(data), capture_id=id)
        SessionEvent.objects.create(session=session, at=now, who=user.get_username(), act="存签名笔录", said=f"{made.name}，SHA-256 {digest}")
        audit.record(user.get_username(), "取证会话存签名笔录", f"session:{session.number}", sha256=digest, size=len(data), capture=id)
    return made


def _signer(session: AttendedSession, user: Any) -> str:
    signer = session.signers.filter(user=user).first()
    if signer is None:
        raise SessionRefused("只有签到的两名执法人员可以办理")
    return str(signer.name)


def _safe(name: str) -> str:
    """What the uploader called it, for people to read: no path, nothing that cannot be shown."""
    shown = "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if unicodedata.category(c)[0] != "C")
    return shown.strip()[-120:] or "扫描件"
