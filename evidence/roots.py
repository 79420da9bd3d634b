"""Roots: a signed statement over everything the ledger took in since the one before (docs/decisions/0018), and where each entry lies in it.

The statements chain one to the next, lie beside the archive and in a witness folder, and are stamped by authorities (stamps): whoever
writes the ledger anew cannot write these.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785

from evidence import keys, merkle
from evidence.acts import stamp
from evidence.digests import sm3
from evidence.disk import sync
from evidence.errors import ArchiveUnreadable, RolledBack
from evidence.keys import Signer
from evidence.tables import CHAINS, GENESIS, path_of, read, snapshot, writing

FORMAT = "adpatrol-root/1"
FOLDER = "roots"
NAMES = {"members": "记录登记", "captures": "快照登记", "acts": "事项登记"}
_FETCH = 2000


@dataclass(frozen=True, slots=True)
class Root:
    """``statement``: the signed text; ``signature`` base64; ``key`` fingerprint of who signed; ``sm3`` of the statement."""

    seq: int
    statement: str
    signature: str
    key: str
    sm3: str

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.statement)
        return found

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.statement.encode()).hexdigest()

    @property
    def file(self) -> str:
        return f"{self.seq:08d}.json"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One entry under ``root``: the ``index``-th of ``size`` leaves, with its audit path (hex)."""

    root: int
    index: int
    size: int
    path: tuple[str, ...]


def make(folder: Path, signer: Signer, *, now: datetime | None = None, witness: Path | None = None) -> Root | None:
    """A root over what is new, signed and written down; None where nothing is. Files that a kill left unwritten are written too.

    The signature is made outside the transaction (a device may take its time); where another made a root meanwhile, it is done again.
    Raises RolledBack where files beside the ledger tell of later roots than it holds (signing on would make a second history), CannotSign,
    ArchiveUnwritable, ArchiveUnreadable, OSError."""
    made: Root | None = None
    if path_of(folder).is_file():
        while (drafted := _draft(folder, signer, now or datetime.now(UTC), witness)) is not None:
            if _kept(folder, drafted, signer):
                made = drafted
                break
    publish(folder, witness)
    return made


def _draft(folder: Path, signer: Signer, now: datetime, witness: Path | None) -> Root | None:
    with writing(folder):
        pass  # an older ledger gets its tables
    kept = max((seq for place in (folder / FOLDER, witness) if place is not None for seq, _ in _statements(place)), default=0)
    with snapshot(folder) as db:
        ((ledger,),) = db.execute("SELECT value FROM about WHERE key = 'ledger'").fetchall()
        last = db.execute("SELECT seq, statement FROM roots ORDER BY seq DESC LIMIT 1").fetchone()
        if kept > (last[0] if last else 0):  # files are written after the ledger: one that leads it was signed over a ledger that is gone
            raise RolledBack(f"存证账只到第 {last[0] if last else 0} 个存证根，而旁边已有第 {kept} 个：存证账被退回到较早的状态，请从备份恢复较新的存证账")
        before = json.loads(last[1]) if last else {}
        ranges: dict[str, dict[str, Any]] = {}
        for chain in CHAINS:
            upto, value = db.execute(f"SELECT seq, chain FROM {chain} ORDER BY seq DESC LIMIT 1").fetchone() or (0, GENESIS)  # noqa: S608 - one of three names
            ranges[chain] = {"after": before.get(chain, {}).get("upto", 0), "head": value, "upto": upto}
        if all(held["upto"] <= held["after"] for held in ranges.values()):
            return None
        top = merkle.root(_leaves(db, ranges))
    told = {
        "format": FORMAT, "key": keys.fingerprint(signer.public), "ledger": ledger, "merkle": top.hex(), "seq": (last[0] if last else 0) + 1,
        "previous": hashlib.sha256(last[1].encode()).hexdigest() if last else GENESIS, "time": stamp(now), **ranges,
    }
    statement = rfc8785.dumps(told)
    signature = base64.b64encode(keys.sign(signer, statement)).decode("ascii")
    return Root(told["seq"], statement.decode(), signature, told["key"], sm3(statement))


