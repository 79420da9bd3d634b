"""What a session left, read from its own visit in the archive and from nothing else (design/casework.md: two records, never confused)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.models import AttendedSession
from alerts.sessions.errors import NotOfSession
from evidence.capture import Capture, RecordRef
from evidence.chained import lines, unbroken
from evidence.errors import EvidenceError
from evidence.ledger import capture as in_ledger
from evidence.read import record_payload
from evidence.roots import inclusion
from evidence.stamps import stamps
from evidence.verify import verify

CLIENT = "attended"
LIVE_FILES = ("journal.jsonl", "frames.jsonl")


@dataclass(frozen=True, slots=True)
class Left:
    """``events`` and ``frames``: the two chained files; ``files``: name, kind, type, size, sha256, sm3 of each (the manifest)."""

    capture: Capture
    told: dict[str, Any]
    events: list[dict[str, Any]]
    frames: list[dict[str, Any]]
    files: list[dict[str, Any]]

    def ref(self, name: str) -> RecordRef:
        """The record of one file. Raises NotOfSession."""
        return _ref(self.capture, self.told["number"], name)

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("kind") in kinds]


def of(session: AttendedSession, archive: Path, *, proven: bool = False) -> Left:
    """``proven``: every stored byte of it verified first. Raises NotOfSession."""
    capture = _capture(session, archive)
    try:
        if proven:
            failures = verify(archive, capture=capture.id).failures
            if failures:
                raise NotOfSession(f"会话 {session.number} 的存证没有通过核验：{failures[0].what}（{failures[0].where}）：{failures[0].why}")
        raw = {name: record_payload(archive, _ref(capture, session.number, name)) for name in ("journal", "frames", "manifest")}
    except EvidenceError as error:
        raise NotOfSession(f"会话 {session.number} 的存证无法读取：{error}") from error
    told, events, frames = capture.facts["session"], lines(raw["journal"]), lines(raw["frames"])
    heads = [rows[-1]["chain"] if rows else "" for rows in (events, frames)]
    whole = hashlib.sha256(raw["manifest"]).hexdigest() == told["manifest_sha256"] and heads == [told["journal_head"], told["frames_head"]]
    if not whole or not unbroken(events) or not unbroken(frames):
        raise NotOfSession(f"会话 {session.number} 的过程记录前后不连贯，不能使用")
    return Left(capture, told, events, frames, json.loads(raw["manifest"]))


def payload(session: AttendedSession, archive: Path, name: str) -> tuple[bytes, RecordRef]:
    """One file of the session: frame:000001, shot:01-window.png … Raises NotOfSession."""
    ref = _ref(_capture(session, archive), session.number, name)
    try:
        return record_payload(archive, ref), ref
    except EvidenceError as error:
        raise NotOfSession(str(error)) from error


def stamped(left: Left, archive: Path) -> list[str]:
    """What proves when the session's capture was there: each time-stamp over the root that covers it, a sentence each; none yet is no fault."""
    try:
        found = inclusion(archive, "captures", left.capture.seq)
        return [f"{one.authority}，{one.time}（UTC），第 {one.root} 个存证根" for one in stamps(archive, [found.root])] if found is not None else []
    except (EvidenceError, OSError):
        return []


def so_far(folder: Path) -> list[dict[str, Any]]:
    """The journal of a session that is being held; empty before it begins."""
    try:
        return lines((folder / LIVE_FILES[0]).read_bytes())
    except OSError:
        return []


def _capture(session: AttendedSession, archive: Path) -> Capture:
    """The session's own visit: of client `attended`, and of this number. An automatic capture is refused, whatever the row says."""
    try:
        found = in_ledger(archive, session.capture_id) if session.capture_id else None
    except (EvidenceError, OSError) as error:
        raise NotOfSession(f"存档无法读取：{error}") from error
    if found is None:
        raise NotOfSession(f"会话 {session.number} 没有存证")
    if found.client != CLIENT or (found.facts.get("session") or {}).get("number") != session.number:
        raise NotOfSession(f"存证 {found.id} 不是会话 {session.number} 当场提取的，不得写入笔录")
    return found


def _ref(capture: Capture, number: str, name: str) -> RecordRef:
    wanted = f"urn:x-adpatrol:session:{number}:{name}"
    found = next((ref for ref in capture.records if ref.uri == wanted), None)
    if found is None:
        raise NotOfSession(f"会话 {number} 中没有 {name}")
    return found


def checks(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event["check"] for event in events if event.get("kind") == "check" and isinstance(event.get("check"), dict)]
