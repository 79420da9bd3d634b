"""The first stage: one pass finds the heads of all rules and the cues of all genres; expressions run only around the heads they belong to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import ahocorasick_rs
import re2

from classifiers import genre as genres
from classifiers.bounded import bounded
from classifiers.knowledge import Knowledge
from classifiers.model import Genre
from classifiers.normalise import normalise
from classifiers.numbers import HEADS as YIELD_HEADS
from classifiers.rules import Rule, Topic

AROUND = 72  # characters either side of a head in which expressions run
PIECE = 200_000  # characters of one pass; a page of any size is read piece by piece
MOST_BARREN, LONG_STRETCH = 200, 400  # stretches remembered of one expression; characters of the longest
MOST_JOINED = 2_000  # characters of expressions read as one
LEAST_STORE, STORE_PER_STEP = 1_500_000, 1_000  # bytes of one expression's store of states; and for each step of its program
MOST_HEADS, MOST_CLAIMS = 100_000, 1_000  # of one rule on one page: far beyond what a page says, so that no padding hides a claim
_SIMPLE = re.compile(r"[\w%]+(?:\[\^[^\]\\]*(?:\\n)?\]\{\d{1,2},\d{1,2}\}[\w%]+)?")  # a word, or two with a bounded gap


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression and the stretches in which it found nothing: pages of one site say the same in every menu and footer."""

    regex: Any
    barren: set[str]


@dataclass(frozen=True, slots=True)
class Entry:
    rule: Rule
    patterns: tuple[Expression, ...]
    unless: Expression | None
    near: Any
    not_near: Any
    topic: Topic | None
    words: Any  # of the topic


class Engine:
    """A rule set made ready: one automaton for the heads of all rules and the cues of all genres."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.compiled = [_compile(rule, knowledge.topics) for rule in knowledge.rules]
        words: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.compiled):
            for head in (*entry.rule.heads, *(YIELD_HEADS if entry.rule.yields else ())):
                words[normalise(head).text].append(index)
        self.cues = frozenset(genres.WORDS)
        self.words = list(dict.fromkeys((*words, *genres.WORDS)))
        self.owners = [words.get(word, ()) for word in self.words]
        # The table of all steps: twice as fast as the compact automaton; 1,200 words take 2 MB.
        self.automaton = ahocorasick_rs.AhoCorasick(self.words, implementation=ahocorasick_rs.Implementation.DFA)

    def heads(self, text: str) -> tuple[dict[int, list[int]], dict[str, int]]:
        """Places of heads by rule, and how often each genre cue stands in ``text``."""
        by_word: dict[int, list[int]] = defaultdict(list)
        for at in range(0, max(len(text), 1), PIECE):
            piece = text if len(text) <= PIECE else text[at:at + PIECE + 16]
            for word, start, _ in self.automaton.find_matches_as_indexes(piece, overlapping=True):
                by_word[word].append(at + start)
        places: dict[int, list[int]] = defaultdict(list)
        for word, starts in by_word.items():
            for owner in self.owners[word]:
                places[owner] += starts
        cues = {self.words[word]: len(starts) for word, starts in by_word.items() if self.words[word] in self.cues}
        return {owner: sorted(starts)[:MOST_HEADS] for owner, starts in places.items()}, cues


@lru_cache(maxsize=4)
def engine_of(knowledge: Knowledge) -> Engine:
    return Engine(knowledge)


def _compile(rule: Rule, topics: Mapping[str, Topic]) -> Entry:
    def short(patterns: tuple[str, ...]) -> Any:
        return bounded("|".join(patterns)) if patterns else None

    topic = topics[rule.topic] if rule.topic else None
    return Entry(
        rule, tuple(Expression(_joined(group, longest=True), set()) for group in _groups(rule.patterns)),
        Expression(_joined(rule.unless), set()) if rule.unless else None, short(rule.near), short(rule.not_near), topic, short(topic.words if topic else ()))


def _groups(patterns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The patterns a few at a time: one expression of them all may need more states than are kept, and then takes a hundred times as long."""
    group: list[str] = []
    for pattern in patterns:
        if group and sum(map(len, group)) + len(pattern) > MOST_JOINED:
            yield tuple(group)
            group = []
        group.append(pattern)
    if group:
        yield tuple(group)


