"""Packages whose captures refer to bodies stored with others: the original comes along, the verifier compares it, and what is missing, exchanged or
does not agree is found and named, though somebody inside signed it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from evidence import acts, compaction, ledger, referred, retention
from evidence.capture import Capture, Visit
from evidence.keys import FileSigner
from evidence.packages.export import export
from evidence.read import answer
from evidence.recover import recover
from evidence.revisits import PLACE
from evidence.verifier import bundle
from evidence.verifier.archive import Wanted, check_archive
from evidence.verifier.package import check_package
from evidence.verifier.result import Findings
from evidence.verify import verify
from tests.evidence.packing import graded, order, signer, stored
from tests.evidence.tampering import package_faults, unpacked
from tests.evidence.test_revisits import LATER, OTHER, PAGE, TERMS, erased


def with_body(number: int, run: str, body: bytes) -> Visit:
    one = graded(number, run)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return replace(one, records=tuple(replace(r, payload=head + body) if r.type == "response" else r for r in one.records))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs: the first stores the body, the second and third refer to it."""
    for number, run in enumerate(("a1", "b2", "c3"), 1):
        stored(tmp_path / "archive", [with_body(number, run, PAGE)], run)
    return tmp_path


def packed(home: Path, captures: list[Capture], name: str = "package.zip", **more: object) -> Path:
    path = home / name
    if not path.exists():
        key = signer(home) if not (home / "keys").exists() else FileSigner(home / "keys" / "ledger.pem")
        export(home / "archive", order(captures, sealed=True, **more), path, signer=key)
    return path


def of(home: Path, run: str) -> list[Capture]:
    return list(ledger.captures(home / "archive", run=run))


def warcs(package: Path) -> bytes:
    wacz = unpacked(unpacked(package.read_bytes())["evidence.wacz"])
    return b"".join(data for name, data in wacz.items() if name.startswith("archive/"))


def test_the_original_comes_along_though_another_days_capture_holds_it(home: Path) -> None:
    package = packed(home, of(home, "c3"))
    kinds = [r.rec_type for r in ArchiveIterator(io.BytesIO(warcs(package)))]
    assert kinds.count("response") == kinds.count("revisit") == 1 and kinds.count("metadata") == 1, "the answer alone, nothing else of the other capture"
    findings = Findings()
    check_package(package, findings)
    assert findings.of("不符") == [] and any(item.what == "重访记录" and "重算正文的 SHA-256" in item.why for item in findings.of("已核验"))
    index = unpacked(unpacked(package.read_bytes())["evidence.wacz"])["indexes/index.cdx"].decode()
    rows = [json.loads(line.split(" ", 2)[2]) for line in index.splitlines()]
    revisit = next(row for row in rows if row["mime"] == "warc/revisit")
    assert revisit["status"] == "200" and [row["mime"] for row in rows if row.get("digest") == revisit["digest"]].count("text/html") == 1


def test_the_single_file_says_in_words_what_it_did_with_revisits(home: Path, tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_text(bundle.bundle(), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(packed(home, of(home, "c3")))], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "重访记录" in done.stdout and "只存一份" in done.stdout
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "verify.py"), "--archive", str(home / "archive")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "2 条：正文与此前存过的相同，只存一份" in done.stdout


def test_after_the_original_capture_was_erased_the_later_ones_read_verify_and_export(home: Path) -> None:
    archive = home / "archive"
    erased(archive, "a1v0001")
    compaction.compact(archive, "zhang")
    package = packed(home, of(home, "c3"))
    assert body(archive, "c3v0003") == PAGE and verify(archive).failures == verify(archive, stored=True).failures == () and package_faults(package) == []
    erased(archive, "b2v0002", "c3v0003")
    compaction.compact(archive, "zhang")
    assert verify(archive).failures == () and not retention.preview(archive, TERMS, lambda _: {}, LATER).due
    assert set(left(archive)) <= {"warcinfo"}, "the body went with the last that referred to it"
    assert package_faults(package) == [], "what was handed out stands alone"


def left(archive: Path) -> list[str]:
    """Types of the records that the files still hold."""
    found = []
    for path in archive.glob("*/*.warc.gz"):
        with path.open("rb") as stream:
            found += [record.rec_type for record in ArchiveIterator(stream)]
    return found


def body(archive: Path, id: str) -> bytes:
    capture = ledger.capture(archive, id)
    assert capture is not None
    return answer(archive, next(ref for ref in capture.records if ref.type == "revisit"))[0]


# --- tampers that are signed and ledgered: made by a dishonest hand before the ledger's entry ------------------------------------------


