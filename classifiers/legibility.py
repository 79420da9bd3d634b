"""Can people read it? A warning may stand on the page and yet be too small, of the colour of its ground, transparent, off the screen
or hidden by a style. Said only where the page itself says so: what an outside style sheet, a script or a picture may change is not held
against it.

Pure and bounded; called for the warnings of a page with a finding, so that other pages pay nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from classifiers.bounds import too_costly
from classifiers.stylesheets import Colour, Declared, Element, Sheets, colour, colour_in, covered
from classifiers.tags import HIDDEN_TAGS

LEAST_SIZE = 9.0  # pixels
SMALL_BESIDE = 12.0  # pixels: under that, and under a third of the claim, it is small print beside it
LEAST_CONTRAST = 2.0  # WCAG 2 asks 4.5 for text
LEAST_OPACITY = 0.15
OFF_SCREEN = -500.0  # pixels
MOST_MOVED = 300  # characters of an element that is moved away to hide them; longer ones are parts of a carousel
MOST_NODES = 60_000  # pieces of text of one page
MOST_PLACES = 40  # of one warning that are looked at
MOST_LEVELS = 400
_STYLED = re.compile(r"<style|style\s*=|<font|text\s*=|bgcolor", re.IGNORECASE)
_UNSEEN = frozenset(("script", "style", "title", "head"))
_LENGTH = re.compile(r"(-?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(px|pt|em|rem|%|ex|vw|vh|)\Z")
_NUMBER = re.compile(r"-?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})")
_WORDS_SIZE = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0}
_FONT_SIZE = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}
_HEADINGS = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83, "big": 1.2, "sub": 0.83, "sup": 0.83}
# Shown by a script when its time comes.
_BROUGHT = re.compile(r"(?:^|[\s_-])(?:wow|aos|animate|animated|fade|fadein|reveal|lazy|swiper|slide|carousel|scroll)", re.IGNORECASE)
_BLACK, _WHITE, _LINK = Colour(0, 0, 0, 1), Colour(1, 1, 1, 1), Colour(0, 0, 0.93, 1)
_MOVING = ("animation", "animation-name", "transition", "-webkit-animation", "-webkit-transition")


@dataclass(frozen=True, slots=True)
class Look:
    """How an element shows its text. None: not known. ``fault``: why nothing of it is seen, whatever is inside."""

    size: float | None
    colour: Colour | None
    ground: Colour | None
    opacity: float = 1.0
    visible: bool = True
    fault: str = ""


def unread(markup: str, warnings: Sequence[str], claim: str) -> tuple[str, ...]:
    """Why none of the ``warnings`` (as displayed) can be read, in Chinese, each once; empty where one can, or nothing can be said."""
    if not warnings or not _STYLED.search(markup) or too_costly(markup):
        return ()
    page = _Drawn(markup)
    beside = max((look.size for look in page.looks(claim) if look.size), default=0.0)
    faults: dict[str, None] = {}
    for warning in warnings:
        looks = list(page.looks(warning))
        for look in looks:
            fault = _fault(look, beside)
            if not fault:
                return ()
            faults[f"风险提示{fault}（“{' '.join(warning.split())[:20]}”）"] = None
        if not looks:  # put together from pieces that stand apart, or written by a style sheet
            return ()
    return tuple(faults)


def _fault(look: Look, beside: float) -> str:
    if look.fault or not look.visible:
        return look.fault or "以样式隐藏（visibility:hidden）"
    if look.opacity < LEAST_OPACITY:
        return f"近乎透明（不透明度 {look.opacity:g}）"
    if look.size is not None and look.size < LEAST_SIZE:
        return f"字号 {look.size:.3g}px"
    if look.size is not None and look.size < SMALL_BESIDE and look.size * 3 < beside:
        return f"字号 {look.size:.3g}px，不到宣传语（{beside:.3g}px）的三分之一"
    if look.colour is not None and look.ground is not None:
        contrast = _contrast(look.colour, look.ground)
        if contrast < LEAST_CONTRAST:
            return f"文字颜色与背景相近（对比度 {contrast:.2g}）"
    return ""


def _contrast(text: Colour, ground: Colour) -> float:
    """WCAG 2: 1 to 21; a colour that lets the ground through is mixed with it."""
    red, green, blue = (text.alpha * a + (1 - text.alpha) * b for a, b in zip(text[:3], ground[:3], strict=True))
    mixed = Colour(red, green, blue, 1)
    one, other = _light(mixed), _light(ground)
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _light(of: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in of[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Drawn:
    """A page's text by the elements that hold it. White space counts for nothing, so that words are found over tags."""

    def __init__(self, markup: str) -> None:
        self._tree = tree = LexborHTMLParser(markup)  # kept: its elements are told apart by where they lie
        styles = [node.text(deep=True) for node in tree.css("style") if _on_screen(node.attributes.get("media"))]
        self._sheets = Sheets(styles)
        linked = any("stylesheet" in (link.attributes.get("rel") or "").lower() for link in tree.css("link"))
        self._outside = linked or any("@import" in style for style in styles)
        self._root = None if self._outside or "<script" in markup else 16.0  # pixels of one rem: scripts for phones set it by the width
        self._looks: dict[int, Look] = {}
        self._holders: list[LexborNode] = []
        self._starts: list[int] = []
        pieces: list[str] = []
        at = 0
        root = tree.root
        for node in islice(root.traverse(include_text=True) if root is not None else (), MOST_NODES):
            parent = node.parent
            if node.tag != "-text" or parent is None or parent.tag in _UNSEEN:
                continue
            text = "".join((node.text_content or "").split())
            if text:
                pieces.append(text)
                self._holders.append(parent)
                self._starts.append(at)
                at += len(text)
        self._text = "".join(pieces)

    def looks(self, words: str) -> Iterator[Look]:
        """How each place of the words is shown; that of the piece which is read best, where several make it up."""
        wanted = "".join(words.split())
        at = self._text.find(wanted) if wanted else -1
        for _ in range(MOST_PLACES):
            if at < 0:
                return
            pieces = range(bisect_right(self._starts, at) - 1, bisect_right(self._starts, at + len(wanted) - 1))
            yield min((self._look(self._holders[piece]) for piece in islice(pieces, 50)), key=lambda look: bool(_fault(look, 0.0)))
            at = self._text.find(wanted, at + len(wanted))

    def _look(self, node: LexborNode) -> Look:
        nodes: list[LexborNode] = []
        at: LexborNode | None = node
        while at is not None and at.tag not in ("-document", "-undef") and len(nodes) < MOST_LEVELS:
            nodes.append(at)
            at = at.parent
        nodes.reverse()
        chain = [_element(one) for one in nodes]
        look = Look(None, None, None) if self._outside or len(nodes) >= MOST_LEVELS else Look(16.0, _BLACK, _WHITE)
        for number, one in enumerate(nodes):
            known = self._looks.get(one.mem_id)
            look = self._looks[one.mem_id] = known if known is not None else self._shown(one, chain[: number + 1], look)
        return look

    def _shown(self, node: LexborNode, chain: Sequence[Element], outer: Look) -> Look:
        """An element within another."""
        attributes, tag = node.attributes, chain[-1].tag
        declared = self._sheets.declared(chain, attributes.get("style") or "")
        brought = bool(_BROUGHT.search(attributes.get("class") or ""))
        moving = brought or any(name in declared for name in _MOVING)
        size = self._size(declared, attributes.get("size") or "", tag, outer.size)
        if tag == "html" and "font-size" in declared:
            self._root = size
        over = declared.get("position") in ("absolute", "fixed")  # it lies over something else than what it stands in
        ground = _ground(declared, attributes, None if over else outer.ground)
        look = replace(outer, size=size, colour=self._colour(declared, attributes, tag, outer.colour), ground=ground)
        if not moving:
            shown = declared.get("visibility", "")
            visible = shown == "visible" if shown in ("visible", "hidden", "collapse") else outer.visible
            look = replace(look, opacity=outer.opacity * _opacity(declared.get("opacity", "")), visible=visible)
        if not outer.fault:
            gone = "hidden" in attributes or (declared.get("display") == "none" and not brought)
            moved = "" if moving else _moved(declared)
            if moved and len("".join(node.text(deep=True).split())) > MOST_MOVED:
                moved = ""
            look = replace(look, fault=f"不显示（{tag}）" if tag in HIDDEN_TAGS else "以样式隐藏（display:none）" if gone else moved)
        return look

    def _size(self, declared: Declared, font: str, tag: str, outer: float | None) -> float | None:
        """Pixels."""
        said = declared.get("font-size") or _in_font(declared.get("font", ""))
        if not said:
            if tag == "font" and font in _FONT_SIZE:
                return _FONT_SIZE[font]
            if tag not in _HEADINGS:
                return outer
            return None if outer is None or self._outside else outer * _HEADINGS[tag]
        if said in _WORDS_SIZE:
            return _WORDS_SIZE[said]
        match = _LENGTH.match(said)
        if match is None:
            return outer if said == "inherit" else None
        number, unit = float(match[1]), match[2]
        if unit in ("px", "pt"):
            return number * (4 / 3 if unit == "pt" else 1.0)
        if unit == "rem":
            root = outer if tag == "html" else self._root
            return None if self._sheets.rem_unknown or root is None else number * root
        factor = {"em": 1.0, "%": 0.01, "ex": 0.5}.get(unit)
        return number * factor * outer if factor is not None and outer is not None else 0.0 if number == 0 else None

    def _colour(self, declared: Declared, attributes: dict[str, str | None], tag: str, outer: Colour | None) -> Colour | None:
        said = declared.get("color", "") or attributes.get({"font": "color", "body": "text"}.get(tag, "")) or ""
        if said:
            return outer if said in ("inherit", "currentcolor") else colour(said)
        if tag != "a" or not attributes.get("href"):
            return outer
        return None if self._outside else _LINK


