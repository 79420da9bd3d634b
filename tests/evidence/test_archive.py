"""The archive as a specification: what is acknowledged is on disk, reads back everywhere, and survives a kill at any byte."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from fastwarc import ArchiveIterator as FastIterator
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from evidence import ledger, packing, warc
from evidence.archive import ArchiveWriter
from evidence.capture import Outcome, VisitRecord
from evidence.errors import ArchiveUnwritable, DigestMismatch
from evidence.read import page_body, record_payload
from evidence.recover import recover
from evidence.verify import verify
from tests.evidence.visits import BODY, visit


def filled(folder: Path, numbers: range, run: str = "r1") -> Path:
    with ArchiveWriter(folder, run=run) as writer:
        for number in numbers:
            writer.write(visit(number, run=run))
        writer.commit()
    return next((folder / run).glob("*.warc.gz"))


def test_a_written_visit_reads_back_as_it_was_received(tmp_path: Path) -> None:
    filled(tmp_path, range(2))
    first, second = ledger.captures(tmp_path)
    body = page_body(tmp_path, first)
    assert body is not None and (body.body, body.kind, body.content_type) == (BODY, "response", "text/html; charset=utf-8")
    assert [r.type for r in second.records] == ["response", "request", "metadata"]
    assert record_payload(tmp_path, second.records[0]).startswith(b"HTTP/1.1 200 OK\r\n")


def test_other_peoples_tools_read_the_file_and_its_digests(tmp_path: Path) -> None:
    path = filled(tmp_path, range(3))
    with path.open("rb") as stream:
        seen = [(r.rec_type, r.content_stream().read()) for r in ArchiveIterator(stream, check_digests="raise")]
    assert [kind for kind, _ in seen] == ["warcinfo", *["response", "request", "metadata"] * 3]
    with path.open("rb") as stream:
        assert all(r.verify_block_digest() for r in FastIterator(stream, parse_http=False) if r.headers["WARC-Type"] != "warcinfo")


def test_either_packer_gives_members_that_every_gzip_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [b"", b"x", bytes(range(256)) * 400, "保本保息".encode() * 9_000, random.Random(1).randbytes(300_000)]
    for pack in (packing.packed, packing.by_zlib):
        assert [gzip.decompress(pack(body)) for body in bodies] == bodies
        assert [pack(body) for body in bodies] == [pack(body) for body in bodies]
        monkeypatch.setattr(warc, "packed", pack)
        folder = tmp_path / str(pack is packing.by_zlib)
        filled(folder, range(2))
        assert verify(folder).failures == ()


def test_nothing_counts_before_the_commit(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(visit(1))
        assert list(ledger.captures(tmp_path)) == []
        assert [c.id for c in writer.commit()] == ["r1v0001"]
        writer.write(visit(2))
    assert [c.id for c in ledger.captures(tmp_path)] == ["r1v0001"]
    assert recover(tmp_path) == [] and verify(tmp_path).failures == ()


def test_a_new_file_begins_when_the_old_one_is_large_or_old(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path, run="r1", max_bytes=500) as writer:
        for number in range(4):
            writer.write(visit(number))
            writer.commit()
    with ArchiveWriter(tmp_path, run="r2", max_age_s=0) as writer:
        for number in range(2):
            writer.write(visit(number, run="r2"))
            writer.commit()
    assert len(list((tmp_path / "r1").iterdir())) == 4 and len(list((tmp_path / "r2").iterdir())) == 2
    assert verify(tmp_path).failures == ()


def test_a_cut_at_every_byte_of_the_last_visit_loses_only_that_visit(tmp_path: Path) -> None:
    """What a kill leaves: the ledger of the first commit, and any beginning of what was written after it."""
    home = tmp_path / "home"
    with ArchiveWriter(home, run="r1") as writer:
        writer.write(visit(1))
        writer.commit()
        path = next((home / "r1").glob("*.warc.gz"))
        safe = path.stat().st_size
        writer.write(visit(2))
        torn = path.read_bytes()
    for size in range(safe, len(torn) + 1):
        case = tmp_path / "case"
        shutil.copytree(home, case)
        victim = case / "r1" / path.name
        victim.write_bytes(torn[:size])
        told = recover(case)
        ids = [c.id for c in ledger.captures(case)]
        assert ids == (["r1v0001", "r1v0002"] if size == len(torn) else ["r1v0001"]), size
        assert size % 5 or verify(case).failures == (), size
        assert victim.read_bytes() == torn[: safe if size < len(torn) else size]
        assert bool(told) == (size > safe) and recover(case) == []
        kept = list((case / "quarantine").iterdir()) if (case / "quarantine").is_dir() else []
        assert b"".join(k.read_bytes() for k in kept) == (torn[safe:size] if size < len(torn) else b"")
        shutil.rmtree(case)


def test_a_file_killed_before_its_first_commit_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "r1").mkdir(parents=True)
    (tmp_path / "r1" / "r1-00001.warc.gz").write_bytes(gzip.compress(b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"))
    assert [t.adopted for t in recover(tmp_path)] == [0]
    assert not (tmp_path / "r1" / "r1-00001.warc.gz").exists() and recover(tmp_path) == []


def test_every_flipped_byte_is_found_and_named(tmp_path: Path) -> None:
    path = filled(tmp_path, range(1))
    whole = path.read_bytes()
    assert len(whole) <= 4096
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        failures = verify(tmp_path).failures
        assert failures and any(path.name in failure.where for failure in failures), place
    path.write_bytes(whole)
    assert verify(tmp_path).failures == ()


def test_every_truncation_and_anything_added_is_found(tmp_path: Path) -> None:
    path = filled(tmp_path, range(1))
    whole = path.read_bytes()
    for size in [*range(0, len(whole) - 12, 5), *range(len(whole) - 12, len(whole))]:
        path.write_bytes(whole[:size])
        assert verify(tmp_path).failures, size
    path.write_bytes(whole + b"x")
    assert "没有登记" in verify(tmp_path).failures[0].why
    path.unlink()
    assert "无法打开" in verify(tmp_path).failures[0].why


@pytest.mark.parametrize("edit", [
    "UPDATE members SET sha256 = replace(sha256, substr(sha256, 1, 1), 'f')", "DELETE FROM members WHERE seq = 2", "UPDATE members SET uri = 'http://x/' WHERE seq = 3",
    "UPDATE members SET offset = offset + 1 WHERE seq = 4",
])
def test_an_edited_ledger_is_found(tmp_path: Path, edit: str) -> None:
    import sqlite3

    filled(tmp_path, range(2))
    with sqlite3.connect(ledger.path_of(tmp_path)) as db:
        db.execute(edit)
    assert verify(tmp_path).failures


def test_changed_bytes_are_not_read_as_evidence(tmp_path: Path) -> None:
    path = filled(tmp_path, range(1))
    capture = next(ledger.captures(tmp_path))
    data = bytearray(path.read_bytes())
    data[capture.records[0].offset + 30] ^= 1
    path.write_bytes(data)
    with pytest.raises(DigestMismatch):
        page_body(tmp_path, capture)


def test_a_full_disk_loses_nothing_acknowledged_and_the_writer_goes_on(tmp_path: Path) -> None:
    """A real limit of the kernel (RLIMIT_FSIZE) in a process of its own, lifted afterwards."""
    script = f"""
