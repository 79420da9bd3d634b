"""《电子数据提取笔录》: every field of the law's list, from the session alone, and never from what the system captured by itself."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

sys.path.insert(0, str(Path(__file__).resolve().parent))
from session_home import finished, officer, signed

from alerts.evidence_papers.print import pdf
from alerts.evidence_papers.sheet import Pairs, Picture, Sheet, Signatures, Table
from alerts.evidence_papers.word import docx
from alerts.models import AttendedSession
from alerts.sessions import closing, facts
from alerts.sessions.errors import NotOfSession, SessionRefused
from alerts.sessions.record import sheet
from evidence import ledger
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, Visit, VisitRecord

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Law:
    law: str
    article: str
    paragraph_item: str | None = None
    text: str = "市场监督管理部门……"
    status: str = "in_force"
    verified: bool = True
    source_quality: str = "law_text_mirror"


LAWS = {"iad-2023-art21": Law("《互联网广告管理办法》", "第二十一条"), "samrproc-2022-art26": Law("《未核对的规定》", "第二十六条", verified=False)}


@pytest.fixture
def two(db: None) -> tuple[Any, Any]:
    return officer("zhang", "410100001"), officer("li", "410100002")


def made(home: Path, session: AttendedSession) -> Sheet:
    return sheet(session, home / "archive", provisions=LAWS)


def words(one: Sheet) -> str:
    said = [one.title, one.number, one.foot]
    for block in one.blocks:
        if isinstance(block, Pairs | Table):
            said += [cell for row in block.rows for cell in row]
        elif isinstance(block, Picture):
            said.append(block.caption)
        else:
            said += list(block.places) if isinstance(block, Signatures) else [block.text]
    return " ".join(said)


def test_every_field_that_the_law_asks_for_has_its_place(tmp_path: Path, two: tuple[Any, Any]) -> None:
    session = finished(tmp_path, *two)
    closing.read_out(session, two[0])
    closing.note(session, two[0], party="refused", reason="称须先问律师", witness="王五", remark="")
    AttendedSession.objects.filter(pk=session.pk).update(monitoring=["JC20261121-000007"])
    session.refresh_from_db()
    text = words(made(tmp_path, session))
    found = ledger.capture(tmp_path / "archive", session.capture_id)
    assert found is not None
    told = found.facts["session"]
    for field, said in {
        "案由": "涉嫌发布违法互联网金融广告", "案件编号": "案件编号", "起止时间": "北京时间，UTC+8", "授时与偏差": "time.example 慢 0.3 秒", "地点": "市局三楼取证室",
        "网络环境": "办公外网，中国电信", "清洁性检查": "空白配置", "软件版本": "adpatrol/0.1", "目标网址": session.url, "跳转链": "http://shili-licai.example/ → ",
        "应答码": "200", "服务器": "203.0.113.9", "证书指纹": "ab" * 32, "对象与内容": "页面结构（DOM）", "逐步过程": "核对系统时间和清洁性检查结果，开始取证并录像",
        "网页的举动": "“<b>限时</b>”", "文件清单": "shot:01-window.png", "互相引用": "截图 1：shot-01-window.png、shot-01-dom.html", "链值": told["journal_head"],
        "清单校验值": told["manifest_sha256"], "录像": told["frames_head"], "时间戳": "可信时间戳", "登录": "未登录任何账号", "操作人": "zhang警官，执法证号 410100001",
        "记录人": "li警官，执法证号 410100002", "拒签": "称须先问律师", "见证人": "王五", "宣读": "zhang警官 当场宣读", "保管": "存档盘一", "派生物": "未作转换", "监测记录": "JC20261121-000007",
    }.items():
        assert said in text, field


def test_the_list_of_files_has_the_digests_of_what_is_stored(tmp_path: Path, two: tuple[Any, Any]) -> None:
    import hashlib

    from evidence.read import record_payload

    session = finished(tmp_path, *two)
    found = ledger.capture(tmp_path / "archive", session.capture_id)
    assert found is not None
    [table] = [block for block in made(tmp_path, session).blocks if isinstance(block, Table) and block.columns[0].head == "类别和格式"]
    listed = {row[1].partition("\n")[0]: row[2] for row in table.rows}
    stored = {ref.uri.partition(f"{session.number}:")[2]: record_payload(tmp_path / "archive", ref) for ref in found.records if ":session:" in ref.uri}
    assert set(listed) == {name for name in stored if not name.startswith("frame:") and name != "manifest"}
    for name, digests in listed.items():
        assert digests == f"SHA-256 {hashlib.sha256(stored[name]).hexdigest()}\nSM3 {hashlib.new('sm3', stored[name]).hexdigest()}"


def test_unverified_provisions_are_never_printed(tmp_path: Path, two: tuple[Any, Any]) -> None:
    text = words(made(tmp_path, finished(tmp_path, *two)))
    assert "《互联网广告管理办法》第二十一条" in text and "未核对的规定" not in text


def test_a_session_that_did_not_end_as_it_should_gives_no_record(tmp_path: Path, two: tuple[Any, Any]) -> None:
    with pytest.raises(SessionRefused, match="不得补全"):
        made(tmp_path, finished(tmp_path, *two, end="interrupted"))
    with pytest.raises(SessionRefused, match="自检中"):
        made(tmp_path, signed(tmp_path, *two))


def test_the_record_uses_nothing_of_an_automatic_capture_of_the_same_page(tmp_path: Path, two: tuple[Any, Any]) -> None:
    """The same address was captured by the system before and after; its words, digests and pictures stand nowhere in the 笔录."""
    with ArchiveWriter(tmp_path / "archive", run="r1") as writer:
        for n in (1, 2):
            writer.write(Visit(
                id=f"auto-{n}", run="r1", site="https://www.shili-licai.example", url="https://www.shili-licai.example/", final_url="https://www.shili-licai.example/",
                client="desktop-evidence", time=timezone.now(), outcome=Outcome.OK, status=200, detail="自动监测所得",
                records=(VisitRecord(type="resource", uri="urn:fullPage:https://www.shili-licai.example/", payload=b"automatic picture", content_type="image/png"),
                         VisitRecord(type="resource", uri="urn:text:https://www.shili-licai.example/", payload="自动监测的文字".encode(), content_type="text/plain"))))
        automatic = writer.commit()
    session = finished(tmp_path, *two)
    text = words(made(tmp_path, session))
    for capture in automatic:
        assert capture.id not in text and not any(ref.sha256 in text or ref.uri in text for ref in capture.records)
    assert "自动监测的文字" not in text and "automatic picture" not in text
    session.capture_id = automatic[0].id
    with pytest.raises(NotOfSession, match="不得写入笔录"):
        made(tmp_path, session)


def test_evidence_that_was_tampered_with_gives_no_record(tmp_path: Path, two: tuple[Any, Any]) -> None:
    session = finished(tmp_path, *two)
    found = ledger.capture(tmp_path / "archive", session.capture_id)
    assert found is not None
    ref = next(ref for ref in found.records if ref.uri.endswith("shot:01-dom.html"))
    file = tmp_path / "archive" / ref.file
    raw = bytearray(file.read_bytes())
    raw[ref.offset + ref.length // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(NotOfSession, match="没有通过核验"):
        made(tmp_path, session)


def test_words_of_the_page_stay_words_in_the_paper(tmp_path: Path, two: tuple[Any, Any]) -> None:
    session = finished(tmp_path, *two, title="</w:t><script>alert(1)</script>{{ 7*7 }}\u202e")
    one = made(tmp_path, session)
    assert "\u202e" not in words(one)
    with zipfile.ZipFile(io.BytesIO(docx(one))) as archive:
        xml = archive.read("word/document.xml").decode()
    assert "&lt;b&gt;限时&lt;/b&gt;" in xml and "<b>限时" not in xml and "<script" not in xml


def test_docx_and_pdf_hold_the_picture_and_the_places_for_signatures(tmp_path: Path, two: tuple[Any, Any]) -> None:
    one = made(tmp_path, finished(tmp_path, *two))
    assert any(isinstance(block, Picture) for block in one.blocks)
    assert pdf(one)[:5] == b"%PDF-" and len(pdf(one)) > 20_000
    with zipfile.ZipFile(io.BytesIO(docx(one))) as archive:
        text = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
        assert any(name.startswith("word/media/") for name in archive.namelist())
    for label in ("操作人", "记录人", "当事人（持有人）", "见证人", "以上笔录经在场人员核对无误"):
        assert label in text


def test_the_time_stamps_over_the_sessions_root_are_named_and_none_is_made_up(tmp_path: Path, two: tuple[Any, Any]) -> None:
    from evidence import keys, roots
    from evidence.tables import writing

    session = finished(tmp_path, *two)
    assert "本笔录制作时尚无" in words(made(tmp_path, session))
    keys.make(tmp_path / "keys" / "ledger.pem")
    root = roots.make(tmp_path / "archive", keys.FileSigner(tmp_path / "keys" / "ledger.pem"))
    assert root is not None and "本笔录制作时尚无" in words(made(tmp_path, session))  # a root alone proves no time
    left = facts.of(session, tmp_path / "archive")
    with writing(tmp_path / "archive") as db:
        db.execute("INSERT INTO stamps (root, authority, response, time) VALUES (?, ?, ?, ?)", (root.seq, "授时示例", b"no token", "2026-11-21T15:00:00Z"))
    assert facts.stamped(left, tmp_path / "archive") == [f"授时示例，2026-11-21T15:00:00Z（UTC），第 {root.seq} 个存证根"]
    with pytest.raises(NotOfSession, match="时间戳"):  # a stamp that is none stops the paper
        made(tmp_path, session)