def _in_font(value: str) -> str:
    """The size in a ``font`` as written: the first length, but for a bare number, which is a weight."""
    sizes = (part.partition("/")[0] for part in value.split())
    return next((size for size in sizes if not size.isdigit() and _LENGTH.match(size)), "")


def _element(node: LexborNode) -> Element:
    attributes = node.attributes
    return Element(node.tag or "", attributes.get("id") or "", frozenset((attributes.get("class") or "").split()[:50]))


def _on_screen(media: str | None) -> bool:
    return not media or ("(" not in media and any(word in media.lower() for word in ("all", "screen")))


def _ground(declared: Declared, attributes: dict[str, str | None], outer: Colour | None) -> Colour | None:
    """The colour behind the text of an element; None where it is not known."""
    written = [declared[name] for name in ("background", "background-image", "background-color") if name in declared]
    if any(map(covered, written)) or attributes.get("background"):
        return None
    found = next((one for value in reversed(written) if (one := colour_in(value)) is not None), None) or colour(attributes.get("bgcolor") or "")
    if found is None:
        return outer if all(value in ("none", "inherit", "0", "0 0", "initial") for value in written) else None
    if found.alpha < 0.05:
        return outer
    return found if found.alpha > 0.95 else None


def _opacity(said: str) -> float:
    match = _LENGTH.match(said)
    return 1.0 if match is None or match[2] not in ("", "%") else min(max(float(match[1]) * (0.01 if match[2] else 1.0), 0.0), 1.0)


