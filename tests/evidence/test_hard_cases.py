"""What the disk, the database and hostile pages do to the archive, and what must not follow from it."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adpatrol.__main__ import build
from evidence import ledger, tables
from evidence.archive import ArchiveWriter
from evidence.capture import Capture, VisitRecord
from evidence.errors import ArchiveUnreadable, ArchiveUnwritable
from evidence.recover import recover
from evidence.verify import verify
from tests.evidence.test_archive import filled
from tests.evidence.visits import visit

ROOT = Path(__file__).resolve().parents[2]


def ids(folder: Path) -> list[str]:
    return [capture.id for capture in ledger.captures(folder)]


def test_a_full_disk_under_the_ledger_takes_back_the_bytes_too(tmp_path: Path) -> None:
    """The limit of the kernel meets the ledger's log, which grows faster than the WARC file."""
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.evidence.visits import visit
from evidence.archive import ArchiveWriter
from evidence.errors import ArchiveUnwritable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = ArchiveWriter(Path({str(tmp_path)!r}), run="r1")
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
done = 0
try:
    for done in range(500):
        writer.write(visit(done)); writer.commit()
except ArchiveUnwritable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.write(visit(900)); writer.commit()
print(done)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert "磁盘已满" in done[0] and 0 < int(done[1]) < 499
    assert ids(tmp_path) == [*(f"r1v{n:04d}" for n in range(int(done[1]))), "r1v0900"]
    assert verify(tmp_path).failures == () and recover(tmp_path) == []


def test_a_ledger_held_by_another_process_is_told_and_the_group_can_be_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BUSY_S", 0.05)
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(visit(1))
        other = sqlite3.connect(ledger.path_of(tmp_path), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveUnwritable, match="占用"):
            writer.commit()
        other.execute("ROLLBACK")
        other.close()
        writer.write(visit(1))
        assert [c.id for c in writer.commit()] == ["r1v0001"]
    assert verify(tmp_path).failures == () and recover(tmp_path) == []


def test_visits_left_behind_by_a_disk_that_refused_even_the_cut_are_not_counted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    writer = ArchiveWriter(tmp_path, run="r1")
    writer.write(visit(1))
    writer.commit()
    writer.write(visit(2))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        patch.setattr(os, "ftruncate", refuse)
        with pytest.raises(ArchiveUnwritable):
            writer.commit()
    writer.write(visit(2))
    writer.commit()
    writer.close()
    assert ids(tmp_path) == ["r1v0001", "r1v0002"] and len(list((tmp_path / "r1").iterdir())) == 2
    recover(tmp_path)
    assert ids(tmp_path) == ["r1v0001", "r1v0002"] and verify(tmp_path).failures == () and recover(tmp_path) == []


