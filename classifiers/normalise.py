"""Evasion undone, places kept: text for matching, and the way back to the text as displayed.

Width, case, traditional characters and variants are changed character for character. What ``evasions`` reads otherwise (misspelt trade words,
pinyin, odd figures) is put in its place, and what is left out (zero-width characters, marks put between the characters of a word, blanks that
letter-space a word) is remembered, so that every span found in the normalised text names an exact span of the displayed text, and says how it
was hidden.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import opencc
import re2

from classifiers.evasions import (
    APART,
    CIRCLED,
    FIGURES,
    HAN,
    HIDDEN,
    MARKS,
    SHAPED,
    SOUND,
    UNSEEN,
    Change,
    anything,
    changes,
    tables,
    trigger,
)

# Marks inside a word: 保·本, 稳*赚. One to three of them, and only between two Han characters.
_INSIDE = re.compile(f"[{MARKS}{UNSEEN}]+")
_UNSEEN = re.compile(f"[{UNSEEN}]+")
# Letter-spacing: single Han characters, each apart from the next by one and the same separator (保 本 保 息, 稳-赚-不-赔).
_SPACED = re.compile(f"[^{HAN}]([{HAN}](?:[ ]{{1,3}}[{HAN}]){{1,15}})(?![{HAN}])|[^{HAN}]([{HAN}]([-+/|,、])[{HAN}](?:\\3[{HAN}]){{1,14}})(?![{HAN}])")
# With letters and figures among them: 存 U 生 息, 年 化 1 8 %, 首·月·1·元. Four characters or more, two of them Han.
_MINGLED = re.compile(f"(?:^|(?<=[^{HAN}a-z0-9%]))[{HAN}](?:[ ]{{1,3}}[{HAN}a-z0-9%]){{3,20}}(?![{HAN}a-z0-9%])|[{HAN}]([·•・‧*_~★])[{HAN}a-z0-9%](?:\\1[{HAN}a-z0-9%]){{1,15}}(?![{HAN}a-z0-9%])")
_HAN_ONE = re.compile(f"[{HAN}]")
_BETWEEN = re.compile("[·•・‧*_~★]| {1,3}")
_UPRIGHT = re.compile(f"\n[{HAN}](?:\n[{HAN}]){{2,30}}(?=\n|\\Z)")
_GAPS = re.compile("[-+/|,、]| {1,3}")
_HALVES = re.compile("[\ud800-\udfff]")
_ALIKE = {
    "‰": "‰", "﹪": "%", "٪": "%", "％": "%", "℅": "%", "㌫": "%", "〜": "~", "∼": "~", "～": "~", "﹣": "-", "－": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-",
    "〇": "零", "×": "*", "＋": "+", "﹢": "+", "➕": "+", "：": ":", "︰": ":", "\u00a0": " ", "\u3000": " ", "\t": " ",
}
_MARKS = "（），：；！？％￥\u3000\u00a0"  # so frequent that each is replaced without looking
SHORT = 600  # bytes of a line that is remembered
MOST_EDITS = 200_000  # of one text: far beyond what a page hides; what follows is read as it stands
MOST_RARE = 64  # rare characters looked up one by one; a text with more of them (traditional characters) is translated as a whole

@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """Look-alikes of a single character; circled numerals stay, for what they are is told by what follows."""
    return {c: c for c in CIRCLED} | _ALIKE | dict(tables().characters) | dict(tables().variants)


_MAYBE_SPACED = re2.compile(f"(?:^|[^{HAN}])[{HAN}](?:[-+/|,、]| {{1,3}})[{HAN}](?:[^{HAN}]|$)|[{HAN}][·•・‧*_~★][0-9]")


@lru_cache(maxsize=1)
def _suspect() -> Any:
    """Where something may have to be undone. Wider than the expressions that decide, and RE2, which reads a text without hits several times as fast."""
    options = re2.Options()
    options.max_mem = 128 << 20
    options.never_capture = True
    return re2.compile(f"[{UNSEEN}]|[{HAN}][{MARKS}{UNSEEN}]{{1,3}}[{HAN}]|{_MAYBE_SPACED.pattern}|{trigger()}", options)


@lru_cache(maxsize=1)
def _simplified() -> dict[str, str]:
    """Traditional character -> simplified, one to one, from OpenCC (Apache-2.0)."""
    every = [chr(code) for code in range(0x3400, 0xA000)]
    converted = opencc.OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {a: b for a, b in zip(every, converted, strict=True) if a != b and len(b) == 1}


class _Table(dict[int, int]):
    """Filled as characters are met: a page knows few hundred different ones."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        alike = _alike()
        value = alike.get(character, "")
        if not value:
            value = character
            if code > 0x7F and not 0xD800 <= code <= 0xDFFF:
                folded = unicodedata.normalize("NFKC", character)
                value = folded if len(folded) == 1 else character
                value = str(unicodedata.decimal(value, value))  # the figures of every script
            lower = value.lower()
            value = lower if len(lower) == 1 else value
            value = alike.get(value, value)
            value = _simplified().get(value, value)
        self[code] = ord(value)
        return self[code]


