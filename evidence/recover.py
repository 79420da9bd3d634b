"""After a kill: what reached the disk whole counts, what did not is put aside. Run before a writer opens; doing it twice changes nothing."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from evidence.capture import RecordRef
from evidence.ledger import LedgerWriter
from evidence.members import Torn as TornMember
from evidence.members import records
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
    """Looks behind the last ledgered byte of each file. No acknowledged byte is read or changed."""
    if not folder.is_dir():
        return []
    ledger = LedgerWriter(folder)
    try:
        found = []
        for path in sorted(folder.glob("*/*.warc.gz")):
            if path.parent.name in APART:
                continue
            end = ledger.end_of(f"{path.parent.name}/{path.name}")
            if path.stat().st_size > end:
                found.append(_mend(folder, path, end, ledger))
        return found
    finally:
        ledger.close()


def _mend(folder: Path, path: Path, end: int, ledger: LedgerWriter) -> Torn:
    name = f"{path.parent.name}/{path.name}"
    loose: list[RecordRef] = []
    visits: list[tuple[dict[str, object], list[RecordRef]]] = []
    refs: list[RecordRef] = []
    whole, why = end, "写入中断"
    with path.open("rb") as stream:
        try:
            for record in records(stream, end):
                ref = record.ref(name)
                if ref.type == "warcinfo":
                    loose.append(ref)
                    continue
                refs.append(ref)
                if ref.type == "metadata" and ref.uri.startswith(MARK):
                    visits.append((json.loads(record.block), refs))
                    refs, whole = [], record.offset + record.length
        except TornMember as torn:
            why = torn.why
    if visits:
        _sync(path)  # the bytes were written before the kill, but perhaps not yet on disk
        ledger.append(loose, visits)
    cut = path.stat().st_size - whole
    kept = _put_aside(folder, path, whole) if cut else ""
    return Torn(name, len(visits), cut, kept, why)


def _put_aside(folder: Path, path: Path, whole: int) -> str:
    """Copies the tail and makes sure of the copy before it is cut off."""
    quarantine = folder / "quarantine"
    quarantine.mkdir(exist_ok=True)
    copy = quarantine / f"{path.name}.{whole}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    with path.open("rb") as source, copy.open("wb") as target:
        source.seek(whole)
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())
    _sync(quarantine)
    if whole:
        with path.open("r+b") as source:
            source.truncate(whole)
            os.fsync(source.fileno())
    else:
        path.unlink()
        _sync(path.parent)
    return f"quarantine/{copy.name}"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
