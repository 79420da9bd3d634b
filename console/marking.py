"""A page's text with each claim marked, in safe HTML: the text stays exact, spans may overlap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MOST = 150_000  # characters shown whole; of longer pages the stretches far from any claim are left out, and said so
AROUND = 1_500


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in code points. ``ref``: number beside which it is explained. ``kind``: a level's key, "excused" or "hit"."""

    start: int
    end: int
    ref: str
    kind: str


RANK = ("hit", "excused", "blue", "yellow", "orange", "red")


# Of what a reader cannot see: marks that turn the direction of writing, characters of no width, controls. (Line ends and tabs are seen.)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def unseen(text: str) -> int:
    """How many characters of the text nobody sees."""
    return len(UNSEEN.findall(text))


def shown(text: str, most: int = 200) -> str:
    """One line of a site's words for a heading, a list or a tip: what nobody sees is shown as its code, white space collapsed, cut at ``most``."""
    line = " ".join(text[: 8 * most].split())
    line = UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", line[: 2 * most])
    return line if len(line) <= most and len(text) <= 8 * most else line[: most - 1] + "…"


def marked(text: str, spans: Sequence[Span], *, first: int = 0, last: int | None = None) -> SafeString:
    """``text[first:last]`` with the spans marked. The number is a generated label (CSS), so that copying gives the page's own words."""
    last = len(text) if last is None else last
    inside = [s for s in spans if s.start < s.end and s.start < last and s.end > first]
    edges = sorted({first, last, *(max(first, s.start) for s in inside), *(min(last, s.end) for s in inside)})
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text, inside, edges, last)))


def _pieces(text: str, spans: Sequence[Span], edges: Sequence[int], last: int) -> list[SafeString]:
    order = sorted(spans, key=lambda s: (s.start, s.end, s.ref))
    found: list[SafeString] = []
    open_spans: list[Span] = []
    at = 0
    for low, high in pairwise(edges):
        while at < len(order) and order[at].start <= low:
            open_spans.append(order[at])
            at += 1
        open_spans = [s for s in open_spans if s.end > low]
        if not open_spans:
            found += _plain(text, low, high)
            continue
        top = max(open_spans, key=lambda s: RANK.index(s.kind))
        begins = [s.ref for s in open_spans if s.start == low and s.ref]
        found.append(_mark(text[low:high], top.kind, begins))
    return found


def _mark(text: str, kind: str, begins: Sequence[str]) -> SafeString:
    if not begins:
        return format_html('<mark class="m-{}">{}</mark>', kind, text)
    anchors = format_html_join("", '<a class="at" id="m{}"></a>', ((ref,) for ref in begins))
    return format_html('{}<mark class="m-{} ref" data-ref="{}">{}</mark>', anchors, kind, "·".join(begins), text)


def _plain(text: str, low: int, high: int) -> list[SafeString]:
    if len(text) <= MOST or high - low <= 2 * AROUND:
        return [format_html("{}", text[low:high])]
    left = high - low - 2 * AROUND
    return [format_html('{}<span class="cut">……此处略去 {} 字，见全文……</span>{}', text[low : low + AROUND], left, text[high - AROUND : high])]
