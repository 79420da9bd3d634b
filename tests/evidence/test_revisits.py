"""Identical bodies stored once, as a specification: what is written, what is read back, what a kill, an erasure and a lost table leave."""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator

from evidence import acts, compaction, keys, ledger, roots
from evidence.archive import ArchiveWriter
from evidence.bodies import file_of, known
from evidence.capture import Capture, Visit, VisitRecord
from evidence.errors import ArchiveUnreadable, DigestMismatch, Erased
from evidence.read import answer, page_body, record_payload
from evidence.recover import recover
from evidence.retention import Standing, erase, hold, preview, release
from evidence.settings import Term
from evidence.verify import verify
from tests.evidence.killing import killed_at, lines_of
from tests.evidence.visits import visit

LATER = datetime(2030, 1, 1, tzinfo=UTC)
TERMS = (Term.model_validate({"class": "none", "years": 3, "basis": "归档规定"}),)
PAGE = ("<html><title>示例理财</title>" + "".join(f"<p>第{n}期产品说明，编号{n * 7919:08d}，示例文字。</p>" for n in range(200)) + "</html>").encode()
OTHER = PAGE.replace("示例理财".encode(), "另一平台".encode())


def write(folder: Path, *visits: Visit, run: str = "r1") -> list[Capture]:
    with ArchiveWriter(folder, run=run) as writer:
        for one in visits:
            writer.write(replace(one, run=run))
        return writer.commit()


def kinds(folder: Path) -> list[str]:
    """The type of each capture's answer, in archive order."""
    return [next(ref.type for ref in capture.records if ref.type in ("response", "revisit")) for capture in ledger.captures(folder)]


def bodies(folder: Path) -> list[bytes]:
    return [body.body for capture in ledger.captures(folder) if (body := page_body(folder, capture)) is not None]


def body_of(folder: Path, capture: Capture) -> bytes | None:
    found = page_body(folder, capture)
    return found.body if found is not None else None


def tied(uris: Sequence[str], body: bytes = PAGE) -> Visit:
    """A visit with several answers of the same body."""
    one = visit(7)
    return replace(one, records=(*one.records, *(VisitRecord(
        type="response", uri=uri, payload=b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + body, content_type="application/http; msgtype=response") for uri in uris)))


# --- what is written ------------------------------------------------------------------------------------------------------------------


def test_an_unchanged_page_costs_one_record_below_a_kilobyte(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE))
    (again,) = write(tmp_path, visit(2, url="http://127.0.0.2:8100/page-1", body=PAGE, headers="Content-Type: text/html\r\nDate: later"), run="r2")
    first = next(ledger.captures(tmp_path))
    assert kinds(tmp_path) == ["response", "revisit"] and bodies(tmp_path) == [PAGE, PAGE]
    assert again.records[0].length < 1_000 < first.records[0].length
    assert record_payload(tmp_path, again.records[0]) == b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: later\r\n\r\n" + PAGE, "its own head, the same body"
    assert verify(tmp_path).failures == verify(tmp_path, stored=True).failures == verify(tmp_path, capture=again.id).failures == ()


def test_bodies_are_known_across_addresses_files_runs_and_within_one_visit(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), visit(2, body=PAGE))
    write(tmp_path, visit(3, body=PAGE), tied(["http://127.0.0.2:8100/a.png", "http://127.0.0.2:8100/b.png"], OTHER), run="r2")
    refs = [ref for capture in ledger.captures(tmp_path) for ref in capture.records if ref.type in ("response", "revisit") and not ref.uri.endswith("page-7")]
    assert [ref.type for ref in refs] == ["response", "revisit", "revisit", "response", "revisit"]
    assert [answer(tmp_path, ref)[0] for ref in refs] == [PAGE] * 3 + [OTHER] * 2


