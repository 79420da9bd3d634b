"""A 取证会话 as a process would leave it in the archive, made of the real parts but for the browser: quick, and the same every time."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from PIL import Image

from alerts.models import AttendedSession, Lead
from alerts.sessions import desk
from alerts.sessions.officers import set_certificate
from crawler.attended import journal, keep

STATED = {"cause": "涉嫌发布违法互联网金融广告", "place": "市局三楼取证室", "network": "办公外网，中国电信", "case_number": "", "party": "示例理财信息服务有限公司", "storage": "存档盘一"}
URL = "https://www.shili-licai.example/"


def officer(name: str, number: str, *, until: date = date(2099, 12, 31)) -> User:
    user, _ = User.objects.get_or_create(username=name, defaults={"first_name": name})
    set_certificate(user, name=f"{name}警官", number=number, organ="示例市市场监督管理局", valid_from=date(2020, 1, 1), valid_until=until, by="operator")
    return user


def opened(archive: Path, *, lead: Lead | None = None, url: str = URL) -> AttendedSession:
    return desk.open_session("zhang", url=url, stated=STATED, lead=lead, archive=archive)


def signed(home: Path, one: User, two: User, **more: Any) -> AttendedSession:
    session = opened(home / "archive", **more)
    desk.sign_in(session, one, "operator", address="10.0.0.1", home=home)
    return desk.sign_in(session, two, "recorder", address="10.0.0.1", home=home)


def picture(colour: str = "#dfe8f1") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 760), colour).save(out, "JPEG")
    return out.getvalue()


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 760), "#dfe8f1").save(out, "PNG")
    return out.getvalue()


def write(home: Path, number: str, *, end: str = "finished", title: str = "示例理财") -> Path:
    """The folder of a session that was held: checks, start, a page, a shot, and (``end``) its last line; "" for one that was killed."""
    order = json.loads((home / "sessions" / "waiting" / f"{number}.json").read_text(encoding="utf-8"))
    folder = home / "sessions" / number
    log = journal.Journal(folder, max_frames=100, max_bytes=10_000_000)
    log.event("begin", "取证进程启动", number=number, url=order["url"], stated=order["stated"], tool="adpatrol/0.1", user_agent="Mozilla/5.0 (test)", identity="public")
    log.event("check", "系统时间：……", check={"name": "系统时间", "state": "ok", "said": "系统时间比 time.example 慢 0.3 秒（误差不超过 0.6 秒，1 个来源应答）", "value": {}})
    log.event("check", "浏览器：……", check={"name": "浏览器", "state": "ok", "said": "本次会话新建的空白配置", "value": {}})
    log.event("checked", "自检完毕")
    who = {"who": "zhang", "name": "zhang警官"}
    log.event("act", "核对系统时间和清洁性检查结果，开始取证并录像", act="start", ok=True, frame=0, page="about:blank", **who)
    log.frame(picture())
    log.event("arrived", "窗口中显示", url=order["url"], status=200, redirects=["http://shili-licai.example/"], server="203.0.113.9", dns=["203.0.113.9"],
              tls={"protocol": "TLS 1.3", "sha256": ["ab" * 32]}, headers=[], answer=log.file("answer-001.bin", b"<p>100%"))
    log.event("notice", "页面弹出提示框：“<b>限时</b>”，未作选择，已关闭", dialog="alert")
    log.frame(picture("#112233"))
    files = [log.file("shot-01-window.png", png()), log.file("shot-01-dom.html", "<p>100%本息保障</p>".encode())]
    log.event("shot", f"截图 1：{title}", number=1, url=order["url"], title=title, files=files, truncated="")
    log.event("act", "截图 1", act="shot", ok=True, frame=2, page=order["url"], **who)
    if end:
        log.event("end", "会话结束", how=end, why="执法人员结束取证" if end == "finished" else "浏览器或页面进程崩溃", frames=log.frames, frames_head=log.heads["frames"])
    log.close()
    return folder


def finished(home: Path, one: User, two: User, *, end: str = "finished", title: str = "示例理财", **more: Any) -> AttendedSession:
    """From the order to the archive, as adpatrol.attending does it."""
    from adpatrol.attending import main

    session = signed(home, one, two, **more)
    write(home, session.number, end=end, title=title)
    AttendedSession.objects.filter(pk=session.pk).update(state="ending")
    session.refresh_from_db()
    assert main(session.number, home) == 0
    return desk.settle(session, home)


__all__ = ["STATED", "URL", "finished", "keep", "officer", "opened", "picture", "png", "signed", "write"]
