"""`adpatrol ingest PATH…`: anybody's archives; a bad file does not stop the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from archived import PROMISE, visit, write

from adpatrol.__main__ import main
from indexer.models import Page

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
