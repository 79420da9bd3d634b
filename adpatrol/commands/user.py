"""`adpatrol user`: who may sign in, and as what."""

from __future__ import annotations

import getpass
import json
import secrets
import sys
from typing import Annotated

import typer

from adpatrol.cli import App

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on paper


def register(app: typer.Typer) -> None:
    user = App(help="用户：新建、列出、登记执法证")
    user.command("add", epilog="例：adpatrol user add zhangsan --role officer --generate")(add)
    user.command("list", epilog="例：adpatrol user list --json")(list_users)
    user.command("set-certificate", epilog="例：adpatrol user set-certificate zhangsan --number 410101001 --from 2025-01-01 --until 2029-12-31")(set_certificate)
    app.add_typer(user, name="user")


def add(
    name: Annotated[str, typer.Argument(help="用户名")],
    role: Annotated[list[str], typer.Option("--role", help="officer 办案人员 · analyst 分析员 · leader 领导 · operator 系统管理员，可多次")],
    full_name: Annotated[str, typer.Option("--full-name", help="姓名")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="从标准输入读密码")] = False,
    generate: Annotated[bool, typer.Option("--generate", help="随机生成密码并显示一次")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="用户已存在时改其角色和密码")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON 一行")] = False,
) -> None:
    """新建用户。密码从终端两次输入，或用 --password-stdin、--generate。"""
    if password_stdin and generate:
        raise typer.BadParameter("--password-stdin 与 --generate 只用一个")
    _ready()
    from django.contrib.auth.models import User

    from console.roles import add_user

    if not replace and User.objects.filter(username=name.strip()).exists():
        raise ValueError(f"用户 {name} 已存在；要改其角色和密码请加 --replace")
    password = _password(stdin=password_stdin, generate=generate)
    made = add_user(name, password, role, full_name=full_name, by=f"命令行 {getpass.getuser()}")
    shown = {"password": password} if generate else {}
    if as_json:
        print(json.dumps({"name": made.username, "roles": role, **shown}, ensure_ascii=False))
        return
    print(f"用户 {made.username} 可以登录了，角色：{'、'.join(_names()[r] for r in dict.fromkeys(role))}")
    if generate:
        print(f"密码（只显示这一次）：{password}")


def list_users(as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一人一行")] = False) -> None:
    """列出用户及其角色。"""
    _ready()
    from django.contrib.auth.models import User

    names = _names()
    users = list(User.objects.prefetch_related("groups").order_by("username"))
    for user in users:
        roles = sorted(group.name for group in user.groups.all() if group.name in names)
        if as_json:
            print(json.dumps({
                "name": user.username, "full_name": user.first_name, "roles": roles, "active": user.is_active,
                "last_login": user.last_login.isoformat() if user.last_login else None}, ensure_ascii=False))
        else:
            seen = f"上次登录 {user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "未登录过"
            print(f"{user.username}  {user.first_name}  {'、'.join(names[role] for role in roles) or '无角色'}  {'' if user.is_active else '已停用  '}{seen}")
    if not users and not as_json:
        print("还没有用户：adpatrol user add 用户名 --role officer")


def set_certificate(
    name: Annotated[str, typer.Argument(help="用户名")],
    number: Annotated[str, typer.Option("--number", help="执法证号")],
    valid_from: Annotated[str, typer.Option("--from", help="有效期起，如 2025-01-01")],
    valid_until: Annotated[str, typer.Option("--until", help="有效期止，如 2029-12-31")],
    full_name: Annotated[str, typer.Option("--full-name", help="证上姓名；不填用用户的姓名")] = "",
    organ: Annotated[str, typer.Option("--organ", help="发证机关")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON 一行")] = False,
) -> None:
    """登记或变更一名用户的执法证，取证会话签到时核对。"""
    _ready()
    from datetime import date

    from django.contrib.auth.models import User

    from alerts.sessions.officers import set_certificate as stored

    user = User.objects.filter(username=name.strip()).first()
    if user is None:
        raise ValueError(f"没有用户 {name}：先用 adpatrol user add {name} --role officer 新建")
    try:
        days = date.fromisoformat(valid_from), date.fromisoformat(valid_until)
    except ValueError:
        raise typer.BadParameter("日期写成 2026-01-31 的样子") from None
    made = stored(user, name=full_name or user.first_name or user.username, number=number, organ=organ, valid_from=days[0], valid_until=days[1],
                  by=f"命令行 {getpass.getuser()}")
    if as_json:
        print(json.dumps({"user": user.username, "name": made.name, "number": made.number, "organ": made.organ, "valid_from": made.valid_from.isoformat(),
                          "valid_until": made.valid_until.isoformat()}, ensure_ascii=False))
        return
    print(f"{user.username} 的执法证已登记：{made.name}，{made.number}，有效期 {made.valid_from} 至 {made.valid_until}")


def _password(*, stdin: bool, generate: bool) -> str:
    if generate:
        return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ValueError("没有终端可输入密码：请用 --password-stdin 或 --generate")
    password = getpass.getpass("密码：")
    if getpass.getpass("再输一次：") != password:
        raise ValueError("两次输入的密码不同")
    return password


def _ready() -> None:
    from adpatrol.django_setup import setup_database

    setup_database()


def _names() -> dict[str, str]:
    from console.may import ROLES

    return ROLES
