"""Anybody's archives come in by the same door, once."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from evidence import ledger
from evidence.errors import ArchiveUnreadable
from evidence.imports import import_file
from evidence.read import page_body, screenshot
from evidence.verify import verify
from tests.evidence.test_archive import filled


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
