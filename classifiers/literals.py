"""Which words an expression cannot do without: where they are missing, it need not run.

As RE2's own FilteredRE2 does it, which its Python binding lacks (https://github.com/google/re2/blob/main/re2/filtered_re2.h; R. Cox, “Regular
Expression Matching with a Trigram Index”, 2012). An expression is read by the parser of the standard library; what that does not read as RE2
would is said to need nothing, so that a mistake here costs time and never a match.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

_parser = importlib.import_module("re._parser")  # sre_parse until 3.11
_ops = importlib.import_module("re._constants")

Words: TypeAlias = frozenset[str]  # one of them stands in every match

MOST_JOINED = 64  # spellings of words in a row that are read as one
MOST_WORDS = 400  # of one set: more of them say little
LONGEST = 4  # characters of a word that are looked for: what begins like it is rare enough
_CLASS = 16  # characters of a class that are read one by one
_OTHERWISE = re.compile(r"\(\?[a-zA-Z]*[iU]|\[\[:|\[\[\^|\\[QpPC]")  # what the two parsers read differently


@dataclass(slots=True)
class _Part:
    """What is known of a part: all it can be (``exact``), or what stands in it (``needs``)."""

    exact: frozenset[str] | None
    needs: list[Words]

    def all_needs(self) -> list[Words]:
        return [*self.needs, self.exact] if self.exact and "" not in self.exact else self.needs


def alternatives(pattern: str) -> list[str]:
    """The expressions that ``pattern`` joins by its outermost ``|``."""
    if re.search(r"\(\?[a-zA-Z]+\)|\\Q", pattern):
        return [pattern]  # a flag is meant for all of them
    parts, begin, depth, at, group = [], 0, 0, 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = _end_of_class(pattern, at)
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            group = at if depth == 0 and not group else group
        elif char == "|" and depth == 0:
            parts.append(pattern[begin:at])
            begin = at + 1
        at += 1
    if not parts:
        return alternatives(pattern[3:-1]) if pattern.startswith("(?:") and group == len(pattern) - 1 else [pattern]
    return [one for part in (*parts, pattern[begin:]) for one in alternatives(part)]


def _end_of_class(pattern: str, at: int) -> int:
    """The place of the bracket that closes the class opened at ``at``."""
    at += 2 if pattern[at + 1:at + 2] == "^" else 1
    if pattern[at:at + 1] == "]":
        at += 1
    while at < len(pattern) and pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at


@lru_cache(maxsize=20_000)
def needed(pattern: str) -> tuple[Words, ...]:
    """Sets of words of which each match of ``pattern`` holds at least one, in no order: one of the first, and one of the second, …; empty:
    nothing is known. Words are at most ``LONGEST`` characters, and no word of a set holds another of it."""
    if _OTHERWISE.search(pattern):
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = _parser.parse(pattern)
        except (re.error, OverflowError, RecursionError):
            return ()
    sets = {_shortest(word[:LONGEST] for word in _shortest(words)) for words in _sequence(tree).all_needs()}
    return tuple(sorted((words for words in sets if len(words) <= MOST_WORDS), key=_common))


def _shortest(words: Iterable[str]) -> Words:
    """Without the words that hold another one: where they stand, it stands."""
    kept = set(words)
    lengths = sorted({len(word) for word in kept})
    if len(lengths) == 1:
        return frozenset(kept)
    return frozenset(word for word in kept if not _holds_other(word, kept, lengths))


def _holds_other(word: str, kept: set[str], lengths: Sequence[int]) -> bool:
    size = len(word)
    for length in lengths:
        if length >= size:
            return False
        for at in range(size - length + 1):
            if word[at:at + length] in kept:
                return True
    return False


def _common(words: Words) -> tuple[int, int]:
    """Sorts the set that says most first: whose shortest word is longest, then which has fewest."""
    return -min(map(len, words)), len(words)


def _sequence(nodes: Iterable[Any]) -> _Part:
    run: frozenset[str] = frozenset({""})  # what the parts since the last unknown one are, joined
    whole = True
    needs: list[Words] = []
    for op, value in nodes:
        part = _part(op, value)
        if part.exact is not None and len(run) * len(part.exact) <= MOST_JOINED:
            run = frozenset(a + b for a in run for b in part.exact)
            continue
        whole = False
        needs += _Part(run, []).all_needs()
        needs += part.needs
        run = part.exact if part.exact is not None and len(part.exact) <= MOST_WORDS else frozenset({""})
    return _Part(run, []) if whole else _Part(None, [*needs, *_Part(run, []).all_needs()])


def _part(op: Any, value: Any) -> _Part:
    if op is _ops.LITERAL:
        return _Part(frozenset({chr(value)}), [])
    if op is _ops.IN:
        return _Part(_class(value), [])
    if op is _ops.AT:
        return _Part(frozenset({""}), [])
    if op is _ops.SUBPATTERN:
        return _sequence(value[-1])
    if op is _ops.BRANCH:
        return _either([_sequence(branch) for branch in value[1]])
    if op in (_ops.MAX_REPEAT, _ops.MIN_REPEAT):
        least, most, inner = value
        part = _sequence(inner)
        if least == 0:
            return _Part(part.exact | {""}, []) if most == 1 and part.exact is not None else _Part(None, [])
        return part if most == 1 else _Part(None, part.all_needs())
    return _Part(None, [])


def _class(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    chars: set[str] = set()
    for op, value in items:
        if op is _ops.LITERAL:
            chars.add(chr(value))
        elif op is _ops.RANGE and value[1] - value[0] < _CLASS:
            chars.update(map(chr, range(value[0], value[1] + 1)))
        elif op is _ops.CATEGORY and value is _ops.CATEGORY_DIGIT:
            chars.update("0123456789")  # RE2's digits
        else:
            return None
    return frozenset(chars) if len(chars) <= _CLASS else None


def _either(parts: Sequence[_Part]) -> _Part:
    exact = [part.exact for part in parts if part.exact is not None]
    if len(exact) == len(parts):
        return _Part(frozenset().union(*exact), [])
    best = [min(needs, key=_common) for part in parts if (needs := part.all_needs())]
    return _Part(None, [frozenset().union(*best)] if len(best) == len(parts) else [])
