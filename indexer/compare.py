"""What changed between two readings: lines of text aligned, and within changed lines the characters. Pure; no Django.

Bounded whatever the texts are: lines that stand once on both sides anchor the alignment (patience diff: a longest increasing subsequence,
n log n); only the small gaps between anchors are compared cell by cell (difflib), out of one budget of cells for the whole comparison.
When the budget is spent, what is left counts as taken out and put in: never wrong, only coarser.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

MOST_CHARS = 400_000  # of one side; what stands beyond is not compared, and said so
MOST_LINES = 20_000
CELLS = 2_000_000  # pairs of lines or characters that one comparison may look at
GAP = 400  # lines of a gap, on the longer side, that are still compared cell by cell
LINE = 1_200  # characters of a line whose characters are compared
ALIKE = 0.45  # share of characters in common from which two lines are one line that changed
AROUND = 3  # equal lines shown around a change

Kind = Literal["same", "gone", "new"]
Item = Hashable


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line. ``gone`` stands on the left only, ``new`` on the right only."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line side by side. ``skipped``: so many equal lines are left out here. Line numbers count from 1; 0: none on that side."""

    kind: Literal["same", "gone", "new", "changed", "skipped"]
    left: tuple[Piece, ...] = ()
    right: tuple[Piece, ...] = ()
    left_line: int = 0
    right_line: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """``gone``, ``new``: characters that stand on one side only. ``cut``: a side was longer than is compared."""

    rows: tuple[Row, ...]
    gone: int
    new: int
    cut: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.gone or self.new)


class Budget:
    """Cells that may still be looked at."""

    def __init__(self, cells: int = CELLS) -> None:
        self.left = cells

    def takes(self, one: int, other: int) -> bool:
        """Whether a comparison of so many by so many items is still paid for; it is then."""
        if one * other > self.left:
            return False
        self.left -= one * other
        return True


def aligned(before: Sequence[Item], after: Sequence[Item], budget: Budget | None = None) -> list[tuple[int, int, int]]:
    """Stretches (place before, place after, length) that are equal on both sides, in order, apart."""
    budget = budget or Budget()
    low, high = _ends(before, after)
    blocks = [(0, 0, low)] if low else []
    a_end, b_end = len(before) - high, len(after) - high
    at, bt = low, low
    for i, j in [*_anchors(before, after, low, a_end, b_end), (a_end, b_end)]:
        blocks += _gap(before, after, at, i, bt, j, budget)
        if i < a_end:
            blocks.append((i, j, 1))
        at, bt = i + 1, j + 1
    if high:
        blocks.append((a_end, b_end, high))
    return _joined(blocks)


def _ends(before: Sequence[Item], after: Sequence[Item]) -> tuple[int, int]:
    """How much is equal at the beginning and at the end."""
    least = min(len(before), len(after))
    low = 0
    while low < least and before[low] == after[low]:
        low += 1
    high = 0
    while high < least - low and before[-1 - high] == after[-1 - high]:
        high += 1
    return low, high


def _anchors(before: Sequence[Item], after: Sequence[Item], low: int, a_end: int, b_end: int) -> list[tuple[int, int]]:
    """Items that stand once on either side, in an order that both sides keep: the longest such."""
    once_a = {item for item, n in Counter(before[low:a_end]).items() if n == 1}
    once_b = {item for item, n in Counter(after[low:b_end]).items() if n == 1}
    place = {after[j]: j for j in range(low, b_end) if after[j] in once_b}
    pairs = [(i, place[before[i]]) for i in range(low, a_end) if before[i] in once_a and before[i] in place]
    tails: list[int] = []  # the least last place of an increasing run of each length
    runs: list[int] = []  # which pair that is
    back: list[int] = []
    for number, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        back.append(runs[at - 1] if at else -1)
        if at == len(tails):
            tails.append(j)
            runs.append(number)
        else:
            tails[at], runs[at] = j, number
    chain: list[tuple[int, int]] = []
    number = runs[-1] if runs else -1
    while number >= 0:
        chain.append(pairs[number])
        number = back[number]
    return chain[::-1]


def _gap(before: Sequence[Item], after: Sequence[Item], a: int, a_end: int, b: int, b_end: int, budget: Budget) -> list[tuple[int, int, int]]:
    """Between two anchors: the equal ends, and what difflib finds between them where that is small."""
    low, high = _ends(before[a:a_end], after[b:b_end])
    blocks = [(a, b, low)] if low else []
    left, right = before[a + low:a_end - high], after[b + low:b_end - high]
    if left and right and max(len(left), len(right)) <= GAP and budget.takes(len(left), len(right)):
        found = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        blocks += [(a + low + i, b + low + j, size) for i, j, size in found if size]
    if high:
        blocks.append((a_end - high, b_end - high, high))
    return blocks


