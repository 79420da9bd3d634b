"""`adpatrol ingest PATH…`: anybody's archives; a bad file does not stop the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from archived import BLOCKED, PLAIN, PROMISE, visit, write

from adpatrol.__main__ import main
from alerts.models import Alert
from crawler.plans.asks import open_asks
from indexer.models import Page
from indexer.progress import position_at

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_documents")]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADPATROL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, list[dict[str, object]]]:
    with pytest.raises(SystemExit) as ended:
        main(list(args))
    return int(ended.value.code or 0), [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_files_and_folders_go_in_once_and_errors_are_told(at_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "theirs"
    write(folder, [visit(n, PROMISE) for n in range(3)])
    (folder / "bad.warc.gz").write_bytes(b"this is no gzip")
    absent = tmp_path / "absent.warc"
    code, lines = run(capsys, "ingest", str(folder), str(absent), "--json")
    assert code == 2
    assert [("error" in line) for line in lines].count(True) == 2
    assert lines[-1]["captures"] == 3
    assert Page.objects.count() == 3
    assert all(page.violating for page in Page.objects.all())
    code, lines = run(capsys, "ingest", str(next(folder.rglob("archive/**/*.warc.gz"))), "--json")
    assert code == 0
    assert lines[0]["already"] is True
    assert lines[-1]["captures"] == 0
    assert Page.objects.count() == 3


def test_nothing_to_read_is_no_error(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "ingest", "--json") == (0, [{"captures": 0, "pages": 0, "findings": 0}])


def test_follow_ends_when_its_starter_is_gone_and_everything_is_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write(home, [visit(n, PROMISE) for n in range(3)])
    env = {**os.environ, "ADPATROL_HOME": str(home)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "adpatrol", "ingest", "--follow", "run-1"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdin is not None
        _until(lambda: position_at(home) == 3)
        write(home, [visit(n, PLAIN) for n in range(3, 5)])
        _until(lambda: position_at(home) == 5)
        assert child.poll() is None
        write(home, [visit(5, PLAIN), visit(6, BLOCKED)])
        child.stdin.close()
        assert child.stdout is not None
        said = child.stdout.read()
        assert child.wait(timeout=60) == 0
    figures = json.loads(said)
    assert {name: figures[name] for name in ("captures", "pages")} == {"captures": 7, "pages": 6}
    assert figures["findings"] % 3 == 0
    assert figures["findings"] >= figures["leads"] == figures["alerts"] > 0
    asked = open_asks(home)
    assert asked == 6  # the static pages with findings, for the browser: at a desk and on a phone


def test_a_run_that_saw_no_page_is_told_of(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(at_home, [visit(n, BLOCKED) for n in range(12)])
    write(at_home, [visit(n, PLAIN, run="run-2") for n in range(20, 32)], run="run-2")
    assert run(capsys, "ingest", "--json")[0] == 0
    alert = Alert.objects.get()
    assert (alert.kind, alert.run) == ("run", "run-1")
    assert "拦截页 12" in alert.text


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
