"""One walk over a page: visible text by block with roles, what stands aside, links. Linear, without recursion.

The tree is built and written out again by lexbor (in C); that normalised markup is read here tag by tag, which costs a tenth of visiting
nodes one by one. What makes it safe to read so simply: lexbor closes every element, quotes every attribute and escapes ``<`` and ``>`` in
text and attributes; only raw text elements (script, style, …) and comments need care. What a tag means is remembered between pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from classifiers.model import Role

# Blocks are gathered in one list of strings: MARK + role letter begins a block, CELL + role letter a table cell, ROW … END hold a row.
# Foreign text cannot hold these: they are blanked out before the walk.
MARK, CELL, ROW, END = "\x1e", "\x1f", "\x1d", "\x1c"
LETTERS = {
    "M": Role.MAIN, "N": Role.NAV, "A": Role.AD, "B": Role.BUTTON, "F": Role.FORM, "T": Role.TABLE, "O": Role.FOOTER,
    "S": Role.SCRIPT, "L": Role.ALT, "E": Role.META, "H": Role.HIDDEN,
}
BLOCK_TAGS = frozenset((
    "address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
    "html", "legend", "li", "main", "marquee", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search", "section", "select",
    "summary", "table", "tbody", "tfoot", "thead", "ul", "textarea", "text", "head",
))
VOID_TAGS = frozenset((
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param",
    "source", "track", "wbr",
))
RAW_TAGS = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"))
HIDDEN_TAGS = frozenset(("noscript", "template", "video", "audio", "canvas", "object", "datalist"))
EVERYWHERE = "MNABFTO"
# Layout by tables and pages that are one form are common: these two say something only where nothing better is known.
ROLE_TAGS = {
    "nav": ("N", EVERYWHERE), "footer": ("O", EVERYWHERE), "button": ("B", EVERYWHERE), "select": ("F", EVERYWHERE),
    "textarea": ("F", EVERYWHERE), "form": ("F", "MT"), "table": ("T", "M"), "tr": ("T", "M"),
}
BY_NAME = "MTF"
_LOOSE = re.compile(r"""[\s/"']([^\s="'<>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")  # attributes as people write them
_ATTRIBUTE = re.compile(r'\s([^\s="<>/]+)="([^"]*)"')
_CHINESE = re.compile("[\u4e00-\u9fff]")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?P<O>foot|footer|footbar|copyright|bottom)|(?P<N>nav|navbar|menu|breadcrumb|breadcrumbs|crumbs)"
    r"|(?P<A>ads?|adv|advert|advertisement|advertising|adbox|adslot|adsbygoogle|adwrap|guanggao|sponsor|sponsored|ad\d{1,4}))(?=$|[\s_-])",
    re.IGNORECASE,
)
_LOCATION = re.compile(r"""(?:location(?:\.href)?\s{0,3}=\s{0,3}|(?:window\.open|location\.(?:assign|replace))\(\s{0,3})['"]([^'"]{1,900})""")
_REFRESH = re.compile(r"url\s{0,3}=\s{0,3}['\"]?([^'\">]{1,900})", re.IGNORECASE)

# What a tag does, by cost: small numbers for what most tags are, a Special for the rest.
NO_ASIDE = ("", "")
OPEN, CLOSE, BLOCK_OPEN, BLOCK_CLOSE, NOTHING, BREAK = range(6)


@dataclass(frozen=True, slots=True)
class Special:
    """A tag that does more than open or close."""

    tag: str
    void: bool = False
    block: bool = False
    closing: bool = False
    raw: bool = False  # what is inside is not markup
    letter: str = ""  # role of what is inside
    over: str = ""  # where the role counts: letters of the roles it may stand in
    hidden: bool = False
    links: tuple[tuple[str, str], ...] = ()  # (as written, kind)
    image: str = ""
    aside: tuple[str, str] = NO_ASIDE  # (text, letter)
    value: str = ""  # caption of an input that is a button
    password: bool = False
    base: str = ""
    src: bool = False
    json: bool = False


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


Action = int | Special
_FIXED: dict[str, Action] = {}
_learned: dict[str, Action] = {}  # meanings of tags with attributes; a pure function of the tag, so sharing it changes nothing
NEVER = -(1 << 60)  # a depth that is not reached: more closing tags than opening ones are harmless
MAX_LEARNED = 20_000
MAX_TAG = 20_000  # characters of one tag read for attributes
MAX_ASIDE = 2_000
MAX_LINKS = 5_000
EXTERNAL_SCRIPT = 2_000  # what a script by address counts for, in bytes: unseen, but it is code that may write the page


