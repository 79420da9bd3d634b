"""Where every text node stands in the picture of the whole page, as the boxes record that evidence.boxes reads. From Chromium's own layout
(``DOMSnapshot`` with STYLES), so that nothing is put into the page to measure it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crawler.rendering.snapshot import MAX_FRAMES, Place, Tree
from evidence.boxes import FORMAT

STYLES = ("visibility", "opacity", "overflow-x", "overflow-y", "position", "border-left-width", "border-top-width", "padding-left", "padding-top",
          "border-right-width", "border-bottom-width", "padding-right", "padding-bottom", "column-count", "column-width", "writing-mode", "transform")
_EDGES = STYLES[5:13]
MAX_TEXTS = 60_000
MAX_LINES = 200_000
_Clip = tuple[float, float, float, float]  # left, top, right, bottom
_LEAST = 0.5  # CSS pixels of a line that must be left to be seen


@dataclass(slots=True)
class _Laid:
    """One document's layout: by node its place in the layout, what clips it, whether it is transparent; ``left``, ``top``: where its own coordinates
    begin in the picture."""

    left: float
    top: float
    entries: dict[int, list[int]]  # node -> places in the layout
    lines: dict[int, list[int]]  # place in the layout -> its text boxes
    clips: dict[int, _Clip]  # of laid-out nodes
    faded: set[int]
    turned: set[int]  # upright or turned text: a line's characters do not follow its width
    columns: dict[int, _Clip]  # in columns Chromium tells places as if there were one: only the whole block is sure


def boxes_record(root: Tree, places: Sequence[Place], *, scale: float, width: float, height: float) -> bytes:
    """``scale``: picture pixels a CSS pixel; ``width``, ``height``: of the picture in CSS pixels."""
    page: _Clip = (0.0, 0.0, width, height)
    laid = _documents(root, page)
    texts: list[dict[str, Any]] = []
    lines, cut = 0, False
    for place in places:
        if len(texts) >= MAX_TEXTS or lines >= MAX_LINES:
            cut = True
            break
        one = _text(place, laid.get(id(place.tree)), page)
        if one is not None:
            lines += len(one["b"])
            texts.append(one)
    told = {"format": FORMAT, "scale": scale, "width": width, "height": height, "cut": cut, "texts": texts}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _documents(root: Tree, page: _Clip) -> dict[int, _Laid]:
    """The page and its frames, each with where it begins."""
    found: dict[int, _Laid] = {}
    waiting: list[tuple[Tree, float, float, _Clip]] = [(root, 0.0, 0.0, (float("-inf"), float("-inf"), float("inf"), float("inf")))]
    while waiting and len(found) < MAX_FRAMES:
        tree, left, top, clip = waiting.pop()
        if id(tree) in found or not tree.document.get("layout"):
            continue
        laid = found[id(tree)] = _laid(tree, left, top, clip)
        for node, inner in tree.frames.items():
            entry = laid.entries.get(node)
            if not entry:
                continue
            x, y, width, height = tree.document["layout"]["bounds"][entry[0]]
            wide = {name: _pixels(tree, entry[0], name) for name in _EDGES}
            x, y = left + x + wide["border-left-width"] + wide["padding-left"], top + y + wide["border-top-width"] + wide["padding-top"]
            width -= sum(wide[f"{part}-{side}"] for side in ("left", "right") for part in ("padding",)) + wide["border-left-width"] + wide["border-right-width"]
            height -= wide["padding-top"] + wide["padding-bottom"] + wide["border-top-width"] + wide["border-bottom-width"]
            scrolled = inner.document.get("scrollOffsetX") or 0.0, inner.document.get("scrollOffsetY") or 0.0
            seen = _within(laid.clips.get(node, clip), (x, y, x + width, y + height))
            if node in laid.faded or _style(tree, entry[0], "visibility") not in ("visible", ""):
                seen = (0.0, 0.0, 0.0, 0.0)
            waiting.append((inner, x - scrolled[0], y - scrolled[1], seen))
    return found


def _laid(tree: Tree, left: float, top: float, frame: _Clip) -> _Laid:
    """One pass down the tree: a parent stands before its children."""
    layout, boxes = tree.document["layout"], tree.document.get("textBoxes") or {"layoutIndex": []}
    entries: dict[int, list[int]] = {}
    for at, node in enumerate(layout["nodeIndex"]):
        entries.setdefault(node, []).append(at)
    lines: dict[int, list[int]] = {}
    for at, entry in enumerate(boxes["layoutIndex"]):
        lines.setdefault(entry, []).append(at)
    parents = tree.document["nodes"]["parentIndex"]
    flowing: dict[int, _Clip] = {}  # what clips the children of a node
    placed: dict[int, _Clip] = {}  # and those of them that are positioned absolutely
    clips: dict[int, _Clip] = {}
    faded: set[int] = set()
    turned: set[int] = set()
    columns: dict[int, _Clip] = {}
    for node in range(min(len(parents), len(tree.children))):
        parent = parents[node]
        around, around_placed = flowing.get(parent, frame), placed.get(parent, frame)
        entry = entries.get(node)
        if parent in faded or (entry and _number(_style(tree, entry[0], "opacity"), 1.0) <= 0.01):
            faded.add(node)
        if parent in turned or (entry and _turned(tree, entry[0])):
            turned.add(node)
        if parent in columns:
            columns[node] = columns[parent]
        elif entry and tree.kinds[node] == 1 and not {_style(tree, entry[0], name) for name in ("column-count", "column-width")} <= {"auto", ""}:
            x, y, width, height = layout["bounds"][entry[0]]
            columns[node] = (left + x, top + y, left + x + width, top + y + height)
        if not entry or tree.kinds[node] != 1:
            clips[node], flowing[node], placed[node] = around, around, around_placed
            continue
        position = _style(tree, entry[0], "position")
        clip = frame if position == "fixed" else around_placed if position == "absolute" else around
        clips[node] = inner = clip
        if tree.names[node].upper() not in ("HTML", "BODY", "IFRAME", "FRAME"):
            x, y, width, height = layout["bounds"][entry[0]]
            if _style(tree, entry[0], "overflow-x") not in ("visible", ""):
                inner = _within(inner, (left + x, inner[1], left + x + width, inner[3]))
            if _style(tree, entry[0], "overflow-y") not in ("visible", ""):
                inner = _within(inner, (inner[0], top + y, inner[2], top + y + height))
        flowing[node] = inner
        placed[node] = inner if position not in ("static", "") else around_placed
    return _Laid(left, top, entries, lines, clips, faded, turned, columns)


def _turned(tree: Tree, entry: int) -> bool:
    """Whether lines here run otherwise than from left to right."""
    matrix = _style(tree, entry, "transform")
    slanted = matrix.startswith("matrix") and (matrix.startswith("matrix3d") or any(abs(_number(part, 0.0)) > 0.01 for part in matrix[7:-1].split(",")[1:3]))
    return slanted or _style(tree, entry, "writing-mode") not in ("horizontal-tb", "")


def _text(place: Place, laid: _Laid | None, page: _Clip) -> dict[str, Any] | None:
    """The row of one text node; None for blanks."""
    tree, node = place.tree, place.node
    raw = tree.values[node]
    entries = laid.entries.get(node, []) if laid is not None else []
    words = "".join(_string(tree, tree.document["layout"]["text"][entry]) for entry in entries) if entries else raw
    if not words.strip():
        return None
    row: dict[str, Any] = {"t": words if entries else raw[:2_000], "o": place.offset, "n": place.length, "b": []}
    if laid is None or not entries:
        return row | {"h": "unrendered"}
    if _style(tree, entries[0], "visibility") not in ("visible", ""):
        return row | {"h": "hidden"}
    if node in laid.faded:
        return row | {"h": "transparent"}
    if node in laid.columns:
        left, top, right, bottom = _within(_within(laid.columns[node], laid.clips.get(node, page)), page)
        seen: list[list[float]] = [[0, len(words), *(round(v, 2) for v in (left, top, right - left, bottom - top)), 1]] if right > left and bottom > top else []
        row["b"] = seen
        return row if seen else row | {"h": "clipped"}
    seen, why = _lines(tree, entries, laid, laid.clips.get(node, page), page)
    if node in laid.turned:
        seen = [[*line, 1] for line in seen]
    row["b"] = seen
    return row if seen else row | {"h": why}


def _lines(tree: Tree, entries: Sequence[int], laid: _Laid, clip: _Clip, page: _Clip) -> tuple[list[list[float]], str]:
    """(what is seen of the lines of a text node, why nothing is). DevTools counts in UTF-16 units; the record counts characters."""
    boxes, layout = tree.document["textBoxes"], tree.document["layout"]
    found: list[list[float]] = []
    why, before = "unrendered", 0
    for entry in entries:
        words = _string(tree, layout["text"][entry])
        for at in laid.lines.get(entry, ()):
            x, y, width, height = boxes["bounds"][at]
            whole = (laid.left + x, laid.top + y, laid.left + x + width, laid.top + y + height)
            left, top, right, bottom = _within(whole, clip)
            if right - left < _LEAST or bottom - top < _LEAST:
                why = "clipped"
                continue
            left, top, right, bottom = _within((left, top, right, bottom), page)
            if right - left < _LEAST or bottom - top < _LEAST:
                why = "beyond" if why != "clipped" else why
                continue
            start, end = _characters(words, boxes["start"][at], boxes["length"][at])
            found.append([before + start, end - start, *(round(v, 2) for v in (whole[0], top, whole[2] - whole[0], bottom - top))])
        before += len(words)
    return found, why


def _characters(words: str, start: int, length: int) -> tuple[int, int]:
    if words.isascii() or max(words) < "\U00010000":
        return start, start + length
    units = words.encode("utf-16-le")
    first = len(units[: 2 * start].decode("utf-16-le", "replace"))
    return first, first + len(units[2 * start : 2 * (start + length)].decode("utf-16-le", "replace"))


def _within(one: _Clip, other: _Clip) -> _Clip:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _string(tree: Tree, index: int) -> str:
    return tree.strings[index] if 0 <= index < len(tree.strings) else ""


def _style(tree: Tree, entry: int, name: str) -> str:
    styles = tree.document["layout"]["styles"][entry]
    at = STYLES.index(name)
    return _string(tree, styles[at]) if at < len(styles) else ""


def _pixels(tree: Tree, entry: int, name: str) -> float:
    return _number(_style(tree, entry, name).removesuffix("px"), 0.0)


def _number(text: str, other: float) -> float:
    try:
        return float(text)
    except ValueError:
        return other
