"""`adpatrol evidence`: does what is stored stand?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adpatrol.cli import App


def register(app: typer.Typer) -> None:
    group = App(help="证据：核验")
    app.add_typer(group, name="evidence")

    @group.callback()
    def root() -> None:
        """证据：核验。"""

    @group.command(epilog="例：adpatrol evidence verify --all ；adpatrol evidence verify --capture 快照编号")
    def verify(
        capture: Annotated[str, typer.Option(help="只核验这个快照")] = "",
        everything: Annotated[bool, typer.Option("--all", help="核验全部")] = False,
        stored: Annotated[bool, typer.Option(help="只核验存储：摘要、压缩结尾与存证链（目前与 --all 相同）")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines：每处问题一行，最后一行是合计")] = False,
    ) -> None:
        """核验存档：逐条摘要、压缩结尾、存证链、有无缺失或多出。有问题时退出码 1。"""
        from adpatrol.home import home
        from evidence.verify import verify as check

        if bool(capture) == (everything or (stored and not capture)):
            raise typer.BadParameter("请指明 --all、--stored 或 --capture 编号")
        report = check(home() / "archive", capture=capture or None)
        for failure in report.failures:
            if as_json:
                print(json.dumps({"what": failure.what, "where": failure.where, "why": failure.why}, ensure_ascii=False))
            else:
                print(f"不符  {failure.what}  {failure.where}：{failure.why}")
        if as_json:
            print(json.dumps({"checked": report.checked, "captures": report.captures, "failures": len(report.failures), "writing": report.writing}, ensure_ascii=False))
        else:
            verdict = f"{len(report.failures)} 处不符" if report.failures else "全部相符" if report.checked else "这里还没有存档"
            live = f"（{report.writing} 个文件正在写入，其末尾未核验）" if report.writing else ""
            print(f"已核验 {report.checked} 条记录、{report.captures} 个快照：{verdict}{live}")
        raise typer.Exit(1 if report.failures else 0)