def _moved(declared: Declared) -> str:
    """Is the element moved off the screen or shrunk to nothing? As the reason says it; empty where not."""
    places = ("left", "top", "right", "bottom") if declared.get("position") in ("absolute", "fixed", "relative") else ()
    for name in (*places, "text-indent", "margin-left", "margin-top"):
        far = _pixels(declared.get(name, ""))
        if far is not None and far <= OFF_SCREEN:
            return f"移出屏幕之外（{name}:{declared[name][:20]}）"
    turned = declared.get("transform", "")
    away = turned.startswith("translate") and any(float(number) <= OFF_SCREEN for number in _NUMBER.findall(turned[:80]))
    if away or turned.startswith(("scale(0)", "scale(0,", "scalex(0)", "scaley(0)")):
        return f"以样式隐藏（transform:{turned[:20]}）"
    if "hidden" in (declared.get("overflow"), declared.get("overflow-x"), declared.get("overflow-y")):
        for name in ("height", "width", "max-height", "max-width"):
            small = _pixels(declared.get(name, ""))
            if small is not None and 0 <= small <= 2:
                return f"以样式隐藏（{name}:{declared[name][:20]}）"
    clip = declared.get("clip", "").replace(",", " ").replace(" ", "")
    if declared.get("position") in ("absolute", "fixed") and clip in ("rect(0000)", "rect(0px0px0px0px)", "rect(1px1px1px1px)"):
        return "以样式隐藏（clip）"
    return "以样式隐藏（clip-path）" if declared.get("clip-path", "").startswith(("inset(50%", "inset(100%", "circle(0")) else ""


def _pixels(said: str) -> float | None:
    match = _LENGTH.match(said)
    if match is None or match[2] not in ("px", "pt", "em", "rem", ""):
        return None
    return float(match[1]) * {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0}.get(match[2], 1.0 if float(match[1]) == 0 else 0.0)