def _joined(blocks: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    joined: list[tuple[int, int, int]] = []
    for i, j, size in blocks:
        if joined and joined[-1][0] + joined[-1][2] == i and joined[-1][1] + joined[-1][2] == j:
            joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + size)
        else:
            joined.append((i, j, size))
    return joined


def compare(before: str, after: str, *, around: int = AROUND) -> Comparison:
    """Two texts whose blocks are joined by line ends."""
    left, right = _lines(before), _lines(after)
    cut = len(left) > MOST_LINES or len(right) > MOST_LINES or max(len(before), len(after)) > MOST_CHARS
    left, right = left[:MOST_LINES], right[:MOST_LINES]
    budget = Budget()
    rows: list[Row] = []
    at = bt = 0
    for i, j, size in [*aligned(left, right, budget), (len(left), len(right), 0)]:
        rows += _changed(left, right, (at, i), (bt, j), budget)
        rows += [Row("same", (Piece("same", left[i + n]),), (Piece("same", right[j + n]),), i + n + 1, j + n + 1) for n in range(size)]
        at, bt = i + size, j + size
    gone = sum(len(piece.text) for row in rows for piece in row.left if piece.kind == "gone")
    new = sum(len(piece.text) for row in rows for piece in row.right if piece.kind == "new")
    return Comparison(tuple(_folded(rows, around)), gone, new, cut)


def _lines(text: str) -> list[str]:
    return [line for line in text[:MOST_CHARS].split("\n") if line.strip()]


def _changed(left: Sequence[str], right: Sequence[str], mine: tuple[int, int], other: tuple[int, int], budget: Budget) -> Iterator[Row]:
    """The lines between two equal stretches: those alike stand side by side, the others for themselves."""
    i, j = mine[0], other[0]
    while i < mine[1] and j < other[1]:
        pieces = _characters(left[i], right[j], budget)
        if pieces is not None:
            yield Row("changed", pieces[0], pieces[1], i + 1, j + 1)
            i, j = i + 1, j + 1
        elif mine[1] - i >= other[1] - j:
            yield Row("gone", (Piece("gone", left[i]),), (), i + 1)
            i += 1
        else:
            yield Row("new", (), (Piece("new", right[j]),), 0, j + 1)
            j += 1
    yield from (Row("gone", (Piece("gone", left[n]),), (), n + 1) for n in range(i, mine[1]))
    yield from (Row("new", (), (Piece("new", right[n]),), 0, n + 1) for n in range(j, other[1]))


def _characters(one: str, other: str, budget: Budget) -> tuple[tuple[Piece, ...], tuple[Piece, ...]] | None:
    """The two lines in pieces; None where they are not alike, or too long to tell."""
    if max(len(one), len(other)) > LINE or 2 * min(len(one), len(other)) < ALIKE * (len(one) + len(other)):
        return None
    common = sum((Counter(one) & Counter(other)).values())
    if 2 * common < ALIKE * (len(one) + len(other)) or not budget.takes(len(one), len(other)):
        return None
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a, a_end, b, b_end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            left.append(Piece("same", one[a:a_end]))
            right.append(Piece("same", other[b:b_end]))
        else:
            left += [Piece("gone", one[a:a_end])] * (a_end > a)
            right += [Piece("new", other[b:b_end])] * (b_end > b)
    return tuple(left), tuple(right)


def _folded(rows: Sequence[Row], around: int) -> Iterator[Row]:
    """Equal lines far from any change are left out, and counted."""
    near = [False] * len(rows)
    last: int | None
    for order in (range(len(rows)), range(len(rows) - 1, -1, -1)):
        last = None
        for n in order:
            if rows[n].kind != "same":
                last = n
            near[n] = near[n] or (last is not None and abs(n - last) <= around)
    skipped = 0
    for row, shown in zip(rows, near, strict=True):
        if not shown:
            skipped += 1
            continue
        if skipped:
            yield Row("skipped", skipped=skipped)
            skipped = 0
        yield row
    if skipped:
        yield Row("skipped", skipped=skipped)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of two visits, in words."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def certificate(facts: Mapping[str, Any]) -> str:
    """The server's certificate in one line; empty where none is known."""
    tls = facts.get("tls")
    if not isinstance(tls, Mapping):
        return ""
    shown = [str(tls[key]) for key in ("subject", "subjectName", "issuer", "sha256") if tls.get(key)]
    return "；".join(shown)[:300]


def addresses(facts: Mapping[str, Any]) -> str:
    """Of the server, as the visit's gate resolved them."""
    return "、".join(sorted(str(one) for one in facts.get("dns") or ()))[:300]
