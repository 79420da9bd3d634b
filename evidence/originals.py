"""The writer's side of identical bodies: is this body stored already, and may a revisit record refer to it?

Decided before anything is written. What the table (bodies) offers is read from the archive first: the stored member must be the ledgered one, byte
for byte (SHA-256), and its record tell this very body (SHA-256), so that no wrong row, no damaged and no erased record is ever referred to. A revisit refers to a record of the same or an earlier group of the same archive: what a
group holds is fsynced and ledgered together.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence.bodies import Bodies, Grown
from evidence.capture import RecordRef
from evidence.errors import EvidenceError
from evidence.ledger import LedgerWriter
from evidence.revisits import FLOOR, Original
from evidence.stored import headers

RECENT = 1_024  # originals whose bytes this writer has seen
log = logging.getLogger(__name__)


class Originals:
    """Where the table does not answer, nothing is known: everything is written in full, and the patrol goes on."""

    def __init__(self, folder: Path, ledger: LedgerWriter) -> None:
        self._folder, self._ledger = folder, ledger
        self._bodies: Bodies | None = None
        self._recent: OrderedDict[bytes, Original] = OrderedDict()
        self._fresh: dict[bytes, Original] = {}  # of the group being written
        self._refers: list[tuple[RecordRef, Original, str]] = []
        try:
            self._bodies = Bodies(folder)
            self._bodies.catch_up()
        except (sqlite3.Error, EvidenceError, OSError) as error:
            self._give_up(error)

    def close(self) -> None:
        if self._bodies is not None:
            self._bodies.close()
            self._bodies = None

    def of(self, body: bytes, digest: bytes) -> Original | None:
        """The stored response with this body. ``digest``: its SHA-256."""
        if self._bodies is None or len(body) < FLOOR:
            return None
        found = self._fresh.get(digest) or self._recent.get(digest)
        return found if found is not None else self._looked_up(self._bodies, digest)

    def stored(self, digest: bytes, body: bytes, original: Original) -> None:
        """A full response goes into the group being written."""
        if len(body) >= FLOOR:
            self._fresh[digest] = original

    def referred(self, ref: RecordRef, original: Original, visit: str) -> None:
        """A revisit goes into the group being written."""
        self._refers.append((ref, original, visit))

    @property
    def targets(self) -> list[tuple[str, int]]:
        """Where the group's revisits lead."""
        return sorted({_place(one.ref) for _, one, _ in self._refers})

    @contextmanager
    def together(self) -> Iterator[None]:
        """What a visit puts in counts as a whole, or not at all."""
        fresh, refers = len(self._fresh), len(self._refers)
        try:
            yield
        except BaseException:
            for digest in list(self._fresh)[fresh:]:
                del self._fresh[digest]
            del self._refers[refers:]
            raise

    def committed(self, grown: Grown) -> None:
        """The group is on disk and in the ledger."""
        fresh, refers = self._fresh, self._refers
        self._fresh, self._refers = {}, []
        for digest, original in fresh.items():
            self._remember(digest, original)
        if self._bodies is None or not (fresh or refers or grown.upto > grown.before):
            return
        try:
            refs = [*(one.ref for one in fresh.values()), *(ref for ref, _, _ in refers), *(one.ref for _, one, _ in refers)]
            seqs = self._ledger.numbers({_place(ref) for ref in refs})
            bodies = [(digest, seqs[_place(one.ref)]) for digest, one in fresh.items() if _place(one.ref) in seqs]
            led = [(seqs[_place(ref)], seqs[_place(one.ref)], visit) for ref, one, visit in refers if _place(ref) in seqs]
            self._bodies.enter(bodies, led, grown)
        except sqlite3.Error as error:  # the next catch-up reads it from the archive
            self._give_up(error)

    def undone(self) -> None:
        """The group was cut off again."""
        self._fresh, self._refers = {}, []

    def doubted(self) -> None:
        """Something referred to is gone: nothing that was seen before is believed any more."""
        self._recent.clear()
        self.undone()

    def _looked_up(self, bodies: Bodies, digest: bytes) -> Original | None:
        try:
            seq = bodies.own(digest)
            if seq is None:
                return None
            ref = self._ledger.standing(seq)
            if ref is None:
                return None
            told = headers(self._folder, ref)
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        except EvidenceError:
            return None
        identity, uri, date = (told.get(name, "") for name in ("warc-record-id", "warc-target-uri", "warc-date"))
        if told.get("warc-payload-digest") != f"sha256:{digest.hex()}" or ref.type != "response" or told.get("warc-truncated") or not (identity and uri and date):
            return None
        found = Original(ref, identity, uri, date)
        self._remember(digest, found)
        return found

    def _remember(self, digest: bytes, original: Original) -> None:
        self._recent[digest] = original
        self._recent.move_to_end(digest)
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def _give_up(self, error: Exception) -> None:
        log.warning("正文索引无法使用，本次相同的正文仍各存一份：%s", error)
        self.close()


def _place(ref: RecordRef) -> tuple[str, int]:
    return ref.file, ref.offset
