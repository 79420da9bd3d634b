"""The one idea of a word: every letter, digit and ``%`` is a token of its own, with the place it came from.

So a phrase of any length from one character is found (`保本`, `8` in `18%`), in full width or half, in upper case or lower, in the
traditional script or the simplified; blanks and punctuation between characters neither help nor hinder. The same tokens serve the
embedded index, Elasticsearch (analyzer ``whitespace``) and the highlights, so that all give the same answers.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

import opencc

_SIMPLIFY = opencc.OpenCC("t2s")


class Tokens:
    """``chars``: one character a token, folded. ``starts[i]``: offset in the original of the character that token ``i`` came from; counted only
    where something was found, for most texts that are looked through hold nothing."""

    __slots__ = ("_ends", "_pieces", "chars")

    def __init__(self, pieces: list[str]) -> None:
        """``pieces``: the tokens of each character of the original."""
        self._pieces = pieces
        self._ends: list[int] | None = None  # how many tokens there are up to and with each character
        self.chars = "".join(pieces)

    @property
    def starts(self) -> list[int]:
        return [self._start(token) for token in range(len(self.chars))]

    def span(self, first: int, count: int) -> tuple[int, int]:
        """The stretch of the original, in code points, that ``count`` tokens from ``first`` cover."""
        return self._start(first), self._start(first + count - 1) + 1

    def _start(self, token: int) -> int:
        if self._ends is None:
            self._ends = list(accumulate(map(len, self._pieces)))
        return bisect_right(self._ends, token)


def _fold(char: str) -> str:
    """The tokens of one character: mostly one; none for blanks, punctuation and marks; several for such as ㎡ or ½."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).lower())
    simple = unicodedata.normalize("NFKC", _SIMPLIFY.convert(folded)) if folded > "\u2e7f" else folded
    return "".join(c for c in simple.lower() if c == "%" or unicodedata.category(c)[0] in "LN")


class _Folds(dict[str, str]):
    """Each character is folded once a process."""

    def __missing__(self, char: str) -> str:
        value = self[char] = "" if "\ud800" <= char <= "\udfff" else _fold(char)
        return value


_FOLDS = _Folds()


def tokens(text: str) -> Tokens:
    folds = _FOLDS
    return Tokens([folds[char] for char in text])


def normalise(text: str) -> str:
    """The tokens alone, joined: two wordings with the same result are the same claim."""
    folds = _FOLDS
    return "".join([folds[char] for char in text])


class _Words(dict[str, str]):
    """Each token as an ASCII word: a letter or digit as it is, `%` as ``pc``, anything else by its code point in hex (two characters or
    more, so never a single letter). No analyser, of whatever Unicode version, can drop or split such a word."""

    def __missing__(self, char: str) -> str:
        word = char if char.isascii() and char.isalnum() else "pc" if char == "%" else format(ord(char), "x")
        self[char] = word
        return word


_WORDS = _Words()


def words(chars: str) -> str:
    """Folded characters as the index stores them: ASCII words separated by blanks."""
    table = _WORDS
    return " ".join([table[char] for char in chars])


class _Indexed(dict[str, str]):
    """Each character of a text as the words it is indexed by: none, one or several."""

    def __missing__(self, char: str) -> str:
        value = self[char] = words(_FOLDS[char])
        return value


_INDEXED = _Indexed()
LINE = 300  # characters: longer ones are a page's own text and hardly come again
LINES = 8_192


def indexed(text: str) -> str:
    """``words(normalise(text))`` in one pass. Menus and footers come again on every page of a site: their lines are remembered."""
    lines = [_line(line) if len(line) <= LINE else _spelled(line) for line in text.split("\n")]
    return " ".join(filter(None, lines))


def marked(text: str, mark: str) -> str:
    """``indexed(text)``, each word behind ``mark``: a letter that no word of a page begins with, so that one column holds several fields."""
    found = indexed(text)
    return mark + found.replace(" ", f" {mark}") if found else ""


def _spelled(text: str) -> str:
    return " ".join(filter(None, map(_INDEXED.__getitem__, text)))


_line = lru_cache(maxsize=LINES)(_spelled)
