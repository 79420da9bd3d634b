"""Whether two answers of a site are the same page but for the address, time or number each repeats. Linear, no state."""

from __future__ import annotations

import re
from collections import Counter

ENOUGH = 0.9  # share of the longer text that both have
_ECHO = re.compile(r"https?://\S+|[\w./?=&%#:+~-]*[0-9a-zA-Z/][\w./?=&%#:+~-]*", re.ASCII)  # what an answer repeats of a request, and what counts


def alike(text: str, other: str) -> bool:
    """Line by line, whatever their order; addresses, Latin words and numbers count for nothing. Two texts without a word are not alike."""
    if not text or not other:
        return False
    if text == other:
        return True
    if not 0.5 <= len(text) / len(other) <= 2:
        return False
    mine, theirs = _words(text), _words(other)
    longer = max(_size(mine), _size(theirs))
    return longer >= 6 and _size(mine & theirs) >= ENOUGH * longer


def _words(text: str) -> Counter[str]:
    return Counter(filter(None, ("".join(_ECHO.sub("", line).split()) for line in text.split("\n"))))


def _size(lines: Counter[str]) -> int:
    return sum(len(line) * count for line, count in lines.items())
