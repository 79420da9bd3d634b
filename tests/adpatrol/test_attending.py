"""The processes of 取证会话 under `serve`: started by the console's order, and what one leaves that was killed is kept as 中断, never gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adpatrol.attending import Attending
from crawler.rendering.chromium import chromium_path
from evidence import acts, ledger
from evidence.chained import lines
from evidence.verify import verify

pytestmark = [pytest.mark.skipif(chromium_path() is None, reason="no Chromium on this machine"), pytest.mark.timeout(180)]
NUMBER = "QZ2026000001"


def order(home: Path, number: str = NUMBER, url: str = "http://127.0.0.2:9/") -> None:
    waiting = home / "sessions" / "waiting"
    waiting.mkdir(parents=True, exist_ok=True)
    stated = {"cause": "c", "signers": [{"name": "张三", "certificate": "1"}, {"name": "李四", "certificate": "2"}]}
    (waiting / f"{number}.json").write_text(json.dumps({"number": number, "url": url, "stated": stated}), encoding="utf-8")


def until(holds: Callable[[], object], attending: Attending | None = None, within: float = 90) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        if attending is not None:
            attending.tend()
        time.sleep(0.1)


def result(home: Path, number: str = NUMBER) -> dict[str, str]:
    file = home / "sessions" / f"{number}.result.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def checked(home: Path) -> bool:
    file = home / "sessions" / NUMBER / "journal.jsonl"
    return file.exists() and any(row["kind"] == "checked" for row in lines(file.read_bytes()))


def pid_of(home: Path) -> int:
    """Whose lock it is, as the system tells."""
    inode = (home / "sessions" / f"{NUMBER}.lock").stat().st_ino
    return next(int(row.split()[4]) for row in Path("/proc/locks").read_text().splitlines() if f":{inode} " in row and "FLOCK" in row)


def test_a_session_killed_with_its_browser_is_kept_as_interrupted_by_the_next(tmp_path: Path) -> None:
    order(tmp_path)
    first = Attending(tmp_path)
    until(lambda: checked(tmp_path), first)
    os.kill(pid_of(tmp_path), signal.SIGKILL)
    second = Attending(tmp_path)  # as a `serve` that was started again
    until(lambda: result(tmp_path), second)
    assert (result(tmp_path)["how"], "中止" in result(tmp_path)["why"]) == ("interrupted", True)
    found = ledger.capture(tmp_path / "archive", result(tmp_path)["capture"])
    assert found is not None and found.facts["session"]["how"] == "interrupted" and found.client == "attended"
    assert verify(tmp_path / "archive").failures == ()
    assert [one.told["how"] for one in acts.acts(tmp_path / "archive", act="session")] == ["interrupted"]
    assert not list((tmp_path / "sessions" / "waiting").iterdir())
    for attending in (first, second):
        attending.end(20)


def test_when_the_whole_system_ends_a_session_ends_as_interrupted(tmp_path: Path) -> None:
    order(tmp_path)
    attending = Attending(tmp_path)
    until(lambda: checked(tmp_path), attending)
    attending.end(60)
    assert result(tmp_path)["how"] == "interrupted" and "系统停止运行" in result(tmp_path)["why"]


def test_an_order_that_cannot_be_read_is_answered_and_starts_nothing(tmp_path: Path) -> None:
    order(tmp_path, url="javascript:alert(1)")
    order(tmp_path, number="QZ2026000002/../../x".replace("/", "_"))
    attending = Attending(tmp_path)
    until(lambda: result(tmp_path), attending)
    assert result(tmp_path)["how"] == "interrupted" and not (tmp_path / "sessions" / NUMBER).exists()
    assert [path.name for path in (tmp_path / "sessions" / "waiting").iterdir()] == ["QZ2026000002_.._.._x.json"]
    attending.end(20)


def test_nothing_waits_is_nothing_to_do(tmp_path: Path) -> None:
    Attending(tmp_path).tend()
    done = subprocess.run([sys.executable, "-m", "adpatrol.attending", NUMBER], env=dict(os.environ, ADPATROL_HOME=str(tmp_path)), timeout=60, check=False)
    assert done.returncode == 1 and not (tmp_path / "archive").exists()
