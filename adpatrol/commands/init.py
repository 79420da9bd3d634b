"""`adpatrol init`: the home, its database and its keys."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：ADPATROL_HOME=/srv/adpatrol adpatrol init")
    def init(as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一项一行")] = False) -> None:
        """建立数据目录、密钥和数据库；可重复执行，已有的不动。"""
        from adpatrol.founding import found
        from adpatrol.home import home

        made = found(home())
        for one in made:
            if as_json:
                print(json.dumps({"what": one.what, "path": str(one.where), "new": one.new}, ensure_ascii=False))
            else:
                print(f"{'已建立' if one.new else '已有'} {one.what}：{one.where}")
        if not as_json and any(one.new for one in made):
            print("接着：adpatrol user add 用户名 --role officer ；adpatrol patrol --site https://… ；adpatrol doctor")