def test_a_record_that_cannot_be_packed_leaves_no_half_visit(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(visit(1))
        with pytest.raises(TypeError):
            writer.write(replace(visit(2), facts={"odd": {1, 2}}))
        with pytest.raises(TypeError):
            writer.write(replace(visit(3), records=(*visit(3).records, VisitRecord(type="resource", uri="urn:x", payload=None, content_type=""))))  # type: ignore[arg-type]
        writer.write(visit(4))
        writer.commit()
    assert ids(tmp_path) == ["r1v0001", "r1v0004"] and verify(tmp_path).failures == ()


def test_half_characters_from_a_site_do_not_stop_the_archive(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(replace(visit(1), headers=(("X", "a\ud800b"),), facts={"t\udfff": "\x00\r\n"}, url="http://a/\udc80"))
        (told,) = writer.commit()
    (read,) = ledger.captures(tmp_path)
    assert told == read and read.headers == (("X", "a?b"),) and verify(tmp_path).failures == ()


def test_a_first_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = ArchiveWriter(tmp_path, run="r1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(ArchiveUnwritable, match="磁盘已满"):
            writer.write(visit(1))
    assert list((tmp_path / "r1").iterdir()) == []
    writer.write(visit(1))
    writer.commit()
    writer.close()
    assert verify(tmp_path).failures == () and ids(tmp_path) == ["r1v0001"]


def test_recovery_and_verification_leave_a_file_alone_that_is_being_written(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(visit(1))
        writer.commit()
        writer.write(visit(2))
        assert recover(tmp_path) == []
        report = verify(tmp_path)
        assert (report.failures, report.writing) == ((), 1)
        writer.commit()
    assert ids(tmp_path) == ["r1v0001", "r1v0002"] and verify(tmp_path).writing == 0


def test_an_empty_file_left_by_a_kill_goes(tmp_path: Path) -> None:
    filled(tmp_path, range(1))
    (tmp_path / "r1" / "r1-00002.warc.gz").touch()
    assert recover(tmp_path) == [] and len(list((tmp_path / "r1").iterdir())) == 1


def test_a_lost_ledger_is_written_anew_from_the_files(tmp_path: Path) -> None:
    filled(tmp_path, range(3))
    filled(tmp_path, range(2), run="r2")
    before = list(ledger.captures(tmp_path))
    for path in tmp_path.glob("ledger.sqlite3*"):
        path.unlink()
    recover(tmp_path)
    assert list(ledger.captures(tmp_path)) == before and verify(tmp_path).failures == ()


def test_a_file_of_another_kind_laid_into_the_archive_is_put_aside_not_believed(tmp_path: Path) -> None:
    filled(tmp_path, range(1))
    (tmp_path / "r1" / "zz.warc.gz").write_bytes(b"no archive")
    assert verify(tmp_path).failures
    (told,) = recover(tmp_path)
    assert (told.adopted, told.cut) == (0, 10) and (tmp_path / told.quarantine).read_bytes() == b"no archive"
    assert verify(tmp_path).failures == ()


@pytest.mark.parametrize("edit", [
    "UPDATE captures SET facts = replace(facts, 'page-0', 'page-9') WHERE seq = 1",
    "UPDATE captures SET site = 'x', id = 'other' WHERE seq = 1",
    "UPDATE captures SET site = 'x' WHERE seq = 2", "DELETE FROM captures WHERE seq = 1", "DELETE FROM captures WHERE seq = 2", "DELETE FROM members WHERE seq = 7",
    "UPDATE captures SET members = '[]' WHERE seq = 2", "UPDATE captures SET facts = '{}' WHERE seq = 2",
    "UPDATE members SET visit = '' WHERE seq = 3", "UPDATE members SET length = -1 WHERE seq = 3", "UPDATE members SET offset = 'x' WHERE seq = 3",
    "DROP TABLE captures",
])
def test_whatever_is_edited_in_the_ledger_is_found(tmp_path: Path, edit: str) -> None:
    filled(tmp_path, range(2))
    with sqlite3.connect(ledger.path_of(tmp_path)) as db:
        db.execute(edit)
    assert verify(tmp_path).failures


def test_a_broken_ledger_is_one_clear_line(tmp_path: Path) -> None:
    filled(tmp_path, range(1))
    for path in tmp_path.glob("ledger.sqlite3*"):
        path.unlink()
    ledger.path_of(tmp_path).write_bytes(b"not a database at all" * 100)
    assert "无法读取" in verify(tmp_path).failures[0].why
    with pytest.raises(ArchiveUnreadable):
        ledger.last_seq(tmp_path)
    with pytest.raises(ArchiveUnwritable):
        ArchiveWriter(tmp_path, run="r2")


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    home = tmp_path / "证据 #1?%20"
    filled(home, range(1))
    assert ids(home) == ["r1v0000"] and verify(home).failures == ()


def test_one_capture_can_be_checked_alone(tmp_path: Path) -> None:
    path = filled(tmp_path, range(3))
    captures: list[Capture] = list(ledger.captures(tmp_path))
    data = bytearray(path.read_bytes())
    data[captures[1].records[0].offset + 40] ^= 1
    path.write_bytes(data)
    assert [bool(verify(tmp_path, capture=c.id).failures) for c in captures] == [False, True, False]
    assert verify(tmp_path, capture=captures[0].id).checked == 3 and verify(tmp_path, capture="none").failures


def test_the_command_says_how_much_was_checked_and_ends_with_1_where_something_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADPATROL_HOME", str(tmp_path))
    path = filled(tmp_path / "archive", range(2))
    said = CliRunner().invoke(build("evidence"), ["evidence", "verify", "--all"])
    assert said.exit_code == 0 and said.stdout.endswith("已核验 7 条记录、2 个快照：全部相符；另有 1 项未核验\n") and "尚未签名的登记" in said.stdout
    path.write_bytes(path.read_bytes()[:-1])
    said = CliRunner().invoke(build("evidence"), ["evidence", "verify", "--stored"])
    assert said.exit_code == 1 and "截短" in said.stdout and "1 处不符" in said.stdout
    for asked in ([], ["--case", "1"], ["--all", "--capture", "x"], ["--capture", "x", "--against", "y"]):
        assert CliRunner().invoke(build("evidence"), ["evidence", "verify", *asked]).exit_code == 2
