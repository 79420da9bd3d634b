"""Whoever only reads is told what to do about the tables: there are none, or those of an earlier version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ADPATROL_HOME": str(home), "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", *args], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_no_tables_and_old_tables_are_told_apart_and_both_mended_by_init(tmp_path: Path) -> None:
    none = run(tmp_path, "adpatrol", "findings", "--json")
    assert (none.returncode, none.stdout) == (2, "") and "这里还没有数据库" in none.stderr
    assert run(tmp_path, "django", "migrate", "indexer", "0002", "--verbosity", "0").returncode == 0
    old = run(tmp_path, "adpatrol", "findings", "--json")
    assert (old.returncode, old.stdout) == (2, "") and "较早版本" in old.stderr and "adpatrol init" in old.stderr
    assert run(tmp_path, "adpatrol", "init").returncode == 0
    assert run(tmp_path, "adpatrol", "findings", "--json").returncode == 0
