"""The WACZ inside a package: others' tools read it, and its members are the archive's own bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

sys.path.insert(0, str(Path(__file__).resolve().parent))
from environments import environment
from visits import visit

from evidence.archive import ArchiveWriter
from evidence.capture import Capture, VisitRecord
from evidence.errors import DigestMismatch
from evidence.packages import cdx, wacz

MADE = datetime(2026, 11, 21, 4, tzinfo=UTC)


def stored(archive: Path, count: int, run: str = "r1") -> list[Capture]:
    with ArchiveWriter(archive, run=run) as writer:
        for number in range(count):
            writer.write(visit(number, run=run, url=f"https://www.shili.example/ye?b=2&a={number}"))
        return writer.commit()


def written(archive: Path, captures: list[Capture], work: Path) -> bytes:
    out = io.BytesIO()
    wacz.write(out, archive, captures, title="线索", made=MADE, software="adpatrol", work=work, text=lambda c: wacz.PageText(f"题{c.seq}", "本息保障"))
    return out.getvalue()


def test_the_validator_of_the_format_accepts_it(tmp_path: Path) -> None:
    binaries = environment("wacz-0.6.0", "wacz==0.6.0", "setuptools<81")
    captures = stored(tmp_path / "a", 4) + stored(tmp_path / "a", 2, "r2")
    path = tmp_path / "evidence.wacz"
    path.write_bytes(written(tmp_path / "a", captures[1:5], tmp_path))
    said = subprocess.run([str(binaries / "wacz"), "validate", "-f", str(path)], capture_output=True, text=True, timeout=120, check=False)
    assert (said.returncode, "Validation succeeded" in said.stdout) == (0, True), said.stdout + said.stderr


def test_its_warc_holds_the_members_byte_for_byte_with_their_warcinfo_and_nothing_else(tmp_path: Path) -> None:
    captures = stored(tmp_path / "a", 5)[1:3]
    with zipfile.ZipFile(io.BytesIO(written(tmp_path / "a", captures, tmp_path))) as found:
        names = [name for name in found.namelist() if name.startswith("archive/")]
        raw = found.read(names[0])
    original = (tmp_path / "a" / captures[0].records[0].file).read_bytes()
    refs = [ref for capture in captures for ref in capture.records]
    info = original[: gzip_length(original)]
    assert names == ["archive/r1-00001.warc.gz"]
    assert raw == info + b"".join(original[ref.offset : ref.offset + ref.length] for ref in refs)
    assert [record.rec_type for record in ArchiveIterator(io.BytesIO(raw))] == ["warcinfo", *("response", "request", "metadata") * 2]


def gzip_length(data: bytes) -> int:
    """Of its first member."""
    stream = io.BytesIO(data)
    iterator = ArchiveIterator(stream)
    next(iterator).content_stream().read()
    next(iterator)
    return iterator.get_record_offset()


def test_every_line_of_the_index_leads_to_its_record_and_every_page_to_a_line(tmp_path: Path) -> None:
    captures = stored(tmp_path / "a", 3)
    with zipfile.ZipFile(io.BytesIO(written(tmp_path / "a", captures, tmp_path))) as found:
        lines = found.read("indexes/index.cdx").decode().splitlines()
        pages = [json.loads(line) for line in found.read("pages/pages.jsonl").decode().splitlines()]
        for line in lines:
            told = json.loads(line.split(" ", 2)[2])
            at, size = int(told["offset"]), int(told["length"])
            member = found.read(f"archive/{told['filename']}")[at : at + size]
            record = next(ArchiveIterator(io.BytesIO(member)))
            assert record.rec_headers.get_header("WARC-Target-URI") == told["url"]
            assert told["recordDigest"] == "sha256:" + hashlib.sha256(member).hexdigest()
            assert gzip.decompress(member)
    assert lines == sorted(lines)
    assert len(lines) == 6  # answer and facts of each visit
    assert pages[0] == {"format": "json-pages-1.0", "id": "pages", "title": "快照", "hasText": True}
    keys = {tuple(line.split(" ", 2)[:2]) for line in lines}
    for page, capture in zip(pages[1:], captures, strict=True):
        assert (page["id"], page["text"], page["title"]) == (capture.id, "本息保障", f"题{capture.seq}")
        assert (cdx.surt(page["url"]), page["ts"].replace("-", "").replace(":", "").translate(str.maketrans("", "", "TZ"))) in keys


def test_the_same_captures_give_the_same_bytes(tmp_path: Path) -> None:
    captures = stored(tmp_path / "a", 3)
    assert written(tmp_path / "a", captures, tmp_path) == written(tmp_path / "a", captures, tmp_path)


def test_a_stored_record_that_was_touched_never_leaves(tmp_path: Path) -> None:
    captures = stored(tmp_path / "a", 2)
    ref = captures[1].records[0]
    path = tmp_path / "a" / ref.file
    raw = bytearray(path.read_bytes())
    raw[ref.offset + 40] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(DigestMismatch, match="evidence verify"):
        written(tmp_path / "a", captures, tmp_path)


@pytest.mark.parametrize(("url", "key"), [
    ("http://127.0.0.2:8100/A?b=2&a=1", "2,0,0,127:8100)/a?a=1&b=2"), ("https://www2.shili.example", "example,shili)/"),
    ("https://shili.example:443/x", "example,shili)/x"), ("urn:fullPage:https://x/", "urn:fullPage:https://x/"), ("http://[bad", "http://[bad"),
], ids=["port and query", "www", "default port", "other scheme", "no address"])
def test_keys_are_those_players_look_up(url: str, key: str) -> None:
    assert cdx.surt(url) == key


def test_a_hostile_answer_cannot_break_a_line_of_the_index(tmp_path: Path) -> None:
    url = "https://shili.example/%0Aq"
    payload = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\x85\n{\"a\": 1}; x\r\n\r\n<p>"
    answer = VisitRecord(type="response", uri=url + "\n x", payload=payload, content_type="application/http; msgtype=response")
    with ArchiveWriter(tmp_path / "a", run="r1") as writer:
        one = visit(1)
        writer.write(type(one)(**{name: getattr(one, name) for name in one.__dataclass_fields__} | {"records": (answer,)}))
        captures = writer.commit()
    with zipfile.ZipFile(io.BytesIO(written(tmp_path / "a", captures, tmp_path))) as found:
        for line in found.read("indexes/index.cdx").decode("ascii").splitlines():
            assert json.loads(line.split(" ", 2)[2])["url"]
