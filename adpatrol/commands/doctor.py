"""`adpatrol doctor`: does every part stand, and where does a site's setting come from?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

SIGNS = {"ok": "OK  ", "note": "注意", "bad": "坏  "}


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol doctor ；adpatrol doctor --explain-settings https://example.org")
    def doctor(
        explain: Annotated[str, typer.Option("--explain-settings", metavar="SITE", help="只说明这个网站的每项设置从哪里来")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一项一行")] = False,
    ) -> None:
        """检查每个部分，并说明怎样修好；有坏的退出码为 1。"""
        if explain:
            explain_settings(explain, as_json)
            return
        from adpatrol.checkup import State, check_all
        from adpatrol.django_setup import setup
        from adpatrol.home import home

        setup()
        bad = 0
        for finding in check_all(home()):
            bad += finding.state is State.BAD
            if as_json:
                print(json.dumps({"check": finding.check, "state": finding.state, "detail": finding.detail, "mend": finding.mend}, ensure_ascii=False), flush=True)
            else:
                print(f"{SIGNS[finding.state]} {finding.check}：{finding.detail}" + (f"\n       → {finding.mend}" if finding.mend else ""), flush=True)
        if not as_json:
            print(f"{bad} 处坏了，请照 → 后面的办法修好" if bad else "没有坏的")
        raise typer.Exit(1 if bad else 0)


def explain_settings(site: str, as_json: bool) -> None:
    """Every setting of the site in every plan that has it, with file and line."""
    from adpatrol.home import config_folders
    from adpatrol.settings_check import explained

    for plan, found in explained(config_folders(), site):
        if not as_json:
            print(f"{found.site}" + (f"（{found.name}）" if found.name else "") + (f"，计划 {plan}" if plan else "：没有计划巡查它；以 --site 巡查时是这样"))
        for setting, value, where in found.explain():
            if as_json:
                print(json.dumps({"plan": plan, "site": found.site, "setting": setting, "value": value, "where": where}, ensure_ascii=False))
            else:
                print(f"  {setting:<18} {value}  ← {where}")
