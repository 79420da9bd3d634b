"""`adpatrol findings`: what is stored as 涉嫌违法点."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from indexer.models import Finding

LEVELS = {"blue": "蓝", "yellow": "黄", "orange": "橙", "red": "红"}


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol findings --site https://example.org --code yield.promise --since 2026-11-01 --json")
    def findings(
        site: Annotated[str, typer.Option(help="只列这个网站（如 https://example.org）")] = "",
        code: Annotated[str, typer.Option(help="只列这个类型")] = "",
        since: Annotated[str, typer.Option(help="只列此时以后取证的：日期，或带时区的时间")] = "",
        run: Annotated[str, typer.Option(help="只列这次巡查的")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一条一行")] = False,
    ) -> None:
        """列出已入库的涉嫌违法点，按存档顺序。"""
        from adpatrol.django_setup import setup

        setup()
        from crawler.addresses import origin_of
        from indexer import tables
        from indexer.models import Finding
        from indexer.times import read_time

        tables.expect()
        rows = Finding.objects.select_related("page").defer("page__text").order_by("page__seq", "start", "end", "key")
        rows = rows.filter(page__site=origin_of(site) or site) if site else rows
        rows = rows.filter(code=code) if code else rows
        rows = rows.filter(page__run=run) if run else rows
        rows = rows.filter(page__time__gte=read_time(since)) if since else rows
        count = 0
        for row in rows.iterator(chunk_size=500):
            count += 1
            print(json.dumps(record(row), ensure_ascii=False) if as_json else _line(row))
        if not as_json:
            print(f"共 {count} 个涉嫌违法点（待人工认定）", file=sys.stderr)


def record(row: Finding) -> dict[str, Any]:
    """The finding of design/commands.md, with its URL and capture."""
    page = row.page
    return {
        "url": page.url, "capture": page.capture_id, "site": page.site, "run": page.run, "time": page.time.isoformat(), "id": row.key,
        "code": row.code, "span": row.span, "start": row.start, "end": row.end, "role": row.role, "level": row.level_key,
        "confidence": round(row.confidence, 3), "suggestion": row.suggestion, "reasons": row.reasons, "provisions": row.provisions,
        "claim": row.claim, "rule": row.rule, "ruleset": row.ruleset,
    }


def _line(row: Finding) -> str:
    from alerts.names import code_name

    text = f"{LEVELS[row.level_key]}  涉嫌{code_name(row.code)}（{row.code}）  “{row.span}”  {row.page.url}"
    return "".join(c if c.isprintable() else " " for c in text)
