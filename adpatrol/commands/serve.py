"""`adpatrol serve`: the console, with ingest and the scheduler beside it."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command(epilog="例：adpatrol serve --bind 127.0.0.1:8000")
    def serve(
        bind: Annotated[str, typer.Option("--bind", help="地址:端口；0.0.0.0 供局域网访问")] = "127.0.0.1:8000",
        no_schedule: Annotated[bool, typer.Option("--no-schedule", help="不按计划自动巡查")] = False,
    ) -> None:
        """打开控制台；同时续读存档、按计划巡查。Ctrl-C 结束全部。"""
        from adpatrol.home import home
        from adpatrol.running import Office, bound

        host, port = _address(bind)
        try:
            listening = bound(host, port)
        except OSError as error:
            why = f"端口 {port} 已被占用，请先关闭占用它的程序，或改用 --bind {host}:其他端口" if error.errno == 98 else f"不能使用地址 {bind}：{error.strerror}"
            print(f"adpatrol: {why}", file=sys.stderr)
            raise typer.Exit(2) from None
        _ready()
        logging.basicConfig(level=logging.WARNING, format="adpatrol: %(message)s")
        print(f"控制台 http://{bind if host not in ('0.0.0.0', '::') else f'本机地址:{port}'}　按 Ctrl-C 结束", file=sys.stderr, flush=True)  # noqa: S104
        if not _users():
            print("adpatrol: 还没有人可以登录，请另开一个终端：adpatrol user add 用户名 --role officer --generate", file=sys.stderr)
        if host not in ("127.0.0.1", "localhost", "::1") and not os.environ.get("ADPATROL_HOSTS"):
            print("adpatrol: 供他人访问须设 ADPATROL_HOSTS=允许的主机名或地址（逗号分隔），否则只应答 localhost", file=sys.stderr)
        raise typer.Exit(Office(listening, home(), scheduled=not no_schedule).run())


def _address(bind: str) -> tuple[str, int]:
    host, colon, port = bind.rpartition(":")
    if not colon or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise typer.BadParameter(f"--bind 须写成 地址:端口，没有读懂“{bind}”")
    return host.strip("[]") or "127.0.0.1", int(port)


def _ready() -> None:
    """The tables are made where they are missing, so that a fresh home opens with its empty pages. The key must be there: `init` makes it."""
    from adpatrol.founding import found
    from adpatrol.home import home

    found(home())


def _users() -> bool:
    from django.contrib.auth.models import User

    return User.objects.filter(is_active=True).exists()
