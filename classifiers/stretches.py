"""Expressions read in stretches of a text: around heads, and at what was found there. One call reads all stretches of one expression, joined."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from classifiers.literals import alternatives
from classifiers.sieve import Sieve

AROUND = 72  # characters either side of a head in which expressions run
MOST_MATCHES = 20_000  # of one expression, before what stands near is looked at
MOST_KEPT = 16  # choices of parts of one expression that are kept ready
Spans = list[tuple[int, int]]
_AT_AN_END = re.compile(r"(?<![\[\\])\^|(?<!\\)\$|\\[AzB]")  # where a stretch begins and ends matters to the expression


def regions_of(places: Sequence[int], length: int) -> Spans:
    """Stretches around the heads, whose ``places`` are in order; those that touch are joined."""
    regions: Spans = []
    begin = finish = -AROUND - 1  # before any place
    for place in places:
        if place >= length:
            break
        if place - AROUND <= finish:
            finish = place + AROUND
            continue
        if finish >= 0:
            regions.append((begin, finish))
        begin, finish = max(0, place - AROUND), place + AROUND
    if finish >= 0:
        regions.append((begin, min(length, finish)))
    return regions


@lru_cache(maxsize=4_096)
def sign_search(signs: tuple[str, ...]) -> Callable[[str, int, int], object]:
    """Does one of the ``signs`` stand in [low, high) of a text? Fixed words of few characters: linear in the plain engine."""
    return re.compile("|".join(map(re.escape, signs))).search


def found(regex: Any, text: str, spans: Spans) -> Spans:
    """Matches within the stretches, in places of ``text``. One call reads them all, joined: a call costs as much as some hundred characters."""
    one_by_one = list(islice(_in_joined(regex, text, spans), MOST_MATCHES))
    if None in one_by_one:
        apart = ((low + match.start(), low + match.end()) for low, high in spans for match in regex.finditer(text[low:high]))
        one_by_one = list(islice(apart, MOST_MATCHES))
    return [span for span in one_by_one if span is not None and span[0] < span[1]]


def _in_joined(pattern: Any, text: str, spans: Spans) -> Iterator[tuple[int, int] | None]:
    """None where a match reaches from one stretch into the next: then each is to be read alone."""
    starts: list[int] = []
    for match in pattern.finditer("\n".join([text[low:high] for low, high in spans])):
        if not starts:
            at = 0
            for low, high in spans:
                starts.append(at)
                at += high - low + 1
        start, end = match.span()
        if end <= start:
            continue
        part = bisect_right(starts, start) - 1
        low, high = spans[part]
        start, end = low + start - starts[part], low + end - starts[part]
        yield (start, end) if end <= high else None


class Unless:
    """The other meanings of a rule's words. They are many, and their gaps make RE2 build a state for almost every character: so they are read only in
    stretches where something was found, and of them only those whose words stand there."""

    __slots__ = ("_compiled", "_kept", "_parts", "_sieve", "_whole", "pattern")

    def __init__(self, pattern: str, compiled: Callable[[str], Any]) -> None:
        """``compiled``: makes an expression ready."""
        self.pattern, self._compiled = pattern, compiled
        self._whole = _AT_AN_END.search(pattern) is not None
        self._parts: list[str] = []
        self._sieve: Sieve | None = None
        self._kept: dict[frozenset[int], Any] = {}

    def spans(self, text: str, stretches: Spans, hits: Spans) -> Spans:
        """Where they stand, in order, in those of the ``stretches`` that hold one of ``hits``, which are in order."""
        if not self._whole:
            stretches = [span for span in stretches if _holds(span, hits)]
        if self._sieve is None:  # made when first asked: of some two hundred rules a page asks few
            self._parts = alternatives(self.pattern)
            self._sieve = Sieve(self._parts)
        likely = self._sieve.likely("\n".join([text[low:high] for low, high in stretches]))
        return sorted(found(self._regex(likely), text, stretches)) if likely else []

    def _regex(self, parts: frozenset[int]) -> Any:
        """Those ``parts`` of the expression, in their order, as one."""
        regex = self._kept.get(parts)
        if regex is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            regex = self._kept[parts] = self._compiled("|".join(f"(?:{self._parts[part]})" for part in sorted(parts)))
        return regex


def _holds(span: tuple[int, int], hits: Spans) -> bool:
    """Does one of ``hits``, which are in order and each within one stretch, stand in this one?"""
    at = bisect_left(hits, (span[0], 0))
    return at < len(hits) and hits[at][0] < span[1]


def together(lists: Iterator[Spans]) -> Spans:
    """In order of place; of those that begin together the longest first."""
    return sorted(chain.from_iterable(lists), key=lambda span: (span[0], -span[1]))
