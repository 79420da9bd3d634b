"""How long captures are kept, what is under a legal hold, and their erasure when the term is over (docs/decisions/0018).

Erasing adds an act ``erase`` for each capture: the tombstone, with the members' numbers and digests, who, why and on what basis. The
ledger's rows stay, so that chains and roots verify as before; the bytes go by compaction (compaction).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from evidence import acts, ledger
from evidence.bodies import Bodies, known
from evidence.capture import Capture
from evidence.settings import Term
from evidence.tables import read, writing

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How a capture stands: its class (evidence.settings.CLASSES) and the subjects it belongs to besides its own (``lead:NUMBER`` …)."""

    name: str = "none"
    subjects: tuple[str, ...] = ()


Classify = Callable[[Sequence[Capture]], Mapping[str, Standing]]
"""capture id → how it stands, for a batch; those it leaves out have no lead."""


@dataclass(frozen=True, slots=True)
class Due:
    """A capture whose term ended at ``over``; ``members``: (seq, SHA-256, bytes) of what would be erased: its own, without those that captures
    which stay refer to (``kept``: seq, SHA-256), and with the originals of captures erased before that only it still referred to."""

    capture: str
    seq: int
    site: str
    url: str
    time: datetime
    name: str
    over: datetime
    basis: str
    members: tuple[tuple[int, str, int], ...]
    kept: tuple[tuple[int, str], ...] = ()

    @property
    def bytes(self) -> int:
        return sum(length for _, _, length in self.members)


@dataclass(frozen=True, slots=True)
class Preview:
    """``held``: captures over their term that a hold keeps; ``kept``: those whose term is not over or never ends."""

    due: tuple[Due, ...]
    held: int
    kept: int


def hold(folder: Path, who: str, subject: str, why: str) -> int:
    """Nothing about ``subject`` (``capture:ID``, ``site:ORIGIN``, or what ``Standing.subjects`` names: ``lead:NUMBER``) is erased until it is released. The act's seq."""
    return _put(folder, who, "hold", subject, why)


def release(folder: Path, who: str, subject: str, why: str) -> int:
    """Raises ValueError where it is not held, and as ``hold``."""
    if subject not in held(folder):
        raise ValueError(f"{subject} 没有冻结")
    return _put(folder, who, "release", subject, why)


def _put(folder: Path, who: str, act: str, subject: str, why: str) -> int:
    if not who.strip() or not why.strip():
        raise ValueError("冻结与解除冻结须署名并写明理由")
    return acts.append(folder, who, act, subject, {"why": why.strip()})


def held(folder: Path) -> frozenset[str]:
    """The subjects under a hold: the last act about each decides."""
    return _held(read(folder, "SELECT subject, act FROM acts WHERE act IN ('hold', 'release') ORDER BY seq"))


def _held(rows: Iterable[tuple[str, str]]) -> frozenset[str]:
    last = dict(rows)
    return frozenset(subject for subject, act in last.items() if act == "hold")


def preview(folder: Path, terms: Iterable[Term], classify: Classify, now: datetime) -> Preview:
    """What erasing now would take, oldest first. A class without a term is kept. Changes nothing."""
    by_name: dict[str, Term] = {term.name: term for term in terms}
    holds = held(folder)
    gone = set(erased_captures(folder))
    before = frozenset(gone)
    due: list[Due] = []
    kept = kept_by_hold = 0
    walk = (capture for capture in ledger.captures(folder) if capture.id not in before)
    with known(folder) as bodies:
        while batch := list(islice(walk, _AT_ONCE)):
            standings = classify(batch)
            for capture in batch:
                standing = standings.get(capture.id, Standing())
                term = by_name.get(standing.name)
                over = term.over(capture.time) if term is not None else None
                if term is None or over is None or over > now:
                    kept += 1
                elif holds.intersection(subjects_of(capture, standing)):
                    kept_by_hold += 1
                else:
                    gone.add(capture.id)
                    members, left = _released(folder, bodies, capture, gone.__contains__)
                    due.append(Due(capture.id, capture.seq, capture.site, capture.url, capture.time, standing.name, over, term.basis, members, left))
    return Preview(tuple(due), kept_by_hold, kept)


def subjects_of(capture: Capture, standing: Standing) -> set[str]:
    return {f"capture:{capture.id}", f"site:{capture.site}", *standing.subjects}