_TABLE = _Table({10: 10, 13: 10})


@lru_cache(maxsize=1)
def _rare() -> Any:
    """Characters that the table changes otherwise than by lower case, without the frequent ones: an RE2 class. Built once, in 0.1 s."""
    odd = [9, 13, 0x3A3]  # the lower case of Σ depends on the place in the word
    odd += [code for code in (*range(0x80, 0xD800), *range(0xE000, 0x10000)) if chr(code) not in _MARKS and _is_rare(code)]
    ranges: list[list[int]] = []
    for code in sorted(odd):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    # Of the characters beyond the first plane only pictures (emoji) are known to stay as they are.
    ranges += [[0x10000, 0x1F2FF], [0x1FB00, 0x10FFFF]]
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile("[" + "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in ranges) + "]", options)


def _is_rare(code: int) -> bool:
    character = chr(code)
    lower = character.lower()
    alike = _alike()
    if unicodedata.decimal(character, None) is None and unicodedata.is_normalized("NFKC", character) and len(lower) == 1 and lower not in _simplified() and character not in alike and lower not in alike:
        return False
    return len(lower) != 1 or chr(_TABLE[code]) != lower


def _fold(text: str) -> str:
    """``text.translate(_TABLE)``, some five times as fast on ordinary text."""
    for mark in _MARKS:
        text = text.replace(mark, chr(_TABLE[ord(mark)]))
    found: dict[str, str] = {}
    for count, match in enumerate(_rare().finditer(text.encode("utf-8"))):
        if count == MOST_RARE:
            return text.translate(_TABLE)
        character = match.group().decode("utf-8")
        found[character] = chr(_TABLE[ord(character)])
    if any(value in found for value in found.values()):
        return text.translate(_TABLE)
    for character, value in found.items():
        text = text.replace(character, value)
    return text.lower()


@dataclass(frozen=True, slots=True)
class Normal:
    """``text`` to match on. From its character ``kept[i]`` on, places in the displayed text lie ``left[i]`` further (or nearer, where negative).

    ``solid``: stretches read as a whole, (start, end) here and (start, end) as displayed: ⑱ for 18, baoben for 保本. ``hidden``: (start, end, why)
    of what was read otherwise than written, in order of place. ``source``: the text as displayed.
    """

    text: str
    kept: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    solid: tuple[tuple[int, int, int, int], ...] = ()
    hidden: tuple[tuple[int, int, str], ...] = ()
    source: str = ""

    def shown(self, start: int, end: int) -> tuple[int, int]:
        """The span of the displayed text for the span [start, end) found here; ``start < end``. A part of a solid stretch shows the whole of it."""
        last = self._solid(end - 1)
        return self._place(start), last[3] if last else self._place(end - 1) + 1

    def at(self, place: int) -> int:
        """Where the displayed character at ``place``, or the next one kept, stands here."""
        if not self.kept:
            return place
        here = bisect_left(range(len(self.text)), place, key=self._place)
        return min(here, len(self.text))

    def evasive(self, start: int, end: int) -> str:
        """How the words in [start, end) were hidden, in Chinese for the officer; empty where they stand plainly. Layout and width are no hiding."""
        whys = [why for begin, finish, why in self.hidden if begin < end and start < finish]
        whys += _gaps(self, start, end)
        shown_start, shown_end = self.shown(start, end)
        whys += [why for c in self.source[shown_start:shown_end] if (why := _odd(c))]
        return f"以{'、'.join(dict.fromkeys(whys))}规避识别" if whys else ""

    def _solid(self, at: int) -> tuple[int, int, int, int] | None:
        if not self.solid:
            return None
        index = bisect_right(self.solid, at, key=lambda stretch: stretch[0]) - 1
        return self.solid[index] if index >= 0 and at < self.solid[index][1] else None

    def _place(self, at: int) -> int:
        if not self.kept:
            return at
        stretch = self._solid(at)
        if stretch:
            return stretch[2]
        gap = bisect_right(self.kept, at)
        return at + self.left[gap - 1] if gap else at


