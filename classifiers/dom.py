"""One walk over a page: visible text by block with roles, what stands aside, links. Linear, without recursion.

The tree is built and written out again by lexbor (in C); that normalised markup is read here tag by tag, which costs a tenth of visiting
nodes one by one. What makes it safe to read so simply: lexbor closes every element, quotes every attribute and escapes ``<`` and ``>`` in
text and attributes; only raw text elements (script, style, …) and comments need care. What a tag means is remembered between pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape

from selectolax.lexbor import LexborHTMLParser

from classifiers.bounds import too_costly
from classifiers.tags import BLOCK_CLOSE, BLOCK_OPEN, BREAK, CLOSE, KNOWN, MAX_ASIDE, NEVER, NOTHING, OPEN, Action, Special, learn, loose

# Blocks are gathered in one list of strings: MARK + role letter begins a block, CELL + role letter a table cell, ROW … END hold a row.
# Foreign text cannot hold these: they are blanked out before the walk.
MARK, CELL, ROW, END = "\x1e", "\x1f", "\x1d", "\x1c"
MAX_LINKS = 5_000
MAX_LEVELS = 2  # pages within tags within pages
MIN_GENERATED = 4  # Chinese characters: shorter ones are ornaments
_CONTROL = str.maketrans({MARK: " ", CELL: " ", ROW: " ", END: " "})
_CHINESE = re.compile("[\u4e00-\u9fff]")
_CONTENT = re.compile(r"""content\s*:\s*(["'])((?:(?!\1)[^\n]){4,900})\1""")
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
LIBRARY_SCRIPT = 50  # what a library counts for
EXTERNAL_SCRIPT = 2_000  # what a script by address counts for, in bytes: unseen, but it is code that may write the page


@dataclass(slots=True)
class Reading:
    """What one walk gathers, not yet joined."""

    out: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    asides: list[tuple[str, str]] = field(default_factory=list)  # (text, letter)
    links: list[tuple[str, str, int, int]] = field(default_factory=list)  # (as written, kind, from, to) places in ``out``
    images: list[str] = field(default_factory=list)
    scripts: list[tuple[str, bool]] = field(default_factory=list)  # (source, is JSON)
    title: str = ""
    base: str = ""
    script_bytes: int = 0
    password: bool = False
    rows: bool = False


def walk(markup: str, *, coarse: bool = False) -> Reading:
    """``markup`` as lexbor writes it. ``coarse``: as its author wrote it, read less exactly, where a page cannot be parsed."""
    return _Walk(loose if coarse else learn).read(markup)


def blanked(markup: str) -> str:
    """Without the signs that hold blocks apart in a Reading."""
    if MARK in markup or CELL in markup or ROW in markup or END in markup:
        return markup.translate(_CONTROL)
    return markup


def _generated(css: str) -> Iterator[str]:
    """Words that a style sheet puts on the page: ``content: "…"``."""
    for found in _CONTENT.finditer(css):
        words = _CSS_ESCAPE.sub(lambda escape: _character(int(escape.group(1), 16)), found.group(2))
        if len(_CHINESE.findall(words)) >= MIN_GENERATED:
            yield words[:MAX_ASIDE]


def _character(code: int) -> str:
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


class _Walk:
    """The state that rarely changes; what changes at every tag lives in locals of ``read``."""

    __slots__ = ("anchor", "learn", "level", "pieces", "reading")

    def __init__(self, learn: Callable[[str], Action], level: int = 0) -> None:
        self.learn, self.level = learn, level
        self.reading = Reading()
        self.pieces: Iterator[str] = iter(())
        self.anchor = (0, 0)  # (first link of the open <a>, one past its last)

    def read(self, markup: str) -> Reading:
        reading = self.reading
        shown, hidden_out, out = reading.out, reading.hidden, reading.out
        self.pieces = pieces = iter(markup.split("<"))
        shown.append(MARK + "M" + next(pieces))
        known, learn = KNOWN, self.learn
        scopes: list[tuple[int, str, bool]] = []  # (depth, letter, hidden) of what an inner role interrupted
        depth, until, letter, hidden, mark = 0, NEVER, "M", False, MARK + "M"
        for piece in pieces:
            tag, bracket, text = piece.partition(">")
            action = known.get(tag)
            if action is None or not bracket:
                if not bracket or tag[:3] == "!--":
                    tag, text = self._resync(piece)
                action = NOTHING if tag == "!--" else learn(tag)
            if action is BLOCK_CLOSE or action is CLOSE:
                depth -= 1
                if depth == until:
                    until, letter, hidden = scopes.pop()
                    mark, out = MARK + letter, hidden_out if hidden else shown
                if action is BLOCK_CLOSE:
                    out.append(mark)
            elif action is BLOCK_OPEN:
                depth += 1
                out.append(mark)
            elif action is OPEN:
                depth += 1
            elif action is BREAK:
                out.append(mark)
            elif isinstance(action, Special):
                if action.raw:
                    text = self._raw(action, text, out, mark)
                elif action.closing:
                    depth -= 1
                    if depth == until:
                        until, letter, hidden = scopes.pop()
                        mark, out = MARK + letter, hidden_out if hidden else shown
                    if action.tag == "a":
                        self._close_anchor()
                    elif action.tag == "tr":
                        out.append(END + mark)
                else:
                    self._open(action, out, mark)
                    if not action.void:
                        if (letter in action.over and letter != action.letter) or (action.hidden and not hidden):
                            scopes.append((until, letter, hidden))
                            until, hidden = depth, hidden or action.hidden
                            letter = action.letter if letter in action.over else letter
                            mark, out = MARK + letter, hidden_out if hidden else shown
                            if action.block or action.hidden:
                                out.append(mark)
                        depth += 1
                        if action.tag == "tr":
                            reading.rows = True
                            out.append(ROW + letter)
            if text:
                out.append(text)
        return reading

    def _open(self, action: Special, out: list[str], mark: str) -> None:
        reading = self.reading
        if action.block:
            out.append(mark)
        elif action.tag in ("td", "th"):
            out.append(CELL + mark[1])
        first = len(reading.links)
        if first < MAX_LINKS:
            reading.links.extend((written, kind, len(reading.out), 0) for written, kind in action.links)
        if action.tag == "a":
            self.anchor = (first, len(reading.links))
        if action.aside[0]:
            reading.asides.append(action.aside)
        if action.image:
            reading.images.append(action.image)
        if action.value:
            out.append(f"{MARK}B{escape(action.value)}{mark}")
        reading.password = reading.password or action.password
        reading.base = reading.base or action.base

    def _close_anchor(self) -> None:
        links, end = self.reading.links, len(self.reading.out)
        for i in range(*self.anchor):
            links[i] = (*links[i][:3], end)
        self.anchor = (0, 0)

    def _raw(self, action: Special, text: str, out: list[str], mark: str) -> str:
        """Content that is not markup: read on to the closing tag, and give what follows that."""
        end, chunks, after = "/" + action.tag, [text], ""
        size = len(end)
        for piece in self.pieces:
            if piece[:size].lower() == end and (len(piece) == size or piece[size] in " \t\n\f\r/>"):
                after = piece.partition(">")[2]
                break
            chunks.append(piece)
        reading = self.reading
        source = "<".join(chunks)
        if action.tag == "script":
            reading.script_bytes += len(source) + (EXTERNAL_SCRIPT if action.src else LIBRARY_SCRIPT if action.library else 0)
            if source and not source.isspace():
                reading.scripts.append((source, action.json))
        elif action.tag == "title":
            reading.title = reading.title or source
        elif action.tag in ("xmp", "plaintext"):
            out.append(f"{MARK}M{escape(source)}{mark}")
        elif action.inner:
            self._within(action, out, mark)
        elif action.tag == "style" and "content" in source:
            reading.asides += [(words, "L") for words in _generated(source)]
        for written, kind in action.links:
            reading.links.append((written, kind, 0, 0))
        return after

    def _within(self, action: Special, out: list[str], mark: str) -> None:
        """A page given in the tag itself is read where it stands."""
        if self.level >= MAX_LEVELS or too_costly(action.inner):
            self.reading.asides.append((action.inner[:MAX_ASIDE], "H"))
            return
        markup = blanked(LexborHTMLParser(action.inner).html or "")
        inner, ours = _Walk(self.learn, self.level + 1).read(markup), self.reading
        into = ours.hidden if action.hidden else out
        shift = len(into) if into is ours.out else 0
        ours.links += [(written, kind, first + shift, last + shift if shift else first + shift) for written, kind, first, last in inner.links[:MAX_LINKS]]
        into += inner.out
        into.append(mark)
        ours.hidden += inner.hidden
        ours.asides += inner.asides
        ours.images += inner.images
        ours.scripts += inner.scripts
        ours.script_bytes += inner.script_bytes
        ours.rows = ours.rows or inner.rows
        ours.password = ours.password or inner.password

    def _resync(self, piece: str) -> tuple[str, str]:
        """A comment, or a tag with ``<`` in a name: (tag, text after it)."""
        end = "-->" if piece[:3] == "!--" else ">"
        chunks = [piece]
        while end not in chunks[-1]:
            following = next(self.pieces, None)
            if following is None:
                break
            chunks.append(following)
        whole = "<".join(chunks)
        tag, _, text = whole.partition(end)
        return ("!--" if end == "-->" else tag), text
