"""The ingest beside a patrol: one that dies is followed by another; one that cannot work is told of, with what it complained of."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from running import lines, started
from web import Answer, html, served

from evidence.ledger import last_seq
from indexer.progress import position_at

PAGES = 30


def shop(path: str) -> Answer | None:
    if path not in ("/", *(f"/p{n}.html" for n in range(PAGES))):
        return None
    time.sleep(0.4)
    return html(f"<title>示例财富</title><h1>示例财富</h1><p>本页是{path}</p>" + "".join(f'<a href="/p{n}.html">第{n}页</a>' for n in range(PAGES)))


def test_an_ingest_that_is_killed_is_followed_by_another_and_the_summary_is_whole(tmp_path: Path) -> None:
    with served(shop) as site:
        process = started(tmp_path, "patrol", "--site", site.url, "--allow", "127.0.0.0/8", "--delay", "0", "--json")
        killed: list[int] = []
        while len(killed) < 2 and process.poll() is None:
            for child in psutil.Process(process.pid).children():
                with suppress(psutil.NoSuchProcess):  # a zombie
                    if "ingest" in child.cmdline() and child.pid not in killed:
                        child.send_signal(signal.SIGKILL)
                        killed.append(child.pid)
            time.sleep(0.05)
        out, said = process.communicate(timeout=120)
    assert len(killed) == 2
    assert process.returncode == 0
    assert said == ""
    assert "findings" in lines(out)[-1]
    assert position_at(tmp_path) == last_seq(tmp_path / "archive") >= PAGES + 1


def test_one_that_cannot_work_is_given_up_and_told_with_its_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from adpatrol import beside

    monkeypatch.setattr(beside, "RESTS_S", (0.0, 0.1))
    monkeypatch.setenv("ADPATROL_HOME", str(tmp_path))
    (tmp_path / "adpatrol.sqlite3").write_bytes(b"this is no database" * 100)
    one = beside.Beside(tmp_path)
    one.start("run-1")
    until = time.monotonic() + 60
    while one.watch():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert one.caught_up(5), "a patrol does not wait for it for ever"
    one.end()
    (said,) = capsys.readouterr().err.splitlines()
    assert "研判没有完成（" in said
    assert "adpatrol ingest" in said
