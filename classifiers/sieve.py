"""Which of many expressions may match a short text: one pass finds the words they cannot do without, and only those that are left need to run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import ahocorasick_rs

from classifiers.literals import alternatives, needed

KEPT = 64  # texts whose answer is remembered: the claims of one paragraph are read in the same words


class Sieve:
    """``expressions`` in their order; ``of`` says which of them a text may match, and never leaves out one that does."""

    def __init__(self, expressions: Sequence[re.Pattern[str] | str]) -> None:
        words: dict[str, int] = {}
        self._keys: dict[int, list[tuple[int, tuple[frozenset[int], ...]]]] = defaultdict(list)  # word -> (expression, what else it needs)
        always = []
        for number, expression in enumerate(expressions):
            for one in alternatives(expression if isinstance(expression, str) else expression.pattern):
                needs = [frozenset(words.setdefault(word, len(words)) for word in sorted(need)) for need in needed(one)]
                if not needs:
                    always.append(number)
                for word in needs[0] if needs else ():
                    self._keys[word].append((number, tuple(needs[1:])))
        self._always = frozenset(always)
        self._automaton = ahocorasick_rs.AhoCorasick(list(words), implementation=ahocorasick_rs.Implementation.ContiguousNFA)
        self.of = lru_cache(maxsize=KEPT)(self.likely)

    def likely(self, text: str) -> frozenset[int]:
        """As ``of``, for texts that do not come again."""
        present = {word for word, _, _ in self._automaton.find_matches_as_indexes(text, overlapping=True)}
        likely = set(self._always)
        for word in present:
            for number, others in self._keys.get(word, ()):
                if number not in likely and not any(need.isdisjoint(present) for need in others):
                    likely.add(number)
        return frozenset(likely)
