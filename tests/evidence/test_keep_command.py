"""`adpatrol evidence retain|hold|release` as a person uses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from evidence.archive import ArchiveWriter
from evidence.verify import verify
from tests.evidence.visits import visit

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *args: str, code: int = 0) -> str:
    env = os.environ | {"ADPATROL_HOME": str(home), "ADPATROL_CONFIG": str(home / "config"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", "adpatrol", *args], capture_output=True, text=True, env=env, cwd=ROOT, timeout=120, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_is_over_its_term_is_listed_held_released_and_erased(tmp_path: Path) -> None:
    home, archive = tmp_path, tmp_path / "archive"
    (home / "config").mkdir()
    (home / "config" / "evidence.yaml").write_text("retention:\n  - {class: none, days: 1, basis: 归档规定第三条}\n")
    run(home, "init")
    with ArchiveWriter(archive, run="r1") as writer:
        for number in range(2):
            writer.write(replace(visit(number), time=datetime(2020, 2, 29, tzinfo=UTC)))
        writer.commit()
    shown = run(home, "evidence", "retain", "--dry-run")
    assert "到期 2 个快照" in shown and "归档规定第三条" in shown and "http://127.0.0.2:8100/page-1" in shown and verify(archive).erased == 0
    assert "--dry-run" in run(home, "evidence", "retain", code=2) and verify(archive).erased == 0
    assert "已冻结" in run(home, "evidence", "hold", "--capture", "r1v0000", "--reason", "诉讼中", "--as", "zhang")
    assert "capture:r1v0000" in run(home, "evidence", "hold")
    assert "没有网站" in run(home, "evidence", "hold", "--site", "127.0.0.2", "--reason", "诉讼中", code=2)
    rows = [json.loads(line) for line in run(home, "evidence", "retain", "--yes", "--as", "zhang", "--json").splitlines()]
    assert [row.get("capture") for row in rows] == ["r1v0001", None] and rows[-1]["erased"] == 1
    run(home, "evidence", "release", "--capture", "r1v0000", "--reason", "结案", "--as", "zhang")
    assert "已删除 1 个快照" in run(home, "evidence", "retain", "--yes")
    report = verify(archive)
    assert report.failures == () and report.erased == 6
    assert "全部相符" in run(home, "evidence", "verify", "--all")
    rebuilt = run(home, "rebuild")
    assert "页面 0" in rebuilt and "Traceback" not in rebuilt



def test_the_archive_is_copied_checked_and_restored(tmp_path: Path) -> None:
    home = tmp_path
    (home / "config").mkdir()
    with ArchiveWriter(home / "archive", run="r1") as writer:
        writer.write(visit(1))
        writer.commit()
    assert "没有设另存处" in run(home, "evidence", "store", "copy", code=2)
    (home / "config" / "evidence.yaml").write_text(f"store: {{url: {tmp_path / 'store'}}}\n")
    assert "写入 1 个文件" in run(home, "evidence", "store", "copy") and "全部相符" in run(home, "evidence", "store", "check")
    warc = home / "archive" / "r1" / "r1-00001.warc.gz"
    whole = warc.read_bytes()
    warc.unlink()
    assert "恢复 1 个文件" in run(home, "evidence", "store", "restore") and warc.read_bytes() == whole
    (home / "store" / "archive" / "r1" / "r1-00001.warc.gz").write_bytes(whole[:-1])
    assert "截短" in run(home, "evidence", "store", "check", code=1)
    assert "copy、check、restore" in run(home, "evidence", "store", "erase", code=2)
