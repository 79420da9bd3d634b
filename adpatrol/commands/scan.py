"""`adpatrol scan`: judge without storing."""

from __future__ import annotations

import ipaddress
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

LEVELS = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol scan 页面.html 归档.wacz --json")
    def scan(
        targets: Annotated[list[str] | None, typer.Argument(help="HTML/MHTML 文件、文件夹、WARC/WACZ、网址；- 或省略：标准输入")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="每页一行 JSON")] = False,
        jsonl: Annotated[Path | None, typer.Option(help="逐行含 id 与 text 或 html 的文件")] = None,
        text: Annotated[bool, typer.Option("--text", help="输出中带上页面文字")] = False,
        allow: Annotated[list[str] | None, typer.Option(help="允许访问的内网网段（CIDR）")] = None,
        render: Annotated[bool, typer.Option("--render", help="网址用浏览器打开（页面内容由脚本生成时）")] = False,
    ) -> None:
        """研判而不入库。退出码：0 未发现，1 有涉嫌违法点，2 有文件无法读取。"""
        from adpatrol.judging import Judge
        from adpatrol.targets import read_jsonl, read_targets

        judge = Judge()
        found = failed = False
        if jsonl is not None and not jsonl.is_file():
            raise ValueError(f"找不到文件 {jsonl}")
        rows = ((line.id, "id", line.document, line.error) for line in read_jsonl(jsonl)) if jsonl else (
            (t.source, "source", t.document, t.error)
            for t in read_targets(
                targets or [], stdin=sys.stdin.buffer.read() if not targets or "-" in targets else None,
                allow=[ipaddress.ip_network(a, strict=False) for a in allow or []], render=render,
            )
        )
        for source, key, document, error in rows:
            if document is None:
                failed = True
                _print({key: source, "error": error}) if as_json else print(f"{source}：{error}", file=sys.stderr)
                continue
            judged = judge(document)
            found = found or judged.verdict.violating
            record = judged.to_json(source=source, key=key, with_text=text)
            _print(record) if as_json else _tell(record, key)
        raise typer.Exit(2 if failed else 1 if found else 0)


def _print(record: dict[str, Any]) -> None:
    """One record a line; a lone surrogate from hostile text must not stop the scan."""
    line = json.dumps(record, ensure_ascii=False)
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _plain(text: str) -> str:
    """Text of a site for a terminal: no control characters reach it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _tell(record: dict[str, Any], key: str) -> None:
    verdict = "涉嫌违法" if record["violating"] else "未发现"
    print(_plain(f"{record[key]}  〔{record['genre']}〕 {verdict}  {record['title']}"))
    for finding in record["findings"]:
        print(_plain(f"  {LEVELS[finding['level']]}  {finding['code']}  “{finding['span']}”"))
        for reason in finding["reasons"]:
            print(_plain(f"      {reason}"))
    for excused in record["excused"]:
        print(_plain(f"  豁免  {excused['code']}  “{excused['span']}”：{excused['because']}"))
