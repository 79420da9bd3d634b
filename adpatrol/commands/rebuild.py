"""`adpatrol rebuild`: every derived table and the index, made again from the archive."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol rebuild --json")
    def rebuild(as_json: Annotated[bool, typer.Option("--json", help="JSON：重建前后的摘要")] = False) -> None:
        """从存档重建页面、涉嫌违法点与索引；线索、案件不动。规则集未变时，前后摘要相同。"""
        from adpatrol.django_setup import setup

        setup()
        from adpatrol.home import config_folders, home
        from adpatrol.telling import told_on_ctrl_c
        from alerts.models import LeadFinding
        from classifiers.knowledge import load_knowledge
        from indexer import rebuild as redo
        from indexer import tables
        from indexer.models import Finding

        knowledge = load_knowledge(config_folders())
        tables.make()
        before = redo.digest()
        with told_on_ctrl_c("重建到一半停下：存档与线索都在，请再运行 adpatrol rebuild（或 adpatrol ingest 读完余下的）"):
            captures = redo.rebuild(home() / "archive", knowledge)
        after = redo.digest()
        cited = set(LeadFinding.objects.values_list("key", flat=True))
        gone = sorted(cited - set(Finding.objects.values_list("key", flat=True)))
        same = before.to_json() == after.to_json()
        if as_json:
            print(json.dumps({
                "captures": captures, "ruleset": knowledge.digest, "same": same, "before": before.to_json(), "after": after.to_json(),
                "cited_but_gone": gone,
            }, ensure_ascii=False))
            return
        print(f"已重读 {captures} 个快照：页面 {after.counts['pages']}，涉嫌违法点 {after.counts['findings']}，豁免 {after.counts['excused']}")
        print(f"页面 {after.pages}\n涉嫌违法点 {after.findings}\n索引 {after.index}")
        print("与重建前相同" if same else "与重建前不同（规则集或名录有变，或重建前尚未读完存档）", file=sys.stderr)
        if gone:
            print(f"有 {len(gone)} 个被线索引用的涉嫌违法点按现行规则不再成立；线索保留原样，请复核", file=sys.stderr)
