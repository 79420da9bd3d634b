"""证据清单: every file of the package with its size and both digests, what it is, when and from where, and places for signatures.

The columns are those a record's list must have (类别、格式、大小、完整性校验值: 法发〔2016〕22号第十四条), with room for page numbers."""

from __future__ import annotations

from alerts.evidence_papers.facts import Told, beijing
from alerts.evidence_papers.sheet import Block, Column, Heading, Pairs, Sheet, Signatures, Table, Text, said
from evidence.packages.model import Facts, Listed

KINDS = {
    "evidence.wacz": "网页存档（WACZ 1.1.1，内含 WARC 原始记录）", "custody.jsonl": "取用经过（保管链）", "verify.py": "独立核验程序",
    "ledger/entries.jsonl": "存证登记与证明路径", "ledger/public-key.pem": "取证单位签名公钥",
}
COLUMNS = (Column("序号", 11, align="center"), Column("文件名", 43), Column("内容、来源和取证时间（北京时间）", 60), Column("大小\n（字节）", 20, align="right"),
           Column("完整性校验值（上为 SHA-256，下为 SM3）", 101, code=True), Column("页号", 12))


def catalogue(told: Told) -> Sheet:
    facts = told.facts
    rows = [(str(number), said(one.name), _what(facts, one), f"{one.size:,}", f"{one.sha256}\n{one.sm3}", "")
            for number, one in enumerate(facts.files, 1)]
    blocks: list[Block] = [
        Pairs((("事项", f"{said(facts.subject.title)}（{said(facts.subject.number)}）"), ("取证单位", said(facts.office) or "（未登记）"),
               ("证据包", f"包号 {said(facts.id)}，{beijing(facts.made)} 由 {said(facts.who)} 导出，含 {len(facts.captures)} 个快照、{len(facts.files)} 个文件（本清单及其他文书除外）"),
               ("公钥指纹", facts.key))),
        Table(COLUMNS, rows), *_lacks(facts),
        Text("以上文件已逐个计算完整性校验值，与原始存证一致。校验方法见所附《核验说明》。", small=True),
        Signatures(("提取人（签名）及执法证号", "提取人（签名）及执法证号", "当事人或持有人（签名，或注明拒签情况）", "见证人（签名）")),
    ]
    return Sheet(name="证据清单", title="电子数据证据清单", number=f"包号：{said(facts.id)}", blocks=blocks, foot=f"证据清单　{said(facts.subject.number)}", landscape=True)


def _lacks(facts: Facts) -> list[Block]:
    if not facts.missing:
        return []
    blocks: list[Block] = [Heading("缺少的证据要素", 2)]
    blocks += [Text(f"{number}. {one.label}：{said(one.why)}", small=True, indent=False) for number, one in enumerate(facts.missing, 1)]
    if facts.sealed is not None:
        blocks.append(Text(f"缺项封存：由 {said(facts.sealed.who)} 于 {beijing(facts.sealed.time)} 决定，理由：{said(facts.sealed.reason)}", small=True, indent=False))
    return blocks


def _what(facts: Facts, one: Listed) -> str:
    for picture in facts.pictures:
        words = {picture.original: "网页截图原件", picture.annotated: "截图标注副本", picture.legend: "标注图例"}.get(one.name)
        if words:
            capture = next(found for found in facts.captures if found.id == picture.capture)
            return f"{words}\n{said(capture.final_url, 160)}\n{beijing(capture.time)}"
    if one.name == "evidence.wacz":
        first, last = min(found.time for found in facts.captures), max(found.time for found in facts.captures)
        span = beijing(first) if first == last else f"{beijing(first)} 至 {beijing(last)}"
        return f"{KINDS[one.name]}，{len(facts.captures)} 个快照\n{span}"
    if one.name.startswith("ledger/roots/"):
        return "存证根的时间戳（RFC 3161）" if one.name.endswith(".tsr") else "存证根的签名" if one.name.endswith(".sig") else "存证根" if one.name.endswith(".json") else "此前的签名公钥"
    if one.name.startswith("authorities/"):
        return "时间戳机构证书"
    return KINDS.get(one.name, "")