def _released(
    folder: Path, bodies: Bodies, capture: Capture, gone: Callable[[str], bool],
) -> tuple[tuple[tuple[int, str, int], ...], tuple[tuple[int, str], ...]]:
    """(what goes with the capture, what of it stays) when it is erased after those that are ``gone``, itself among them. A response stays while
    a capture that stays refers to it, and goes with the last one that does."""
    own = _members(folder, [[ref.file, ref.offset] for ref in capture.records], capture.id)

    def wanted(member: int) -> bool:
        return any(not gone(visit) for visit in bodies.referring(member))

    kept = {seq for seq, *_ in own if wanted(seq)}
    mine = {seq for seq, *_ in own}
    left = {target for seq in mine if (target := bodies.target_of(seq)) is not None} - mine
    orphans = [target for target in sorted(left) if (owner := _owner(folder, target)) and gone(owner) and not wanted(target)]
    members = [one for one in own if one[0] not in kept] + [one for target in orphans for one in _numbered(folder, target)]
    return tuple(members), tuple((seq, sha256) for seq, sha256, _ in own if seq in kept)


def _members(folder: Path, places: Sequence[Sequence[object]], visit: str) -> list[tuple[int, str, int]]:
    rows = read(folder, "SELECT seq, sha256, length FROM members WHERE seq IN (SELECT m.seq FROM json_each(?) AS w JOIN members AS m "
                "ON m.file = json_extract(w.value, '$[0]') AND m.offset = json_extract(w.value, '$[1]')) AND visit = ? ORDER BY seq", (json.dumps(places), visit))
    return [(int(seq), str(sha256), int(length)) for seq, sha256, length in rows]


def _numbered(folder: Path, seq: int) -> list[tuple[int, str, int]]:
    return [(int(number), str(sha256), int(length)) for number, sha256, length in read(folder, "SELECT seq, sha256, length FROM members WHERE seq = ?", (seq,))]


def _owner(folder: Path, seq: int) -> str:
    """The capture that a member belongs to; empty where it belongs to none, and stays."""
    rows = read(folder, "SELECT visit FROM members WHERE seq = ?", (seq,))
    return str(rows[0][0]) if rows else ""


def erase(folder: Path, found: Sequence[Due], who: str, why: str, classify: Classify, *, now: datetime | None = None) -> list[Due]:
    """Tombstones for what a preview showed and a person confirmed; those that were erased since, held since, or that a lead took up since, are left.
    Answers those done. The bytes go by ``compaction.compact``. Raises ValueError without a name and a reason, ArchiveUnwritable."""
    if not who.strip() or not why.strip():
        raise ValueError("删除须署名并写明理由")
    done: list[Due] = []
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        captures = [capture for one in part if (capture := ledger.capture(folder, one.capture)) is not None]
        standings = classify(captures)
        with known(folder) as bodies, writing(folder) as db:
            bodies.catch_up()  # nothing is appended while this transaction lasts: who refers to what is known to the last record
            holds = _held(db.execute("SELECT subject, act FROM acts WHERE act IN ('hold', 'release') ORDER BY seq").fetchall())
            for capture, one in zip(captures, part, strict=True):
                standing = standings.get(capture.id, Standing())
                if _erased(db, one.capture) or standing.name != one.name or holds.intersection(subjects_of(capture, standing)):
                    continue
                members, kept = _released(folder, bodies, capture, partial(_gone_with, db, one.capture))
                now_due = replace(one, members=members, kept=kept)
                acts.appended(db, who, "erase", f"capture:{one.capture}", _tombstone(now_due, why.strip()), now=now)
                done.append(now_due)
    return done


def _tombstone(one: Due, why: str) -> dict[str, object]:
    told: dict[str, object] = {
        "why": why, "basis": one.basis, "class": one.name, "capture": one.seq, "captured": acts.stamp(one.time), "over": acts.stamp(one.over),
        "members": [[seq, sha256] for seq, sha256, _ in one.members],
    }
    return told | ({"kept": [list(pair) for pair in one.kept]} if one.kept else {})


def _gone_with(db: sqlite3.Connection, capture: str, other: str) -> bool:
    return other == capture or _erased(db, other)


def _erased(db: sqlite3.Connection, capture: str) -> bool:
    return db.execute("SELECT 1 FROM acts WHERE subject = ? AND act = 'erase'", (f"capture:{capture}",)).fetchone() is not None


def erased_captures(folder: Path) -> frozenset[str]:
    return frozenset(subject[len("capture:") :] for (subject,) in read(folder, "SELECT subject FROM acts WHERE act = 'erase'") if subject.startswith("capture:"))


def erased_among(folder: Path, ids: Sequence[str]) -> frozenset[str]:
    """Which of these captures (some hundreds at most) have a tombstone."""
    rows = read(folder, "SELECT subject FROM acts WHERE act = 'erase' AND subject IN (SELECT 'capture:' || value FROM json_each(?))", (json.dumps(list(ids)),))
    return frozenset(subject[len("capture:") :] for (subject,) in rows)


def erased_members(folder: Path) -> frozenset[int]:
    """Numbers of the members that tombstones name."""
    found: set[int] = set()
    for (detail,) in read(folder, "SELECT detail FROM acts WHERE act = 'erase'"):
        found.update(int(seq) for seq, _ in json.loads(detail).get("members", []))
    return frozenset(found)
