"""The DOM as one HTML text: with frames and shadow trees, as Chromium reports it (DevTools ``DOMSnapshot``), which no script of the page can colour.

Written for parsers that know neither: a shadow tree (closed ones too) stands in its host with the slots filled, as Chromium draws it; a frame's
page stands after its element in ``<div data-adpatrol="frame" data-url="…">``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_NODES = 300_000
MAX_CHARS = 24 * 1024 * 1024
MAX_FRAMES = 50

_VOID = frozenset(("area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param",
                   "source", "track", "wbr"))
_RAW = frozenset(("script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext", "noscript"))
_RENAMED = {"frameset": "div", "frame": "div"}  # within a frameset a parser reads nothing else
_ELEMENT, _TEXT, _COMMENT, _DOCTYPE = 1, 3, 8, 10


@dataclass(slots=True)
class Tree:
    """One document of a snapshot. ``frames``: node -> its page, of the same process or another."""

    url: str
    kinds: Sequence[int]
    names: Sequence[str]
    values: Sequence[str]
    attributes: Sequence[Sequence[str]]
    children: list[list[int]]
    shadows: Mapping[int, str]
    backend: Sequence[int]
    frames: dict[int, Tree] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)  # as DevTools reports it, for the layout
    strings: Sequence[str] = ()


def trees(snapshot: Mapping[str, Any]) -> list[Tree]:
    """The documents of one ``DOMSnapshot.captureSnapshot`` answer, the page's own first, each with its frames."""
    strings: Sequence[str] = snapshot["strings"]
    found: list[Tree] = []
    links: list[tuple[int, int, int]] = []
    for number, document in enumerate(snapshot["documents"][:MAX_FRAMES]):
        nodes = document["nodes"]
        count = min(len(nodes["parentIndex"]), MAX_NODES)
        children: list[list[int]] = [[] for _ in range(count)]
        for node, parent in enumerate(nodes["parentIndex"][:count]):
            if 0 <= parent < count:
                children[parent].append(node)
        found.append(Tree(
            url=_string(strings, document["documentURL"]), kinds=nodes["nodeType"],
            names=[_string(strings, name) for name in nodes["nodeName"][:count]], values=[_string(strings, value) for value in nodes["nodeValue"][:count]],
            attributes=[[_string(strings, part) for part in pairs] for pairs in nodes["attributes"][:count]], children=children,
            shadows={node: _string(strings, kind) for node, kind in zip(nodes["shadowRootType"]["index"], nodes["shadowRootType"]["value"], strict=False)},
            backend=nodes["backendNodeId"], document=document, strings=strings,
        ))
        links += [(number, node, inner) for node, inner in zip(nodes["contentDocumentIndex"]["index"], nodes["contentDocumentIndex"]["value"], strict=False)]
    for outer, node, inner in links:
        if outer < inner < len(found):  # a document comes before those in it
            found[outer].frames[node] = found[inner]
    return found


def _string(strings: Sequence[str], index: int) -> str:
    return strings[index] if 0 <= index < len(strings) else ""


_Step = str | tuple[Tree, int]
_NO_STEPS: list[_Step] = []


@dataclass(frozen=True, slots=True)
class Place:
    """A text node in the HTML text: ``offset`` and ``length`` in characters, as written there."""

    tree: Tree
    node: int
    offset: int
    length: int


def to_html(tree: Tree, places: list[Place] | None = None) -> tuple[str, bool]:
    """(HTML text, whether it was cut). Nesting costs no stack. ``places`` is filled with the text nodes in the order they are written."""
    out: list[str] = []
    size = 0
    steps: list[_Step] = [(tree, 0)] if tree.children else []
    while steps:
        step = steps.pop()
        text, more = (step, _NO_STEPS) if isinstance(step, str) else _step(*step)
        size += len(text)
        if size > MAX_CHARS:
            return "".join(out), True
        if places is not None and not isinstance(step, str) and step[0].kinds[step[1]] == _TEXT:
            places.append(Place(step[0], step[1], size - len(text), len(text)))
        out.append(text)
        steps += reversed(more)
    return "".join(out), len(tree.children) >= MAX_NODES


def _step(tree: Tree, node: int) -> tuple[str, list[_Step]]:
    kind = tree.kinds[node]
    if tree.shadows.get(node) == "user-agent":  # the browser's own parts of a control: not the page's words, but they may hold them
        return "", [(tree, child) for child in tree.children[node]]
    if kind == _TEXT:
        return _escaped(tree.values[node]), []
    if kind == _COMMENT:
        return f"<!--{tree.values[node].replace('--', '- -')}-->", []
    if kind == _DOCTYPE:
        return "<!DOCTYPE html>", []
    if kind == _ELEMENT:
        return _element(tree, node)
    return "", [(tree, child) for child in tree.children[node]]


def _element(tree: Tree, node: int) -> tuple[str, list[_Step]]:
    name = tree.names[node].lower()
    if name.startswith("::"):  # a pseudo element: its text, if any, is shown
        return "", [(tree, child) for child in tree.children[node]]
    frame = tree.frames.get(node)
    after: list[_Step] = [] if frame is None else [f'<div data-adpatrol="frame" data-url="{_attribute(frame.url)}">', *_body(frame), "</div>"]
    start = _start(_RENAMED.get(name, name), tree.attributes[node])
    if name in _VOID and name not in _RENAMED:
        return start, after
    end = f"</{_RENAMED.get(name, name)}>"
    if name in _RAW:
        return start, ["".join(tree.values[child] for child in tree.children[node] if tree.kinds[child] == _TEXT), end, *after]
    return start, [*((tree, child) for child in tree.children[node]), end, *after]


def _body(tree: Tree) -> list[_Step]:
    """What a frame shows: the children of its body; all of it where it has none (a frameset)."""
    for node in range(min(len(tree.children), 5_000)):
        if tree.kinds[node] == _ELEMENT and tree.names[node].lower() == "body":
            return [(tree, child) for child in tree.children[node]]
    return [(tree, 0)] if tree.children else []


def _start(name: str, pairs: Sequence[str]) -> str:
    written = [f' {pairs[at]}="{_attribute(pairs[at + 1])}"' for at in range(0, len(pairs) - 1, 2)]
    return f"<{name}{''.join(written)}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
