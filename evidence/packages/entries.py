"""The ledger's entries that a package needs, each with its proof: what was hashed, what stood before it, and its path to a signed root."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from evidence import ledger, roots, tables
from evidence.acts import Act
from evidence.capture import Capture
from evidence.errors import ArchiveUnreadable
from evidence.packages.wacz import Packed
from evidence.roots import Inclusion

MAX_ACTS = 20_000
_FIELDS = {
    "members": "file, offset, length, sha256, type, uri, visit", "captures": "facts, members", "acts": "time, who, act, subject, detail",
}
_SOME = 500


def wanted(archive: Path, captures: Sequence[Capture], packed: Iterable[Packed], custody: Sequence[Act]) -> list[tuple[str, int]]:
    """(chain, seq) of every entry the package rests on, in the order they are written down."""
    places = [(one.ref.file, one.ref.offset) for one in packed]
    members = sorted(member.seq for member in ledger.members_at(archive, places))
    if len(members) != len(places):
        raise ArchiveUnreadable("存证账中缺少部分记录的登记，请先运行 adpatrol evidence verify --all")
    return [*(("members", seq) for seq in members), *(("captures", seq) for seq in sorted(one.seq for one in captures)), *(("acts", one.seq) for one in custody)]


def lines(archive: Path, entries: Sequence[tuple[str, int]], proofs: dict[tuple[str, int], Inclusion]) -> Iterator[bytes]:
    """``ledger/entries.jsonl``, a line an entry. Raises ArchiveUnreadable where one has no proof."""
    with tables.snapshot(archive) as db:
        for chain in tables.CHAINS:
            mine = [seq for name, seq in entries if name == chain]
            for start in range(0, len(mine), _SOME):
                for seq, before, fields in _rows(db, chain, mine[start : start + _SOME]):
                    proof = proofs.get((chain, seq))
                    if proof is None:
                        raise ArchiveUnreadable(f"存证账 {chain} 第 {seq} 条还没有存证根")
                    told = {"chain": chain, "seq": seq, "before": before, "fields": fields, "root": proof.root, "index": proof.index, "size": proof.size,
                            "path": list(proof.path)}
                    yield json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _rows(db: sqlite3.Connection, chain: str, seqs: Sequence[int]) -> Iterator[tuple[int, str, list[Any]]]:
    sql = (f"SELECT t.seq, COALESCE((SELECT b.chain FROM {chain} AS b WHERE b.seq = t.seq - 1), ?), {_FIELDS[chain]} FROM {chain} AS t "  # noqa: S608 - one of three names
           "WHERE t.seq IN (SELECT value FROM json_each(?)) ORDER BY t.seq")
    for seq, before, *fields in db.execute(sql, (tables.GENESIS, json.dumps(list(seqs)))):
        yield int(seq), str(before), fields


def custody(archive: Path, subjects: Iterable[str]) -> list[Act]:
    """The acts about these subjects, oldest first."""
    sql = ("SELECT seq, time, who, act, subject, detail, chain FROM acts WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?")
    return [Act(*row) for row in reversed(tables.read(archive, sql, (json.dumps(sorted(set(subjects))), MAX_ACTS)))]


def proven(archive: Path, entries: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Inclusion]:
    """Where each lies. Raises ArchiveUnreadable where the roots are not over what is stored."""
    return roots.inclusions(archive, entries)
