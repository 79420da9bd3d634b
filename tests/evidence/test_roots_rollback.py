"""Roll-back as a specification: a ledger older than what was signed over it is named, and nothing more is signed over it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from evidence import acts, keys, roots, tables
from evidence.errors import RolledBack


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three roots; the ledger after the first is kept as ``older``."""
    keys.make(tmp_path / keys.FILE)
    for number in range(3):
        acts.append(tmp_path / "archive", "zhang", "view", f"capture:{number}")
        made(tmp_path)
        if not number:
            with sqlite3.connect(tables.path_of(tmp_path / "archive")) as db:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(tables.path_of(tmp_path / "archive"), tmp_path / "older")
    return tmp_path


def made(home: Path) -> roots.Root | None:
    return roots.make(home / "archive", keys.FileSigner(home / keys.FILE), witness=home / "witness")


def rolled_back(home: Path) -> None:
    for path in (home / "archive").glob("ledger.sqlite3*"):
        path.unlink()
    shutil.copy(home / "older", tables.path_of(home / "archive"))


def test_a_ledger_that_holds_all_that_was_signed_has_no_problem(home: Path) -> None:
    assert roots.heads(home / "archive", home / "witness") == roots.Heads(3, 3, 3, ())


def test_an_older_ledger_is_named_by_the_files_beside_it(home: Path) -> None:
    rolled_back(home)
    found = roots.heads(home / "archive", home / "witness")
    assert (found.ledger, found.beside, found.witness) == (1, 3, 3) and len(found.problems) == 2 and all("退回" in p for p in found.problems)


def test_with_its_files_taken_back_too_the_witness_tells(home: Path) -> None:
    rolled_back(home)
    for path in (home / "archive" / "roots").glob("0000000[23]*"):
        path.unlink()
    (problem,) = roots.heads(home / "archive", home / "witness").problems
    assert "witness" in problem and roots.heads(home / "archive").problems == ()


def test_nothing_is_signed_over_a_ledger_rolled_back(home: Path) -> None:
    rolled_back(home)
    acts.append(home / "archive", "zhang", "view", "capture:new")
    with pytest.raises(RolledBack, match="第 3 个"):
        made(home)
    assert len(roots.roots(home / "archive")) == 1


def test_entries_taken_out_after_the_root_are_named(home: Path) -> None:
    with sqlite3.connect(tables.path_of(home / "archive")) as db:
        db.execute("DELETE FROM acts WHERE seq = 3")
    assert any("事项登记" in problem for problem in roots.heads(home / "archive").problems)


def test_a_statement_replaced_is_named(home: Path) -> None:
    path = home / "witness" / "00000002.json"
    path.write_text(path.read_text().replace('"seq":2', '"seq":9'))
    (problem,) = roots.heads(home / "archive", home / "witness").problems
    assert "第 2 个" in problem and "不同" in problem
