"""《互联网广告监测记录》: made by the system alone, no officer's name. Serves as a lead and as technical monitoring material (《互联网广告管理办法》第二十二条);
it is never the 《电子数据提取笔录》, which comes only of an attended session (design/casework.md)."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.evidence_papers.facts import Found, Told, beijing, inner, laws, rows_of
from alerts.evidence_papers.sheet import Block, Column, Heading, Pairs, Picture, Sheet, Table, Text, said
from evidence.capture import Capture, RecordRef
from evidence.numbers import record_number
from evidence.packages import elements
from evidence.packages.model import Shown

CLIENTS = {"desktop": "桌面", "phone": "手机", "static": "程序直接读取", "browser": "浏览器", "evidence": "浏览器（证据级）", "session": "取证会话"}
MAX_DETAILED = 12  # pages told one by one; the rest in one table, a row each
MAX_FOUND = 20  # 涉嫌违法点 quoted of one page
WHAT = {"urn:fullPage:": "整页截图", "urn:view:": "首屏截图", "urn:x-adpatrol:dom:": "渲染后的页面（DOM）", "urn:text:": "页面文字", "urn:x-adpatrol:evidence:": "取证过程记录",
        "urn:x-adpatrol:network:": "网络日志", "urn:x-adpatrol:console:": "控制台日志", "urn:x-adpatrol:second-answer:": "第二次取证的应答", "urn:x-adpatrol:boxes:": "版面记录",
        "urn:x-adpatrol:visit:": "访问事实"}


def record(told: Told) -> Sheet:
    facts = told.facts
    principal = elements.best(facts.captures)
    others = [one for one in facts.captures if one not in principal]
    blocks: list[Block] = [
        Text("本记录由系统自动监测形成，没有执法人员在场操作，作为线索和技术监测记录资料。所称“涉嫌”均未经认定。引号内为页面原文。", small=True),
        Heading("一、监测情况"), Pairs(_general(told, principal)),
    ]
    for number, capture in enumerate(principal[:MAX_DETAILED], 1):
        blocks += _page(told, capture, number, len(principal))
    if len(principal) > MAX_DETAILED:
        blocks += _in_short(told, principal[MAX_DETAILED:])
    if others:
        columns = (Column("记录编号", 36), Column("取证时间（北京时间）", 40), Column("方式", 28), Column("网址", 52, code=True))
        blocks += [Heading("三、同一页面的其他快照"), Table(columns, [(record_number(one), beijing(one.time), client(one.client), said(one.url, 300)) for one in others])]
    blocks += [Heading("四、完整性与可信时间" if others else "三、完整性与可信时间"), Pairs(_integrity(told)), *_lacks(told)]
    first = record_number(principal[0])
    number_line = f"编号：{first}" + (f" 等 {len(principal)} 件" if len(principal) > 1 else "")
    return Sheet(name="互联网广告监测记录", title="互联网广告监测记录", number=number_line, blocks=blocks, foot=f"互联网广告监测记录　{first}")


def client(name: str) -> str:
    return "，".join(CLIENTS.get(part, part) for part in name.split("-"))


def _general(told: Told, principal: Sequence[Capture]) -> list[tuple[str, str]]:
    facts = told.facts
    shown = list(facts.shown.values())
    companies = "、".join(dict.fromkeys(name for one in shown for name in one.companies))
    icp = "、".join(dict.fromkeys(name for one in shown for name in one.icp))
    first, last = min(one.time for one in facts.captures), max(one.time for one in facts.captures)
    return [
        ("事项", f"{said(facts.subject.title)}（{said(facts.subject.number)}）"), ("监测单位", said(facts.office) or "（未登记）"),
        ("监测网站", said("、".join(dict.fromkeys(one.site for one in facts.captures)), 600)), ("页面所示主办者", said(companies) or "页面未显示"),
        ("页面所示备案号", said(icp) or "页面未显示"), ("监测时间", beijing(first) if first == last else f"{beijing(first)} 至 {beijing(last)}（北京时间）"),
        ("页面数", f"{len(principal)} 个页面，{len(facts.captures)} 个快照"),
    ]


def _page(told: Told, capture: Capture, number: int, total: int) -> list[Block]:
    shown = told.facts.shown.get(capture.id, Shown())
    blocks: list[Block] = [
        *([Heading("二、监测到的页面")] if number == 1 else []), Heading(f"（{number}／{total}）{said(shown.title or capture.final_url, 80)}　{record_number(capture)}", 2),
        Pairs(_how(capture)),
    ]
    found = list(told.found.get(capture.id) or _of_same_page(told, capture))
    for place, one in enumerate(found[:MAX_FOUND], 1):
        blocks.append(Text(f"{place}. 涉嫌{said(one.name)}：“{said(one.span)}”" + (f"（{one.level}）" if one.level else ""), align="left"))
    if not found:
        blocks.append(Text("本页没有单列的涉嫌违法点。", align="left"))
    if len(found) > MAX_FOUND:
        blocks.append(Text(f"其余 {len(found) - MAX_FOUND} 处见网页存档。", align="left"))
    blocks += [Text(f"涉嫌违反：{line}", small=True) for line in laws(told, [law for one in found for law in one.provisions])]
    blocks += _pictures(told, capture)
    columns = (Column("存档记录", 34), Column("存档文件与偏移", 42, code=True), Column("SHA-256（所存记录）", 80, code=True))
    rows = [(words, f"{said(ref.file, 100)}\n{ref.offset:,}＋{ref.length:,}", ref.sha256) for words, ref in _cited(capture)]
    return [*blocks, Table(columns, rows)]


def _in_short(told: Told, captures: Sequence[Capture]) -> list[Block]:
    """Which page, when, what was found, and the digest of the answer; how it was taken stands in the archive, as for all."""
    columns = (Column("记录编号与取证时间", 40), Column("网址", 38, code=True), Column("涉嫌违法点（页面原文）", 44), Column("SHA-256（网站应答）", 34, code=True))
    rows = []
    for capture in captures:
        found = list(told.found.get(capture.id) or _of_same_page(told, capture))[:MAX_FOUND]
        words = "\n".join(f"涉嫌{said(one.name)}：“{said(one.span, 200)}”" for one in found)
        cited = _cited(capture)
        rows.append((f"{record_number(capture)}\n{beijing(capture.time)}", said(capture.url, 300), words or "—", cited[0][1].sha256 if cited else "—"))
    ids = list(dict.fromkeys(law for capture in captures for one in told.found.get(capture.id, ()) for law in one.provisions))
    return [Heading(f"其余 {len(captures)} 个页面", 2), Table(columns, rows), *(Text(f"涉嫌违反：{line}", small=True) for line in laws(told, ids))]


def _of_same_page(told: Told, capture: Capture) -> list[Found]:
    """What another capture of the same address showed, where this one has none of its own."""
    return [one for other in told.facts.captures if other.url == capture.url for one in told.found.get(other.id, ())]


def _how(capture: Capture) -> list[tuple[str, str]]:
    address = "、".join(str(a) for a in capture.facts.get("dns") or ()) or "、".join(
        dict.fromkeys(f"{one.get('host')} {one.get('address')}" for one in rows_of(capture, "connections") if one.get("address")))
    seconds = capture.facts.get("seconds")
    versions = inner(capture, "versions")
    tools = "，".join(f"{name} {value}" for name, value in versions.items()) if isinstance(versions, dict) else ""
    checks = "；".join(f"{one.get('label')}：{one.get('result')}" for one in rows_of(capture, "environment"))
    offset = inner(capture, "clock", "offset")
    rows = [
        ("网址", said(capture.url, 600)), ("应答网址", said(capture.final_url, 600) if capture.final_url != capture.url else ""),
        ("跳转经过", said(" → ".join(capture.redirects), 600)), ("取证时间", beijing(capture.time) + (f"，用时 {seconds:g} 秒" if isinstance(seconds, int | float) else "") + "（北京时间）"),
        ("时钟偏差", f"快 {offset:g} 秒（与 {said(inner(capture, 'clock', 'source'))} 比对）" if isinstance(offset, int | float) else "未测"),
        ("访问方式", f"{client(capture.client)}；{_identity(capture)}"), ("HTTP 状态", str(capture.status or "—")), ("服务器地址", said(address, 400) or "未记录"),
        ("服务器证书", said(_certificate(capture), 400)), ("工具版本", said(tools, 500) or "未记录"), ("清洁性检查", said(checks, 500) or "未检查"),
        ("独立印证", said(_second(capture), 500)), ("快照号", said(capture.id)),
    ]
    return [row for row in rows if row[1]]


def _identity(capture: Capture) -> str:
    name = {"public": "公开标识", "browser": "普通浏览器标识"}.get(str(capture.facts.get("identity")), "标识未记录")
    paper = capture.facts.get("authority_number") or inner(capture, "authority", "number")
    return name + (f"，依据授权书 {said(paper, 100)}" if paper else "")


def _certificate(capture: Capture) -> str:
    rows = rows_of(capture, "certificates")
    if rows:
        return "；".join(f"{one.get('origin')} SHA-256 {(one.get('sha256') or [''])[0]}" for one in rows[:2])
    told = capture.facts.get("tls")
    if isinstance(told, dict) and told:
        return "，".join(f"{name}：{value}" for name, value in told.items() if isinstance(value, str))
    return "" if capture.final_url.startswith("http:") else "未记录"


def _second(capture: Capture) -> str:
    told = inner(capture, "second")
    if not isinstance(told, dict):
        return "没有第二次独立取证"
    verdict = {"agrees": "另一客户端独立访问，所引语句一致", "differs": "另一客户端独立访问，所引语句不全一致", "impossible": "第二次独立访问没有成功", "none": "没有引用语句，未比对"}
    return verdict.get(str(told.get("verdict")), "未核验") + (f"：{told['why']}" if told.get("why") else "")


def _pictures(told: Told, capture: Capture) -> list[Block]:
    for picture in told.facts.pictures:
        if picture.capture != capture.id:
            continue
        name = picture.annotated or picture.original
        small = told.small.get(name)
        if small is None:
            return [Text(f"截图见 {name}。", small=True)]
        words = f"{name}（缩略图{'' if small.whole else '，页面上部'}）" + ("；方框编号为程序所加" if picture.annotated else "")
        return [Picture(small.jpeg, small.width, small.height, 110.0, words)]
    return [Text("没有截图。", small=True)]


def _cited(capture: Capture) -> list[tuple[str, RecordRef]]:
    """The records that a paper names one by one; the rest stands in the archive's own index."""
    named = [(words, ref) for start, words in WHAT.items() for ref in capture.records if ref.uri.startswith(start)]
    answers = [("网站应答", ref) for ref in capture.records if ref.type in ("response", "revisit") and ref.uri in (capture.final_url, capture.url)]
    return (answers[-1:] + named)[:14]


