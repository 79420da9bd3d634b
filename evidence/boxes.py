"""Where on a screenshot the cited words stand: a capture's boxes record (``urn:x-adpatrol:boxes:URL``) → rectangles.

The record is JSON, made from the browser's own layout at the moment of the picture::

  {"format": "adpatrol-boxes/1", "scale": 2.0, "width": 393, "height": 5120, "cut": false,
   "texts": [{"t": "年化收益率 12%", "o": 1203, "n": 9, "b": [[0, 9, 8, 22, 130.5, 17]]}, {"t": "看不见", "o": 1290, "n": 3, "b": [], "h": "hidden"}]}

``scale``: picture pixels a CSS pixel; ``width`` and ``height`` of the picture in CSS pixels. ``texts`` lists the text nodes in the order of the
DOM record, frames after their element: ``t`` the words as laid out, ``o`` and ``n`` where they stand in the DOM record (characters: offset, length),
``b`` their lines: first character in ``t``, number of characters, x, y, width, height in CSS pixels from the page's top left (and 1 where only the whole
rectangle is sure: columns, upright text); ``h`` why there is no line: unrendered, hidden, transparent, clipped, beyond (the end of the picture).
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.errors import EvidenceError

FORMAT = "adpatrol-boxes/1"
MAX_GEOMETRY = 32 * 1024 * 1024
UNSEEN = {
    "unrendered": "页面没有显示这段文字（不在版面上）", "hidden": "页面把这段文字设为不可见", "transparent": "页面把这段文字设为全透明",
    "clipped": "这段文字被页面裁掉，看不见", "beyond": "这段文字在截图范围以外",
    "absent": "版面记录中没有这段文字（可能是图片文字、图片说明或页面描述）",
}
_CONTEXT = 24  # characters compared on each side, to tell one occurrence from another
_SLACK_EM = 0.5  # within a line the place of a character is reckoned by widths: so much is added on each side
_NARROW, _WIDE = frozenset("iljtfrI1.,:;'|!()[]- "), frozenset("mwMW@%QOGD")


class BadGeometry(EvidenceError):
    """The boxes record is not of the form above."""


@dataclass(frozen=True, slots=True)
class Rect:
    """CSS pixels from the page's top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A claim to be boxed. ``start`` and ``end``: its place in the judged text (code points); ``name``: the code in Chinese; ``level``: blue … red."""

    number: int
    span: str
    start: int
    end: int
    code: str = ""
    name: str = ""
    provisions: tuple[str, ...] = ()  # as printed
    level: str = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where claim ``number`` stands: a rectangle a line; none where it cannot be seen, and ``unseen`` says why in Chinese."""

    number: int
    rects: tuple[Rect, ...] = ()
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    length: int
    rect: Rect
    whole: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    lines: tuple[_Line, ...]
    hidden: str


@dataclass(frozen=True, slots=True)
class Geometry:
    """A boxes record as read."""

    scale: float
    width: float
    height: float
    pieces: tuple[_Piece, ...]


def read_geometry(record: bytes) -> Geometry:
    """Raises BadGeometry: archives from elsewhere hold whatever they like."""
    try:
        if len(record) > MAX_GEOMETRY:
            raise ValueError("too large")
        data = json.loads(record)
        if data["format"] != FORMAT:
            raise ValueError(data["format"])
        pieces = tuple(_Piece(str(one["t"]), tuple(_line(box) for box in one["b"]), str(one.get("h") or "")) for one in data["texts"])
        return Geometry(min(max(float(data["scale"]), 0.1), 10.0), float(data["width"]), float(data["height"]), pieces)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadGeometry(f"版面记录无法读取（{type(error).__name__}）") from error


def _line(box: Sequence[Any]) -> _Line:
    start, length, x, y, width, height, *whole = box
    return _Line(int(start), int(length), Rect(float(x), float(y), float(width), float(height)), bool(whole and whole[0]))


def boxes(geometry: bytes | Geometry, cited: Sequence[Cited], text: str) -> list[Box]:
    """For each claim its rectangles, in the order given. ``text``: the judged text that ``start`` and ``end`` count in; where the same words
    stand on the page more than once, what stands before and after tells which is meant. Raises BadGeometry."""
    found = geometry if isinstance(geometry, Geometry) else read_geometry(geometry)
    shown = _Stream(piece for piece in found.pieces if piece.lines)
    whole: _Stream | None = None
    answers = []
    for claim in cited:
        at = shown.place(claim, text)
        if at is not None:
            answers.append(Box(number=claim.number, rects=tuple(shown.rects(*at))))
            continue
        whole = whole or _Stream(iter(found.pieces))
        at = whole.place(claim, text)
        why = "absent" if at is None else next((piece.hidden for piece in whole.pieces_at(*at) if piece.hidden), "unrendered")
        answers.append(Box(number=claim.number, unseen=UNSEEN.get(why, UNSEEN["absent"])))
    return answers


def under(geometry: bytes | Geometry, rect: Rect) -> str:
    """The words under a rectangle, in the order of the page: those whose middle lies within it."""
    found = geometry if isinstance(geometry, Geometry) else read_geometry(geometry)
    words = []
    for piece in found.pieces:
        for line in piece.lines:
            middle = line.rect.y + line.rect.height / 2
            if line.whole and rect == line.rect:
                words.append(piece.text[line.start : line.start + line.length])
            elif not line.whole and rect.y <= middle <= rect.y + rect.height:
                edges = _edges(piece.text[line.start : line.start + line.length], line.rect)
                words += [c for c, (left, right) in zip(piece.text[line.start : line.start + line.length], edges, strict=False)
                          if rect.x <= (left + right) / 2 <= rect.x + rect.width]
    return "".join(words)


class _Stream:
    """The words of the pieces one after another without blanks, and where each character lies."""

    def __init__(self, pieces: Iterator[_Piece]) -> None:
        self._pieces: list[_Piece] = []
        self._starts: list[int] = []  # of each piece in the stream
        self._places: list[list[int]] = []  # of each piece: offsets in its text of what is in the stream
        parts = []
        size = 0
        for piece in pieces:
            folded, places = _folded(piece.text)
            if folded:
                self._pieces.append(piece)
                self._starts.append(size)
                self._places.append(places)
                parts.append(folded)
                size += len(folded)
        self._text = "".join(parts)

    def place(self, claim: Cited, text: str) -> tuple[int, int] | None:
        """[start, end) in the stream; None where the words are not in it."""
        words = _folded(claim.span)[0]
        if not words:
            return None
        before = _folded(text[max(0, claim.start - 4 * _CONTEXT) : claim.start])[0][-_CONTEXT:]
        after = _folded(text[claim.end : claim.end + 4 * _CONTEXT])[0][:_CONTEXT]
        earlier = _folded(text[: claim.start])[0].count(words)
        best, likeness = -1, (-1, 0)
        at, number = self._text.find(words), 0
        while at >= 0 and number < 2_000:
            end = at + len(words)
            like = _common(self._text[max(0, at - _CONTEXT) : at][::-1], before[::-1]) + _common(self._text[end : end + _CONTEXT], after)
            best, likeness = max((best, likeness), (at, (like, -abs(number - earlier))), key=lambda one: one[1])
            at, number = self._text.find(words, at + 1), number + 1
        return (best, best + len(words)) if best >= 0 else None

    def pieces_at(self, start: int, end: int) -> Iterator[_Piece]:
        for index, _, _ in self._parts(start, end):
            yield self._pieces[index]

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(piece, first and behind the last character in its text) of a stretch of the stream."""
        index = bisect_right(self._starts, start) - 1
        while index < len(self._pieces) and self._starts[index] < end:
            places = self._places[index]
            first, last = max(start - self._starts[index], 0), min(end - self._starts[index], len(places))
            yield index, places[first], places[last - 1] + 1
            index += 1

    def rects(self, start: int, end: int) -> Iterator[Rect]:
        """One a line; neighbours on one line (a word in bold) become one."""
        last: Rect | None = None
        for index, first, behind in self._parts(start, end):
            for line in self._pieces[index].lines:
                since, until = max(first, line.start), min(behind, line.start + line.length)
                if since >= until:
                    continue
                words = self._pieces[index].text[line.start : line.start + line.length]
                rect = line.rect if line.whole else _part(words, line.rect, since - line.start, until - line.start)
                joined = _joined(last, rect) if last is not None else None
                if last is not None and joined is None:
                    yield last
                last = joined or rect
        if last is not None:
            yield last