import os, resource, signal, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pathlib import Path
from tests.evidence.visits import visit
from evidence.archive import ArchiveWriter
from evidence.errors import ArchiveUnwritable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path({str(tmp_path)!r})
writer = ArchiveWriter(folder, run="r1")
writer.write(visit(1)); writer.commit()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    writer.write(visit(2, body=os.urandom(400_000)))
except ArchiveUnwritable as error:
    print(error)
writer.write(visit(3)); print([c.id for c in writer.commit()])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "磁盘已满" in done.stdout and "r1v0003" in done.stdout
    assert [c.id for c in ledger.captures(tmp_path)] == ["r1v0001", "r1v0003"] and verify(tmp_path).failures == () and recover(tmp_path) == []


@pytest.mark.parametrize("when", range(1, 9))
def test_a_kill_between_any_two_writes_leaves_whole_visits_only(tmp_path: Path, when: int) -> None:
    """The process ends itself without clean-up after its ``when``-th write or fsync."""
    script = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pathlib import Path
from tests.evidence.visits import visit
from evidence.archive import ArchiveWriter
left = {when}
def dying(call):
    def instead(*args):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return call(*args)
    return instead
writer = ArchiveWriter(Path({str(tmp_path)!r}), run="r1")
writer.write(visit(1)); print([c.id for c in writer.commit()], flush=True)
os.write, os.fsync = dying(os.write), dying(os.fsync)
for group in range(3):
    writer.write(visit(10 + group)); print([c.id for c in writer.commit()], flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    acknowledged = [line.strip("[]'") for line in done.stdout.split()]
    recover(tmp_path)
    ids = [c.id for c in ledger.captures(tmp_path)]
    assert acknowledged and ids[: len(acknowledged)] == acknowledged and len(ids) <= len(acknowledged) + 1
    assert verify(tmp_path).failures == () and recover(tmp_path) == []


@settings(max_examples=60)
@given(uri=st.text(min_size=1, max_size=60), name=st.text(max_size=40))
def test_no_value_from_a_site_adds_a_header(uri: str, name: str) -> None:
    from evidence import warc

    made = visit(1, url="http://a/" + uri)
    packed = warc.record_member(VisitRecord(type="resource", uri="http://a/" + uri, payload=b"x", content_type=name), made, info="<i>", identity="<r>", concurrent="")
    record = next(iter(ArchiveIterator(io.BytesIO(packed))))
    assert [h for h, _ in record.rec_headers.headers] == [
        "WARC-Type", "WARC-Record-ID", "WARC-Target-URI", "WARC-Date", "WARC-Warcinfo-ID", "WARC-Page-ID", "Content-Type", "WARC-Block-Digest", "Content-Length"]


@pytest.mark.parametrize(("coding", "packed"), [
    ("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY)), ("deflate", zlib.compress(BODY)[2:-4]), ("gzip", gzip.compress(BODY)[:-8]),
    ("identity", BODY), ("gzip", BODY),
], ids=["gzip", "deflate", "bare deflate", "gzip without its trailer", "identity", "not what it says"])
def test_content_encodings_are_undone_for_the_judge_only(tmp_path: Path, coding: str, packed: bytes) -> None:
    with ArchiveWriter(tmp_path, run="r1") as writer:
        writer.write(visit(1, body=packed, headers=f"Content-Type: text/html\r\nContent-Encoding: {coding}"))
        (capture,) = writer.commit()
    body = page_body(tmp_path, capture)
    assert body is not None and body.body == BODY
    assert record_payload(tmp_path, capture.records[0]).endswith(packed)


def test_a_bomb_unpacks_no_further_than_the_bound(tmp_path: Path) -> None:
    import brotli
    import zstandard

    from evidence.read import MAX_BODY_BYTES

    zeros = bytes(MAX_BODY_BYTES * 3)
    bombs = {"gzip": gzip.compress(zeros, 1), "br": brotli.compress(zeros, quality=1), "zstd": zstandard.compress(zeros)}
    with ArchiveWriter(tmp_path, run="r1") as writer:
        for number, (coding, bomb) in enumerate(bombs.items()):
            writer.write(visit(number, body=bomb, headers=f"Content-Encoding: {coding}", outcome=Outcome.BOMB))
        captures = writer.commit()
    del zeros
    for capture in captures:
        body = page_body(tmp_path, capture)
        assert body is not None and len(body.body) == MAX_BODY_BYTES


def test_an_unwritable_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "r1").write_text("a file where the run's folder should be")
    writer = ArchiveWriter(tmp_path, run="r1")
    with pytest.raises(ArchiveUnwritable, match="无法写入"):
        writer.write(visit(1))
    writer.close()


