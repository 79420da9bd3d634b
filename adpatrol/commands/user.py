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
    user = App(help="用户：新建、列出")
    user.command("add", epilog="例：adpatrol user add zhangsan --role officer --generate")(add)
    user.command("list", epilog="例：adpatrol user list --json")(list_users)
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
