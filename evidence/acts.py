"""What people and the system did with evidence: the third chain of the ledger (docs/decisions/0018). Append-only.

Custody (view, export, transfer), legal holds (hold, release), erasures (erase), compactions (move), case steps (step), attended sessions
(session), sealing without an element (seal_without).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evidence.tables import head, read, writing

ACTS = {
    "view": "查看", "export": "导出", "transfer": "移交", "hold": "冻结（法律保全）", "release": "解除冻结", "erase": "按期限删除", "move": "整理存储",
    "step": "办案步骤", "session": "取证会话", "seal_without": "缺项封存",
}
MAX_DETAIL = 1 << 20  # characters of one act's detail
_PAGE = 500
_SAME = "SELECT seq FROM acts WHERE subject = ? AND who = ? AND act = ? AND substr(time, 1, 10) = ?"


@dataclass(frozen=True, slots=True)
class Act:
    """``time`` as stored (UTC, ISO 8601); ``subject`` is ``capture:ID``, ``lead:NUMBER``, ``case:NUMBER``, ``file:NAME`` …; ``detail`` a JSON text."""

    seq: int
    time: str
    who: str
    act: str
    subject: str
    detail: str
    chain: str

    @property
    def told(self) -> dict[str, Any]:
        found = json.loads(self.detail)
        return found if isinstance(found, dict) else {}


def link(before: str, time: str, who: str, act: str, subject: str, detail: str) -> str:
    """The next value of the chain."""
    facts = [before, time, who, act, subject, detail]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True, separators=(",", ":")).encode("ascii")).hexdigest()


def stamp(when: datetime) -> str:
    """A moment as the ledger writes it: 2026-11-21T03:04:05.000006Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def append(
    folder: Path, who: str, act: str, subject: str, detail: Mapping[str, Any] | None = None, *, now: datetime | None = None, daily: bool = False,
) -> int:
    """The entry's seq. ``daily``: where the same person did the same to the same subject on that day (UTC), nothing is added and that
    entry's seq is answered: it is how custody by pages stays bounded. Raises ArchiveUnwritable; ValueError for an unknown act."""
    if daily:  # the usual case, a second look, waits for no writer
        there = read(folder, _SAME, (subject, who, act, stamp(now or datetime.now(UTC))[:10]))
        if there:
            return int(there[0][0])
    with writing(folder) as db:
        return appended(db, who, act, subject, detail, now=now, daily=daily)


def appended(
    db: sqlite3.Connection, who: str, act: str, subject: str, detail: Mapping[str, Any] | None = None, *, now: datetime | None = None, daily: bool = False,
) -> int:
    """``append`` within a transaction that somebody else began."""
    if act not in ACTS:
        raise ValueError(f"不认识的存证事项：{act}")
    text = json.dumps(dict(detail or {}), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(text) > MAX_DETAIL:
        raise ValueError(f"存证事项的说明超过 {MAX_DETAIL} 字")
    time = stamp(now or datetime.now(UTC))
    who, subject, text = (value.encode("utf-8", "replace").decode("utf-8") for value in (who, subject, text))
    if daily:
        same = db.execute(_SAME, (subject, who, act, time[:10])).fetchone()
        if same:
            return int(same[0])
    seq, before = head(db, "acts")
    db.execute("INSERT INTO acts (seq, time, who, act, subject, detail, chain) VALUES (?, ?, ?, ?, ?, ?, ?)",
               (seq + 1, time, who, act, subject, text, link(before, time, who, act, subject, text)))
    return seq + 1


def acts(folder: Path, *, subject: str | None = None, act: str | None = None, after: int = 0) -> Iterator[Act]:
    """Oldest first, ``seq`` above ``after``; about one subject, of one kind. Read in bounded pages beside the writers."""
    where = "seq > ?" + (" AND subject = ?" if subject is not None else "") + (" AND act = ?" if act is not None else "")
    more = [value for value in (subject, act) if value is not None]
    sql = f"SELECT seq, time, who, act, subject, detail, chain FROM acts WHERE {where} ORDER BY seq LIMIT ?"  # noqa: S608 - made of constants
    while rows := read(folder, sql, (after, *more, _PAGE)):
        for row in rows:
            yield Act(*row)
        if len(rows) < _PAGE:
            return
        after = int(rows[-1][0])
