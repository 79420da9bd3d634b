"""Where the phrases of a query stand in the original text, and passages to show around them. Ours for every backend, so that they agree."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from indexer.search.protocol import Phrase, Snippet
from indexer.search.tokens import Tokens, tokens

BEFORE, AFTER = 30, 50  # characters of context
MAX_SNIPPETS = 3
MAX_MARKS = 2_000  # one character may stand on a page ten thousand times


def marks(text: str, phrases: Iterable[Phrase], field: str, read: Tokens | None = None) -> list[tuple[int, int]]:
    """Stretches [start, end) of ``text`` (the page's ``field``: title, text or url) that the phrases cover, merged, in order."""
    chars = [p.chars for p in phrases if p.where == field or (not p.where and field != "url")]
    if not chars:
        return []
    read = read or tokens(text)
    found: list[tuple[int, int]] = []
    for phrase in dict.fromkeys(chars):
        at = read.chars.find(phrase)
        count = 0
        while at >= 0 and count < MAX_MARKS:
            found.append(read.span(at, len(phrase)))
            at = read.chars.find(phrase, at + 1)
            count += 1
    return merged(sorted(found))


def merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching stretches as one; ``spans`` sorted."""
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def snippets(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Snippet, ...]:
    """Up to MAX_SNIPPETS passages that hold the first marks, without overlap; the page's beginning where there is no mark."""
    if not spans:
        head = text[: BEFORE + AFTER]
        return (Snippet(head, 0, ()),) if head else ()
    out: list[Snippet] = []
    starts = [start for start, _ in spans]
    at = 0
    while at < len(spans) and len(out) < MAX_SNIPPETS:
        first = spans[at]
        floor = out[-1].start + len(out[-1].text) if out else 0
        begin = max(first[0] - BEFORE, floor)
        stop = min(max(first[1], first[0] + 1) + AFTER, len(text), begin + 4 * (BEFORE + AFTER))
        until = max(bisect_right(starts, stop - 1), at + 1)
        inside = tuple((max(start, begin) - begin, min(end, stop) - begin) for start, end in spans[at:until])
        out.append(Snippet(text[begin:stop], begin, inside))
        at = until
    return tuple(out)
