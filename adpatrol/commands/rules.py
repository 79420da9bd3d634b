"""`adpatrol rules`: the rule set."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adpatrol.cli import App
from adpatrol.commands import retrohunt


def register(app: typer.Typer) -> None:
    rules = App(help="规则集：核对、列出、试运行与启用")

    @rules.command("list", epilog="例：adpatrol rules list --json")
    def list_rules(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """列出规则。"""
        from adpatrol.judging import Judge

        knowledge = Judge().knowledge
        for rule in knowledge.rules:
            row = {"rule": rule.id, "code": rule.code, "provisions": list(rule.provisions), "ruleset": knowledge.digest}
            print(json.dumps(row, ensure_ascii=False) if as_json else f"{rule.id:40} {rule.code}")

    @rules.command("check", epilog="例：adpatrol rules check")
    def check(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
        """运行每条规则自带的正例与豁免例；有一条不符，退出码 1。"""
        from adpatrol.judging import Judge
        from classifiers.model import Document

        judge = Judge()
        wrong = checked = 0
        for rule in judge.knowledge.rules:
            if rule.manner is not None and judge.knowledge.manner is None:
                continue  # its words say nothing by themselves
            cases = [(text, "flag") for text in rule.flag] + [(case.text, "excuse") for case in rule.excuse]
            for text, want in cases:
                checked += 1
                verdict = judge(Document(body=text.encode(), plain=True)).verdict
                got = "flag" if any(f.code == rule.code for f in verdict.findings) else "excuse"
                if got != want:
                    wrong += 1
                    row = {"rule": rule.id, "text": text, "want": want, "got": got}
                    say = "应发现而未发现" if want == "flag" else "应豁免而被发现"
                    print(json.dumps(row, ensure_ascii=False) if as_json else f"{rule.id}：{say} “{text}”")
        if not as_json:
            print(f"共核对 {checked} 例，不符 {wrong} 例")
        raise typer.Exit(1 if wrong else 0)

    retrohunt.register(rules)
    app.add_typer(rules, name="rules")
