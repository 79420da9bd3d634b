"""The one canonical form of our ZIP containers: read from the front, written anew, compared byte by byte. So no byte is unchecked, and
there is no second directory, second name or hidden stretch that another program would read instead."""

from __future__ import annotations

import struct
import zlib
from typing import Dict, List, NamedTuple, Optional

from evidence.verifier.result import Findings

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DATE, _FLAGS, _MODE = 0x21, 0x0800, 0o100644 << 16
MAX_ENTRIES = 60_000


class ContainerEntry(NamedTuple):
    """``name`` as stored; ``at``: where its header begins; ``body``: its content."""

    name: bytes
    at: int
    crc: int
    body: memoryview

    def told(self, number: int, what: str) -> str:
        return "%s 第 %d 项 %s（偏移 %d）" % (what, number, self.name.decode("utf-8", "replace")[:200], self.at)


def read_container(data: memoryview, what: str, findings: Findings) -> Optional[Dict[str, memoryview]]:
    """Name -> content; None where the container cannot be read to its end. ``what`` it is called. Faults are findings."""
    entries: List[ContainerEntry] = []
    at, sound = 0, True
    while bytes(data[at : at + 4]) == b"PK\x03\x04" and len(entries) < MAX_ENTRIES:
        entry = _entry(data, at)
        where = (entry or ContainerEntry(b"", at, 0, data[:0])).told(len(entries) + 1, what)
        if entry is None:
            findings.wrong("压缩包", where, "不完整，或头部被改动")
            return None
        if data[at : at + 30 + len(entry.name)] != _local(entry):
            findings.wrong("压缩包", where, "头部不是规范写法，已被改动")
            sound = False
        elif zlib.crc32(entry.body) != entry.crc:
            findings.wrong("压缩包", where, "内容与校验值不符，已被改动或缺失")
            sound = False
        sound = _name_stands(entry, entries, where, findings) and sound
        entries.append(entry)
        at += 30 + len(entry.name) + len(entry.body)
    if bytes(data[at : at + 4]) != b"PK\x01\x02":
        why = "这里既不是文件的头部，也不是目录：被改动，或有多余的内容" if at < len(data) else "压缩包到此中断"
        findings.wrong("压缩包", "%s 第 %d 项或目录（偏移 %d）" % (what, len(entries) + 1, at), why)
        return None
    if not _directory_stands(data, at, entries, what, findings) or not sound:
        return None
    return {entry.name.decode("utf-8"): entry.body for entry in entries}


def _entry(data: memoryview, at: int) -> Optional[ContainerEntry]:
    if at + 30 > len(data):
        return None
    *_, crc, size, _, named, _ = _LOCAL.unpack(data[at : at + 30])
    start = at + 30 + named
    return ContainerEntry(bytes(data[at + 30 : start]), at, crc, data[start : start + size]) if start + size <= len(data) else None


def _name_stands(entry: ContainerEntry, before: List[ContainerEntry], where: str, findings: Findings) -> bool:
    try:
        name = entry.name.decode("utf-8")
    except UnicodeDecodeError:
        name = ""
    if not safe_name(name):
        findings.wrong("压缩包", where, "文件名不可用")
    elif before and entry.name == before[-1].name:
        findings.wrong("压缩包", where, "同一个文件名出现两次")
    elif before and entry.name < before[-1].name:
        findings.wrong("压缩包", where, "没有按名称排列：这一项或前一项（第 %d 项）被改名、插入或调换" % len(before))
    else:
        return True
    return False


def safe_name(name: str) -> bool:
    """A relative path that no system reads otherwise than it stands."""
    parts = name.split("/")
    if not name or len(name) >= 1000 or any(part in ("", ".", "..") for part in parts):
        return False
    return not any(ch in '\\:*?"<>|' or ch < " " or ch == "\x7f" for ch in name)


def _directory_stands(data: memoryview, at: int, entries: List[ContainerEntry], what: str, findings: Findings) -> bool:
    start = at
    for number, entry in enumerate(entries, 1):
        piece = _central(entry)
        if data[at : at + len(piece)] != piece:
            findings.wrong("压缩包", entry.told(number, what), "目录里的这一项与规范写法不同（偏移 %d 起）：目录被改动，或前后有多余的内容" % at)
            return False
        at += len(piece)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), at - start, start, 0)
    if data[at:] == end and entries:
        return True
    why = "有多余的内容" if data[at : at + len(end)] == end else "被改动或不完整"
    findings.wrong("压缩包", "%s 结尾（偏移 %d 起）" % (what, at), "目录的结尾%s" % why)
    return False


def _local(entry: ContainerEntry) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", 20, _FLAGS, 0, 0, _DATE, entry.crc, len(entry.body), len(entry.body), len(entry.name), 0) + entry.name


def _central(entry: ContainerEntry) -> bytes:
    return _CENTRAL.pack(b"PK\x01\x02", 0x031E, 20, _FLAGS, 0, 0, _DATE, entry.crc, len(entry.body), len(entry.body), len(entry.name), 0, 0, 0, 0, _MODE,
                         entry.at) + entry.name
