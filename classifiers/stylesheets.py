"""What a page's own style sheets say of an element: rules by tag, class and id, one within another, as far as a page can be read without
drawing it.

Other selectors, rules for print and for other widths, and sheets by address are not applied: what they say is not known here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import tinycss2
from tinycss2.color3 import parse_color

MOST_CHARS = 200_000  # of all style sheets of a page
MOST_RULES = 4_000
MOST_STYLE = 2_000  # characters of a style attribute
MOST_DEPTH = 6  # brackets in brackets
MOST_WITHIN = 4  # media rules in media rules
PROPERTIES = frozenset((
    "font-size", "font", "color", "background", "background-color", "background-image", "opacity", "display", "visibility", "text-indent",
    "position", "left", "right", "top", "bottom", "margin-left", "margin-top", "width", "height", "max-height", "max-width", "overflow",
    "overflow-x", "overflow-y", "clip", "clip-path", "transform",
    "animation", "animation-name", "transition", "-webkit-animation", "-webkit-transition",
))
_COMPOUND = re.compile(r"(?P<tag>[a-z][a-z0-9]*|\*)?(?P<rest>(?:[.#][\w\u0080-\U0010ffff-]+)*)\Z", re.IGNORECASE)
_NAMES = re.compile(r"([.#])([\w\u0080-\U0010ffff-]+)")
_MEDIA = re.compile(r"(?:only\s+)?(?:all|screen)\Z|\Z")
_BLOCKS = ("() block", "[] block", "{} block", "function")

Declared = Mapping[str, str]  # property -> value as written


class Element(NamedTuple):
    """An element by what selectors ask of it."""

    tag: str
    id: str
    classes: frozenset[str]


class _Part(NamedTuple):
    element: Element
    child: bool  # stands directly in the part before it


class _Rule(NamedTuple):
    parts: tuple[_Part, ...]
    weight: tuple[int, int, int]
    declared: tuple[tuple[str, str, bool], ...]  # (property, value, important)


class Sheets:
    """All style sheets of a page. ``rem_unknown``: the size of the root depends on the width of the window."""

    def __init__(self, sources: Iterable[str]) -> None:
        self.rem_unknown = False
        self._by: dict[str, list[tuple[int, _Rule]]] = defaultdict(list)
        self._count = 0
        left = MOST_CHARS
        for source in sources:
            self._read(tinycss2.parse_stylesheet(source[:left], skip_comments=True, skip_whitespace=True), applies=True)
            left -= len(source)
            if left <= 0:
                break

    def declared(self, chain: Sequence[Element], style: str) -> Declared:
        """What holds for the last of ``chain`` (from the root on): rules by weight and order, the element's own ``style`` above them,
        ``!important`` above all."""
        element = chain[-1]
        keys = (f"#{element.id}", *(f".{name}" for name in element.classes), element.tag, "*")
        rules = [(rule.weight, order, rule) for key in keys for order, rule in self._by.get(key, ()) if _matches(rule.parts, chain)]
        layers = [rule.declared for _, _, rule in sorted(rules, key=lambda found: found[:2])] + [_declarations(_blocks(style[:MOST_STYLE]))]
        plain = {name: value for layer in layers for name, value, important in layer if not important}
        return plain | {name: value for layer in layers for name, value, important in layer if important}

    def _read(self, nodes: Iterable[Any], *, applies: bool, within: int = 0) -> None:
        for node in nodes:
            if self._count >= MOST_RULES:
                return
            if node.type == "qualified-rule":
                self._rule(node, applies=applies)
            elif node.type == "at-rule" and node.lower_at_keyword == "media" and node.content is not None and within < MOST_WITHIN:
                said = "?" if _deep(node.prelude, 1) else tinycss2.serialize(node.prelude).strip().lower()
                inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
                self._read(inner, applies=applies and bool(_MEDIA.match(said)), within=within + 1)

    def _rule(self, node: Any, *, applies: bool) -> None:
        self._count += 1
        if any(token.type in _BLOCKS for token in node.prelude):
            return
        declared = _declarations(_blocks(node.content))
        if not declared:
            return
        for selector in tinycss2.serialize(node.prelude).split(",")[:50]:
            parts = _parts(selector)
            if not parts:
                continue
            element = parts[-1].element
            if not applies:
                self.rem_unknown |= element.tag == "html" and any(name in ("font-size", "font") for name, _, _ in declared)
                continue
            key = f"#{element.id}" if element.id else f".{min(element.classes)}" if element.classes else element.tag or "*"
            self._by[key].append((self._count, _Rule(parts, _weight(parts), declared)))


def _parts(selector: str) -> tuple[_Part, ...]:
    """A selector of tags, classes and ids; nothing where it says more."""
    found: list[_Part] = []
    child = False
    for word in selector.replace(">", " > ").replace(":root", "html").split():
        if word == ">":
            child = True
            continue
        match = _COMPOUND.match(word)
        if match is None or len(found) >= 6:
            return ()
        names = _NAMES.findall(match["rest"])
        tag = (match["tag"] or "").lower().strip("*")
        identity = next((name for sign, name in names if sign == "#"), "")
        found.append(_Part(Element(tag, identity, frozenset(name for sign, name in names if sign == ".")), child))
        child = False
    return tuple(found)


def _weight(parts: Sequence[_Part]) -> tuple[int, int, int]:
    return sum(bool(p.element.id) for p in parts), sum(len(p.element.classes) for p in parts), sum(bool(p.element.tag) for p in parts)


def _matches(parts: Sequence[_Part], chain: Sequence[Element]) -> bool:
    """Does the selector hold for the last of ``chain``? At most six parts: each is looked for as near as it can stand."""
    if not _is(parts[-1].element, chain[-1]):
        return False
    at, child = len(chain) - 2, parts[-1].child
    for part in reversed(parts[:-1]):
        while at >= 0 and not child and not _is(part.element, chain[at]):
            at -= 1
        if at < 0 or not _is(part.element, chain[at]):
            return False
        at, child = at - 1, part.child
    return True


def _is(wanted: Element, element: Element) -> bool:
    return wanted.tag in ("", element.tag) and wanted.id in ("", element.id) and wanted.classes <= element.classes


def _blocks(source: Any) -> Iterable[Any]:
    nodes: Iterable[Any] = tinycss2.parse_blocks_contents(source, skip_comments=True, skip_whitespace=True)
    return nodes


def _declarations(nodes: Iterable[Any]) -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (node.lower_name, tinycss2.serialize(node.value).strip().lower(), bool(node.important))
        for node in nodes if node.type == "declaration" and node.lower_name in PROPERTIES and not _deep(node.value, MOST_DEPTH)
    )


def _deep(tokens: Sequence[Any], most: int) -> bool:
    """Are there brackets within brackets, more than ``most``? Writing them out would go as deep."""
    level = list(tokens)
    for _ in range(most):
        blocks = [token.arguments if token.type == "function" else token.content for token in level if token.type in _BLOCKS]
        level = [token for inner in blocks for token in inner]
        if not level:
            return False
    return True


class Colour(NamedTuple):
    """0–1 each."""

    red: float
    green: float
    blue: float
    alpha: float


def colour(value: Any) -> Colour | None:
    """A colour as written, or its token; None where it is none, or depends on what is not known."""
    found = parse_color(value)
    return Colour(*(min(max(float(part), 0.0), 1.0) for part in found)) if isinstance(found, tuple) else None


def covered(value: str) -> bool:
    """Does a ``background`` lay over the ground what is not known here: a picture, a run of colours, a variable?"""
    return any(word in value for word in ("url(", "gradient(", "image(", "var("))


def colour_in(value: str) -> Colour | None:
    """The first colour in a ``background`` as written."""
    return next((found for token in tinycss2.parse_component_value_list(value) if (found := colour(token)) is not None), None)
