"""`adpatrol evaluate`: precision and recall against labelled texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol evaluate 标注.jsonl --json")
    def evaluate(
        file: Annotated[Path, typer.Argument(help="逐行含 id、text、findings、violating 的标注文件")],
        as_json: Annotated[bool, typer.Option("--json")] = False,
    ) -> None:
        """按页、按违法类型计算准确率与召回率。"""
        from adpatrol.judging import Judge
        from classifiers.evaluation import Evaluation
        from classifiers.model import Document

        if not file.is_file():
            raise ValueError(f"找不到文件 {file}")
        judge, evaluation = Judge(), Evaluation()
        for number, raw in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not raw.strip():
                continue
            try:
                record = json.loads(raw)
                plain = "text" in record
                body = record["text" if plain else "html"].encode("utf-8", "replace")
                kind = "" if plain else "text/html; charset=utf-8"
                evaluation.add(record, judge(Document(body=body, plain=plain, url=record.get("url") or "", content_type=kind)).verdict)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{file} 第 {number} 行：缺少或写错 {error}") from error
        if as_json:
            print(json.dumps(evaluation.to_json(), ensure_ascii=False))
            return
        rows = [("按页", evaluation.pages), ("合计", evaluation.micro()), *sorted(evaluation.codes.items())]
        for name, tally in rows:
            print(f"{name:26} 准确率 {tally.precision:.3f}  召回率 {tally.recall:.3f}  F1 {tally.f1:.3f}  "
                  f"(中 {tally.tp} 误 {tally.fp} 漏 {tally.fn})")
        for title, items in (("误报", evaluation.alarms), ("漏报", evaluation.misses)):
            for key, code, span in items[:20]:
                print(f"{title} {key} {code} “{''.join(c if c.isprintable() else ' ' for c in span)}”")
