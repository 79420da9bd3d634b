"""What is written to get past a filter, and what it is read as: the trade's words misspelt by sound or shape, in pinyin, in pictures, or taken apart.

The words are data (``evasions.yaml`` beside this file, loaded once). Everything here works on text already folded to half width, simplified,
lower case, and only proposes: a ``Change`` names a stretch of that text, what it is read as, and why. Each search is one RE2 pass.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2

from classifiers.yaml_files import read_yaml

HAN = "\u4e00-\u9fff"
# Invisible characters and marks that combine with the character before them: nothing a reader sees as text of its own.
UNSEEN = ("\u00ad\u034f\u061c\u0300-\u0336\u0338-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0"
          "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef")
# Marks put inside a word: 保·本, 稳*赚.
MARKS = "·•・‧∙●○◆◇■□▪▫★☆✦✧✨❤♥♡.*_~^`´¨'=#@&$\u2600-\u26ff\u2700-\u27bf\U0001f300-\U0001faff"
# Marks that also part words, and so hide a word only within those of the list ``joined``: 保/本, (保)(本), 征x信, 稳 赚.
_APART = f"{UNSEEN}{MARKS}\"/\\\\|+\\-(){{}}\\[\\]<>【】《》「」『』〔〕〖〗…丨丶灬氵⭐¥“”‘’x "
MOST = 50_000  # places of one kind looked at in one line or text: far beyond what a page hides
SOUND, PINYIN, SHORT, PICTURE, APART, FIGURES, HIDDEN, SHAPED = "谐音或形近字", "拼音", "拼音缩写", "表情符号", "符号隔开", "异形数字", "隐藏字符", "异形字"
_URL = frozenset("0123456789./@-_=\"'`:()[]<>&#{};$\\")
_PERCENT = re.compile(r"[0-9][0-9.]{0,4} ?(?:%|个点)")
_HAN_CHARACTER = re.compile(f"[{HAN}]")
# Numerals in circles, brackets and with full stops, that have more than one digit or a use of their own as marks of a list.
CIRCLED = "".join(chr(code) for first, last in ("①⒛", "⓪⓪", "⓫⓿", "❶➓", "㉑㉟", "㊱㊿", "🔟🔟") for code in range(ord(first), ord(last) + 1))
_COUNTED = re.compile(f"([0-9.]?)([{CIRCLED}0-9.]{{1,8}})(?= ?(?:%|个点|倍|厘|分利))")
_ODD_FIGURES = f"[{CIRCLED}][{CIRCLED}0-9.]* ?(?:%|个点|倍|厘|分利)|[lio][0-9lio.]{{0,4}}%"
_BETWEEN = re.compile("[ .·*_'(/-]")
_CIRCLE = re.compile(f"[{CIRCLED}]")
# 1O%, l8%: a letter for a digit. The run ends at the per cent sign.
_LETTERS = re.compile(r"(?:^|[^a-z0-9.%])([0-9lio]{1,3}(?:\.[0-9lio]{1,2})?)(?=%)")


@dataclass(frozen=True, slots=True)
class Change:
    """Read ``text[start:end]`` as ``new``; ``why`` is one of the words above."""

    start: int
    end: int
    new: str
    why: str


@dataclass(frozen=True, slots=True)
class _Tables:
    right: Mapping[str, tuple[int, str, str, str] | None]  # what is looked for -> (offset, wrong, right, why); None: leave the whole stretch
    pinyin: Mapping[str, tuple[str, str]]  # letters without blanks -> (right, why)
    names: frozenset[str]
    joined: Mapping[str, tuple[str, str, bool]]  # word -> (not after, not before, blanks too)
    characters: Mapping[str, str]
    variants: Mapping[str, str]
    word_search: Any
    pinyin_search: Any
    joined_search: Any
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def tables() -> _Tables:
    """The data made ready, once a process."""
    data = read_yaml(Path(__file__).with_name("evasions.yaml"))
    right = _words(data["words"])
    pinyin: dict[str, tuple[str, str]] = {}
    spelt: list[str] = []
    for word, sounds in (*data["pinyin"].items(), *data["half"].items()):
        for choice in itertools.product(*zip(sounds.split(), word, strict=True)):
            written = "".join(choice)
            if written == word or (written.isascii() and word in data["half"]):
                continue
            pinyin[written] = (word, PINYIN)
            spelt.append("[ .·*_'(/-]?".join(choice))
    for letters, word in data["initials"].items():
        pinyin[letters] = (word, SHORT)
        spelt.append(letters)
    joined = {e["word"]: (e.get("not_after", ""), e.get("not_before", ""), bool(e.get("blank"))) for e in data["joined"]}
    words = dict.fromkeys((*data["pinyin"], *data["half"], *joined, *(entry["right"] for entry in data["words"])))
    return _Tables(
        right=right, pinyin=pinyin, names=frozenset(data["names"]), joined=joined, characters=data["characters"], variants=data["variants"],
        word_search=_search("|".join(re.escape(word) for word in sorted(right, reverse=True))),
        pinyin_search=_search("|".join(sorted(spelt, reverse=True))), joined_search=_search(_apart(joined)), words=tuple(words),
    )


def _search(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = 64 << 20
    options.never_capture = True
    return re2.compile(pattern, options)


def _words(entries: list[dict[str, Any]]) -> dict[str, tuple[int, str, str, str] | None]:
    right: dict[str, tuple[int, str, str, str] | None] = {}
    for entry in entries:
        right.update(dict.fromkeys(entry.get("unless", ())))
    for entry in entries:
        beside = entry.get("beside")
        for wrong in entry["wrong"]:
            why = PICTURE if any(unicodedata.category(c) in ("So", "Sc", "Sk") for c in wrong) else SOUND
            if beside is None:
                right.setdefault(wrong, (0, wrong, entry["right"], why))
                continue
            for word in beside.get("before", ()):
                right.setdefault(word + wrong, (len(word), wrong, entry["right"], why))
            for word in beside.get("after", ()):
                right.setdefault(wrong + word, (0, wrong, entry["right"], why))
    return right


def _apart(words: Mapping[str, object]) -> str:
    """Each word with marks in at least one of its gaps."""
    forms = []
    for word in words:
        for gap in range(1, len(word)):
            forms.append("".join((f"[{_APART}]{{{1 if place == gap else 0},3}}" if place else "") + c for place, c in enumerate(word)))
    return "|".join(sorted(set(forms)))


def trigger() -> str:
    """RE2 for a text in which something here may be found; a text without a hit has nothing to be undone."""
    known = tables()
    literals = "|".join(re.escape(word) for word in sorted(known.right, reverse=True))
    return f"{literals}|{known.pinyin_search.pattern}|{_apart(known.joined)}|{_ODD_FIGURES}"


def changes(text: str) -> list[Change]:
    """What ``text`` hides, in order of place, without overlaps: words first, then pinyin, words taken apart, odd figures."""
    if not anything().search(text):
        return []
    found = [change for kind in (_misspelt, _spelt, _taken_apart, _figures) for change in kind(text)]
    chosen: list[Change] = []
    for change in sorted(found, key=lambda c: (c.start, c.start - c.end)):
        if not chosen or change.start >= chosen[-1].end:
            chosen.append(change)
    return chosen


@lru_cache(maxsize=1)
def anything() -> Any:
    """A text without a hit has nothing for ``changes``."""
    return _search(trigger())


def _misspelt(text: str) -> Iterator[Change]:
    known = tables()
    for match in itertools.islice(known.word_search.finditer(text), MOST):
        entry = known.right[match.group()]
        if entry is None:
            continue
        offset, wrong, right, why = entry
        start = match.start() + offset
        end = start + len(wrong)
        if _cut_through(text, start, end) or (match.group()[0] == "+" and not _plus_stands(text, match.start(), end)):
            continue
        if len(wrong) != len(right):
            yield Change(start, end, right, why)
            continue
        for place, (old, new) in enumerate(zip(wrong, right, strict=True), start):
            if old != new:
                yield Change(place, place + 1, new, why)


def _cut_through(text: str, start: int, end: int) -> bool:
    """Does the stretch begin or end in the middle of a Latin word or number: 10封险 is no 0封险."""
    return (_ascii_word(text, start) and _ascii_word(text, start - 1)) or (text[end - 1].isalpha() and _ascii_word(text, end - 1) and _ascii_word(text, end) and text[end].isalpha())


def _plus_stands(text: str, start: int, end: int) -> bool:
    """+v in Chinese text, not u+v."""
    return not _ascii_word(text, start - 1) and _HAN_CHARACTER.search(text[max(0, start - 8):start] + text[end:end + 8]) is not None


def _ascii_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()


def _spelt(text: str) -> Iterator[Change]:
    known = tables()
    for match in itertools.islice(known.pinyin_search.finditer(text), MOST):
        start, end = match.span()
        spelt = match.group()
        word, why = known.pinyin[_BETWEEN.sub("", spelt)]
        before, after = text[max(0, start - 1):start], text[end:end + 1]
        if (spelt[0].isascii() and before.isascii() and before.isalpha()) or (spelt[-1].isascii() and after.isascii() and after.isalpha()):
            continue
        if spelt.isascii():
            if (before in _URL and before) or (after in _URL and after and not _PERCENT.match(text, end)):
                continue
            if not spelt.isalpha() and word in known.names:
                continue
            reach = 1 if why == SHORT else 8 if spelt.isalpha() else 2
            if not _HAN_CHARACTER.search(text[max(0, start - reach):start] + text[end:end + reach]):
                continue
        yield Change(start, end, word, why)


def _taken_apart(text: str) -> Iterator[Change]:
    known = tables()
    for match in itertools.islice(known.joined_search.finditer(text), MOST):
        start, end = match.span()
        written = match.group()
        word = "".join(c for c in written if c not in "丨丶灬氵" and "\u4e00" <= c <= "\u9fff")
        entry = known.joined.get(word)
        if entry is None:
            continue
        not_after, not_before, blanks = entry
        if (start and text[start - 1] in not_after) or (end < len(text) and text[end] in not_before):
            continue
        gaps = [m.span() for m in re.finditer(f"[^{HAN}]+|[丨丶灬氵]+", written)]
        if not blanks and all(written[a:b].isspace() for a, b in gaps):
            continue
        for a, b in gaps:
            yield Change(start + a, start + b, "", APART)


def _figures(text: str) -> Iterator[Change]:
    for match in itertools.islice(_COUNTED.finditer(text), MOST) if _CIRCLE.search(text) else ():
        run = match.group(2)
        circled = list(_CIRCLE.finditer(run))
        if not circled or (len(circled) == 1 and circled[0].start() == 0 and len(run) > 1 and not match.group(1) and run[1].isdigit()):
            continue  # ①8%: the mark of a list before a number
        for one in circled:
            digits = "".join(c for c in unicodedata.normalize("NFKC", one.group()) if c.isdigit() and c.isascii()) or str(int(unicodedata.numeric(one.group(), 10)))
            yield Change(match.start(2) + one.start(), match.start(2) + one.end(), digits, FIGURES)
    for match in itertools.islice(_LETTERS.finditer(text), MOST):
        written = match.group(1)
        if not any(c.isdigit() for c in written):
            continue
        for place, c in enumerate(written, match.start(1)):
            if c in "lio":
                yield Change(place, place + 1, "0" if c == "o" else "1", FIGURES)