def _joined(patterns: tuple[str, ...], *, longest: bool = False) -> Any:
    """All patterns as one. A word, or two with a bounded gap, cannot take long in the plain engine either, which is called at a tenth of the cost."""
    if not patterns:
        return None
    if len(patterns) == 1 and _SIMPLE.fullmatch(patterns[0]):
        return re.compile(patterns[0])
    options = re2.Options()
    options.longest_match = longest
    options.never_capture = True
    options.log_errors = False  # where the store of states runs over, the slower way gives the same answer
    whole = "|".join(f"(?:{pattern})" for pattern in patterns)
    # States that were seen are kept, for each of some 300 expressions: in proportion to its size, because foreign text is always new.
    options.max_mem = max(LEAST_STORE, STORE_PER_STEP * re2.compile(whole, options).programsize)
    return re2.compile(whole, options)


def is_about(topic: Topic | None, text: str, genre: Genre) -> bool:
    """Is the whole page about the topic, so that the words around need not say it?"""
    if topic is None or genre in topic.genres:
        return True
    return bool(topic.page_words) and sum(word in text for word in topic.page_words) >= topic.page_least


def _stands(entry: Entry, text: str, start: int, end: int, *, about: bool) -> bool:
    """Does what must stand near the words stand there, and nothing that must not?"""
    if not about and entry.topic is not None and not entry.words.search(text[max(0, start - entry.topic.within):end + entry.topic.within]):
        return False
    if entry.near is None and entry.not_near is None:
        return True
    around = text[max(0, start - entry.rule.within):end + entry.rule.within]
    return not (entry.near is not None and not entry.near.search(around)) and not (entry.not_near is not None and entry.not_near.search(around))


def regions_of(places: list[int], length: int) -> list[tuple[int, int]]:
    """Stretches around the heads, whose ``places`` are in order; those that touch are joined."""
    regions: list[tuple[int, int]] = []
    begin = finish = -1
    for place in places:
        if place >= length:
            break
        if finish >= 0 and place - AROUND <= finish:
            finish = place + AROUND
            continue
        if finish >= 0:
            regions.append((begin, finish))
        begin, finish = max(0, place - AROUND), place + AROUND
    if finish >= 0:
        regions.append((begin, min(length, finish)))
    return regions


def matches(entry: Entry, text: str, spans: list[tuple[int, int]], *, about: bool = True) -> Iterator[tuple[int, int]]:
    """Where the rule's words stand in ``text``, at most ``MOST_CLAIMS``. ``about``: the whole page is about the rule's topic."""
    return islice(_matches(entry, text, spans, about=about), MOST_CLAIMS)


def _matches(entry: Entry, text: str, spans: list[tuple[int, int]], *, about: bool) -> Iterator[tuple[int, int]]:
    unless: list[tuple[int, int]] | None = None
    last = -1
    found = sorted((span for pattern in entry.patterns for span in _found(pattern, text, spans)), key=_leftmost_longest)
    for start, end in found:
        if start < last:
            continue
        last = end
        while start < end - 1 and text[start] in " \n":
            start += 1
        if unless is None:
            unless = list(_found(entry.unless, text, spans)) if entry.unless is not None else []
        if not any(a < end and start < b for a, b in unless) and _stands(entry, text, start, end, about=about):
            yield start, end


def _leftmost_longest(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]


def _found(pattern: Expression, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Matches within the stretches, in places of ``text``. One call reads them all, joined: a call costs as much as some hundred characters."""
    barren = pattern.barren
    fresh = [(low, high) for low, high in spans if text[low:high] not in barren]
    if not fresh:
        return []
    found = list(_in_joined(pattern.regex, text, fresh))
    if None in found:
        found = [(low + match.start(), low + match.end()) for low, high in fresh for match in pattern.regex.finditer(text[low:high])]
    matched = [span for span in found if span is not None and span[0] < span[1]]
    if len(barren) > MOST_BARREN:
        barren.clear()
    barren.update(text[low:high] for low, high in fresh if high - low <= LONG_STRETCH and not any(low <= start < high for start, _ in matched))
    return matched


def _in_joined(pattern: Any, text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int] | None]:
    """None where a match reaches from one stretch into the next: then each is to be read alone."""
    starts, at = [], 0
    for low, high in spans:
        starts.append(at)
        at += high - low + 1
    for match in pattern.finditer("\n".join([text[low:high] for low, high in spans])):
        start, end = match.span()
        if end <= start:
            continue
        part = bisect_right(starts, start) - 1
        low, high = spans[part]
        start, end = low + start - starts[part], low + end - starts[part]
        yield (start, end) if end <= high else None