@lru_cache(maxsize=8_192)
def _odd(character: str) -> str:
    """A look-alike, or a letter in a circle, a square or a mathematical fount: no one writes prose in them. Else empty."""
    if character < "\u00b2":
        return ""
    if character in tables().characters:
        return SOUND
    return SHAPED if unicodedata.decomposition(character).startswith(("<circle>", "<square>", "<font>")) else ""


def _gaps(normal: Normal, start: int, end: int) -> list[str]:
    """Why characters between those of one trade word are left out."""
    whys = []
    for kept in normal.kept[bisect_right(normal.kept, start):bisect_left(normal.kept, end)]:
        between = normal.source[normal.shown(kept - 1, kept)[1]:normal.shown(kept, kept + 1)[0]]
        if not between or "\n" in between:
            continue
        before, after = normal.text[kept - 1], normal.text[kept:kept + 1]
        if not _UNSEEN.sub("", between):
            if "\u20e3" in between and after and after in "0123456789.%":  # keycaps
                whys.append(FIGURES)
            elif not _OF_PICTURES.issuperset(between) and before.isalnum() and after.isalnum():
                whys.append(HIDDEN)
        elif _within(normal.text[max(0, kept - 8):kept], normal.text[kept:kept + 8]):
            whys.append(APART)
    return whys


_OF_PICTURES = frozenset("\u200d\u20e3" + "".join(chr(code) for code in range(0xFE00, 0xFE10)))  # they shape the emoji before them


def _within(left: str, right: str) -> bool:
    return any(left.endswith(word[:cut]) and right.startswith(word[cut:]) for word in tables().words for cut in range(1, len(word)))


def normalise(text: str) -> Normal:
    """Linear in the length of ``text``; any Unicode: half a surrogate pair reads as a character that cannot be shown."""
    try:
        folded = _fold(text)
    except UnicodeEncodeError:
        folded = _fold(_HALVES.sub("\ufffd", text))
    edits = _edits(folded)
    upright = _upright_cuts(folded)
    if upright:
        edits = _merged(edits, upright)
    if not edits:
        return Normal(folded, source=text)
    normal = _applied(folded, edits, text)
    for _ in range(2):  # what was taken apart may also be misspelt, and a right word shows the next one up
        more = changes(normal.text)
        if not more:
            break
        edits = _merged([Change(*normal.shown(c.start, c.end), c.new, c.why) for c in more], edits)
        normal = _applied(folded, edits, text)
    return normal


def _merged(first: list[Change], second: list[Change]) -> list[Change]:
    """Both in order of place; where they overlap, the first."""
    merged: list[Change] = []
    at = 0
    for change in second:
        while at < len(first) and first[at].start < change.end:
            merged.append(first[at])
            at += 1
        if not merged or change.start >= merged[-1].end:
            merged.append(change)
    return merged + first[at:]


