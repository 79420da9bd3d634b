"""Keeping as a specification: terms, holds, tombstones; what is erased is gone, and everything else verifies as before."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from evidence import acts, compaction, keys, ledger, roots
from evidence.archive import ArchiveWriter
from evidence.capture import Capture
from evidence.errors import DigestMismatch, Erased
from evidence.read import page_body, record_payload
from evidence.recover import recover
from evidence.retention import Standing, erase, held, hold, preview, release
from evidence.settings import Term
from evidence.verify import verify
from tests.evidence.killing import killed_at, lines_of
from tests.evidence.visits import BODY, visit

LATER = datetime(2030, 1, 1, tzinfo=UTC)  # the visits are of November 2026
TERMS = (Term.model_validate({"class": "none", "years": 3, "basis": "归档规定"}), Term.model_validate({"class": "confirmed", "permanent": True, "basis": "案卷"}),
         Term.model_validate({"class": "dismissed", "days": 30, "basis": "归档规定"}))


def nothing(captures: Sequence[Capture]) -> Mapping[str, Standing]:
    return {}


def only(*ids: str) -> object:
    """Everything but these belongs to a confirmed lead."""
    return lambda captures: {c.id: Standing("confirmed", ("lead:1",)) for c in captures if c.id not in ids}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    for run, numbers in (("r1", range(4)), ("r2", range(2))):
        with ArchiveWriter(folder, run=run) as writer:
            for number in numbers:
                writer.write(visit(number, run=run))
            writer.commit()
    keys.make(tmp_path / keys.FILE)
    sealed(folder)
    return folder


def sealed(folder: Path) -> None:
    roots.make(folder, keys.FileSigner(folder.parent / keys.FILE))


def erased(folder: Path, *ids: str) -> None:
    rule = only(*ids)
    found = preview(folder, TERMS, rule, LATER)  # type: ignore[arg-type]
    assert len(erase(folder, found.due, "zhang", "保存期限届满", rule)) == len(ids)  # type: ignore[arg-type]


def stands(folder: Path, *gone: str) -> None:
    """Everything verifies; the captures that are not ``gone`` read back."""
    sealed(folder)
    report = verify(folder)
    assert report.failures == (), report.failures
    for capture in ledger.captures(folder):
        if capture.id in gone:
            with pytest.raises(Erased, match="按期限删除"):
                page_body(folder, capture)
        else:
            body = page_body(folder, capture)
            assert body is not None and body.body == BODY


# --- terms and holds ------------------------------------------------------------------------------------------------------------------


def test_what_is_over_its_term_is_shown_before_anything_is_done(archive: Path) -> None:
    found = preview(archive, TERMS, only("r1v0001", "r2v0000"), LATER)  # type: ignore[arg-type]
    assert [d.capture for d in found.due] == ["r1v0001", "r2v0000"] and (found.held, found.kept) == (0, 4)
    assert found.due[0].basis == "归档规定" and len(found.due[0].members) == 3 and found.due[0].bytes > 0
    assert list(acts.acts(archive, act="erase")) == []
    assert preview(archive, TERMS, nothing, datetime(2029, 11, 20, tzinfo=UTC)).due == ()
    assert len(preview(archive, TERMS, nothing, datetime(2029, 11, 22, tzinfo=UTC)).due) == 6


def test_a_class_without_a_term_is_kept(archive: Path) -> None:
    assert preview(archive, [], nothing, LATER).due == ()
    assert preview(archive, TERMS, lambda cs: {c.id: Standing("waiting") for c in cs}, LATER).due == ()


@pytest.mark.parametrize("subject", ["capture:r1v0001", "site:http://127.0.0.2:8100", "lead:7"])
def test_a_hold_keeps_what_is_over_its_term_until_it_is_released(archive: Path, subject: str) -> None:
    def rule(captures: Sequence[Capture]) -> Mapping[str, Standing]:
        return {c.id: Standing("none", ("lead:7",)) if c.id == "r1v0001" else Standing("confirmed") for c in captures}

    hold(archive, "zhang", subject, "诉讼中")
    found = preview(archive, TERMS, rule, LATER)
    assert (found.due, found.held) == ((), 1) and held(archive) == {subject}
    release(archive, "zhang", subject, "已结案")
    assert [d.capture for d in preview(archive, TERMS, rule, LATER).due] == ["r1v0001"] and held(archive) == set()
    with pytest.raises(ValueError, match="没有冻结"):
        release(archive, "zhang", subject, "再次")
    with pytest.raises(ValueError, match="理由"):
        hold(archive, "zhang", subject, " ")


def test_a_hold_or_a_lead_that_comes_between_preview_and_confirmation_wins(archive: Path) -> None:
    found = preview(archive, TERMS, nothing, LATER)
    hold(archive, "li", "capture:r1v0000", "诉讼中")
    done = erase(archive, found.due, "zhang", "届满", only(*[d.capture for d in found.due if d.capture != "r1v0001"]))  # type: ignore[arg-type]
    assert {d.capture for d in found.due} - {d.capture for d in done} == {"r1v0000", "r1v0001"}


# --- tombstones -----------------------------------------------------------------------------------------------------------------------


def test_a_tombstone_says_what_who_why_and_on_what_basis(archive: Path) -> None:
    erased(archive, "r1v0001")
    (act,) = acts.acts(archive, act="erase")
    capture = ledger.capture(archive, "r1v0001")
    assert capture is not None and (act.who, act.subject) == ("zhang", "capture:r1v0001")
    assert act.told["why"] == "保存期限届满" and act.told["basis"] == "归档规定" and act.told["capture"] == 2
    assert [sha for _, sha in act.told["members"]] == [r.sha256 for r in capture.records]


def test_what_is_erased_is_gone_and_the_rest_stands(archive: Path) -> None:
    gone = [r.sha256 for r in ledger.capture(archive, "r1v0001").records]  # type: ignore[union-attr]
    erased(archive, "r1v0001")
    stands(archive)  # the tombstone alone: the bytes are there yet
    (done,) = compaction.compact(archive, "zhang")
    assert (done.file, done.into, done.moved) == ("r1/r1-00001.warc.gz", "r1/r1-00001.c1.warc.gz", 10)
    stands(archive, "r1v0001")
    assert verify(archive).erased == 3 and not (archive / done.file).exists()
    whole = (archive / done.into).read_bytes()
    import hashlib

    for member in ledger.members(archive):
        place = ledger.place_of(archive, member.ref)
        if place and place[0] == done.into:
            assert hashlib.sha256(whole[place[1] : place[1] + member.ref.length]).hexdigest() == member.ref.sha256
        assert member.ref.sha256 not in gone or place is None
    with (archive / done.into).open("rb") as stream:
        assert [r.rec_type for r in ArchiveIterator(stream, check_digests="raise")] == ["warcinfo", *["response", "request", "metadata"] * 3]


def test_a_file_can_be_compacted_again_and_a_run_goes_on_under_new_names(archive: Path) -> None:
    erased(archive, "r1v0001")
    compaction.compact(archive, "zhang")
    erased(archive, "r1v0000", "r1v0003")
    (done,) = compaction.compact(archive, "zhang")
    assert done.into == "r1/r1-00001.c2.warc.gz"
    erased(archive, "r1v0002")
    compaction.compact(archive, "zhang")
    stands(archive, *(f"r1v{n:04d}" for n in range(4)))
    with ArchiveWriter(archive, run="r1") as writer:
        writer.write(visit(9))
        writer.commit()
    assert (archive / "r1" / "r1-00002.warc.gz").is_file() and recover(archive) == []
    stands(archive, *(f"r1v{n:04d}" for n in range(4)))


def test_compacting_what_has_nothing_erased_changes_nothing(archive: Path) -> None:
    before = {p.name: p.read_bytes() for p in archive.glob("*/*.warc.gz")}
    assert compaction.compact(archive, "zhang") == []
    assert {p.name: p.read_bytes() for p in archive.glob("*/*.warc.gz")} == before


def test_a_file_being_written_is_left_for_the_next_time(archive: Path) -> None:
    with ArchiveWriter(archive, run="r3") as writer:
        writer.write(visit(1, run="r3"))
        writer.commit()
        erased(archive, "r3v0001")
        assert compaction.compact(archive, "zhang") == []
    assert [done.file for done in compaction.compact(archive, "zhang")] == ["r3/r3-00001.warc.gz"]


def test_a_damaged_member_stops_its_file_from_being_compacted(archive: Path) -> None:
    path = next((archive / "r1").glob("*.warc.gz"))
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    erased(archive, "r1v0001")
    with pytest.raises(DigestMismatch, match="没有整理"):
        compaction.compact(archive, "zhang")
    assert path.read_bytes() == data
    recover(archive)
    assert not list(archive.glob("*/.*"))


@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.prove)])
def test_a_kill_at_any_line_of_a_compaction_loses_nothing(archive: Path, tmp_path: Path, step: int) -> None:
    erased(archive, "r1v0001")
    sealed(archive)
    twin = tmp_path / "twin" / "archive"
    shutil.copytree(archive, twin)
    keys_there = tmp_path / "twin" / keys.FILE
    shutil.copy(tmp_path / keys.FILE, keys_there)
    for number in range(0, lines_of(lambda: compaction.compact(twin, "zhang")) + step, step):
        case = tmp_path / "case" / "archive"
        shutil.copytree(archive, case)
        shutil.copy(keys_there, tmp_path / "case" / keys.FILE)
        killed_at(number, lambda case=case: compaction.compact(case, "zhang"))
        for capture in ledger.captures(case):  # before anything mends it
            if capture.id != "r1v0001":
                assert all(record_payload(case, ref) is not None for ref in capture.records), number
        recover(case)
        compaction.compact(case, "zhang")
        stands(case, "r1v0001")
        assert sorted(p.name for p in (case / "r1").iterdir()) == ["r1-00001.c1.warc.gz"], number
        assert len(list(acts.acts(case, act="move"))) == 1
        shutil.rmtree(tmp_path / "case")
