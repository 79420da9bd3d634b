"""A large index is read in parts, by several threads: the answers are those of one reader."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from memory_index import MemoryIndex
from stored_index import StoredIndex

from indexer.search import protocol, readers, window
from indexer.search.protocol import IndexDoc
from indexer.search.query import parse

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)


def doc(number: int) -> IndexDoc:
    site = f"https://s{number % 3}.test"
    return IndexDoc(capture_id=f"capture-{number:04}", time=T0 + timedelta(minutes=number), title="", text="保本" if number % 3 else "保息", url=f"{site}/{number}", site=site)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_an_index_read_in_parts_answers_as_the_plain_one(db: None, monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    monkeypatch.setattr(protocol, "EXACT_HITS", 500)
    monkeypatch.setattr(readers, "PARTS", parts)
    monkeypatch.setattr(window, "FEW", 4)
    asked: list[int] = []
    together = readers.together

    def counted(statements: Any) -> list[Any]:
        asked.append(len(statements))
        return together(statements)

    monkeypatch.setattr(readers, "together", counted)
    docs = [doc(number) for number in range(900)]
    index, plain = StoredIndex(), MemoryIndex()
    index.put(docs)
    plain.put(docs)
    cursor = ""
    for query in ("保息", "保", "保本", "-保本", "since:2026-11-20T10:00:00+00:00 until:2026-11-20T18:00:00+00:00 保息"):
        for sort in ("newest", "oldest"):
            for cursor in ("", plain.search(parse(query, sort=sort)).next):
                for facets in (True, False):
                    wanted = parse(query, sort=sort, facets=facets, cursor=cursor)
                    assert index.search(wanted) == plain.search(wanted)
    assert parts in asked


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with a table of the numbers 1 to 9, as the main one."""
    path = tmp_path / "库 %.sqlite3"
    _fill(path, range(1, 10))
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    monkeypatch.setattr(readers, "PARTS", 2)
    readers._threads.cache_clear()
    return path


def _fill(path: Path, values: range) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE n (value INTEGER)")
        database.executemany("INSERT INTO n VALUES (?)", [(value,) for value in values])


def _parts(table: str = "n") -> list[readers.Statement]:
    return [(f"SELECT value FROM {table} WHERE value >= %s AND value < %s ORDER BY value", (low, high)) for low, high in ((0, 4), (4, 7), (7, 99))]


def test_parts_come_back_in_their_order(numbers: Path) -> None:
    assert readers.able()
    assert readers.together(_parts()) == [(value,) for value in range(1, 10)]


def test_a_database_put_in_the_place_of_another_is_read_anew(numbers: Path, tmp_path: Path) -> None:
    readers.together(_parts())
    _fill(tmp_path / "new.sqlite3", range(50, 53))
    (tmp_path / "new.sqlite3").replace(numbers)
    assert readers.together(_parts()) == [(50,), (51,), (52,)]


def test_what_is_written_meanwhile_is_seen_by_the_next_search(numbers: Path) -> None:
    readers.together(_parts())
    with closing(sqlite3.connect(numbers)) as database, database:
        database.execute("INSERT INTO n VALUES (60)")
    assert readers.together(_parts())[-1] == (60,)


def test_a_part_whose_thread_fails_is_read_by_the_caller(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[readers.Statement] = []

    def read(statement: readers.Statement) -> list[Any]:
        here.append(statement)
        return [(len(here),)]

    monkeypatch.setattr(readers, "_here", read)
    assert readers.together(_parts("nowhere")) == [(1,), (2,), (3,)]
    assert here == _parts("nowhere")


def test_threads_can_only_read(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_here", lambda statement: [("refused",)])
    assert readers.together([("DELETE FROM n WHERE value > %s", (0,))]) == [("refused",)]
    assert len(readers.together(_parts())) == 9
