"""The order of search: newest first, capture id between equal times; and the numbers that let SQLite keep it without sorting.

A document number is the millisecond of the capture (43 bits) before 20 bits of the capture id's digest. Numbers are ordered by time down to
the millisecond; within one millisecond readers sort by exact time and capture id.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from indexer.search.protocol import SAMPLE_ONE_IN, QueryError

TIE_BITS = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (1 << 43) - 1
_CURSOR = re.compile(r"(<)?(?:(-?0x[0-9a-f.]+p[+-]?\d{1,5})~)?(-?\d{1,20})\.(.+)")


def microseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)


def bucket(micros: int) -> int:
    """The millisecond, kept within what a number can hold (a foreign archive may say any year)."""
    return min(max(micros // 1000, 0), _LAST)


def first_of(millisecond: int) -> int:
    return millisecond << TIE_BITS


def document_number(time: datetime, capture_id: str, taken: Container[int] = ()) -> int:
    """The number of a new document: the next free one within its millisecond. OverflowError when 2^20 captures share it."""
    base = first_of(bucket(microseconds(time)))
    size = 1 << TIE_BITS
    tie = int.from_bytes(hashlib.sha256(capture_id.encode()).digest()[:4], "big") % size
    for step in range(size):
        number = base | ((tie + step) % size)
        if number not in taken:
            return number
    raise OverflowError(f"同一毫秒内的快照过多：{time.isoformat()}")


def sampled(capture_id: str) -> bool:
    """Whether the document stands for SAMPLE_ONE_IN of its like where there are too many to count."""
    return hashlib.sha256(capture_id.encode()).digest()[4] % SAMPLE_ONE_IN == 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two hits: what follows it, or with ``back`` what goes before it. ``score`` where the order is by relevance."""

    micros: int
    capture_id: str
    back: bool = False
    score: float | None = None


def write_cursor(time: datetime, capture_id: str, *, back: bool = False, score: float | None = None) -> str:
    return f"{'<' if back else ''}{'' if score is None else f'{score.hex()}~'}{microseconds(time)}.{capture_id}"


def read_cursor(cursor: str) -> Cursor:
    """Raises QueryError."""
    read = _CURSOR.fullmatch(cursor)
    try:
        if read is None:
            raise ValueError
        back, score, micros, capture_id = read.groups()
        return Cursor(int(micros), capture_id, bool(back), float.fromhex(score) if score else None)
    except (ValueError, OverflowError):
        raise QueryError("翻页标记无法读取，请从第一页重新检索", 0) from None
