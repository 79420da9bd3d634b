"""A ledger rolled back, another put in its place, members erased or moved: told from one another."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adpatrol.__main__ import build
from evidence import acts, ledger, roots
from evidence.archive import ArchiveWriter
from evidence.keys import FileSigner
from evidence.verify import verify
from tests.evidence.tampering import Home, faults, make_home, small


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("one") / "home", visits=2, kind="rsa")


@pytest.fixture
def home(first: Home, tmp_path: Path) -> Home:
    return first.copy(tmp_path / "home")


def grown(home: Home) -> None:
    """One visit and one root more."""
    with ArchiveWriter(home.archive, run="r2") as writer:
        writer.write(small(9, run="r2"))
        writer.commit()
    assert roots.make(home.archive, FileSigner(home.folder / "key.pem")) is not None


def test_a_ledger_rolled_back_behind_its_roots_is_found_by_their_files(home: Home, tmp_path: Path) -> None:
    shutil.copytree(home.archive, tmp_path / "before")
    grown(home)
    assert faults(home) == []
    shutil.copytree(home.archive / "roots", tmp_path / "before" / "roots", dirs_exist_ok=True)
    found = faults(Home(tmp_path, home.certificate, home.key))
    assert not found  # `before` is not `archive`
    shutil.rmtree(home.archive)
    shutil.copytree(tmp_path / "before", home.archive)
    found = faults(home)
    assert [item.where for item in found] == ["roots/00000005.json", "roots/00000005.json.sig"] and "退回" in found[0].why


def test_a_roll_back_that_takes_the_files_along_is_found_by_a_statement_kept_elsewhere(home: Home, first: Home, tmp_path: Path) -> None:
    grown(home)
    kept = tmp_path / "kept.json"
    shutil.copy(home.archive / "roots" / "00000005.json", kept)
    assert faults(home, against=[kept]) == [] == faults(home, against=[home.archive / "roots"])
    assert faults(first) == []  # the state before, whole in itself
    found = faults(first, against=[kept])
    assert str(kept) in found[0].where and "退回" in found[0].why
    other = make_home(tmp_path / "other", kind="rsa")
    assert "另一本" in faults(other, against=[first.archive / "roots" / "00000002.json"])[0].why
    kept.write_text("{}")
    assert "无法读取" in faults(home, against=[kept])[0].why and "无法读取" in faults(home, against=[tmp_path / "none"])[0].why


def test_a_ledger_and_its_files_written_anew_lack_the_stamps(home: Home) -> None:
    """Somebody with the signing key writes another history: its statements cannot have the old stamps."""
    with closing(sqlite3.connect(home.archive / "ledger.sqlite3")) as db:
        db.execute("DELETE FROM roots WHERE seq > 1")
        db.execute("UPDATE acts SET who = '王五' WHERE seq = 2")
        before = db.execute("SELECT chain FROM acts WHERE seq = 1").fetchone()[0]
        for seq, *fields in db.execute("SELECT seq, time, who, act, subject, detail FROM acts WHERE seq > 1 ORDER BY seq").fetchall():
            before = acts.link(before, *fields)
            db.execute("UPDATE acts SET chain = ? WHERE seq = ?", (before, seq))
        db.commit()
    for path in (home.archive / "roots").glob("0000000[234].json*"):
        if path.suffix != ".tsr":
            path.unlink()
    roots.make(home.archive, FileSigner(home.folder / "key.pem"))
    said = " ".join(item.where + item.why for item in faults(home))
    assert "00000002.json" in said and "时间戳盖的不是这份内容" in said and "没有它所盖的存证根" in said


def test_members_erased_by_an_act_are_told_as_erased_and_others_are_not(home: Home) -> None:
    (capture, *_) = ledger.captures(home.archive)
    gone = [(member.seq, member.ref.sha256) for member in ledger.members_at(home.archive, [(ref.file, ref.offset) for ref in capture.records])]
    path = next(home.archive.glob("r1/*.warc.gz"))
    data = path.read_bytes()
    kept = [member for member in ledger.members(home.archive) if (member.seq, member.ref.sha256) not in gone]
    moved, out = [], b""
    for member in kept:
        moved.append((member.seq, "r1/r1-00001.c1.warc.gz", len(out)))
        out += data[member.ref.offset : member.ref.offset + member.ref.length]
    path.with_name("r1-00001.c1.warc.gz").write_bytes(out)
    path.unlink()
    with closing(sqlite3.connect(home.archive / "ledger.sqlite3")) as db:
        db.execute("CREATE TABLE IF NOT EXISTS places (member INTEGER PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, UNIQUE (file, offset))")
        db.executemany("INSERT INTO places VALUES (?, ?, ?)", moved)
        db.commit()
    assert len(faults(home)) == len(gone)  # bytes gone and no act about it
    acts.append(home.archive, "系统", "erase", f"capture:{capture.id}", {"members": gone[:-1]})
    assert len(faults(home)) == 1
    acts.append(home.archive, "系统", "erase", f"capture:{capture.id}", {"members": gone[-1:]})
    report = verify(home.archive)
    assert report.failures == () and (report.erased, report.checked) == (len(gone), len(kept))
    moved_file = path.with_name("r1-00001.c1.warc.gz")
    moved_file.write_bytes(out + b"x")
    assert "没有登记" in verify(home.archive).failures[0].why
    moved_file.write_bytes(out[:-1])
    assert "截短" in verify(home.archive).failures[0].why
    assert verify(home.archive, capture=capture.id).failures == () and verify(home.archive, capture=capture.id).erased == len(gone)


def test_what_no_root_covers_yet_is_open_and_not_called_right(home: Home) -> None:
    with ArchiveWriter(home.archive, run="r2") as writer:
        writer.write(small(9, run="r2"))
        writer.commit()
    report = verify(home.archive, authorities={"tsa": home.certificate})
    assert report.failures == () and any(one.what == "尚未签名的登记" and "存证链 3 条" in one.why for one in report.unverified)
    assert any("吊销" in one.what for one in report.unverified) and any(one.what == "时间戳" and "4 个" in one.why for one in report.stands)
    assert (report.roots, report.stamps) == (4, 4)
    alone = verify(home.archive, capture="r2v0009")
    assert alone.failures == () and any("还没有签名的存证根" in one.why for one in alone.unverified)
    assert verify(home.archive, capture="r1v0000").roots == 1


def test_one_capture_is_checked_up_to_its_root_and_stamp(home: Home) -> None:
    path = home.archive / "ledger.sqlite3"
    whole = path.read_bytes()
    for edit in ("UPDATE roots SET statement = replace(statement, '\"seq\":1', '\"seq\":9') WHERE seq = 1", "UPDATE roots SET signature = '' WHERE seq = 1",
                 "UPDATE stamps SET response = x'3000' WHERE root = 1", "UPDATE members SET chain = replace(chain, substr(chain, 1, 1), 'g') WHERE seq = 2",
                 "UPDATE captures SET chain = '' WHERE id = 'r1v0000'", "UPDATE acts SET chain = 'x'", "UPDATE captures SET facts = '{}'", "DELETE FROM captures"):
        with closing(sqlite3.connect(path)) as db:
            db.execute(edit)
            db.commit()
        found = verify(home.archive, capture="r1v0000")
        assert found.failures or edit.startswith("UPDATE acts"), edit  # acts belong to no capture
        path.write_bytes(whole)


def test_digests_alone_are_checked_where_only_they_are_asked_for(home: Home) -> None:
    with closing(sqlite3.connect(home.archive / "ledger.sqlite3")) as db:
        db.execute("UPDATE stamps SET response = x'3000' WHERE root = 1")
        db.commit()
    (home.archive / "roots" / "00000001.json.tsa.tsr").write_bytes(b"\x30\x00")
    assert verify(home.archive, stored=True).failures == () and verify(home.archive).failures


def test_the_command_compares_with_statements_kept_elsewhere_and_with_the_witness(home: Home, first: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADPATROL_HOME", str(home.folder))
    grown(home)
    kept = home.archive / "roots" / "00000005.json"
    said = CliRunner().invoke(build("evidence"), ["evidence", "verify", "--all", "--against", str(kept), "--json"])
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    assert said.exit_code == 0 and lines[-1]["roots"] == 5 and lines[-1]["stamps"] == 4 and lines[-1]["failures"] == 0 and lines[-1]["unverified"] == len(lines) - 1
    monkeypatch.setenv("ADPATROL_HOME", str(first.folder))
    said = CliRunner().invoke(build("evidence"), ["evidence", "verify", "--stored", "--against", str(kept)])
    assert said.exit_code == 1 and "退回" in said.stdout and "1 处不符" in said.stdout
    (tmp_path / "settings").mkdir()
    shutil.copytree(home.archive / "roots", tmp_path / "witness")
    (tmp_path / "settings" / "evidence.yaml").write_text(f"witness: {tmp_path / 'witness'}\n", encoding="utf-8")
    monkeypatch.setenv("ADPATROL_CONFIG", str(tmp_path / "settings"))
    said = CliRunner().invoke(build("evidence"), ["evidence", "verify", "--all"])
    assert said.exit_code == 1 and "另处所存的存证根" in said.stdout
