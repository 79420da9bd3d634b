"""WARC files rewritten without the erased members: the others are moved verbatim, so that no digest changes.

For one file: the new one is written beside it under a name that nobody reads, fsynced, named (held, so that a verifier knows it for one being
written), entered (``places`` and an act ``move``, one transaction), and the old one removed. A kill anywhere leaves either the old state or
the new, and perhaps a file too many, which ``finish`` removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evidence import acts
from evidence.disk import sync, unless_written
from evidence.errors import DigestMismatch
from evidence.retention import erased_members
from evidence.tables import path_of, read, writing

_MADE = re.compile(r"^(?P<stem>.+?)(?:\.c(?P<number>[0-9]{1,6}))?\.warc\.gz$")
_NOW = "SELECT m.seq, COALESCE(p.file, m.file), COALESCE(p.offset, m.offset), m.length, m.sha256 FROM members AS m LEFT JOIN places AS p ON p.member = m.seq"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Compacted:
    """``file`` went; what was left of it is ``into`` (empty: nothing was). ``freed``: bytes."""

    file: str
    into: str
    moved: int
    freed: int


@dataclass(frozen=True, slots=True)
class _Piece:
    seq: int
    offset: int
    length: int
    sha256: str


def compact(folder: Path, who: str) -> list[Compacted]:
    """Every closed file that still holds erased members. A file being written, or with bytes that nobody ledgered, is left for the next time.
    Raises DigestMismatch where a member to be moved is damaged (its file is left as it is), ArchiveUnwritable, OSError."""
    finish(folder)
    gone = erased_members(folder)
    done = []
    for name in _holding(folder, gone):
        path = folder / name
        if not path.is_file():
            continue
        with unless_written(path) as free:
            pieces = _pieces(folder, name)
            if free and _whole(pieces, path.stat().st_size):
                done.append(_compact(folder, name, pieces, gone, who))
    return done


def _holding(folder: Path, gone: frozenset[int]) -> list[str]:
    """Names of the files in which erased members lie, or lay."""
    return sorted({file for seq, file, *_ in read(folder, _NOW) if seq in gone}) if gone else []


def _pieces(folder: Path, name: str) -> list[_Piece]:
    """The members that lie in the file now, in its order."""
    rows = read(folder, f"{_NOW} WHERE p.file = ? UNION ALL {_NOW} WHERE m.file = ? AND p.member IS NULL ORDER BY 3", (name, name))
    return [_Piece(seq, offset, length, sha256) for seq, _, offset, length, sha256 in rows]


def _whole(pieces: Sequence[_Piece], size: int) -> bool:
    end = 0
    for piece in pieces:
        if piece.offset != end:
            return False
        end += piece.length
    return end == size


def _compact(folder: Path, name: str, pieces: Sequence[_Piece], gone: frozenset[int], who: str) -> Compacted:
    old = folder / name
    left = [piece for piece in pieces if piece.seq not in gone]
    freed = sum(piece.length for piece in pieces if piece.seq in gone)
    if not left:
        with writing(folder) as db:
            acts.appended(db, who, "move", f"file:{name}", {"into": "", "erased": len(pieces), "freed": freed})
        _drop(old)
        return Compacted(name, "", 0, freed)
    into = _next(folder, name)
    part = (folder / into).with_name(f".{Path(into).name}.part")
    with _held(part) as target:
        digest, offsets = _copied(old, target, left)
        part.rename(folder / into)
        sync(old.parent)
        with writing(folder) as db:
            db.executemany("INSERT INTO places (member, file, offset) VALUES (?, ?, ?) ON CONFLICT (member) DO UPDATE SET file = excluded.file, offset = excluded.offset",
                           [(piece.seq, into, offset) for piece, offset in zip(left, offsets, strict=True)])
            detail = {"into": into, "sha256": digest, "moved": len(left), "erased": len(pieces) - len(left), "freed": freed}
            acts.appended(db, who, "move", f"file:{name}", detail)
    _drop(old)
    return Compacted(name, into, len(left), freed)


def _next(folder: Path, name: str) -> str:
    """run-00001.warc.gz → run-00001.c1.warc.gz → run-00001.c2.warc.gz."""
    here = _MADE.match(Path(name).name)
    assert here is not None  # noqa: S101 - a file of the archive
    number = int(here["number"] or 0) + 1
    return f"{Path(name).parent.name}/{here['stem']}.c{number}.warc.gz"


@contextmanager
def _held(part: Path) -> Iterator[IO[bytes]]:
    part.unlink(missing_ok=True)
    with part.open("xb") as target:
        fcntl.flock(target, fcntl.LOCK_EX)
        yield target


def _copied(old: Path, target: IO[bytes], left: Sequence[_Piece]) -> tuple[str, list[int]]:
    """(SHA-256 of the new file, offset of each member in it): every member's digest is checked on the way."""
    whole, offsets, at = hashlib.sha256(), [], 0
    with old.open("rb") as source:
        for piece in left:
            source.seek(piece.offset)
            one, remaining = hashlib.sha256(), piece.length
            while remaining and (data := source.read(min(_CHUNK, remaining))):
                one.update(data)
                whole.update(data)
                target.write(data)
                remaining -= len(data)
            if one.hexdigest() != piece.sha256:
                raise DigestMismatch(f"{old.name} 偏移 {piece.offset} 处的记录与登记的摘要不符，没有整理这个文件；请运行 adpatrol evidence verify --all")
            offsets.append(at)
            at += piece.length
    target.flush()
    os.fsync(target.fileno())
    return whole.hexdigest(), offsets


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync(path.parent)


def finish(folder: Path) -> None:
    """What a kill left: unnamed or unentered copies go, and old files whose members have all been moved or erased."""
    if not path_of(folder).is_file():
        return
    for part in folder.glob("*/.*.warc.gz.part"):
        with unless_written(part) as free:
            if free:
                _drop(part)
    known = {file for (file,) in read(folder, "SELECT DISTINCT file FROM places")} | {subject[5:] for (subject,) in read(folder, "SELECT subject FROM acts WHERE act = 'move'")}
    for path in folder.glob("*/*.c*.warc.gz"):
        name = f"{path.parent.name}/{path.name}"
        here = _MADE.match(path.name)
        if name in known or here is None or here["number"] is None or _ledgered(folder, name):
            continue
        if not _ledgered(folder, f"{path.parent.name}/{here['stem']}.warc.gz"):
            continue  # not ours: a file somebody put here
        with unless_written(path) as free:
            if free:
                _drop(path)
    for (subject,) in read(folder, "SELECT subject FROM acts WHERE act = 'move'"):
        old = folder / subject[len("file:") :]
        if old.is_file():
            _drop(old)


def _ledgered(folder: Path, name: str) -> bool:
    return bool(read(folder, "SELECT 1 FROM members WHERE file = ? LIMIT 1", (name,)))