def _leaves(db: sqlite3.Connection, ranges: dict[str, dict[str, Any]]) -> Iterator[bytes]:
    """The chain values under a root, in the order of its tree."""
    for chain in CHAINS:
        found = db.execute(f"SELECT chain FROM {chain} WHERE seq > ? AND seq <= ? ORDER BY seq", (ranges[chain]["after"], ranges[chain]["upto"]))  # noqa: S608 - one of three names
        while rows := found.fetchmany(_FETCH):
            for (value,) in rows:
                yield bytes.fromhex(value)


def _kept(folder: Path, root: Root, signer: Signer) -> bool:
    """False where another root came first."""
    with writing(folder) as db:
        last = db.execute("SELECT MAX(seq) FROM roots").fetchone()[0] or 0
        if last != root.seq - 1:
            return False
        db.execute("INSERT OR IGNORE INTO about (key, value) VALUES (?, ?)", (f"key:{root.key}", keys.pem(signer.public)))
        db.execute("INSERT INTO roots (seq, statement, signature, key, sm3) VALUES (?, ?, ?, ?, ?)",
                   (root.seq, root.statement, root.signature, root.key, root.sm3))
    return True


def roots(folder: Path, *, after: int = 0) -> list[Root]:
    """Oldest first."""
    return [Root(*row) for row in read(folder, "SELECT seq, statement, signature, key, sm3 FROM roots WHERE seq > ? ORDER BY seq", (after,))]


def public_key(folder: Path, key: str) -> bytes | None:
    """The raw public key with this fingerprint, of those that signed roots here."""
    rows = read(folder, "SELECT value FROM about WHERE key = ?", (f"key:{key}",))
    return keys.raw(rows[0][0]) if rows else None


def ledger_id(folder: Path) -> str:
    """The ledger's UUID; empty where there is no ledger, or one older than this."""
    rows = read(folder, "SELECT value FROM about WHERE key = 'ledger'")
    return str(rows[0][0]) if rows else ""


# --- inclusion ------------------------------------------------------------------------------------------------------------------------


def inclusion(folder: Path, chain: str, seq: int) -> Inclusion | None:
    """Where one entry of ``members``, ``captures`` or ``acts`` lies; None where no root covers it yet."""
    return inclusions(folder, [(chain, seq)]).get((chain, seq))


def inclusions(folder: Path, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Inclusion]:
    """Of many entries at once: each root's tree is built once. Those that no root covers are left out. Raises ArchiveUnreadable."""
    left = set(wanted)
    found: dict[tuple[str, int], Inclusion] = {}
    if not left or not path_of(folder).is_file():
        return found
    with snapshot(folder) as db:
        for root in roots(folder):
            told = root.told
            mine = [(chain, seq) for chain, seq in left if told[chain]["after"] < seq <= told[chain]["upto"]]
            if not mine:
                continue
            left.difference_update(mine)
            made = merkle.levels(_leaves(db, told))
            if made[-1].hex() != told["merkle"]:
                raise ArchiveUnreadable(f"存证账的登记与第 {root.seq} 个存证根不符，请运行 adpatrol evidence verify --all")
            starts, size = _starts(told)
            for chain, seq in mine:
                index = starts[chain] + seq - told[chain]["after"] - 1
                found[chain, seq] = Inclusion(root.seq, index, size, tuple(one.hex() for one in merkle.path(made, index)))
    return found


def _starts(told: dict[str, Any]) -> tuple[dict[str, int], int]:
    """(index of each chain's first leaf, number of leaves)."""
    starts, size = {}, 0
    for chain in CHAINS:
        starts[chain] = size
        size += max(0, told[chain]["upto"] - told[chain]["after"])
    return starts, size


# --- roll-back ------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heads:
    """``ledger``: the last root it holds (0: none); ``beside``, ``witness``: the last statement lying there; ``problems``: in Chinese."""

    ledger: int
    beside: int
    witness: int
    problems: tuple[str, ...]