def learn(tag: str) -> Action:
    """What the tag between ``<`` and ``>`` does; remembered, but for odd ones, so that every name remembered is a whole tag."""
    action = _meaning(tag)
    if len(tag) < 300 and "<" not in tag and tag[:1] != "!":
        if len(_learned) >= MAX_LEARNED:
            _learned.clear()
            _learned.update(_FIXED)
        _learned[tag] = action
    return action


def _meaning(tag: str) -> Action:
    if tag[:1] == "/":
        name = tag[1:]
        if name in ("a", "tr", "td", "th"):
            return Special(name, closing=True)
        return BLOCK_CLOSE if name in BLOCK_TAGS else CLOSE
    if tag[:1] in "!?":
        return NOTHING
    name = tag.split(None, 1)[0].rstrip("/") if tag else ""
    attributes = dict(_ATTRIBUTE.findall(tag)) if len(tag) > len(name) else {}
    if "&" in tag:
        attributes = {key: unescape(value) for key, value in attributes.items()}
    return _element(name, attributes)


def _element(name: str, attributes: dict[str, str]) -> Action:
    if name in ("br", "hr"):
        return BREAK
    if name == "meta":
        return _meta(attributes)
    if name == "base":
        return Special(name, void=True, base=attributes.get("href", ""))
    if name == "link":
        canonical = "canonical" in attributes.get("rel", "").lower().split() and attributes.get("href")
        return Special(name, void=True, links=((attributes["href"], "canonical"),)) if canonical else NOTHING
    if name == "img":
        source = attributes.get("data-original") or attributes.get("data-src") or attributes.get("src", "")
        return Special(name, void=True, image=source, aside=_words(attributes, "alt", "title"), links=_onclick(attributes))
    if name == "input":
        return _input(attributes)
    if name in ("frame", "embed"):
        return Special(name, void=True, links=_link(attributes.get("src"), "frame") if name == "frame" else ())
    if name in VOID_TAGS:
        return Special(name, void=True, links=_link(attributes.get("href"), "a")) if name == "area" else NOTHING
    if name in RAW_TAGS:
        json = "json" in attributes.get("type", "").lower()
        return Special(name, raw=True, src="src" in attributes, json=json, links=_link(attributes.get("src"), "frame") if name == "iframe" else ())
    if name == "title":
        return Special(name, raw=True)
    if name in ("td", "th", "tr"):
        letter, over = ROLE_TAGS.get(name, ("", ""))
        return Special(name, hidden=_is_hidden(attributes), letter=letter, over=over, links=_onclick(attributes))
    return _container(name, attributes)


def _container(name: str, attributes: dict[str, str]) -> Action:
    block = name in BLOCK_TAGS
    hidden = name in HIDDEN_TAGS or (bool(attributes) and _is_hidden(attributes)) or (name == "dialog" and "open" not in attributes)
    letter, over = ROLE_TAGS.get(name, ("", ""))
    if not letter and attributes and name not in ("body", "html"):
        named = _NAMES.search(f"{attributes.get('class', '')} {attributes.get('id', '')}")
        if named and (block or named.lastgroup == "A"):
            letter, over = named.lastgroup or "", BY_NAME
    links = _onclick(attributes) if attributes else ()
    if name == "a":
        links = (*_link(attributes.get("href"), "a"), *links)
    title = attributes.get("title", "") if attributes else ""
    if letter or hidden or links or title:
        aside = (title[:MAX_ASIDE], "L") if title else NO_ASIDE
        return Special(name, block=block or letter == "A", letter=letter, over=over, hidden=hidden, links=links, aside=aside)
    return BLOCK_OPEN if block else OPEN


def _words(attributes: dict[str, str], *names: str) -> tuple[str, str]:
    """What a picture says of itself: the first of these attributes that says something."""
    return next((attributes[name] for name in names if attributes.get(name)), "")[:MAX_ASIDE], "L"


def _is_hidden(attributes: dict[str, str]) -> bool:
    return "hidden" in attributes or ("style" in attributes and bool(_HIDING.search(attributes["style"])))


def _link(target: str | None, kind: str) -> tuple[tuple[str, str], ...]:
    if not target:
        return ()
    if target[:11].lower() == "javascript:":
        found = _LOCATION.search(target)
        return ((found.group(1), kind),) if found else ()
    return ((target, kind),) if target[0] != "#" else ()


