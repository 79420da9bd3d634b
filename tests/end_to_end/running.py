"""The product's own commands in processes of their own, in a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def environment(home: Path, **more: str) -> dict[str, str]:
    return os.environ | {"ADPATROL_HOME": str(home), "PYTHONPATH": str(ROOT)} | more


def run(home: Path, *args: str, code: int | None = 0, timeout: float = 120, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=environment(home, **more), capture_output=True, text=True,
                          timeout=timeout, check=False)
    assert code is None or done.returncode == code, f"{args}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done


def started(home: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "adpatrol", *args], cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def captures(home: Path) -> list[dict[str, Any]]:
    return lines(run(home, "captures", "--json").stdout)
