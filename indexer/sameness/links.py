"""Which other platforms have what in common with one, how much it says, and the graph of them. Computed when asked, from the signals kept:
a link is never stored, so that it can never outlive its reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from classifiers.pictures import SAME, distance
from indexer.sameness.kinds import ALIKE, CARRIES, KINDS, LINKED, NEAR, STRONG, shown
from indexer.sameness.likeness import alike
from indexer.sameness.tables import Band, Signal, Sketch

MOST_SIGNALS, MOST_SKETCHES, MOST_CANDIDATES = 600, 200, 600
MOST_PICTURES = 20_000  # different ones that are compared by their look
MOST_LINKS = 60
MOST_NODES = 30  # of a graph
MOST_WIDENED = 10  # neighbours whose own neighbours are looked at


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing two platforms have in common. ``said``: in Chinese. ``mine``, ``theirs``: captures that show it."""

    kind: str
    value: str
    weight: int
    said: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Common:
    """What is shared with so many platforms that it proves nothing."""

    kind: str
    value: str
    platforms: int

    @property
    def said(self) -> str:
        kind = KINDS[self.kind]
        return f"{kind.name} {shown(self.kind, self.value)}：在 {self.platforms} 个平台出现，属常见值（热线、模板或公共服务），不作为依据"


@dataclass(frozen=True, slots=True)
class Link:
    """Another platform. ``site``: one of its sites; ``linked``: enough in common; else too little, and told apart."""

    platform: str
    site: str
    score: int
    reasons: tuple[Reason, ...]

    @property
    def linked(self) -> bool:
        return self.score >= LINKED and max(reason.weight for reason in self.reasons) >= CARRIES

    @property
    def strength(self) -> str:
        return "强" if self.score >= STRONG else "中" if self.linked else "弱"

    @property
    def about(self) -> str:
        operator = sum(reason.weight for reason in self.reasons if KINDS[reason.kind].about == "operator")
        return "疑为同一主办者" if operator >= CARRIES else "疑为同一模板"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """``links``: the strongest first; ``weak``: what has too little in common to be linked; ``common``: what proves nothing."""

    links: tuple[Link, ...] = ()
    weak: tuple[Link, ...] = ()
    common: tuple[Common, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """``nodes``: platform keys, the one asked for first. ``edges``: pairs of places in ``nodes`` with their link."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[int, int, Link], ...] = ()


@dataclass(slots=True)
class _Found:
    reasons: dict[str, list[Reason]] = field(default_factory=lambda: defaultdict(list))  # by platform
    sites: dict[str, str] = field(default_factory=dict)
    common: list[Common] = field(default_factory=list)

    def add(self, platform: str, site: str, reason: Reason) -> None:
        self.sites.setdefault(platform, site)
        self.reasons[platform].append(reason)


def elsewhere(platform: str) -> Elsewhere:
    """What other platforms have in common with this one (``indexer.platforms.platform_key``)."""
    found = _Found()
    mine = list(Signal.objects.filter(platform=platform).order_by("-last_seen", "kind", "value")[:MOST_SIGNALS])
    by_value: dict[tuple[str, str], Signal] = {}
    for signal in mine:
        by_value.setdefault((signal.kind, signal.value), signal)
    for kind in {kind for kind, _ in by_value}:
        _same_values(found, platform, kind, {value: signal for (one, value), signal in by_value.items() if one == kind})
    _same_pictures(found, platform, [signal for (kind, _), signal in by_value.items() if kind == "picture"])
    _same_texts(found, platform)
    links = [_link(name, found.sites[name], reasons) for name, reasons in found.reasons.items()]
    links.sort(key=lambda link: (-link.score, link.platform))
    common = sorted(found.common, key=lambda one: (one.kind, -one.platforms, one.value))
    return Elsewhere(tuple(link for link in links if link.linked)[:MOST_LINKS], tuple(link for link in links if not link.linked)[:MOST_LINKS], tuple(common))


def _link(platform: str, site: str, reasons: Iterable[Reason]) -> Link:
    """Each kind counts once, and the two kinds of picture together: ten icons are no better than one."""
    ordered = sorted(reasons, key=lambda reason: (-reason.weight, reason.kind, reason.value))
    best: dict[str, int] = {}
    for reason in ordered:
        group = "look" if reason.kind in ("favicon", "picture") else reason.kind
        best[group] = max(best.get(group, 0), reason.weight)
    return Link(platform, site, sum(best.values()), tuple(ordered[:20]))


def _same_values(found: _Found, platform: str, kind: str, mine: dict[str, Signal]) -> None:
    shared = Signal.objects.filter(kind=kind, value__in=list(mine)).order_by()
    spread = dict(shared.values_list("value").annotate(platforms=Count("platform", distinct=True)))
    most = KINDS[kind].common
    found.common += [Common(kind, value, platforms) for value, platforms in spread.items() if platforms > most]
    telling = [value for value, platforms in spread.items() if 1 < platforms <= most]
    for row in Signal.objects.filter(kind=kind, value__in=telling).exclude(platform=platform).order_by("platform", "value", "-last_seen"):
        signal = mine[row.value]
        reason = Reason(kind, row.value, KINDS[kind].weight, KINDS[kind].said.format(value=shown(kind, row.value)), signal.capture_id, row.capture_id)
        if all((one.kind, one.value) != (kind, row.value) for one in found.reasons[row.platform]):
            found.add(row.platform, row.site, reason)


def _same_pictures(found: _Found, platform: str, mine: list[Signal]) -> None:
    """Pictures that look alike without being equal: the same at another size or quality."""
    if not mine:
        return
    others = list(Signal.objects.filter(kind="picture").exclude(platform=platform).order_by("-seq").values_list("value", "platform", "site", "capture_id")[:MOST_PICTURES])
    for signal in mine[:30]:
        near = [row for row in others if 0 < distance(signal.value, row[0]) <= SAME]
        if len({row[1] for row in near}) > KINDS["picture"].common:
            continue
        for _value, name, site, capture in near:
            if all(one.kind != "picture" for one in found.reasons[name]):
                found.add(name, site, Reason("picture", signal.value, 1, KINDS["picture"].said.format(value=signal.value), signal.capture_id, capture))


def _same_texts(found: _Found, platform: str) -> None:
    best: dict[str, tuple[float, Sketch, Sketch]] = {}
    spread: dict[int, set[str]] = defaultdict(set)
    mine = list(Sketch.objects.filter(platform=platform).order_by("-seq")[:MOST_SKETCHES])
    for sketch in mine:
        own = Band.objects.filter(sketch=sketch).values("band")
        near = Sketch.objects.filter(bands__band__in=own).exclude(platform=platform).distinct().order_by("-seq")[:MOST_CANDIDATES]
        for other in near:
            share = alike(bytes(sketch.signature), bytes(other.signature))
            if share >= ALIKE:
                spread[sketch.pk].add(other.platform)
                if share > best.get(other.platform, (0.0,))[0]:
                    best[other.platform] = (share, sketch, other)
    for sketch in mine:
        if len(spread[sketch.pk]) >= KINDS["text"].common:
            found.common.append(Common("text", sketch.url[:80], len(spread[sketch.pk]) + 1))
    for name, (share, sketch, other) in best.items():
        if len(spread[sketch.pk]) < KINDS["text"].common:
            weight = LINKED if share >= NEAR else KINDS["text"].weight
            found.add(name, other.site, Reason("text", f"{share:.0%}", weight, KINDS["text"].said.format(value=f"{share:.0%}"), sketch.capture_id, other.capture_id))


def graph(platform: str, first: Elsewhere | None = None) -> Graph:
    """The platform, those linked with it, and those linked with these: at most ``MOST_NODES``."""
    start = first or elsewhere(platform)
    nodes = [platform, *(link.platform for link in start.links[:MOST_NODES - 1])]
    edges: dict[tuple[int, int], Link] = {(0, at): link for at, link in enumerate(start.links[:MOST_NODES - 1], 1)}
    for at, link in enumerate(start.links[:MOST_WIDENED], 1):
        for further in elsewhere(link.platform).links:
            if further.platform not in nodes and len(nodes) < MOST_NODES:
                nodes.append(further.platform)
            if further.platform in nodes and (place := nodes.index(further.platform)) != at:
                edges.setdefault((min(at, place), max(at, place)), further)
    return Graph(tuple(nodes), tuple((one, other, link) for (one, other), link in sorted(edges.items())))
