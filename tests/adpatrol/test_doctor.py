"""`adpatrol doctor`: what is wrong is said with how to mend it, and a site's settings with where they come from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def doctor(home: Path, *args: str, code: int | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)} | more
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], capture_output=True, text=True, cwd=ROOT, timeout=90, env=environment, check=False)
    assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def states(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(row) == {"check", "state", "detail", "mend"} for row in rows)
    assert all(row["mend"] for row in rows if row["state"] != "ok")
    return {row["check"]: row for row in rows}


def test_a_fresh_machine_is_told_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "home"
    bare = states(doctor(home, "doctor", "--json", code=1, PATH=str(tmp_path), ADPATROL_CHROMIUM=""))
    assert {name for name, row in bare.items() if row["state"] == "bad"} == {"浏览器", "中文字体", "数据目录", "数据库"}
    assert bare["数据目录"]["mend"] == "adpatrol init" and "chromium" in bare["浏览器"]["mend"] and "fonts-noto-cjk" in bare["中文字体"]["mend"]
    assert bare["程序包"]["state"] == bare["远程控制"]["state"] == bare["规则与条款"]["state"] == "ok"
    assert not home.exists(), "looking changes nothing"
    doctor(home, "init", code=0)
    after = states(doctor(home, "doctor", "--json"))
    assert after["数据目录"]["state"] == after["数据库"]["state"] == after["存档"]["state"] == "ok" and "user add" in after["用户"]["mend"]
    people = doctor(home, "doctor").stdout
    assert "OK   数据库" in people and "→ adpatrol user add" in people


def test_what_is_broken_in_the_home_is_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    doctor(home, "init", code=0)
    (home / "keys" / "secret.txt").chmod(0o644)
    database = home / "adpatrol.sqlite3"
    with database.open("r+b") as handle:
        handle.seek(8_192)
        handle.write(b"\xff" * 20_000)
    (home / "archive" / "ledger.sqlite3").write_bytes(b"not a database" * 100)
    found = states(doctor(home, "doctor", "--json", code=1))
    assert [found[name]["state"] for name in ("密钥", "数据库", "存档")] == ["bad"] * 3
    assert "chmod 600" in found["密钥"]["mend"]


@pytest.mark.parametrize(("file", "text", "check", "says"), [
    ("patrols/weekly.yaml", "defaults:\n  dept: 3\n", "巡查计划", "weekly.yaml 第 2 行 字段 defaults.dept：没有这一项设置，是否想写 depth"),
    ("patrols/weekly.yaml", "defaults:\n  crawl_delay_s: 0\nsites: [a.example]\n", "巡查计划", "只用于本机"),
    ("rules/x.yaml", "id: x\n", "规则与条款", "x.yaml"),
    ("channels/x.yaml", "kind: pigeon\n", "渠道", "x.yaml"),
    ("authority.yaml", "number: 甲\nissuer: 乙\nscope: [全部]\nvalid_from: 2026-01-01\nvalid_until: 昨天\n", "授权书", "authority.yaml 第 5 行 字段 valid_until"),
])
def test_a_wrong_setting_is_told_by_file_and_line(tmp_path: Path, file: str, text: str, check: str, says: str) -> None:
    place = tmp_path / "office" / file
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    found = states(doctor(tmp_path / "home", "doctor", "--json", code=1, ADPATROL_CONFIG=str(tmp_path / "office")))
    assert found[check]["state"] == "bad" and says in found[check]["detail"], found[check]


def test_explain_settings_says_where_each_value_comes_from(tmp_path: Path) -> None:
    office = tmp_path / "office"
    (office / "patrols").mkdir(parents=True)
    (office / "patrols" / "weekly.yaml").write_text("defaults:\n  max_pages: 40\nregions:\n  - name: 甲市\n    sites:\n      - https://a.example\n", encoding="utf-8")
    done = doctor(tmp_path / "home", "doctor", "--explain-settings", "https://a.example/page", "--json", code=0, ADPATROL_CONFIG=str(office))
    rows = {row["setting"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows["max_pages"]["value"] == "40" and rows["max_pages"]["where"].endswith("weekly.yaml:2") and rows["max_pages"]["plan"] == "weekly"
    assert rows["jurisdiction"]["value"] == "甲市" and rows["jurisdiction"]["where"].endswith("weekly.yaml:4") and "没有授权书" in rows["robots"]["where"]
    other = doctor(tmp_path / "home", "doctor", "--explain-settings", "other.example", code=0, ADPATROL_CONFIG=str(office)).stdout
    assert "没有计划巡查它" in other and "max_pages          500  ← 内置默认值" in other
    assert "不是" in doctor(tmp_path / "home", "doctor", "--explain-settings", "a b", code=2).stderr