def forged(home: Path, change: Callable[[bytes], bytes]) -> Path:
    """An archive whose last revisit record says something else, with ledger, chains, roots and package made over it by the office's own key."""
    archive = home / "archive"
    capture = of(home, "c3")[0]
    ref = next(one for one in capture.records if one.type == "revisit")
    path = archive / ref.file
    raw = path.read_bytes()
    told = gzip.decompress(raw[ref.offset : ref.offset + ref.length])
    changed = change(told)
    assert changed != told
    path.write_bytes(raw[: ref.offset] + gzip.compress(changed, mtime=0) + raw[ref.offset + ref.length :])
    for file in [*archive.glob("ledger.sqlite3*"), *archive.glob("bodies.sqlite3*")]:
        file.unlink()
    recover(archive)
    return archive


def header(name: str, value: str) -> Callable[[bytes], bytes]:
    return lambda told: re.sub(rb"(\r\n" + name.encode() + rb": )[^\r\n]*", lambda found: found[1] + value.encode(), told, count=1)


@pytest.mark.parametrize(("name", "value", "why"), [
    ("WARC-Payload-Digest", "sha256:" + hashlib.sha256(OTHER).hexdigest(), "摘要不符"), ("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000000>", "编号"),
    ("WARC-Refers-To-Target-URI", "http://127.0.0.2:8100/elsewhere", "网址"), ("WARC-Refers-To-Date", "2020-01-01T00:00:00.000000Z", "时间"),
    (PLACE, "a1/a1-00001.warc.gz#0+10 sha256:" + "0" * 64, "不在存证登记中"), (PLACE, "nowhere", "没有写明"),
])
def test_a_revisit_that_does_not_agree_with_its_original_is_found_in_the_archive(home: Path, name: str, value: str, why: str) -> None:
    findings = Findings()
    check_archive(forged(home, header(name, value)), findings, Wanted())
    wrong = [item for item in findings.of("不符") if item.what == "重访记录"]
    assert len(wrong) == 1 and why in wrong[0].why and "c3/c3-00001" in wrong[0].where


@pytest.mark.parametrize(("name", "value", "why"), [
    ("WARC-Payload-Digest", "sha256:" + hashlib.sha256(OTHER).hexdigest(), "摘要不符"), ("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000000>", "编号"),
    ("WARC-Refers-To-Date", "2020-01-01T00:00:00.000000Z", "时间"),
])
def test_a_revisit_that_does_not_agree_with_its_original_is_found_in_a_package(home: Path, name: str, value: str, why: str) -> None:
    forged(home, header(name, value))
    found = [item for item in package_faults(packed(home, of(home, "c3"))) if item.what == "重访记录"]
    assert len(found) == 1 and why in found[0].why and "evidence.wacz" in found[0].where


def test_a_revisit_to_a_whole_answer_with_another_body_is_found(home: Path) -> None:
    """The place of another record, which is there and whole."""
    archive = home / "archive"
    (other,) = stored(archive, [with_body(9, "a0", OTHER)], "a0")
    ref = next(one for one in other.records if one.type == "response")
    forged(home, header(PLACE, f"{ref.file}#{ref.offset}+{ref.length} sha256:{ref.sha256}"))
    findings = Findings()
    check_archive(archive, findings, Wanted())
    assert [item.what for item in findings.of("不符")] == ["重访记录"]
    assert [item.what for item in package_faults(packed(home, of(home, "c3")))] == ["重访记录"]


def test_an_original_left_out_of_a_package_is_named_with_both_records(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package made by a hand that leaves it out, signed by the true key."""
    monkeypatch.setattr(referred, "originals", lambda archive, refs: [])
    found = package_faults(packed(home, of(home, "c3")))
    assert [item.what for item in found] == ["重访记录"] and "不在包里" in found[0].why and found[0].why.count("<urn:uuid:") == 2


def test_records_of_other_captures_that_nothing_refers_to_are_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true, first = referred.originals, of(home, "a1")[0]
    monkeypatch.setattr(referred, "originals", lambda archive, refs: [*true(archive, refs), first.records[1]])
    found = package_faults(packed(home, of(home, "c3")))
    assert [(item.what, item.why) for item in found] == [("快照", "有它的记录，没有它的登记")]


def test_an_erasure_that_takes_a_body_still_referred_to_is_found(home: Path) -> None:
    """A tombstone written past the program: it names the original, though later captures refer to it."""
    archive = home / "archive"
    with closing(sqlite3.connect(archive / "ledger.sqlite3")) as db:
        rows = db.execute("SELECT seq, sha256 FROM members WHERE visit = 'a1v0001'").fetchall()
    acts.append(archive, "zhang", "erase", "capture:a1v0001", {"why": "x", "members": [list(row) for row in rows]})
    for stored_only in (False, True):
        found = [one for one in verify(archive, stored=stored_only).failures if one.what == "重访记录"]
        assert len(found) == 2 and all("已按期限删除" in one.why for one in found)