def _integrity(told: Told) -> list[tuple[str, str]]:
    facts = told.facts
    wacz = next(one for one in facts.files if one.name == "evidence.wacz")
    rows = [("网页存档", f"evidence.wacz\nSHA-256 {wacz.sha256}\nSM3 {wacz.sm3}"), ("签名公钥指纹", facts.key)]
    roots = sorted({root.seq: root for root in facts.roots.values()}.items())
    rows.append(("存证根", "\n".join(f"第 {seq} 个，SHA-256 {root.sha256}" for seq, root in roots[:20]) + (f"\n等 {len(roots)} 个" if len(roots) > 20 else "")))
    stamps = [f"第 {one.root} 个存证根：{said(one.authority)}，{said(one.time)}（UTC）" for one in facts.stamps if one.root in dict(roots)]
    rows.append(("可信时间戳", "\n".join(stamps[:20]) or "时间戳待补"))
    rows += [("时间戳机构根证书", f"{said(one.name)}　SHA-256 {one.root_sha256}") for one in facts.authorities]
    return rows


def _lacks(told: Told) -> list[Block]:
    if not told.facts.missing:
        return [Text("经机器逐项检查，证据要素齐全。", small=True)]
    lacks = "；".join(f"{one.label}（{said(one.why)}）" for one in told.facts.missing)
    return [Text(f"尚缺的证据要素：{lacks}。" + ("经批准缺项封存，见《证据清单》。" if told.facts.sealed else ""), small=True)]
