"""Every change to an archive, a ledger and a package is found and the damaged thing named; what was not touched raises no alarm.

Here each byte of the small things, and a fixed part of the larger ones; all of it, in more ways, under ``prove``, which prints the counts.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.tampering import KINDS, Home, container, faults, make_home, package_faults, packed, tampers, unpacked

COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("one") / "home")


@pytest.fixture
def home(first: Home, tmp_path: Path) -> Home:
    return first.copy(tmp_path / "home")


@pytest.fixture(scope="module", autouse=True)
def counts() -> Iterator[None]:
    yield
    print("\n改动次数：" + "，".join(f"{name} {count}" for name, count in sorted(COUNTS.items())) + f"，合计 {sum(COUNTS.values())}；全部发现并指明")


def test_what_was_not_touched_raises_no_alarm(home: Home) -> None:
    assert faults(home) == [] and faults(home, stored=True) == [] and package_faults(home.package) == []
    assert package_faults(home.package.read_bytes()) == []
    for name, data in unpacked(home.package.read_bytes()).items():
        path = home.folder / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert package_faults(home.folder / "unpacked") == []


# --- every byte --------------------------------------------------------------------------------------------------------------------------


def warc_of(home: Home) -> Path:
    return next(home.archive.glob("r1/*.warc.gz"))


def change_the_archive(home: Home, kind: str, *, bits: int = 1, every: int = 1) -> None:
    path = warc_of(home)
    whole = path.read_bytes()
    assert len(whole) <= 4096
    for place, changed in tampers(whole, kind, bits=bits, every=every):
        path.write_bytes(changed)
        found = faults(home, first=True)
        assert found and path.name in found[0].where, (kind, place, found)
        COUNTS["存档"] += 1
    path.write_bytes(whole)


def change_the_roots(home: Home, kind: str, *, bits: int = 1, every: int = 1) -> None:
    """The files beside the ledger: a statement, its signature, its stamp, the key."""
    paths = [path for path in sorted((home.archive / "roots").iterdir()) if path.name.startswith(("00000002", "key-"))]
    assert len(paths) == 4
    for path in paths:
        whole = path.read_bytes()
        for place, changed in tampers(whole, kind, bits=bits, every=every):
            path.write_bytes(changed)
            found = faults(home, first=True)
            assert found and path.name in found[0].where, (path.name, kind, place, found)
            COUNTS["存证根的文件"] += 1
        path.write_bytes(whole)


def rows_of(path: Path) -> list[tuple[Any, ...]] | None:
    """All that a ledger says, read without our code and without its indexes; None where SQLite cannot read it."""
    try:
        with closing(sqlite3.connect(path)) as db:
            tables = ("members", "captures", "acts", "roots", "stamps", "about")
            return [(table, *row) for table in tables for row in sorted(db.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall())]
    except (sqlite3.Error, UnicodeError, OverflowError, TypeError):
        return None


def change_the_ledger(home: Home, kind: str, *, bits: int = 1, every: int = 1) -> None:
    """Found where a row changed, or SQLite can no longer read the file. A byte that no row is made of (free space, a change counter) is
    no evidence: docs/decisions/0019-what-the-verifier-covers.md."""
    path = home.archive / "ledger.sqlite3"
    whole, told = path.read_bytes(), rows_of(path)
    assert told
    for place, changed in tampers(whole, kind, bits=bits, every=every):
        path.write_bytes(changed)
        found = faults(home, first=True)
        if not found:
            assert rows_of(path) == told, (kind, place)
            COUNTS["存证账中不属于任何登记的字节"] += 1
        COUNTS["存证账"] += 1
    path.write_bytes(whole)


def spans(data: bytes) -> list[tuple[int, int, str]]:
    """(start, end, name) of each entry of a package."""
    found, at = [], 0
    for name, content in sorted(unpacked(data).items(), key=lambda item: item[0].encode()):
        end = at + 30 + len(name.encode()) + len(content)
        found.append((at, end, name))
        at = end
    return found


def change_the_package(home: Home, kind: str, *, bits: int = 1, every: int = 1) -> None:
    whole = home.package.read_bytes()
    entries = spans(whole)
    for place, changed in tampers(whole, kind, bits=bits, every=every):
        found = package_faults(changed, first=True)
        assert found, (kind, place)
        number, name = next(((n, name) for n, (start, end, name) in enumerate(entries, 1) if start <= place < end), (0, "证据包"))
        same = (kind == "insert" and changed[place] == whole[place]) or (kind == "delete" and whole[place : place + 1] == whole[place + 1 : place + 2])
        behind = number + same  # one of two equal bytes: at an entry's end it may as well be the next entry's that came or went
        said = found[0].where + found[0].why
        assert not changed or name in said or f"第 {number} 项" in said or f"第 {behind} 项" in said, (kind, place, found[0])
        COUNTS["证据包"] += 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_of_an_archive(home: Home, kind: str) -> None:
    change_the_archive(home, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_of_the_roots_beside_a_ledger(home: Home, kind: str) -> None:
    change_the_roots(home, kind, every=3)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_of_a_ledger(home: Home, kind: str) -> None:
    change_the_ledger(home, kind, every=31)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_of_a_package(home: Home, kind: str) -> None:
    change_the_package(home, kind, every=3)


@pytest.mark.prove
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_of_everything(home: Home, kind: str) -> None:
    """More than 400,000 changes in all."""
    change_the_archive(home, kind, bits=8)
    change_the_roots(home, kind, bits=8)
    change_the_ledger(home, kind)
    change_the_package(home, kind, bits=8)


# --- rows of the database ------------------------------------------------------------------------------------------------------------------


def edited(value: object) -> list[object]:
    """What a value may be changed to."""
    if isinstance(value, int):
        return [value + 1, value - 1, -value - 1, "x"]
    if isinstance(value, bytes):
        return [value[:-1], value + b"\0", value[:40] + bytes([value[40] ^ 1]) + value[41:], b"", "x"]
    text = str(value)
    changed = text[:-1] + ("x" if text[-1:] != "x" else "y") if text else "x"
    return [changed, text + " ", text[:-1] if text else "0", text.upper() if text.upper() != text else text + "0", b"x", 7]


KEYS = {"members": "seq", "captures": "seq", "acts": "seq", "roots": "seq", "stamps": "root", "about": "key"}


def named(table: str, row: dict[str, Any]) -> list[str]:
    """What a report must name, one of them, of a row that was changed."""
    return {
        "members": [f"{row.get('file')} 偏移 {row.get('offset')}", f"第 {row.get('seq')} 条", f"第 {row.get('seq', 0) + 1} 条", str(row.get("uri")), str(row.get("visit") or "-")],
        "captures": [str(row.get("id")), f"第 {row.get('seq')} 个", f"第 {row.get('seq')} 条"], "acts": [f"第 {row.get('seq')} 项", f"第 {row.get('seq')} 条", "存证根"],
        "roots": [f"{row.get('seq', 0):08d}.json", f"{row.get('seq', 0) + 1:08d}.json", "存证根", f"第 {row.get('seq')} 条"],
        "stamps": [f"{row.get('root', 0):08d}.json", "时间戳"], "about": ["key-", "存证根", "key:", "公钥", "存证账信息"],
    }[table]


def test_every_column_of_every_row_edited_by_sql_is_found_and_named(home: Home) -> None:
    path = home.archive / "ledger.sqlite3"
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        rows = [(table, dict(row)) for table in KEYS for row in db.execute(f"SELECT * FROM {table}")]
    assert len(rows) >= 15
    for table, row in rows:
        key = KEYS[table]
        for column, value in row.items():
            for new in edited(value):
                with closing(sqlite3.connect(path)) as db:
                    try:
                        db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (new, row[key]))
                        db.commit()
                    except sqlite3.Error:
                        continue  # the table's own rules refuse it
                found = faults(home)
                assert found, (table, row[key], column, new)
                assert any(name in item.where + item.why for item in found for name in named(table, row)), (table, row[key], column, new, found)
                COUNTS["登记的改动"] += 1
                path.write_bytes(whole)


def test_a_row_left_out_doubled_or_put_in_another_place_is_found(home: Home) -> None:
    path = home.archive / "ledger.sqlite3"
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        sizes = {table: db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in KEYS}
    edits = [f"DELETE FROM {table} WHERE {key} = (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {n})" for table, key in KEYS.items() for n in range(sizes[table])]
    edits += [f"DELETE FROM {table}" for table in KEYS] + [f"DROP TABLE {table}" for table in KEYS]
    edits += ["INSERT INTO members SELECT seq + 100, file, offset + 100000, length, sha256, type, uri, visit, chain FROM members LIMIT 1",
              "INSERT INTO captures SELECT seq + 1, id || 'x', run, site, facts, members, chain FROM captures LIMIT 1",
              "INSERT INTO acts SELECT seq + 100, time, who, act, subject, detail, chain FROM acts LIMIT 1",
              "INSERT INTO roots SELECT seq + 100, statement, signature, key, sm3 FROM roots LIMIT 1",
              "INSERT INTO stamps SELECT root, 'other', response, time FROM stamps LIMIT 1",
              "INSERT INTO about VALUES ('key:0', 'x')",
              "CREATE VIEW v AS SELECT 1", "CREATE TRIGGER t AFTER INSERT ON acts BEGIN DELETE FROM acts; END"]
    for table, key in (("members", "seq"), ("acts", "seq"), ("roots", "seq"), ("stamps", "root")):
        edits.append(f"UPDATE {table} SET {key} = -{key} WHERE {key} < 3; UPDATE {table} SET {key} = 3 + {key} WHERE {key} < 0")
    for edit in edits:
        with closing(sqlite3.connect(path)) as db:
            db.executescript(edit)
        assert faults(home, first=True), edit
        COUNTS["登记的增删调换"] += 1
        path.write_bytes(whole)


# --- containers ----------------------------------------------------------------------------------------------------------------------------


def test_a_second_directory_a_second_name_and_hidden_stretches_are_found(home: Home) -> None:
    whole = home.package.read_bytes()
    directory = whole.index(b"PK\x01\x02")
    parts = unpacked(whole)
    crafted = {
        "目录两份": whole + whole[directory:], "目录在前又一份": whole[:directory] + whole[directory:] + whole[directory:], "前面有内容": b"#!/bin/sh\n" + whole,
        "后面有内容": whole + b"x", "注释": whole[:-2] + b"\x01\x00x", "两个包相接": whole + whole, "空": b"", "只有结尾": whole[-22:], "空包": b"PK\x05\x06" + bytes(18),
        "目录与文件之间": whole[:directory] + b"hidden" + whole[directory:], "文件不在目录里": whole[:directory] + whole[directory + 46 + len(b"SHA256SUMS"):],
    }
    for name, data in crafted.items():
        assert package_faults(data), name
        COUNTS["容器"] += 1
    for name in parts:
        assert any("两次" in item.why and name in item.where for item in package_faults(doubled(parts, name, parts[name]))), name
        assert package_faults(doubled(parts, name, b"other")), name
        COUNTS["容器"] += 2
    for name in ("../x", "/x", "a//b", "a\\b", "c:", "a/../b", "\u202e\n"):
        assert any("文件名" in item.why for item in package_faults(packed({**parts, name: b""}))), name


def doubled(parts: dict[str, bytes], name: str, data: bytes) -> bytes:
    """The same name twice, each with its entry in the directory."""
    return container([(one, content) for one in sorted(parts, key=str.encode) for content in ([parts[one], data] if one == name else [parts[one]])])
