"""Anybody's archives come in by the same door, once."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from evidence import ledger
from evidence.archive import ArchiveWriter
from evidence.errors import ArchiveUnreadable
from evidence.foreign import pages
from evidence.imports import import_file
from evidence.read import page_body, screenshot
from evidence.verify import verify
from tests.evidence.test_archive import filled
from tests.evidence.visits import visit


def foreign(path: Path, *, gzip: bool = True, page_id: str = "") -> Path:
    extra = {"WARC-Page-ID": page_id} if page_id else {}
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=gzip, warc_version="1.1")
        for number in range(3):
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html" if number else "image/png")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(f"http://a.test/{number}", "response", payload=io.BytesIO(b"<p>%d</p>" % number), http_headers=head,
                                                          warc_headers_dict=dict(extra) if number == 1 else {}))
        if page_id:
            writer.write_record(writer.create_warc_record("urn:view:http://a.test/1", "resource", payload=io.BytesIO(b"PNG"), warc_content_type="image/png",
                                                          warc_headers_dict=dict(extra)))
    return path


@pytest.mark.parametrize("gzip", [True, False])
def test_the_html_answers_of_a_foreign_warc_become_captures_once(tmp_path: Path, gzip: bool) -> None:
    path, home = foreign(tmp_path / "x.warc.gz", gzip=gzip), tmp_path / "archive"
    assert import_file(home, path).captures == 2
    again = import_file(home, path)
    assert (again.captures, again.already) == (0, True)
    first, second = ledger.captures(home)
    body = page_body(home, first)
    assert (first.url, first.site, first.client) == ("http://a.test/1", "http://a.test", "foreign") and second.url == "http://a.test/2"
    assert body is not None and body.body == b"<p>1</p>"
    assert verify(home).failures == ()


def test_records_of_one_browser_page_are_one_capture(tmp_path: Path) -> None:
    home = tmp_path / "archive"
    import_file(home, foreign(tmp_path / "x.warc.gz", page_id="p1"))
    capture = next(c for c in ledger.captures(home) if c.url.endswith("/1"))
    assert screenshot(home, capture) == b"PNG"


def test_a_wacz_gives_its_warcs(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.wacz", "w") as package:
        package.write(foreign(tmp_path / "x.warc.gz"), "archive/data.warc.gz")
    assert import_file(tmp_path / "archive", tmp_path / "x.wacz").captures == 2


def test_an_archive_of_ours_keeps_its_visits(tmp_path: Path) -> None:
    file = filled(tmp_path / "there", range(3))
    assert import_file(tmp_path / "here", file).captures == 3
    assert [c.id for c in ledger.captures(tmp_path / "here")] == [c.id for c in ledger.captures(tmp_path / "there")]
    assert import_file(tmp_path / "there", file).captures == 0


@pytest.mark.parametrize("name", ["x.warc.gz", "x.wacz", "x.warc"])
def test_what_is_no_archive_is_refused_and_not_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(ArchiveUnreadable):
        import_file(tmp_path / "archive", tmp_path / name)
    assert list((tmp_path / "archive" / "imported").iterdir()) == [] if (tmp_path / "archive" / "imported").is_dir() else True


def revisiting(path: Path, *, original: bool, first: bool = False, digest: str = "", url: str = "http://a.test/page") -> Path:
    """A foreign WARC with a revisit of a page as others' tools write it, with the original in it or not, before or behind."""
    body = b"<html><p>" + b"words " * 200 + b"</html>"
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        whole = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head)
        told = digest or "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
        again = writer.create_revisit_record(url, told, url, "2026-11-01T00:00:00Z", http_headers=StatusAndHeaders(
            "200 OK", [("Content-Type", "text/html"), ("Date", "later")], protocol="HTTP/1.1"))
        for record in ([whole] if original and first else []) + [again] + ([whole] if original and not first else []):
            writer.write_record(record)
    return path


@pytest.mark.parametrize("first", [True, False])
def test_a_foreign_revisit_has_the_body_of_its_original_in_the_same_file(tmp_path: Path, first: bool) -> None:
    home = tmp_path / "archive"
    done = import_file(home, revisiting(tmp_path / "x.warc.gz", original=True, first=first))
    assert (done.captures, done.note) == (2, "")
    one, two = (page_body(home, capture) for capture in ledger.captures(home))
    assert one is not None and two is not None and one.body == two.body and b"words" in one.body
    assert verify(home).failures == () and any("外来的重访记录" in item.what for item in verify(home).unverified)
    assert [page.body for page in pages(tmp_path / "x.warc.gz")] == [one.body, one.body]


def test_a_foreign_revisit_finds_its_original_in_a_file_taken_in_later_and_is_named_till_then(tmp_path: Path) -> None:
    home = tmp_path / "archive"
    done = import_file(home, revisiting(tmp_path / "x.warc.gz", original=False))
    assert done.captures == 1 and "1 条重访记录的正文不在导入的文件里，也不在存档里" in done.note
    (capture,) = ledger.captures(home)
    with pytest.raises(ArchiveUnreadable, match=r"重访记录 <urn:uuid:.*没有它所引用的原记录"):
        page_body(home, capture)
    assert list(pages(tmp_path / "x.warc.gz")) == []
    import_file(home, revisiting(tmp_path / "y.warc.gz", original=True))
    body = page_body(home, capture)
    assert body is not None and b"words" in body.body


def test_a_foreign_revisit_with_a_digest_that_is_not_its_originals_has_no_body(tmp_path: Path) -> None:
    home = tmp_path / "archive"
    assert import_file(home, revisiting(tmp_path / "x.warc.gz", original=True, digest="sha1:" + "A" * 32)).note
    with pytest.raises(ArchiveUnreadable, match="重访记录"):
        page_body(home, next(ledger.captures(home)))


def test_an_archive_of_ours_with_revisits_is_read_in_another_home(tmp_path: Path) -> None:
    body = b"<p>" + bytes(range(32, 127)) * 40
    with ArchiveWriter(tmp_path / "one", run="r1") as writer:
        for number in range(2):
            writer.write(visit(number, body=body + b"".join(b"<i>%d</i>" % (n * n) for n in range(300))))
        writer.commit()
    (path,) = (tmp_path / "one").glob("r1/*.warc.gz")
    assert import_file(tmp_path / "two", path).captures == 2
    first, second = ledger.captures(tmp_path / "two")
    one, two = (page_body(tmp_path / "two", capture) for capture in (first, second))
    assert next(r.type for r in second.records) == "revisit" and one is not None and two is not None and one.body == two.body
    assert verify(tmp_path / "two").failures == ()
