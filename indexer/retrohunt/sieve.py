"""Which stored pages the given rules can touch at all: one pass over the stored text for their words, in the form the judge reads.

Never too few: a page without a word of a rule, as it was or as it would be, and without anything that rests on it, comes out as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ahocorasick_rs

from classifiers.normalise import normalise
from classifiers.numbers import HEADS as YIELD_HEADS
from classifiers.rules import Rule
from indexer.models import Excused, Finding, Page


class Sieve:
    def __init__(self, rules: Sequence[Rule]) -> None:
        words = {normalise(word).text for rule in rules for word in _words(rule)}
        self.every = any(rule.names is not None for rule in rules) or "" in words  # a rule of names asks who speaks, not what is said
        self.ids = {rule.id for rule in rules}
        self.codes = {code for rule in rules if rule.absence for code in rule.absence.beside}
        self._words = ahocorasick_rs.AhoCorasick(sorted(words), implementation=ahocorasick_rs.Implementation.ContiguousNFA) if words and not self.every else None

    def sift(self, pages: Sequence[Page]) -> list[Page]:
        """Those that must be judged anew, in order."""
        answered = [page for page in pages if page.outcome == "ok"]
        if self.every:
            return answered
        rests = self._rests(page.pk for page in answered)
        return [page for page in answered if page.pk in rests or self._has_word(page)]

    def _has_word(self, page: Page) -> bool:
        if self._words is None:
            return False
        text = normalise(page.text).text + "\n" + normalise(page.title).text
        return bool(self._words.find_matches_as_indexes(text))

    def _rests(self, numbers: Iterable[int]) -> set[int]:
        """Pages on which something rests on the rules."""
        wanted = list(numbers)
        found = set(Finding.objects.filter(page__in=wanted, rule__in=self.ids).values_list("page_id", flat=True))
        found |= set(Excused.objects.filter(page__in=wanted, rule__in=self.ids).values_list("page_id", flat=True))
        if self.codes:
            found |= set(Finding.objects.filter(page__in=wanted, code__in=self.codes).values_list("page_id", flat=True))
        return found


def _words(rule: Rule) -> tuple[str, ...]:
    return (*rule.heads, *(YIELD_HEADS if rule.yields is not None else ()), *(rule.manner.words if rule.manner is not None else ()))