def _onclick(attributes: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = _LOCATION.search(attributes["onclick"]) if "onclick" in attributes else None
    return ((found.group(1), "a"),) if found else ()


def _meta(attributes: dict[str, str]) -> Action:
    content = attributes.get("content", "")
    name = (attributes.get("name") or attributes.get("property") or "").lower()
    if not content:
        return NOTHING
    if name in ("description", "keywords", "og:description", "og:title"):
        return Special("meta", void=True, aside=(content[:MAX_ASIDE], "E"))
    if attributes.get("http-equiv", "").lower() == "refresh":
        found = _REFRESH.search(content)
        return Special("meta", void=True, links=((found.group(1), "refresh"),)) if found else NOTHING
    return NOTHING


def _input(attributes: dict[str, str]) -> Action:
    kind = attributes.get("type", "").lower()
    button = attributes.get("value", "") if kind in ("submit", "button", "reset") and not _is_hidden(attributes) else ""
    links, aside = _onclick(attributes), NO_ASIDE
    if kind == "image":
        aside = _words(attributes, "alt", "title")
    elif kind == "hidden" and _CHINESE.search(attributes.get("value", "")):
        aside = (attributes["value"][:MAX_ASIDE], "H")
    if not (button or links or aside[0] or kind == "password"):
        return NOTHING
    return Special("input", void=True, value=button, password=kind == "password", links=links, aside=aside)


for _name in ("a", "b", "i", "u", "s", "em", "span", "font", "strong", "small", "big", "label", "sub", "sup", "ins", "del", *sorted(BLOCK_TAGS)):
    _FIXED[_name], _FIXED["/" + _name] = _meaning(_name), _meaning("/" + _name)
for _name in ("br", "wbr", "hr", "tr", "td", "th", "/tr", "/td", "/th", "script", "style", "title"):
    _FIXED[_name] = _meaning(_name)
_learned.update(_FIXED)


def walk(markup: str, *, coarse: bool = False) -> Reading:
    """``markup`` as lexbor writes it. ``coarse``: as its author wrote it, read less exactly, where a page cannot be parsed."""
    return _Walk(loose if coarse else learn).read(markup)


def loose(tag: str) -> Action:
    """What a tag as its author wrote it does."""
    closing = tag[:1] == "/"
    name, *rest = tag[closing:].split(None, 1) or [""]
    name = name.rstrip("/").lower()
    if closing or (name in _FIXED and not rest):
        return _FIXED.get("/" + name if closing else name) or _meaning("/" + name if closing else name)
    if tag[:1] in "!?" or not name[:1].isalpha():
        return NOTHING
    found = _LOOSE.findall(" " + rest[0][:MAX_TAG]) if rest else []
    return _element(name, {key.lower(): unescape(a or b or c) for key, a, b, c in reversed(found)})


class _Walk:
    """The state that rarely changes; what changes at every tag lives in locals of ``read``."""

    __slots__ = ("anchor", "learn", "pieces", "reading")

    def __init__(self, learn: Callable[[str], Action]) -> None:
        self.learn = learn
        self.reading = Reading()
        self.pieces: Iterator[str] = iter(())
        self.anchor = (0, 0)  # (first link of the open <a>, one past its last)

    def read(self, markup: str) -> Reading:
        reading = self.reading
        shown, hidden_out, out = reading.out, reading.hidden, reading.out
        self.pieces = pieces = iter(markup.split("<"))
        shown.append(MARK + "M" + next(pieces))
        known, learn = _learned, self.learn
        scopes: list[tuple[int, str, bool]] = []  # (depth, letter, hidden) of what an inner role interrupted
        depth, until, letter, hidden, mark = 0, NEVER, "M", False, MARK + "M"
        for piece in pieces:
            tag, bracket, text = piece.partition(">")
            action = known.get(tag)
            if action is None or not bracket:
                if not bracket or tag[:3] == "!--":
                    tag, text = self._resync(piece)
                action = learn(tag)
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
                    text = self._raw(action, text)
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

    def _raw(self, action: Special, text: str) -> str:
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
            reading.script_bytes += len(source) + (EXTERNAL_SCRIPT if action.src else 0)
            if source and not source.isspace():
                reading.scripts.append((source, action.json))
        elif action.tag == "title":
            reading.title = reading.title or source
        elif action.tag in ("xmp", "plaintext"):
            reading.out.append(f"{MARK}M{escape(source)}{MARK}M")
        for written, kind in action.links:
            reading.links.append((written, kind, 0, 0))
        return after

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