def test_a_revisit_always_refers_to_a_whole_answer(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, visit(number, body=PAGE), run=f"r{number}")
    with (tmp_path / "r0" / "r0-00001.warc.gz").open("rb") as stream:
        original = next(r.rec_headers.get_header("WARC-Record-ID") for r in ArchiveIterator(stream) if r.rec_type == "response")
    for number in range(1, 4):
        with (tmp_path / f"r{number}" / f"r{number}-00001.warc.gz").open("rb") as stream:
            assert [r.rec_headers.get_header("WARC-Refers-To") for r in ArchiveIterator(stream) if r.rec_type == "revisit"] == [original]


@pytest.mark.parametrize(("body", "truncated"), [(b"x" * 200, ""), (b"<p>" + b"a" * 4_000, ""), (PAGE, "length")])
def test_what_would_not_be_shorter_and_what_was_cut_is_written_in_full(tmp_path: Path, body: bytes, truncated: str) -> None:
    for number in range(2):
        one = visit(number, body=body)
        write(tmp_path, replace(one, records=tuple(replace(r, truncated=truncated if r.type == "response" else "") for r in one.records)), run=f"r{number}")
    assert kinds(tmp_path) == ["response", "response"] and bodies(tmp_path) == [body, body]


def test_other_peoples_tools_read_revisits(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), visit(2, body=PAGE))
    raw = (tmp_path / "r1" / "r1-00001.warc.gz").read_bytes()
    told = [(r.rec_type, r.http_headers.get_statuscode() if r.rec_type in ("response", "revisit") else "") for r in ArchiveIterator(io.BytesIO(raw), check_digests="raise")
            if r.content_stream().read() is not None]
    assert told == [("warcinfo", ""), ("response", "200"), ("request", ""), ("metadata", ""), ("revisit", "200"), ("request", ""), ("metadata", "")]
    fast = [r.headers for r in FastIterator(io.BytesIO(raw)) if r.headers["WARC-Type"] == "revisit"]
    assert [h["WARC-Profile"] for h in fast] == ["http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"]
    assert fast[0]["WARC-Refers-To-Target-URI"].endswith("/page-1") and fast[0]["WARC-Payload-Digest"].startswith("sha256:")


# --- the table ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("harm", ["deleted", "emptied", "garbage", "led astray"])
def test_the_table_of_bodies_is_thrown_away_and_made_anew_from_the_archive(tmp_path: Path, harm: str) -> None:
    write(tmp_path, visit(1, body=OTHER), visit(2, body=PAGE))
    file = file_of(tmp_path)
    if harm == "deleted":
        file.unlink()
    elif harm == "emptied":
        file.write_bytes(b"")
    elif harm == "garbage":
        file.write_bytes(b"no database at all" * 300)
    else:
        with closing(sqlite3.connect(file, isolation_level=None)) as db:
            db.execute("UPDATE own SET member = (SELECT MIN(member) FROM own)")
    for end in ("-wal", "-shm"):
        if harm != "led astray":
            file.with_name(file.name + end).unlink(missing_ok=True)
    write(tmp_path, visit(3, body=PAGE), run="r2")
    assert kinds(tmp_path)[2] == ("response" if harm == "led astray" else "revisit")  # a wrong row is seen by the body itself
    write(tmp_path, visit(4, body=PAGE), run="r3")
    assert bodies(tmp_path) == [OTHER, PAGE, PAGE, PAGE] and kinds(tmp_path)[3] == "revisit" and verify(tmp_path).failures == ()


