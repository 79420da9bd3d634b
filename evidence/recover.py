"""After a kill: what reached the disk whole counts, what did not is put aside. Run before a writer opens; doing it twice changes nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from evidence.capture import RecordRef
from evidence.compaction import finish
from evidence.disk import sync, unless_written
from evidence.errors import OriginalGone
from evidence.facts import Entry, from_stranger
from evidence.ledger import LedgerWriter
from evidence.members import Torn as TornMember
from evidence.members import records
from evidence.revisits import place_in
from evidence.warc import MARK

APART = ("quarantine", "imported")


@dataclass(frozen=True, slots=True)
class Torn:
    """What was found at the end of one file: ``adopted`` whole visits taken into the ledger, ``cut`` bytes put aside in ``quarantine``."""

    file: str
    adopted: int
    cut: int
    quarantine: str
    why: str

    def __str__(self) -> str:
        parts = [f"补记 {self.adopted} 个完整快照"] if self.adopted else []
        if self.cut:
            parts.append(f"末尾 {self.cut} 字节不完整（{self.why}），已移入 {self.quarantine}")
        return f"{self.file}：" + "，".join(parts)


def recover(folder: Path) -> list[Torn]:
    """Looks behind the last ledgered byte of each file. No acknowledged byte is read or changed; a file that a living writer holds is left
    alone. A visit that never counted and refers to what was erased meanwhile is no whole visit any more. Raises ArchiveUnwritable or OSError where the disk refuses; doing it again then goes on."""
    if not folder.is_dir():
        return []
    finish(folder)  # a compaction cut off: else its files would be taken for visits that nobody ledgered
    ledger = LedgerWriter(folder)
    try:
        found = []
        for path in sorted(folder.glob("*/*.warc.gz")):
            if path.parent.name in APART:
                continue
            with unless_written(path) as free:
                end = ledger.end_of(f"{path.parent.name}/{path.name}")
                if free and path.stat().st_size > end:
                    found.append(_mend(folder, path, end, ledger))
                elif free and not end:
                    path.unlink()  # made, and nothing written before the kill
        _unfinished(folder / "imported")
        return found
    finally:
        ledger.close()


def _mend(folder: Path, path: Path, end: int, ledger: LedgerWriter) -> Torn:
    name = f"{path.parent.name}/{path.name}"
    loose: list[RecordRef] = []
    visits: list[Entry] = []
    refs: list[RecordRef] = []
    targets: list[tuple[str, int]] = []
    whole, why = end, "写入中断"
    with path.open("rb") as stream:
        try:
            for record in records(stream, end):
                ref = record.ref(name)
                if ref.type == "warcinfo":
                    loose.append(ref)
                    continue
                refs.append(ref)
                place = place_in(record.headers) if ref.type == "revisit" else None
                if place is not None and ledger.erased_at([(place.file, place.offset)]):
                    why = "重访记录所引用的原记录已按期限删除"
                    break
                if place is not None:
                    targets.append((place.file, place.offset))
                if ref.type == "metadata" and ref.uri.startswith(MARK):
                    told = from_stranger(record.block)  # ours, unless somebody put a file here
                    if told is None:
                        why = "快照元数据无法解读"
                        break
                    visits.append(Entry(*told, refs))
                    refs, whole = [], record.offset + record.length
        except TornMember as torn:
            why = torn.why
    if visits:
        sync(path)  # the bytes were written before the kill, but perhaps not yet on disk
        known = ledger.known(visit.facts["id"] for visit in visits)  # written again elsewhere, when the disk refused here
        loose += [ref for visit in visits if visit.facts["id"] in known for ref in visit.refs]
        visits = [visit for visit in visits if visit.facts["id"] not in known]
        try:
            ledger.append(loose, visits, targets, there=False)
        except OriginalGone:  # erased since it was looked at
            return _mend(folder, path, end, ledger)
    cut = path.stat().st_size - whole
    kept = _put_aside(folder, path, whole) if cut else ""
    return Torn(name, len(visits), cut, kept, why)


def _put_aside(folder: Path, path: Path, whole: int) -> str:
    """Copies the tail and makes sure of the copy before it is cut off. The copy is named by its content: done again, it is the same."""
    quarantine = folder / "quarantine"
    quarantine.mkdir(exist_ok=True)
    with path.open("rb") as source:
        source.seek(whole)
        tail = hashlib.file_digest(source, "sha256").hexdigest()
        copy = quarantine / f"{path.name}.{whole}.{tail[:16]}"
        source.seek(whole)
        with copy.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
    sync(quarantine)
    sync(folder)
    if whole:
        with path.open("r+b") as source:
            source.truncate(whole)
            os.fsync(source.fileno())
    else:
        path.unlink()
        sync(path.parent)
    return f"quarantine/{copy.name}"


def _unfinished(imported: Path) -> None:
    """Rough copies of imports whose process is gone."""
    for rough in imported.glob(".*-*.*"):
        owner = rough.name[1:].partition("-")[0]
        if owner.isascii() and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            rough.unlink(missing_ok=True)
