"""Archives made by somebody who means harm, or by a program that broke off: what can be read comes in, nothing odd reaches the ledger."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import ledger, warc
from evidence.errors import ArchiveUnreadable
from evidence.facts import of_visit
from evidence.imports import import_file
from evidence.read import page_body
from evidence.recover import recover
from evidence.verify import verify
from tests.evidence.test_archive import filled
from tests.evidence.test_imports import foreign
from tests.evidence.visits import visit


def record(block: bytes, **headers: str) -> bytes:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return warc.member(named, block)


def answer(url: str, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n") -> bytes:
    return record(head + b"<p>x</p>", WARC_Type="response", WARC_Target_URI=url, WARC_Date="2026-01-01T00:00:00Z")


def mark(**changes: Any) -> bytes:
    facts = {**of_visit(visit(1))[1], **changes}
    return record(json.dumps(facts).encode(), WARC_Type="metadata", WARC_Target_URI=warc.MARK + "x", WARC_Page_ID="x")


@pytest.mark.parametrize("head", [b"HTTP/1.1 \xb2\xb3\xb9 OK\r\nContent-Type: text/html\r\n\r\n", b"HTTP/1.1 " + b"9" * 5000 + b"\r\nContent-Type: text/html\r\n\r\n",
                                  b"\r\nContent-Type: text/html\r\n\r\n"])
def test_a_status_that_is_none_counts_as_none(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "x.warc.gz").write_bytes(answer("http://a.test/", head))
    assert import_file(tmp_path / "a", tmp_path / "x.warc.gz").captures == 1
    assert [c.status for c in ledger.captures(tmp_path / "a")] == [0]


@pytest.mark.parametrize("url", ["http://[", "javascript:alert(1)", "http:///x", "file:///etc/passwd", "http://a.test/" + "x" * 9000, ""])
def test_an_address_that_is_none_gives_no_capture(tmp_path: Path, url: str) -> None:
    (tmp_path / "x.warc.gz").write_bytes(answer(url) + answer("http://good.test/"))
    import_file(tmp_path / "a", tmp_path / "x.warc.gz")
    assert [c.url for c in ledger.captures(tmp_path / "a")] == ["http://good.test/"] and verify(tmp_path / "a").failures == ()


@pytest.mark.parametrize("changes", [
    {"headers": [["a"]]}, {"headers": [[1, 2]]}, {"headers": {}}, {"redirects": None}, {"redirects": [1]}, {"status": "200"}, {"status": True}, {"status": 10**30},
    {"id": "../../x"}, {"id": "<script>"}, {"id": ""}, {"id": 5}, {"run": "a b"}, {"time": "2026-01-01T00:00:00"}, {"time": "0001-01-01T00:00:00+23:59"},
    {"time": "9999-12-31T23:59:59-23:59"}, {"outcome": "fine"}, {"facts": []}, {"url": None}, {"detail": "\ud800"}, {"facts": json.loads("[" * 300 + "]" * 300)},
])
def test_a_visit_of_another_home_with_odd_facts_is_not_believed(tmp_path: Path, changes: dict[str, Any]) -> None:
    (tmp_path / "x.warc.gz").write_bytes(mark(**changes) + mark())
    import_file(tmp_path / "a", tmp_path / "x.warc.gz")
    assert [c.id for c in ledger.captures(tmp_path / "a")] == ["r1v0001"] and verify(tmp_path / "a").failures == ()


def test_facts_nested_without_end_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(record(b"[" * 200_000, WARC_Type="metadata", WARC_Target_URI=warc.MARK + "x") + mark())
    assert import_file(tmp_path / "a", tmp_path / "x.warc.gz").captures == 1


def test_a_file_that_broke_off_gives_what_stands_before_and_says_where_it_ends(tmp_path: Path) -> None:
    whole = foreign(tmp_path / "x.warc.gz").read_bytes()
    (tmp_path / "y.warc.gz").write_bytes(whole[:-5])
    done = import_file(tmp_path / "a", tmp_path / "y.warc.gz")
    assert done.captures == 1 and "之后未读" in done.note and verify(tmp_path / "a").failures == ()


def test_gzip_in_one_piece_is_written_anew_record_by_record(tmp_path: Path) -> None:
    plain = foreign(tmp_path / "x.warc", gzip=False).read_bytes()
    for name, data in {"one": gzip.compress(plain), "cut": gzip.compress(plain)[:-9]}.items():
        (tmp_path / f"{name}.warc.gz").write_bytes(data)
        assert import_file(tmp_path / name, tmp_path / f"{name}.warc.gz").captures >= 1
        capture = next(ledger.captures(tmp_path / name))
        body = page_body(tmp_path / name, capture)
        assert body is not None and body.body == b"<p>1</p>" and verify(tmp_path / name).failures == ()


def test_every_byte_of_an_imported_file_is_under_the_chain(tmp_path: Path) -> None:
    home = tmp_path / "a"
    import_file(home, foreign(tmp_path / "x.warc.gz", page_id="p"))
    (path,) = (home / "imported").iterdir()
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert verify(home).failures, place
    path.write_bytes(whole + b"x")
    assert verify(home).failures


def test_an_import_killed_before_the_ledger_is_named_and_goes_on_when_repeated(tmp_path: Path) -> None:
    home, path = tmp_path / "a", foreign(tmp_path / "x.warc.gz")
    import_file(home, path)
    for file in home.glob("ledger.sqlite3*"):
        file.unlink()
    (home / "imported" / ".999999999-ab.part").write_bytes(b"x")
    assert "adpatrol ingest" in verify(home).failures[0].why
    assert import_file(home, path).captures == 2 and verify(home).failures == ()
    recover(home)
    assert [p.suffix for p in (home / "imported").iterdir()] == [".gz"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_to_a_file_breaks_the_import_or_the_archive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any few bytes replaced or left out, in the file or inside its records: a clear refusal, or captures that read and verify."""
    folder = tmp_path_factory.mktemp("fuzz")
    plain = data.draw(st.booleans(), label="plain")
    own = data.draw(st.booleans(), label="own")
    raw = filled(folder / "there", range(2)).read_bytes() if own else foreign(folder / "x", page_id="p").read_bytes()
    raw = bytearray(gzip.decompress(raw) if plain else raw)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, 100_000)) * len(raw) // 100_001
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    (folder / "y.warc.gz").write_bytes(raw)
    home = folder / "home"
    try:
        import_file(home, folder / "y.warc.gz")
    except ArchiveUnreadable:
        return
    assert verify(home).failures == ()
    for capture in ledger.captures(home):
        page_body(home, capture)