def _folded(text: str) -> tuple[str, list[int]]:
    """(the text without blanks and unseen characters, width and case folded; offsets of what is left)."""
    out, places = [], []
    for at, char in enumerate(text):
        if char.isspace() or unicodedata.category(char) in ("Cf", "Cc"):
            continue
        for folded in unicodedata.normalize("NFKC", char).casefold():
            if not folded.isspace():
                out.append(folded)
                places.append(at)
    return "".join(out), places


def _common(one: str, other: str) -> int:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _weight(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    return 0.3 if char in _NARROW else 0.85 if char in _WIDE or char.isupper() else 0.55


def _edges(words: str, rect: Rect) -> list[tuple[float, float]]:
    """Left and right of each character, by usual widths scaled to the line's."""
    weights = [_weight(char) for char in words]
    unit = rect.width / (sum(weights) or 1.0)
    edges, x = [], rect.x
    for weight in weights:
        edges.append((x, x + weight * unit))
        x += weight * unit
    return edges


def _part(words: str, rect: Rect, since: int, until: int) -> Rect:
    """The stretch [since, until) of a line, with some slack where it is not the whole line."""
    edges = _edges(words, rect)
    slack = _SLACK_EM * rect.height
    left = rect.x if since == 0 else max(rect.x, edges[since][0] - slack)
    right = rect.x + rect.width if until >= len(words) else min(rect.x + rect.width, edges[until - 1][1] + slack)
    return Rect(left, rect.y, max(right - left, 1.0), rect.height)


def _joined(one: Rect, other: Rect) -> Rect | None:
    """The two as one where they lie side by side on one line."""
    overlap = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if overlap < 0.5 * min(one.height, other.height) or other.x < one.x or other.x - (one.x + one.width) > max(one.height, other.height):
        return None
    x, y = min(one.x, other.x), min(one.y, other.y)
    return Rect(x, y, max(one.x + one.width, other.x + other.width) - x, max(one.y + one.height, other.y + other.height) - y)