def _applied(folded: str, edits: list[Change], source: str) -> Normal:
    kept: list[int] = []
    left: list[int] = []
    solid: list[tuple[int, int, int, int]] = []
    hidden: list[tuple[int, int, str]] = []
    parts: list[str] = []
    at = out = 0  # how much of the folded text is done, and of the new one
    for edit in edits:
        parts.append(folded[at:edit.start])
        out += edit.start - at
        parts.append(edit.new)
        if edit.new:
            hidden.append((out, out + len(edit.new), edit.why))
            if len(edit.new) != edit.end - edit.start:
                solid.append((out, out + len(edit.new), edit.start, edit.end))
        out += len(edit.new)
        at = edit.end
        if kept and kept[-1] == out:
            left[-1] = at - out
        elif at - out != (left[-1] if left else 0):
            kept.append(out)
            left.append(at - out)
    parts.append(folded[at:])
    return Normal("".join(parts), tuple(kept), tuple(left), tuple(solid), tuple(hidden), source)


def _edits(text: str) -> list[Change]:
    """What is read otherwise or left out, in order of place. Only the lines in which something may be are read closely."""
    edits: list[Change] = []
    body = text.encode("utf-8")
    done = line_start = at = 0  # end of the last line read, in bytes; its start, in bytes and in characters
    while len(edits) < MOST_EDITS and (hit := _suspect().search(body, done)):
        start = body.rfind(b"\n", 0, hit.end() - 1) + 1
        end = body.find(b"\n", hit.end() - 1)
        end = len(body) if end < 0 else end
        at += len(body[line_start:start].decode("utf-8"))
        line = body[start:end]
        for edit in _remembered(line) if len(line) <= SHORT else _line_edits(line):
            edits.append(Change(at + edit.start, at + edit.end, edit.new, edit.why))
        line_start, done = start, end  # the end of a line may be what stands before the next hit
    return edits


def _line_edits(line: bytes) -> list[Change]:
    text = line.decode("utf-8")
    cuts = _line_cuts(text, spaced=_MAYBE_SPACED.search(b"\n" + line + b"\n") is not None)
    return _merged(changes(text), cuts) if anything().search(line) else cuts


@lru_cache(maxsize=4_096)
def _remembered(line: bytes) -> tuple[Change, ...]:
    """Menus and footers come again on every page of a site."""
    return tuple(_line_edits(line))


def _upright_cuts(text: str) -> list[Change]:
    """The line ends within words written from top to bottom: three or more Han characters, each on a line of its own."""
    cuts: list[Change] = []
    for run in _UPRIGHT.finditer("\n" + text):  # what stands in front shifts every place by one, and the run's first line end is kept
        cuts += [Change(place - 1, place, "", "") for place in range(run.start() + 2, run.end(), 2)]
    return cuts


def _line_cuts(text: str, *, spaced: bool) -> list[Change]:
    """``spaced``: something in it may be letter-spaced."""
    cuts = [match.span() for match in islice(_UNSEEN.finditer(text), MOST_EDITS)]
    for match in islice(_INSIDE.finditer(text), MOST_EDITS):
        start, end = match.span()
        if end - start <= 3 and _is_han(text[start - 1:start]) and _is_han(text[end:end + 1]):
            cuts.append((start, end))
    for run in islice(_SPACED.finditer("\n" + text), MOST_EDITS // 16) if spaced else ():  # the expression wants a character before the run
        begin = run.start()  # of the character before the run, one less in ``text``: they cancel out
        cuts += [(begin + gap.start(), begin + gap.end()) for gap in _GAPS.finditer(run.group(0)[1:])]
    for run in islice(_MINGLED.finditer(text), MOST_EDITS // 16) if spaced else ():
        if len(_HAN_ONE.findall(run.group(0))) >= 2:
            cuts += [(run.start() + gap.start(), run.start() + gap.end()) for gap in _BETWEEN.finditer(run.group(0))]
    chosen: list[Change] = []
    done = 0
    for start, end in sorted(cuts, key=lambda cut: (cut[0], -cut[1])):
        if start >= done:  # of those that overlap, the first and longest
            chosen.append(Change(start, end, "", ""))
            done = end
    return chosen


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
