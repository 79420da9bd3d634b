"""Custody as a specification: what is done with evidence is an entry of a chain, once, in order, and never changed."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence import acts, tables
from evidence.errors import ArchiveUnwritable
from tests.evidence.killing import killed_at, lines_of

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def test_an_act_is_kept_with_who_what_when_and_why(tmp_path: Path) -> None:
    assert acts.append(tmp_path, "zhang", "view", "capture:r1v1", {"page": "截图"}, now=NOON) == 1
    assert acts.append(tmp_path, "li", "export", "lead:XS2026-0001", {"file": "证据包.zip"}) == 2
    (one,) = acts.acts(tmp_path, subject="capture:r1v1")
    assert (one.seq, one.time, one.who, one.act, one.told) == (1, "2026-11-21T04:00:00.000000Z", "zhang", "view", {"page": "截图"})
    assert [a.seq for a in acts.acts(tmp_path)] == [1, 2] and [a.seq for a in acts.acts(tmp_path, act="export")] == [2]


def test_the_chain_can_be_computed_by_anyone(tmp_path: Path) -> None:
    import hashlib

    for number in range(5):
        acts.append(tmp_path, "张三", "view", f"capture:{number}")
    before = "0" * 64
    for one in acts.acts(tmp_path):
        facts = json.dumps([before, one.time, one.who, one.act, one.subject, one.detail], separators=(",", ":"))
        before = hashlib.sha256(facts.encode("ascii")).hexdigest()
        assert one.chain == before


def test_looking_at_a_capture_all_day_is_one_entry(tmp_path: Path) -> None:
    later, tomorrow = NOON.replace(hour=9), NOON.replace(day=22)
    seqs = [acts.append(tmp_path, who, "view", "capture:a", daily=True, now=when)
            for who, when in [("zhang", NOON), ("zhang", later), ("li", later), ("zhang", tomorrow), ("zhang", tomorrow)]]
    assert seqs == [1, 1, 2, 3, 3]


def test_an_unknown_act_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="存证事项"):
        acts.append(tmp_path, "zhang", "edit", "capture:a")
    assert list(acts.acts(tmp_path)) == []


def test_half_characters_from_a_site_are_kept_as_question_marks(tmp_path: Path) -> None:
    acts.append(tmp_path, "zhang", "view", "capture:\ud800", {"a": "\udfff"})
    (one,) = acts.acts(tmp_path)
    assert one.subject == "capture:?" and one.told == {"a": "?"}


def test_many_at_once_keep_one_chain(tmp_path: Path) -> None:
    def work(name: str) -> None:
        for number in range(10):
            acts.append(tmp_path, name, "view", f"capture:{number}")

    threads = [threading.Thread(target=work, args=(f"u{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    before = tables.GENESIS
    found = list(acts.acts(tmp_path))
    assert [a.seq for a in found] == list(range(1, 41))
    for one in found:
        assert one.chain == acts.link(before, one.time, one.who, one.act, one.subject, one.detail)
        before = one.chain


def test_a_ledger_from_before_gets_the_new_tables_at_the_next_write(tmp_path: Path) -> None:
    with sqlite3.connect(tables.path_of(tmp_path)) as db:
        db.execute("CREATE TABLE members (seq INTEGER PRIMARY KEY, file TEXT, offset INTEGER, length INTEGER, sha256 TEXT, type TEXT, uri TEXT, visit TEXT, chain TEXT, UNIQUE (file, offset))")
    assert list(acts.acts(tmp_path)) == []
    assert acts.append(tmp_path, "zhang", "view", "capture:a") == 1


def test_a_kill_at_any_line_leaves_the_act_whole_or_absent(tmp_path: Path) -> None:
    acts.append(tmp_path, "zhang", "view", "capture:first")
    known = 1
    for number in range(lines_of(lambda: acts.append(tmp_path / "other", "zhang", "hold", "capture:a")) + 5):
        killed_at(number, lambda: acts.append(tmp_path, "zhang", "hold", "capture:a"))
        now = [a.seq for a in acts.acts(tmp_path)]
        assert len(now) in (known, known + 1) and now == list(range(1, len(now) + 1))
        known = len(now)


def test_an_unwritable_ledger_says_so(tmp_path: Path) -> None:
    tables.path_of(tmp_path).write_bytes(b"no database" * 100)
    with pytest.raises(ArchiveUnwritable, match="存证账"):
        acts.append(tmp_path, "zhang", "view", "capture:a")
