"""The first stage: one pass finds the heads of all rules and the cues of all genres; expressions run only around the heads they belong to."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Any

import ahocorasick_rs
import re2

from classifiers import genre as genres
from classifiers.bounded import bounded
from classifiers.knowledge import Knowledge
from classifiers.literals import Words, alternatives, needed
from classifiers.model import Genre, Level
from classifiers.normalise import normalise
from classifiers.numbers import HEADS as YIELD_HEADS
from classifiers.rules import Rule, Topic
from classifiers.stretches import Spans, Unless, found, regions_of, sign_search, together

PIECE = 200_000  # characters of one pass; a page of any size is read piece by piece
LEAST_STORE, STORE_PER_CHARACTER = 200_000, 4_000  # bytes of one expression's store of states; and for each character of it
MOST_HEADS, MOST_CLAIMS = 100_000, 1_000  # of one rule on one page: far beyond what a page says, so that no padding hides a claim
_SIMPLE = re.compile(r"[\w%]+(?:\[\^[^\]\\]*(?:\\n)?\]\{\d{1,2},\d{1,2}\}[\w%]+)?")  # a word, or two with a bounded gap


class Expression:
    """One alternative of a rule's expressions, and what must stand in a stretch for it to be read there: one word of each set. It is compiled
    when first read: of some two thousand a page reads a dozen."""

    __slots__ = ("_regex", "needs", "others", "pattern", "rule", "signs")

    def __init__(self, pattern: str, words: Mapping[str, int], heads: frozenset[str], rule: int) -> None:
        self.pattern, self.rule = pattern, rule
        sets = [need for need in needed(pattern) if need != heads]  # where the heads stand is where it is read
        self.needs = tuple(frozenset(words[word] for word in need) for need in sets if _is_rare(need))
        self.others = self.needs[1:]  # it is looked at where one of the first stands
        self.signs = tuple(tuple(need) for need in sets if not _is_rare(need))
        self._regex: Any = None

    @property
    def regex(self) -> Any:
        if self._regex is None:
            self._regex = _compiled(self.pattern, longest=True)
        return self._regex


def _is_rare(need: Words) -> bool:
    """Are the words looked for by the automaton? Single characters are everywhere: they are looked for in the stretches that are left."""
    return min(map(len, need)) > 1


@dataclass(frozen=True, slots=True)
class Entry:
    rule: Rule
    patterns: tuple[Expression, ...]
    unless: Unless | None
    near: Any
    not_near: Any
    topic: Topic | None
    words: Any  # of the topic
    beside: frozenset[int]  # words of a rule that asks the manner of speaking
    page_words: tuple[int, ...]  # of the topic


class Places:
    """Where the words of a rule set stand in one text."""

    __slots__ = ("_places", "cues", "heads", "possible", "present", "starts")

    def __init__(self, starts: dict[int, list[int]], heads: dict[int, list[int]], cues: dict[str, int]) -> None:
        self.starts = starts  # by word
        self.present = set(starts)
        self.heads = heads  # by rule, in order
        self.cues = cues  # how often each genre cue stands there
        self.possible: dict[int, list[Expression]] = defaultdict(list)  # by rule: the expressions of which all rare words are there
        self._places: dict[frozenset[int], list[int] | None] = {}

    def places(self, need: frozenset[int]) -> list[int] | None:
        """Where one of the words stands, in order; None: almost everywhere."""
        if need not in self._places:
            found = [self.starts[word] for word in need & self.present]
            full = any(len(starts) >= MOST_HEADS for starts in found)
            self._places[need] = None if full else found[0] if len(found) == 1 else sorted(chain.from_iterable(found))
        return self._places[need]


class Engine:
    """A rule set made ready: one automaton for the heads of all rules, the words their expressions need, and the cues of all genres."""

    def __init__(self, knowledge: Knowledge) -> None:
        owners: dict[str, list[int]] = defaultdict(list)
        for index, rule in enumerate(knowledge.rules):
            for head in (*rule.heads, *(YIELD_HEADS if rule.yields else ()), *(rule.manner.words if rule.manner else ())):
                owners[normalise(head).text].append(index)
        needs = (need for rule in knowledge.rules for pattern in rule.patterns for one in alternatives(pattern) for need in needed(one) if _is_rare(need))
        common = (normalise(word).text for rule in knowledge.rules if rule.manner for word in rule.manner.beside)
        about = (word for topic in knowledge.topics.values() for word in topic.page_words)
        self.words = list(dict.fromkeys((*owners, *genres.WORDS, *sorted({*chain.from_iterable(needs), *common, *about}))))
        self.longest = max(map(len, self.words), default=1)
        self.owners = [owners.get(word, ()) for word in self.words]
        numbers = {word: number for number, word in enumerate(self.words)}
        self.cues = {numbers[word]: word for word in genres.WORDS}
        self.compiled = [_compile(index, rule, knowledge.topics, numbers) for index, rule in enumerate(knowledge.rules)]
        lacking = [entry for entry in self.compiled if entry.rule.absence is not None]
        self.absent = sorted(lacking, key=lambda entry: Level[entry.rule.level.upper()], reverse=True)
        self.keys: dict[int, list[Expression]] = defaultdict(list)  # by a word of what an expression needs most
        self.keyless: list[Expression] = []
        for entry in self.compiled:
            for one in entry.patterns:
                if not one.needs:
                    self.keyless.append(one)
                for word in one.needs[0] if one.needs else ():
                    self.keys[word].append(one)
        # The compact automaton: the table of all steps of some 20,000 words takes 70 MB and is no faster.
        self.automaton = ahocorasick_rs.AhoCorasick(self.words, implementation=ahocorasick_rs.Implementation.ContiguousNFA)

    def read(self, text: str) -> Places:
        """One pass over ``text``."""
        starts: dict[int, list[int]] = defaultdict(list)
        for at in range(0, max(len(text), 1), PIECE):
            piece = text if len(text) <= PIECE else text[at:at + PIECE + self.longest]
            for word, start, _ in self.automaton.find_matches_as_indexes(piece, overlapping=True):
                starts[word].append(at + start)
        heads: dict[int, list[int]] = defaultdict(list)
        for word, places in starts.items():
            for owner in self.owners[word]:
                heads[owner] += places
        cues = {self.cues[word]: len(places) for word, places in starts.items() if word in self.cues}
        reading = Places(starts, {owner: sorted(places)[:MOST_HEADS] for owner, places in heads.items()}, cues)
        missing = reading.present.isdisjoint
        for one in dict.fromkeys(chain(self.keyless, *(self.keys[word] for word in self.keys.keys() & reading.present))):
            if one.rule in heads and not (one.others and any(map(missing, one.others))):
                reading.possible[one.rule].append(one)
        return reading


@lru_cache(maxsize=4)
def engine_of(knowledge: Knowledge) -> Engine:
    return Engine(knowledge)


def _compile(index: int, rule: Rule, topics: Mapping[str, Topic], words: Mapping[str, int]) -> Entry:
    def short(patterns: tuple[str, ...]) -> Any:
        return bounded("|".join(patterns)) if patterns else None

    topic = topics[rule.topic] if rule.topic else None
    heads = frozenset(normalise(head).text for head in rule.heads)
    patterns = tuple(Expression(one, words, heads, index) for pattern in rule.patterns for one in alternatives(pattern))
    unless = "|".join(f"(?:{pattern})" for pattern in rule.unless)
    about = tuple(words[word] for word in topic.page_words) if topic else ()
    common = frozenset(words[normalise(word).text] for word in rule.manner.beside) if rule.manner else frozenset()
    other = Unless(unless, _compiled) if unless else None
    return Entry(rule, patterns, other, short(rule.near), short(rule.not_near), topic, short(topic.words if topic else ()), common, about)


def _compiled(pattern: str, *, longest: bool = False) -> Any:
    """A word, or two with a bounded gap, cannot take long in the plain engine either, which is called at a tenth of the cost."""
    if _SIMPLE.fullmatch(pattern):
        return re.compile(pattern)
    options = re2.Options()
    options.longest_match = longest
    options.never_capture = True
    options.log_errors = False  # where the store of states runs over, the slower way gives the same answer
    # States that were seen are kept, for each of some 2,000 expressions: in proportion to its size, because foreign text is always new.
    options.max_mem = max(LEAST_STORE, STORE_PER_CHARACTER * len(pattern))
    return re2.compile(pattern, options)


def is_about(entry: Entry, reading: Places, length: int, genre: Genre) -> bool:
    """Is the whole page, of ``length`` characters, about the rule's topic, so that the words around need not say it?"""
    topic, starts = entry.topic, reading.starts
    if topic is None or genre in topic.genres:
        return True
    return bool(topic.page_words) and sum(1 for word in entry.page_words if word in starts and starts[word][0] < length) >= topic.page_least


