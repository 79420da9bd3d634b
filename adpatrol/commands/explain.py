"""`adpatrol explain`: how one page was read and judged, step by step."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from adpatrol.commands.scan import GATES, LEVELS, plain, write_json


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol explain 页面.html")
    def explain(
        target: Annotated[str, typer.Argument(help="网址、文件，或 - 表示标准输入的文字")],
        as_json: Annotated[bool, typer.Option("--json", help="每页一行 JSON")] = False,
        allow: Annotated[list[str] | None, typer.Option(help="准许访问的内部网段，如 127.0.0.0/8")] = None,
    ) -> None:
        """逐步说明一页是怎样读出、怎样研判的。"""
        from adpatrol.judging import Judge
        from adpatrol.targets import networks, read_targets

        judge = Judge()
        for found in read_targets([target], stdin=sys.stdin.buffer, allow=networks(allow or [])):
            if found.document is None:
                raise ValueError(f"{found.source}：{found.error}")
            steps = _steps(judge, judge(found.document, found.status, shown=found.shown))
            if as_json:
                write_json({"source": found.source, **steps})
            else:
                _tell(found.source, steps)


def _steps(judge: Any, judged: Any) -> dict[str, Any]:
    page, verdict = judged.page, judged.verdict
    provisions = judge.knowledge.provisions
    return {
        "read": {
            "url": page.url, "title": page.title, "encoding_declared": page.encoding_declared, "encoding": page.encoding,
            "visible_chars": len(page.text), "blocks": len(page.blocks), "asides": len(page.asides), "links": len(page.links),
            "script_bytes": page.script_bytes, "refused": page.refused, "needs_browser": judged.needs_browser,
        },
        "identity": {"icp": page.identity.icp, "companies": page.identity.companies, "uscc": page.identity.uscc},
        "gate": {"kind": judged.gate.kind, "reason": judged.gate.reason},
        "genre": {"genre": str(verdict.genre), "reasons": verdict.genre_reasons},
        "ruleset": judge.knowledge.digest,
        "findings": [
            {**f.to_json(), "excusable_by": f.excusable_by,
             "basis": [f"{provisions[p].law}{provisions[p].article}" for p in f.provisions if p in provisions]}
            for f in verdict.findings
        ],
        "excused": [e.to_json() for e in verdict.excused],
        "violating": verdict.violating,
        "seconds": judged.seconds,
    }


def _tell(source: str, steps: dict[str, Any]) -> None:
    read = steps["read"]
    def say(line: str) -> None:
        print(plain(line))

    say(f"① 读取  {source}")
    say(f"   标题 {read['title'] or '（无）'}；编码 声明 {read['encoding_declared'] or '无'} → 实际 {read['encoding'] or '未知'}")
    say(f"   可见文字 {read['visible_chars']} 字、{read['blocks']} 段；非显示文字 {read['asides']} 段；链接 {read['links']} 个")
    if read["refused"]:
        say(f"   未能完整读取：{read['refused']}")
    if read["needs_browser"]:
        say(f"   可能看不全：{read['needs_browser']}；可用 adpatrol scan --render 以浏览器打开")
    who = steps["identity"]
    icp, companies, uscc = ("、".join(who[key]) or "未见" for key in ("icp", "companies", "uscc"))
    say(f"② 主体  备案号 {icp}；公司 {companies}；信用代码 {uscc}")
    kind = steps["gate"]["kind"]
    say(f"③ 是否网页本身  {'是' if kind == 'page' else '否：' + GATES.get(kind, kind)}  {steps['gate']['reason']}")
    say(f"④ 体裁  {steps['genre']['genre']}  {'；'.join(steps['genre']['reasons'])}")
    say(f"⑤ 研判（规则集 {steps['ruleset'][:19]}…）")
    for finding in steps["findings"]:
        place = f"位置 {finding['start']}–{finding['end']} 规则 {finding['rule']}"
        say(f"   {LEVELS[finding['level']]} 涉嫌 {finding['code']} “{finding['span']}” {place}")
        why = (*finding["reasons"], *(f"依据 {b}" for b in finding["basis"]), *(f"不适用的豁免：{x}" for x in finding["excusable_by"]))
        for reason in why:
            say(f"      · {reason}")
    for excused in steps["excused"]:
        say(f"   豁免 {excused['code']} “{excused['span']}”：{excused['because']}")
    if not steps["findings"] and not steps["excused"]:
        say("   没有触发任何规则")
    say(f"⑥ 结论  {'涉嫌违法，待人工核查' if steps['violating'] else '未发现黄色及以上的涉嫌违法点'}（{steps['seconds'] * 1000:.1f} 毫秒）")