def test_a_damaged_original_is_not_referred_to_again(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")
    ref = next(ledger.captures(tmp_path)).records[0]
    with (tmp_path / ref.file).open("r+b") as stream:
        stream.seek(ref.offset + ref.length // 2)
        stream.write(b"\0\0\0\0")
    write(tmp_path, visit(2, body=PAGE), run="r2")
    write(tmp_path, visit(3, body=PAGE), run="r3")
    assert kinds(tmp_path) == ["response", "response", "revisit"] and body_of(tmp_path, list(ledger.captures(tmp_path))[2]) == PAGE


def test_a_ledger_lost_and_written_anew_finds_the_bodies_again(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="z1")
    write(tmp_path, visit(2, body=PAGE), run="a2")
    for path in tmp_path.glob("ledger.sqlite3*"):
        path.unlink()
    recover(tmp_path)
    assert sorted(kinds(tmp_path)) == ["response", "revisit"] and bodies(tmp_path) == [PAGE, PAGE] and verify(tmp_path).failures == ()
    write(tmp_path, visit(3, body=PAGE), run="b3")
    assert sorted(kinds(tmp_path)) == ["response", "revisit", "revisit"]


# --- missing and damaged --------------------------------------------------------------------------------------------------------------


def ids(folder: Path) -> tuple[str, str]:
    """(revisit, original), as the records name them."""
    found = {}
    for path in sorted(folder.glob("r*/*.warc.gz")):
        with path.open("rb") as stream:
            found |= {r.rec_type: r.rec_headers.get_header("WARC-Record-ID") for r in ArchiveIterator(stream)}
    return found["revisit"], found["response"]


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_missing_or_damaged_original_is_named_with_both_records(tmp_path: Path, harm: str) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")
    write(tmp_path, visit(2, body=PAGE), run="r2")
    revisit, original = ids(tmp_path)
    path = tmp_path / "r1" / "r1-00001.warc.gz"
    if harm == "gone":
        path.unlink()
    else:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
    second = ledger.capture(tmp_path, "r1v0002")
    assert second is not None
    with pytest.raises((ArchiveUnreadable, DigestMismatch)) as caught:
        page_body(tmp_path, second)
    assert revisit in str(caught.value) and original in str(caught.value) and "重访记录" in str(caught.value)
    report = verify(tmp_path)
    assert [one for one in report.failures if one.what == "重访记录" and revisit in one.why and original in one.why]
    assert verify(tmp_path, capture="r1v0002").failures


# --- kills ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(8))
def test_a_kill_at_any_line_of_writing_leaves_no_revisit_without_its_original(tmp_path: Path, part: int) -> None:
    """Two groups, each with an original and a revisit to it and to the other's, killed before the n-th line of ours."""
    def work(folder: Path) -> None:
        with ArchiveWriter(folder, run="r1") as writer:
            for group in range(2):
                writer.write(visit(10 * group, body=OTHER if group else PAGE))
                writer.write(visit(10 * group + 1, body=PAGE))
                writer.commit()

    steps = lines_of(lambda: work(tmp_path / "count"))
    for number in range(part * steps // 40 % 3, steps, max(1, steps // 5)):
        folder = tmp_path / f"a{number}"
        folder.mkdir()
        killed_at(number + part * (steps // 40), partial(work, folder))
        recover(folder)
        assert verify(folder).failures == ()
        assert set(bodies(folder)) <= {PAGE, OTHER} and len(bodies(folder)) == len(kinds(folder))
        write(folder, visit(30, body=PAGE), run="r2")
        assert bodies(folder)[-1] == PAGE and verify(folder).failures == () and recover(folder) == []


def test_a_tail_that_refers_to_what_was_erased_meanwhile_never_counts(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")

    def dying() -> None:
        writer = ArchiveWriter(tmp_path, run="r2")
        writer.write(visit(2, run="r2", body=PAGE))
        os._exit(77)

    assert killed_at(1 << 40, dying)
    erased(tmp_path, "r1v0001")
    compaction.compact(tmp_path, "zhang")  # recovery comes after
    (torn,) = recover(tmp_path)
    assert torn.adopted == 0 and "按期限删除" in torn.why and verify(tmp_path).failures == ()


def test_what_is_erased_while_a_group_is_open_is_written_once_more_in_full(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")
    with ArchiveWriter(tmp_path, run="r2") as writer:
        writer.write(visit(2, run="r2", body=PAGE))
        erased(tmp_path, "r1v0001")
        writer.commit()
        writer.write(visit(3, run="r2", body=PAGE))
        writer.commit()
    compaction.compact(tmp_path, "zhang")
    assert kinds(tmp_path) == ["response", "response", "revisit"]
    assert [body_of(tmp_path, capture) for capture in list(ledger.captures(tmp_path))[1:]] == [PAGE, PAGE]
    assert verify(tmp_path).failures == ()


# --- keeping --------------------------------------------------------------------------------------------------------------------------


def erased(folder: Path, *ids: str) -> None:
    def rule(captures: Sequence[Capture]) -> Mapping[str, Standing]:
        return {c.id: Standing("confirmed") for c in captures if c.id not in ids}

    found = preview(folder, TERMS, rule, LATER)
    assert [d.capture for d in erase(folder, found.due, "zhang", "保存期限届满", rule)] == list(ids)


def sealed(folder: Path) -> None:
    keys.make(folder.parent / keys.FILE)
    roots.make(folder, keys.FileSigner(folder.parent / keys.FILE))


def test_an_original_outlives_its_capture_while_another_refers_to_it_and_goes_with_the_last(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    for number in range(1, 4):
        write(archive, visit(number, body=PAGE), run=f"r{number}")
    sealed(archive)
    original = next(ledger.captures(archive)).records[0]
    erased(archive, "r1v0001")
    (act,) = acts.acts(archive, act="erase")
    assert original.sha256 not in str(act.told["members"]) and act.told["kept"] == [[2, original.sha256]]
    assert compaction.compact(archive, "zhang")[0].moved == 2, "the warcinfo and the original"
    first, second, third = ledger.captures(archive)
    with pytest.raises(Erased):
        page_body(archive, first)
    assert [body_of(archive, one) for one in (second, third)] == [PAGE, PAGE] and verify(archive).failures == ()

    erased(archive, "r1v0003")
    compaction.compact(archive, "zhang")
    assert body_of(archive, second) == PAGE and verify(archive).failures == ()


    erased(archive, "r1v0002")
    last = list(acts.acts(archive, act="erase"))[-1]
    assert [2, original.sha256] in last.told["members"]
    compaction.compact(archive, "zhang")
    for one in (first, second, third):
        with pytest.raises(Erased):
            page_body(archive, one)
    sealed(archive)
    assert verify(archive).failures == () and not any(original.sha256 in path.name for path in archive.rglob("*"))
    assert PAGE[:40] not in b"".join(path.read_bytes() for path in archive.glob("r1/*.warc.gz"))


def test_a_hold_on_the_later_capture_keeps_the_earlier_ones_body(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")
    write(tmp_path, visit(2, body=PAGE), run="r2")
    hold(tmp_path, "li", "capture:r1v0002", "诉讼中")
    found = preview(tmp_path, TERMS, lambda _: {}, LATER)
    assert [d.capture for d in found.due] == ["r1v0001"] and len(found.due[0].kept) == 1
    erase(tmp_path, found.due, "zhang", "届满", lambda _: {})
    compaction.compact(tmp_path, "zhang")
    assert bodies_of(tmp_path, "r1v0002") == PAGE and verify(tmp_path).failures == ()
    release(tmp_path, "li", "capture:r1v0002", "已结案")
    found = preview(tmp_path, TERMS, lambda _: {}, LATER)
    assert [(d.capture, len(d.members)) for d in found.due] == [("r1v0002", 4)], "its own three and the body that only it referred to"


def test_both_erased_together_leave_nothing(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), visit(2, body=PAGE))
    erased(tmp_path, "r1v0001", "r1v0002")
    (done,) = compaction.compact(tmp_path, "zhang")
    assert done.moved == 1 and verify(tmp_path).failures == ()


def test_who_refers_to_what_is_known_though_the_table_was_lost(tmp_path: Path) -> None:
    write(tmp_path, visit(1, body=PAGE), run="r1")
    write(tmp_path, visit(2, body=PAGE), run="r2")
    for path in tmp_path.glob("bodies.sqlite3*"):
        path.unlink()
    erased(tmp_path, "r1v0001")
    compaction.compact(tmp_path, "zhang")
    assert bodies_of(tmp_path, "r1v0002") == PAGE
    with known(tmp_path) as table:
        assert list(table.referring(2)) == ["r1v0002"]


def bodies_of(folder: Path, id: str) -> bytes:
    capture = ledger.capture(folder, id)
    body = page_body(folder, capture) if capture is not None else None
    return body.body if body is not None else b""
