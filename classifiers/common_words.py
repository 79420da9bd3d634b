"""Where words too common to count by themselves stand beside each other: what a rule with ``manner`` asks the manner of speaking about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from classifiers.bounded import bounded
from classifiers.manner import STEP
from classifiers.rules import MannerTest

# What is said of such words in their own sentence: the context that clears claims is read around whole claims, and these are none.
_DENIED = bounded("本行|我行|网关|接口|不得|禁止|严禁|不会|不因|不向|不承诺|不保证|警惕|谨防|当心|勿信|骗局|诈骗|涉嫌|违法|非法")
_ENDS = bounded("[。!?\n]")
SENTENCE = 60  # characters either side of the words in which their sentence may begin and end
MOST = 400  # stretches of one page: 60,000 characters that speak of the matter


def common_words(test: MannerTest, text: str, words: Sequence[int], beside: Sequence[int] | None) -> Iterator[tuple[int, int]]:
    """The closest two of each stretch. ``words`` and ``beside``: where such words begin, in order; None: almost everywhere."""
    given, stretch, count = (-1, -1), -1, 0
    for start, end in _pairs(test, text, words, beside if beside is not None else words):
        if start // STEP != stretch:
            if stretch >= 0:
                yield given
                count += 1
                if count >= MOST:
                    return
            given, stretch = (start, end), start // STEP
        elif end - start < given[1] - given[0]:
            given = start, end
    if stretch >= 0:
        yield given


def _pairs(test: MannerTest, text: str, words: Sequence[int], beside: Sequence[int]) -> Iterator[tuple[int, int]]:
    last = -STEP
    for place in words:
        if place >= len(text):
            return
        if place < last + STEP // 10:  # the next word of the same breath
            continue
        after = bisect_left(beside, place)
        for other in (*beside[after:after + 2], *beside[max(0, after - 1):after]):
            start, end = min(place, other), max(place, other)
            if 0 < end - start <= test.within and other < len(text) and not _apart(text[start:end]):
                last = place
                if _DENIED.search(_sentence(text, start, end)):
                    break
                yield start, end + _length(test.beside if end == other else test.words, text, end)
                break


def _length(known: tuple[str, ...], text: str, at: int) -> int:
    """Of the longest of the words that stands there."""
    return next((len(word) for word in _by_first(known).get(text[at], ()) if text.startswith(word, at)), 1)


@lru_cache(maxsize=256)
def _by_first(words: tuple[str, ...]) -> dict[str, list[str]]:
    """By their first character, the longest first."""
    known: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        known.setdefault(word[:1], []).append(word)
    return known


def _sentence(text: str, start: int, end: int) -> str:
    return _ENDS.split(text[max(0, start - SENTENCE):start])[-1] + text[start:end] + _ENDS.split(text[end:end + SENTENCE], 1)[0]


def _apart(between: str) -> bool:
    """Another sentence, or another entry of a list."""
    return "。" in between or between.count("\n") > 1
