"""《电子数据提取笔录》: filled from the session alone. It cites the monitoring record by number and takes nothing from it.

Every field of the law's list (procedures.yaml, electronic_extraction_record) has its place here; what nobody stated is left blank for the hand,
never guessed. Provisions are named only where their text was verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alerts.evidence_papers.sheet import Block, Column, Heading, Pairs, Picture, Sheet, Signatures, Table, Text, said
from alerts.evidence_papers.thumbnails import thumbnails
from alerts.models import AttendedSession, SessionSigner
from alerts.papers.referral import LawText, may_print
from alerts.sessions import facts
from alerts.sessions.closing import PARTY
from alerts.sessions.errors import SessionRefused
from evidence.digests import sm3_of

BEIJING = ZoneInfo("Asia/Shanghai")
BASIS = ("samrproc-2022-art26", "iad-2023-art21", "iad-2023-art22")
MAX_PICTURES = 12
MAX_STEPS = 400
MAX_NOTICES = 60
MAX_ARRIVALS = 60
PICTURE_MM = 150.0
BLANK = "　　　　　　　　"
STATES = {"ok": "正常", "attention": "需注意", "unknown": "未能核对"}
FOOT = "操作人：　　　　　记录人：　　　　　当事人：　　　　　见证人："
PLACES = ("操作人", "记录人", "当事人（持有人）", "见证人")


def sheet(
    session: AttendedSession, archive: Path, *, provisions: Mapping[str, LawText], office: str = "", stamps: Sequence[str] = (),
) -> Sheet:
    """``stamps``: what proves the time, a sentence each; () for what the ledger has today. Laid out by evidence_papers.word and .print. Raises SessionRefused where the session did not end as
    it should, NotOfSession where its material is not whole or not its own."""
    if session.state != AttendedSession.State.FINISHED:
        raise SessionRefused(f"会话 {session.number} 现为“{session.get_state_display()}”：只有正常结束的会话可以制作笔录，中断的会话不得补全")
    left = facts.of(session, archive, proven=True)
    blocks = [
        *_basics(session, left), *_surroundings(left), *_target(session, left), *_steps(left), *_files(left), *_integrity(session, left, stamps or facts.stamped(left, archive)),
        *_pictures(session, archive, left), *_closing(session, provisions),
    ]
    number = f"{said(office, 80)}　编号：{session.number}" if office else f"编号：{session.number}"
    return Sheet(name=f"电子数据提取笔录-{session.number}", title="电子数据提取笔录", number=number, blocks=blocks, foot=FOOT)


def _basics(session: AttendedSession, left: facts.Left) -> list[Block]:
    clock = next((row for row in facts.checks(left.events) if row["name"] == "系统时间"), None)
    cited = "、".join(session.monitoring)
    signers = [(SessionSigner.Role(one.role).label, f"{said(one.name)}，执法证号 {said(one.certificate)}{f'（{said(one.organ)}）' if one.organ else ''}，"
                f"{beijing(one.signed_at)} 凭本人密码签到") for one in session.signers.order_by("role")]
    return [Heading("一、基本情况"), Pairs([
        ("案由", said(session.cause)), ("案件编号", said(session.case_number) or BLANK), ("会话号", session.number),
        ("提取时间", f"{beijing(left.told['started'])} 至 {beijing(left.told['ended'])}（北京时间，UTC+8）"),
        ("时间校准", said(clock["said"]) if clock else "未记录"), ("提取地点", said(session.place)), ("网络环境", said(session.network)), *signers,
        ("当事人（持有人）", said(session.party) or BLANK),
        ("引用的监测记录", f"《互联网广告监测记录》{cited}（仅引用编号，本笔录未使用其中的材料）" if cited else "无"),
    ])]


def _surroundings(left: facts.Left) -> list[Block]:
    begin = left.events[0] if left.events else {}
    rows = [(said(row["name"]), STATES.get(row["state"], ""), said(row["said"])) for row in facts.checks(left.events)]
    return [Heading("二、设备、软件和清洁性检查"), Table((Column("检查项目", 26), Column("结果", 20), Column("情况", 110)), rows), Pairs([
        ("取证软件", f"{said(begin.get('tool', ''))}；浏览器标识 {said(begin.get('user_agent', ''))}"),
        ("登录与交互", "未登录任何账号，未输入任何文字；只作打开网址、滚动、点击、后退、截图，逐步列于第四部分"),
    ])]


def _target(session: AttendedSession, left: facts.Left) -> list[Block]:
    rows = []
    for event in [event for event in left.of_kind("arrived") if "status" in event][:MAX_ARRIVALS]:
        tls = event.get("tls") or {}
        prints = (tls.get("sha256") or [""])[0]
        chain = " → ".join(said(url, 500) for url in [*event.get("redirects", []), event["url"]])
        names = f"\n解析：{'、'.join(said(one, 60) for one in event['dns'])}" if event.get("dns") else ""
        rows.append((beijing(event["time"], day=False), chain, str(event["status"]), said(event.get("server", ""), 60) + names,
                     f"{said(tls.get('protocol', ''), 20)}\n{prints}" if prints else said(tls.get("protocol", ""), 20) or "无加密连接"))
    columns = (Column("时间", 18), Column("网址（含跳转）", 54, code=True), Column("应答码", 14), Column("服务器地址", 30, code=True), Column("TLS 证书 SHA-256", 40, code=True))
    return [Heading("三、提取对象"), Pairs([
        ("目标网址", said(session.url)),
        ("提取内容", "上述网址及会话中打开的网页的页面显示、页面结构（DOM）、页面文字、服务器应答和全程录像"),
    ]), Table(columns, rows)]


def _steps(left: facts.Left) -> list[Block]:
    rows = [(str(n), beijing(event["time"], day=False), said(event.get("name", ""), 60), said(event["said"], 600) + ("" if event.get("ok", True) else "（未成功）"),
             str(event.get("frame", ""))) for n, event in enumerate(left.of_kind("act")[:MAX_STEPS], 1)]
    columns = (Column("序号", 12), Column("时间", 20), Column("操作", 20), Column("内容", 84), Column("录像画面", 20))
    blocks: list[Block] = [
        Heading("四、提取方法和过程"),
        Text("两名执法人员同时在场，在本系统新建的空白浏览器环境中直接访问目标网址，逐步操作并全程录像。网页只经本机出口闸门取得，系统不修改网页内容。"
             "每一步连同时间写入过程记录，每条记录的链值由上一条推算，任何改动、增删均可发现。"),
        Table(columns, rows),
    ]
    notices = left.of_kind("notice")
    if notices:
        blocks += [Text(f"网页自行作出的举动（{len(notices)} 次，均按下列方式处理，未予响应）：", small=True),
                   Table((Column("时间", 20), Column("情况", 136)), [(beijing(event["time"], day=False), said(event["said"], 600)) for event in notices[:MAX_NOTICES]])]
    return blocks


def _files(left: facts.Left) -> list[Block]:
    frames = [row for row in left.files if row["name"].startswith("frame:")]
    rows = [(f"{said(row['kind'])}\n{said(row['type'])}", f"{said(row['name'])}\n{row['size']:,} 字节", f"SHA-256 {row['sha256']}\nSM3 {row['sm3']}")
            for row in left.files if row not in frames]
    columns = (Column("类别和格式", 30), Column("名称和大小", 30, code=True), Column("完整性校验值", 96, code=True))
    blocks: list[Block] = [Heading("五、提取的电子数据清单"), Table(columns, rows)]
    if frames:
        whole = sum(row["size"] for row in frames)
        blocks.append(Text(
            f"录像画面 frame:000001 至 frame:{len(frames):06d}，共 {len(frames)} 幅（image/jpeg，合计 {whole:,} 字节）。每幅的时间、字节数和 SHA-256 逐条列于“录像目录”（frames），"
            f"目录的校验值见上表；各幅 SHA-256 依次相接的 SM3 为 {sm3_of(row['sha256'].encode() for row in frames)}。", align="left", small=True))
    return blocks


def _integrity(session: AttendedSession, left: facts.Left, stamps: Sequence[str]) -> list[Block]:
    told = left.told
    shots = "；".join(f"截图 {event['number']}：{'、'.join(said(row['file'], 60) for row in event.get('files', []))}" for event in left.of_kind("shot"))
    return [Heading("六、完整性"), Pairs([
        ("存证号", f"{left.capture.id}（存证账本第 {left.capture.seq} 号）"), ("清单的 SHA-256", told["manifest_sha256"]),
        ("过程记录链值", f"{told['journal_head']}（{told['journal_lines']} 条）"),
        ("同步录像链值", f"{told['frames_head']}（{told['frames']} 幅）" if told["frames"] else "无录像画面"),
        ("互相引用", "过程记录中每次截图一条，列明同一时刻的窗口图、整页图、页面结构、页面文字及其 SHA-256" + (f"（{shots}）" if shots else "")),
        ("可信时间戳", "；".join(said(one) for one in stamps) or "本笔录制作时尚无；取得后随证据包附送"),
        ("校验值宣读", f"{beijing(session.read_out_at)}，{said(session.read_out_by)} 当场宣读文件清单及校验值" if session.read_out_at else BLANK),
        ("保管", f"{said(session.storage) or BLANK}；每次查看、导出、移交均记入存证账本"),
        ("派生物", "未作转换、脱敏或文字识别。所附截图为排版缩小，原图以上列校验值为准；录像为逐幅画面，画面无变化时不重复记录"),
    ])]


def _pictures(session: AttendedSession, archive: Path, left: facts.Left) -> list[Block]:
    """Made small in a child process under limits; the originals are what counts."""
    shots = left.of_kind("shot")
    blocks: list[Block] = [Heading("七、截图")]
    if not shots:
        return [*blocks, Text("会话中未截图。", small=True)]
    digests = {row["name"]: row["sha256"] for row in left.files}
    names = [f"shot:{int(event['number']):02d}-window.png" for event in shots[:MAX_PICTURES]]
    small = thumbnails(names, lambda name: facts.payload(session, archive, name)[0])
    for event, name in zip(shots, names, strict=False):
        caption = f"截图 {event['number']}　{beijing(event['time'])}　{said(event['url'], 300)}　原图 SHA-256 {digests.get(name, '')}"
        shown = small.get(name)
        blocks.append(Picture(shown.jpeg, shown.width, shown.height, PICTURE_MM, caption) if shown else Text(f"{caption}（原图不能显示）", small=True))
    if len(shots) > MAX_PICTURES:
        blocks.append(Text(f"其余 {len(shots) - MAX_PICTURES} 次截图见文件清单。", small=True))
    return blocks


def _closing(session: AttendedSession, provisions: Mapping[str, LawText]) -> list[Block]:
    laws = [f"{said(law.law)}{said(law.article)}" for law in (provisions[id] for id in BASIS if id in provisions) if may_print(law)]
    told: dict[str, Any] = session.closing or {}
    rows = [("依据", "、".join(dict.fromkeys(laws)))] if laws else []
    rows.append(("当事人（持有人）", PARTY.get(str(told.get("party")), "") or BLANK))
    rows += [(label, said(told[name])) for name, label in (("reason", "注明"), ("witness", "见证人"), ("remark", "备注")) if told.get(name)]
    return [Heading("八、签名"), Pairs(rows), Text("以上笔录经在场人员核对无误。"), Signatures(PLACES)]


def beijing(when: Any, *, day: bool = True) -> str:
    """2026年11月21日 22:03:04; a time that cannot be read: —."""
    try:
        moment = when if isinstance(when, datetime) else datetime.fromisoformat(str(when))
    except ValueError:
        return "—"
    local = moment.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M:%S}" if day else f"{local:%H:%M:%S}"
