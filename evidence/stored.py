"""A stored gzip member by its place in the ledger, wherever it lies now."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from evidence import ledger
from evidence.capture import RecordRef
from evidence.errors import ArchiveUnreadable, DigestMismatch, Erased
from evidence.members import Torn, parse
from evidence.tables import read

_MOVES = 4  # how often a member may be moved while it is being read
_HEAD, _PIECE = 64 * 1024, 2 * 1024  # bytes unpacked to find a record's headers: at most, and at once
_TOMBSTONE = ("SELECT a.time FROM members AS m JOIN acts AS a ON a.subject = 'capture:' || m.visit AND a.act = 'erase' "
              "WHERE m.file = ? AND m.offset = ? AND m.visit <> '' LIMIT 1")


def stored_member(folder: Path, ref: RecordRef, *, referred: bool = False) -> bytes:
    """The member's bytes, wherever they lie now. ``referred``: read for a revisit record that refers to it, which it outlives its own capture
    for. Raises Erased where it was erased when its term was over, ArchiveUnreadable."""
    file, offset = ref.file, ref.offset
    for _ in range(_MOVES):
        try:
            with (folder / file).open("rb") as stream:
                stream.seek(offset)
                return stream.read(ref.length)
        except FileNotFoundError:  # a compaction moves members, and the file they were in goes
            place = ledger.place_of(folder, ref)
            if place is None or place == (file, offset):
                break
            if not referred and (rows := read(folder, _TOMBSTONE, (ref.file, ref.offset))):
                raise Erased(_erased(ref, str(rows[0][0]))) from None
            file, offset = place
        except OSError as error:
            raise ArchiveUnreadable(f"存档文件 {file} 无法打开（{error.strerror}）") from error
    gone = erasure(folder, ref.sha256)
    if gone:
        raise Erased(_erased(ref, gone))
    raise ArchiveUnreadable(f"存档文件 {file} 无法打开（文件不在）")


def record(folder: Path, ref: RecordRef, *, referred: bool = False) -> tuple[dict[str, str], bytes]:
    """(headers with lower-case names, block) as stored. Raises DigestMismatch where the stored member is not the ledgered one, and as
    ``stored_member``."""
    raw = stored_member(folder, ref, referred=referred)
    if hashlib.sha256(raw).hexdigest() != ref.sha256:
        raise DigestMismatch(f"{ref.file} 偏移 {ref.offset} 处的记录与登记的摘要不符")
    try:
        return parse(zlib.decompress(raw, 31) if raw[:2] == b"\x1f\x8b" else raw, ref.offset)
    except (zlib.error, Torn) as error:
        raise ArchiveUnreadable(f"{ref.file} 偏移 {ref.offset} 处的记录无法读取：{error}") from error


def headers(folder: Path, ref: RecordRef, *, referred: bool = False) -> dict[str, str]:
    """The record's headers, with lower-case names, of a member that is as ledgered; its block is not unpacked. Raises as ``record``."""
    raw = stored_member(folder, ref, referred=referred)
    if hashlib.sha256(raw).hexdigest() != ref.sha256:
        raise DigestMismatch(f"{ref.file} 偏移 {ref.offset} 处的记录与登记的摘要不符")
    unpacker, head, left = zlib.decompressobj(31), b"", raw
    try:
        while b"\r\n\r\n" not in head and len(head) < _HEAD and left:
            head += unpacker.decompress(left, _PIECE)
            left = unpacker.unconsumed_tail
    except zlib.error as error:
        raise ArchiveUnreadable(f"{ref.file} 偏移 {ref.offset} 处的记录无法读取：{error}") from error
    lines = head.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}


def erasure(folder: Path, sha256: str) -> str:
    """When the member with this digest was erased (as the act says it); empty where it was not."""
    rows = read(folder, "SELECT time FROM acts WHERE act = 'erase' AND instr(detail, ?) LIMIT 1", (sha256,))
    return str(rows[0][0]) if rows else ""


def _erased(ref: RecordRef, when: str) -> str:
    return f"{ref.file} 偏移 {ref.offset} 处的记录已于 {when[:10]} 按期限删除，存证账里有删除的登记"
