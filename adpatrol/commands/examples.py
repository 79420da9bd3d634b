"""`adpatrol examples`: officers' decisions as labelled texts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from adpatrol.cli import App


def register(app: typer.Typer) -> None:
    examples = App(help="标注样本：由已确认、已排除的线索得来")

    @examples.command("export", epilog="例：adpatrol examples export --output 样本.jsonl")
    def export(
        output: Annotated[Path | None, typer.Option(help="写入的文件；不给则写到标准输出")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="输出本来就是一行一条的 JSON，此选项可写可不写")] = False,
    ) -> None:
        """导出标注样本（JSON Lines，字段同 evaluate 的标注文件）；姓名、电话、证件号、账号已遮去，不含办案人员。"""
        from adpatrol.django_setup import setup_database

        setup_database()
        from django.db import transaction

        from alerts import audit
        from alerts.examples import labelled

        rows = list(labelled())
        body = b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for row in rows)
        with transaction.atomic():
            audit.record(audit.SYSTEM, "导出标注样本", "examples", records=len(rows), via="adpatrol examples export")
        if output is None:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            output.write_bytes(body)
        violating = sum(row["violating"] for row in rows)
        print(f"共 {len(rows)} 条：涉嫌违法 {violating}，不违法或存疑 {len(rows) - violating}。外传前请再看一遍，正文里没有称谓的姓名不会自动遮去。", file=sys.stderr)

    app.add_typer(examples, name="examples")
