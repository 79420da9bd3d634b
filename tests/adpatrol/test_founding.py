"""`adpatrol init` and `adpatrol user`: a home from nothing, and people who may sign in."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *args: str, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], input=stdin, capture_output=True, text=True, cwd=ROOT, timeout=90, env=environment, check=False)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_init_makes_a_home_and_may_be_repeated(tmp_path: Path) -> None:
    home = tmp_path / "数据 一"
    first = rows(run(home, "init", "--json").stdout)
    assert [row["what"] for row in first] == ["数据目录", "存档目录", "密钥", "存证签名密钥", "数据库"] and all(row["new"] for row in first)
    key = home / "keys" / "secret.txt"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "keys" / "ledger.pem").stat().st_mode) == 0o600
    secret = key.read_text(encoding="ascii")
    assert len(secret) > 60
    again = run(home, "init").stdout
    assert "已建立" not in again and again.count("已有") == 5 and key.read_text(encoding="ascii") == secret
    shown = subprocess.run([sys.executable, "-c", "from config import settings; print(settings.SECRET_KEY)"], capture_output=True, text=True, cwd=ROOT,
                           env=os.environ | {"ADPATROL_HOME": str(home)}, check=True).stdout
    assert shown.strip() == secret.strip()


def test_users_get_roles_and_passwords(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "adpatrol init" in run(home, "user", "list", code=2).stderr and not home.exists()
    run(home, "init")
    assert "还没有用户" in run(home, "user", "list").stdout
    (made,) = rows(run(home, "user", "add", "zhangsan", "--role", "officer", "--role", "analyst", "--full-name", "张三", "--generate", "--json").stdout)
    assert len(str(made["password"])) == 23
    assert "办案人员" not in run(home, "user", "add", "lisi", "--role", "leader", "--password-stdin", stdin="shi-li-mi-ma-2026\n").stdout
    users = {row["name"]: row for row in rows(run(home, "user", "list", "--json").stdout)}
    assert users["zhangsan"]["roles"] == ["analyst", "officer"] and users["zhangsan"]["full_name"] == "张三" and users["lisi"]["roles"] == ["leader"]
    refused = {
        "已存在": (("add", "lisi", "--role", "officer", "--generate"), ""),
        "没有角色": (("add", "wangwu", "--role", "boss", "--generate"), ""),
        "密码不合要求": (("add", "wangwu", "--role", "officer", "--password-stdin"), "duan\n"),
        "--password-stdin 或 --generate": (("add", "wangwu", "--role", "officer"), ""),
    }
    for says, (args, stdin) in refused.items():
        assert says in run(home, "user", *args, stdin=stdin, code=2).stderr, says
    run(home, "user", "add", "lisi", "--role", "officer", "--generate", "--replace")
    assert {row["name"]: row["roles"] for row in rows(run(home, "user", "list", "--json").stdout)}["lisi"] == ["officer"]
