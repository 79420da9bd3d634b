"""Expressions for short stretches of text, whose length the caller bounds.

On a hundred characters the plain engine is some ten times as fast as RE2, which copies the text at every call; and with a bound nothing it
does can take long. Whole pages are for RE2 alone, and so are long lists of words: of those the plain engine tries one after another at each place.
"""

from __future__ import annotations

import re

import re2

LONG = 250  # characters of an expression from which RE2 reads six hundred characters in a tenth of the time

_CAPTURES = re.compile(r"(?<!\\)\((?!\?[^P])")


def bounded(pattern: str) -> re.Pattern[str]:
    """``pattern`` as RE2 reads it: digits, blanks and word edges are ASCII, and ``$`` is the end of the text. No literal ``$`` in it."""
    found = _in_re2(pattern) if len(pattern) > LONG else None
    return anchored(pattern) if found is None else found


def anchored(pattern: str) -> re.Pattern[str]:
    """The same for ``match`` at a place of a whole text: always the plain engine, as RE2 counts its way from the beginning of the text to the place."""
    return re.compile(pattern.replace("$", "\\Z"), re.ASCII)


def _in_re2(pattern: str) -> re.Pattern[str] | None:
    """None where the expression looks around, which only the plain engine can."""
    options = re2.Options()
    options.never_capture = not _CAPTURES.search(pattern)
    options.log_errors = False
    try:
        regex: re.Pattern[str] = re2.compile(pattern, options)
    except re2.error:
        return None
    return regex