def _stands(entry: Entry, text: str, start: int, end: int, *, about: bool) -> bool:
    """Does what must stand near the words stand there, and nothing that must not?"""
    if not about and entry.topic is not None and not entry.words.search(text[max(0, start - entry.topic.within):end + entry.topic.within]):
        return False
    if entry.near is None and entry.not_near is None:
        return True
    around = text[max(0, start - entry.rule.within):end + entry.rule.within]
    return not (entry.near is not None and not entry.near.search(around)) and not (entry.not_near is not None and entry.not_near.search(around))


def matches(entry: Entry, index: int, text: str, reading: Places, *, about: bool = True) -> Iterator[tuple[int, int]]:
    """Where the words of rule ``index`` stand in ``text``, at most ``MOST_CLAIMS``. ``about``: the whole page is about the rule's topic."""
    return islice(_matches(entry, reading.possible.get(index, ()), text, reading, regions_of(reading.heads[index], len(text)), about=about), MOST_CLAIMS)


def _matches(entry: Entry, one_of: Sequence[Expression], text: str, reading: Places, spans: Spans, *, about: bool) -> Iterator[tuple[int, int]]:
    unless: Spans | None = None
    last = -1
    hits = together(found(one.regex, text, left) for one in one_of if (left := _stretches(one, text, reading, spans)))
    for start, end in hits:
        if start < last:
            continue
        last = end
        while start < end - 1 and text[start] in " \n":
            start += 1
        if unless is None:
            unless = entry.unless.spans(text, spans, hits) if entry.unless is not None else []
        if not _overlaps(unless, start, end) and _stands(entry, text, start, end, about=about):
            yield start, end


def _overlaps(spans: Spans, start: int, end: int) -> bool:
    """Does one of ``spans``, which are in order and apart, share a character with [start, end)?"""
    at = bisect_left(spans, (end, 0))  # the first that begins at ``end`` or later
    return at > 0 and spans[at - 1][1] > start


def _stretches(one: Expression, text: str, reading: Places, spans: Spans) -> Spans:
    """The stretches in which all that the expression needs is there."""
    for need in one.needs:
        places = reading.places(need)
        if places is not None:
            spans = [(low, high) for low, high in spans if (at := bisect_left(places, low)) < len(places) and places[at] < high]
        if not spans:
            return []
    for signs in one.signs:
        stands = sign_search(signs)
        spans = [span for span in spans if stands(text, *span) is not None]
    return spans