def heads(folder: Path, witness: Path | None = None) -> Heads:
    """Does the ledger hold everything that was signed over it? Compares it with archive/roots and the witness folder. Raises ArchiveUnreadable."""
    places = {"archive/roots": folder / FOLDER} | ({str(witness): witness} if witness is not None else {})
    kept = {name: dict(_statements(place)) for name, place in places.items()}  # before the ledger: what is signed since is no fault
    known = {root.seq: root for root in roots(folder)}
    last = max(known, default=0)
    problems = []
    for name, found in kept.items():
        later = [seq for seq in found if seq > last]
        if later:
            problems.append(f"{name} 里有第 {max(later)} 个存证根，存证账只到第 {last} 个：存证账被退回到较早的状态")
        for seq, path in found.items():
            if seq in known and path.read_text(encoding="utf-8", errors="replace") != known[seq].statement:
                problems.append(f"{name} 里的第 {seq} 个存证根与存证账里的不同：两者之一被换过")
    if last:
        told = known[last].told
        for chain in CHAINS:
            rows = read(folder, f"SELECT chain FROM {chain} WHERE seq = ?", (told[chain]["upto"],)) if told[chain]["upto"] else [(GENESIS,)]  # noqa: S608 - one of three names
            if not rows or rows[0][0] != told[chain]["head"]:
                problems.append(f"存证账的{NAMES[chain]}与第 {last} 个存证根所签的不符：有登记被删或被改动")
    beside, seen = (max(kept.get(name, {}), default=0) for name in ("archive/roots", str(witness)))
    return Heads(last, beside, seen, tuple(problems))


def _statements(place: Path) -> Iterator[tuple[int, Path]]:
    if place.is_dir():
        for path in place.iterdir():
            if len(path.name) >= 13 and path.name.endswith(".json") and path.name[:-5].isascii() and path.name[:-5].isdigit():
                yield int(path.name[:-5]), path


# --- files ----------------------------------------------------------------------------------------------------------------------------


def publish(folder: Path, witness: Path | None = None) -> None:
    """Every statement, signature, response and key as a file in archive/roots, and in the witness folder: what is missing is written.
    A file that is there is never changed. Raises OSError, ArchiveUnreadable."""
    wanted = dict(_files(folder))
    for place in [folder / FOLDER] + ([witness] if witness is not None else []):
        if not wanted:
            return
        place.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in place.iterdir()}
        for rough in place.glob(".*.*"):
            _swept(rough)
        new = [name for name in wanted if name not in there]
        for name in new:
            _write(place / name, _content(folder, *wanted[name]))
        if new:
            sync(place)


def _files(folder: Path) -> Iterator[tuple[str, tuple[str, object]]]:
    """(file name, where its content is: a kind and its key)."""
    for (seq,) in read(folder, "SELECT seq FROM roots"):
        yield f"{seq:08d}.json", ("statement", seq)
        yield f"{seq:08d}.json.sig", ("signature", seq)
    for root, authority in read(folder, "SELECT root, authority FROM stamps"):
        yield f"{root:08d}.json.{authority}.tsr", ("response", (root, authority))
    for (key,) in read(folder, "SELECT key FROM about WHERE key LIKE 'key:%'"):
        yield f"key-{key[4:]}.pem", ("key", key)


def _content(folder: Path, kind: str, key: Any) -> bytes:
    if kind == "response":
        return bytes(read(folder, "SELECT response FROM stamps WHERE root = ? AND authority = ?", key)[0][0])
    if kind == "key":
        return str(read(folder, "SELECT value FROM about WHERE key = ?", (key,))[0][0]).encode()
    statement, signature = read(folder, "SELECT statement, signature FROM roots WHERE seq = ?", (key,))[0]
    return str(statement).encode() if kind == "statement" else f"{signature}\n".encode("ascii")


def _swept(rough: Path) -> None:
    """A file half written by a process that is gone."""
    owner = rough.name.rpartition(".")[2]
    if owner.isascii() and owner.isdigit() and not Path(f"/proc/{owner}").exists():
        rough.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Whole on disk or not there. Several processes may write the same file: the content is the same."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    beside.rename(path)
