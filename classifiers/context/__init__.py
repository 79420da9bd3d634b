"""What clears words that look like a claim: the second stage, run only where the first found something.

Reasons are Chinese, for the officer, and begin with the label of their kind (``kinds.KINDS``). A risk line elsewhere on the page clears nothing.
"""

from __future__ import annotations

from classifiers.context.chains import chained
from classifiers.context.epigraph import opening_quote
from classifiers.context.frames import Frame, frame_of
from classifiers.context.glossary import glossary
from classifiers.context.grammar import asked, defined, exposed, forbidden_within, negated, sentence, told, warned
from classifiers.context.kinds import KINDS, Excuse, kind_of
from classifiers.context.ledgers import ledger
from classifiers.context.mention import mentioned, special
from classifiers.context.pages import by_page
from classifiers.context.program import built, programmed, speaks
from classifiers.context.prose import prose
from classifiers.context.sayings import OPERATORS, licensed
from classifiers.context.software import software
from classifiers.context.trades import other_trade
from classifiers.model import Genre

__all__ = ["KINDS", "OPERATORS", "Excuse", "excuse", "excuse_for", "kind_of"]


def excuse_for(text: str, start: int, end: int, genre: Genre, code: str, *, operator: str | None = None) -> str:
    """``excuse`` as the reason printed beside the words; empty where nothing clears them."""
    found = excuse(text, start, end, genre, code, operator=operator)
    return "" if found is None else str(found)


def excuse(text: str, start: int, end: int, genre: Genre, code: str, *, operator: str | None = None) -> Excuse | None:
    """Why the words at [start, end) of normalised ``text`` are no claim of the page itself; None where nothing clears them.

    ``operator``: the kind of licensed institution (``OPERATORS``) that the registers say runs the page; empty where they list none; None where it
    could not be told. It clears the lawful sayings of that kind of institution and nothing else.
    """
    before, after = sentence(text, start, end)
    words = text[start:end]
    own = genre in (Genre.PLATFORM, Genre.AD)
    found = negated(before, words, after, own) or forbidden_within(words) or warned(before, after, own) or programmed(text, start, end)
    if found is not None:
        return found
    frame = frame_of(text, start, end, code, own=own)
    return (
        told(before, words, after, own, frame.offer)
        or exposed(_outside(words, after), own)
        or defined(before, own)
        or asked(before, after, own, frame.offer)
        or mentioned(text, start, end, own)
        or opening_quote(text, start, end)
        or special(before, after, words, code, own, operator)
        or licensed(text, start, end, genre, code, operator)
        or (None if speaks(text, start, end) else _of_its_kind(text, start, end, genre, code, frame))
    )


def _of_its_kind(text: str, start: int, end: int, genre: Genre, code: str, frame: Frame) -> Excuse | None:
    """What kind of text the words stand in: the paragraph, the page, the trade, the program."""
    own = genre in (Genre.PLATFORM, Genre.AD)
    return (
        (Excuse(frame.kind, f"本段用语“{'、'.join(frame.cues)}”") if frame.kind else None)
        or by_page(text, start, end, genre, code, frame.offer)
        or chained(text, start, end, code)
        or built(text, start, end, code)
        or other_trade(text, start, end, code)
        or (ledger(text, start, end, code) if not own else None)
        or software(text, start, end, code)
        or glossary(text, start, end)
        or prose(text, start, end, code, own=own)
    )


def _outside(words: str, after: str) -> str:
    """What follows the quote that the words close: “一元起投私募”听起来诱人."""
    closed = max(words.rfind(mark) for mark in "”』」")
    return words[closed:] + after if closed > 0 else after
