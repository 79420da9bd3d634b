"""Evasion undone, places kept: text for matching, and the way back to the text as displayed.

Width, case, traditional characters and a small table of look-alikes are changed character for character. What is left out (zero-width
characters, marks put between the characters of a word, blanks that letter-space a word) is remembered, so that every span found in the
normalised text names an exact span of the displayed text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import opencc
import re2

_HAN = "\u4e00-\u9fff"
# Invisible characters and marks that combine with the character before them: nothing a reader sees as text of its own.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u0300-\u0336\u0338-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0"
                     "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]+")
# Marks inside a word: 保·本, 稳*赚. One to three of them, and only between two Han characters.
_INSIDE = re.compile("[·•・‧∙●○◆◇■□▪▫★☆✦✧✨❤♥♡.*_~^`´¨'=#@&$\u2600-\u26ff\u2700-\u27bf\U0001f300-\U0001faff]+")
# Letter-spacing: single Han characters, each apart from the next by one and the same separator (保 本 保 息, 稳-赚-不-赔).
_SPACED = re.compile(f"[^{_HAN}]([{_HAN}](?:[ ][{_HAN}]){{1,15}})(?![{_HAN}])|[^{_HAN}]([{_HAN}]([-+/|,、])[{_HAN}](?:\\3[{_HAN}]){{1,14}})(?![{_HAN}])")
_UPRIGHT = re.compile(f"\n[{_HAN}](?:\n[{_HAN}]){{2,30}}(?=\n|\\Z)")
_GAPS = re.compile("[-+/|,、 ]")
_HALVES = re.compile("[\ud800-\udfff]")
# Look-alikes seen or to be expected in the trade's own words; only where the left character has no ordinary use beside such words.
_ALIKE = {
    "夲": "本", "苯": "本", "夶": "大", "笨": "笨", "琻": "金", "釒": "金", "菋": "味", "収": "收", "溢": "溢", "嬴": "赢", "赑": "赑",
    "‰": "‰", "﹪": "%", "٪": "%", "％": "%", "〜": "~", "∼": "~", "～": "~", "﹣": "-", "－": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-",
    "①": "1", "〇": "零", "×": "*", "＋": "+", "﹢": "+", "：": ":", "︰": ":", "\u00a0": " ", "\u3000": " ", "\t": " ", "葆": "保", "寳": "宝",
}
# Words written with a wrong character of the same sound or shape; the right word is put in its place, character for character.
_WORDS = {
    "保苯": "保本", "宝本保息": "保本保息", "葆本": "保本", "堡本": "保本", "褒本": "保本", "保夲": "保本", "保本宝息": "保本保息", "理才": "理财", "李财": "理财",
    "收溢": "收益", "收一": "收一", "年化收溢": "年化收益", "稳攒": "稳赚", "稳转不赔": "稳赚不赔", "文赚不赔": "稳赚不赔", "躺攥": "躺赚", "谷票": "股票", "古票": "股票",
    "配孜": "配资", "陪资": "配资", "零封险": "零风险", "0封险": "0风险", "领风险": "零风险",
}
_WRONG = re2.compile("|".join(sorted((re.escape(w) for w, right in _WORDS.items() if w != right), key=len, reverse=True)))
_MARKS = "（），：；！？％￥\u3000\u00a0"  # so frequent that each is replaced without looking
MOST_RARE = 64  # rare characters looked up one by one; a text with more of them (traditional characters) is translated as a whole
# Where something may have to be left out. Wider than the expressions that decide, and RE2, which reads a text without hits several times as fast.
_MAYBE_CUT = re2.compile(
    f"{_UNSEEN.pattern}|[{_HAN}]{_INSIDE.pattern.removesuffix('+')}{{1,3}}[{_HAN}]|(?:^|[^{_HAN}])[{_HAN}][-+/|,、 ][{_HAN}](?:[^{_HAN}]|$)"
)


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
        value = _ALIKE.get(character, "")
        if not value:
            value = character
            if code > 0x7F and not 0xD800 <= code <= 0xDFFF:
                folded = unicodedata.normalize("NFKC", character)
                value = folded if len(folded) == 1 else character
            lower = value.lower()
            value = lower if len(lower) == 1 else value
            value = _ALIKE.get(value, value)
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
    if unicodedata.is_normalized("NFKC", character) and len(lower) == 1 and lower not in _simplified() and character not in _ALIKE and lower not in _ALIKE:
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
    """``text`` to match on. Before its character ``kept[i]`` (and from there on), ``left[i]`` characters of the displayed text were left out."""

    text: str
    kept: tuple[int, ...] = ()
    left: tuple[int, ...] = ()

    def shown(self, start: int, end: int) -> tuple[int, int]:
        """The span of the displayed text for the span [start, end) found here; ``start < end``."""
        return self._place(start), self._place(end - 1) + 1

    def at(self, place: int) -> int:
        """Where the displayed character at ``place``, or the next one kept, stands here."""
        if not self.kept:
            return place
        here = bisect_left(range(len(self.text)), place, key=self._place)
        return min(here, len(self.text))

    def _place(self, at: int) -> int:
        if not self.kept:
            return at
        gap = bisect_right(self.kept, at)
        return at + self.left[gap - 1] if gap else at


def normalise(text: str) -> Normal:
    """Linear in the length of ``text``; any Unicode: half a surrogate pair reads as a character that cannot be shown."""
    try:
        folded = _fold(text)
    except UnicodeEncodeError:
        folded = _fold(_HALVES.sub("\ufffd", text))
    kept: list[int] = []
    left: list[int] = []
    cuts = _cuts(folded)
    upright = _upright_cuts(folded)
    if upright:
        cuts = sorted(cuts + upright)
    if cuts:
        parts, at, out = [], 0, 0
        for start, end in cuts:
            if end <= at:
                continue
            if start > at:
                parts.append(folded[at:start])
            out += end - max(start, at)
            at = end
            if kept and kept[-1] == at - out:
                left[-1] = out
            else:
                kept.append(at - out)
                left.append(out)
        parts.append(folded[at:])
        folded = "".join(parts)
    if _WRONG.search(folded):
        folded = _WRONG.sub(lambda match: _WORDS[match.group(0)], folded)
    return Normal(folded, tuple(kept), tuple(left))


def _cuts(text: str) -> list[tuple[int, int]]:
    """What is left out, in order of place. Only the lines in which something may be are read closely."""
    cuts: list[tuple[int, int]] = []
    body = text.encode("utf-8")
    done = line_start = at = 0  # end of the last line read, in bytes; its start, in bytes and in characters
    while hit := _MAYBE_CUT.search(body, done):
        start = body.rfind(b"\n", 0, hit.end() - 1) + 1
        end = body.find(b"\n", hit.end() - 1)
        end = len(body) if end < 0 else end
        at += len(body[line_start:start].decode("utf-8"))
        line = body[start:end].decode("utf-8")
        cuts += [(at + a, at + b) for a, b in _line_cuts(line)]
        line_start, done = start, end  # the end of a line may be what stands before the next hit
    return cuts


def _upright_cuts(text: str) -> list[tuple[int, int]]:
    """The line ends within words written from top to bottom: three or more Han characters, each on a line of its own."""
    cuts: list[tuple[int, int]] = []
    for run in _UPRIGHT.finditer("\n" + text):  # what stands in front shifts every place by one, and the run's first line end is kept
        cuts += [(place - 1, place) for place in range(run.start() + 2, run.end(), 2)]
    return cuts


def _line_cuts(text: str) -> list[tuple[int, int]]:
    cuts = [match.span() for match in _UNSEEN.finditer(text)]
    for match in _INSIDE.finditer(text):
        start, end = match.span()
        if end - start <= 3 and _is_han(text[start - 1:start]) and _is_han(text[end:end + 1]):
            cuts.append((start, end))
    for run in _SPACED.finditer("\n" + text):  # the expression wants a character before the run
        begin = run.start()  # of the character before the run, one less in ``text``: they cancel out
        cuts += [(begin + gap.start(), begin + gap.end()) for gap in _GAPS.finditer(run.group(0)[1:])]
    return sorted(cuts) if cuts else cuts


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
