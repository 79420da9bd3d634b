"""同一主办者或同模板的其他网站: who has what in common with a platform, why that says something, and the graph of it, drawn here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from alerts.models import Platform
from console.answer import answer
from console.may import may
from indexer.models import Page
from indexer.platforms import platform_key
from indexer.sameness.follow import behind
from indexer.sameness.kinds import KINDS
from indexer.sameness.links import Elsewhere, Graph, Link, elsewhere, graph

READERS = ("officer", "analyst", "leader")
WIDTH, HEIGHT = 920, 560  # of the drawing
LABEL = 24  # characters of a name in it
ABOVE, BELOW = 40, 64  # free space over the highest and under the lowest of the drawing


@dataclass(frozen=True, slots=True)
class Node:
    key: str
    x: int
    y: int
    first: bool
    dossier: int | None
    level: str
    name: str = ""  # of the dossier, where there is one

    @property
    def label(self) -> str:
        return _short(self.name or self.key)

    @property
    def below(self) -> str:
        """The address, where the label is a name."""
        return _short(self.key) if self.name and self.name != self.key else ""


@dataclass(frozen=True, slots=True)
class Edge:
    """``x``, ``y``: where its score is written."""

    one: Node
    other: Node
    link: Link
    x: int
    y: int


def _short(said: str) -> str:
    return said if len(said) <= LABEL else f"{said[:LABEL - 1]}…"


@may(*READERS)
def of_platform(request: HttpRequest, id: int) -> HttpResponse:
    found = get_object_or_404(Platform, pk=id)
    return _answer(request, found.key, found, None)


@may(*READERS)
def of_capture(request: HttpRequest, id: str) -> HttpResponse:
    page = get_object_or_404(Page.objects.defer("text"), capture_id=id)
    key = platform_key(page.site)
    return _answer(request, key, Platform.objects.filter(key=key).first(), page)


def _answer(request: HttpRequest, key: str, platform: Platform | None, page: Page | None) -> HttpResponse:
    found = elsewhere(key)
    nodes, edges = drawn(graph(key, found))
    context: dict[str, Any] = {
        "key": key, "platform": platform, "page": page, "links": listed(found.links), "weak": listed(found.weak), "common": found.common, "behind": behind(),
        "nodes": nodes, "edges": edges, "box": _box(nodes), "kinds": KINDS.values(),
    }
    return answer(request, "console/same.html", context, lambda: {
        "platform": key, "links": [_json(link) for link in found.links], "weak": [_json(link) for link in found.weak],
        "common": [{"kind": c.kind, "value": c.value, "platforms": c.platforms} for c in found.common],
        "graph": {"nodes": [node.key for node in nodes], "edges": [[e.one.key, e.other.key, e.link.score] for e in edges]}, "behind": context["behind"],
    })


def listed(links: tuple[Link, ...]) -> list[dict[str, Any]]:
    """Each with its dossier, where there is one."""
    dossiers = {p.key: p for p in Platform.objects.filter(key__in=[link.platform for link in links])}
    return [{"link": link, "platform": dossiers.get(link.platform)} for link in links]


def beside(key: str) -> dict[str, Any]:
    """For the card on a platform's and a capture's page: the strongest few."""
    found: Elsewhere = elsewhere(key)
    return {"links": listed(found.links[:5]), "more": max(0, len(found.links) - 5), "weak": len(found.weak), "behind": behind()}


def _json(link: Link) -> dict[str, Any]:
    return {"platform": link.platform, "site": link.site, "linked": link.linked, "strength": link.strength, "score": link.score, "about": link.about,
            "reasons": [{"kind": r.kind, "value": r.value, "said": r.said, "weight": r.weight, "captures": [r.mine, r.theirs]} for r in link.reasons]}


def _box(nodes: list[Node]) -> str:
    """What of the drawing is shown: its whole width, and of its height what is used."""
    high = [node.y for node in nodes] or [HEIGHT // 2]
    return f"0 {min(high) - ABOVE} {WIDTH} {max(high) - min(high) + ABOVE + BELOW}"


def drawn(found: Graph) -> tuple[list[Node], list[Edge]]:
    """The platform asked for near the middle, those linked with it on an ellipse, those beyond on a wider one."""
    known = {p.key: p for p in Platform.objects.filter(key__in=found.nodes)}
    near = {other for one, other, _ in found.edges if one == 0}
    rings = [[at for at in range(1, len(found.nodes)) if at in near], [at for at in range(1, len(found.nodes)) if at not in near]]
    places = {0: (WIDTH // 2 + 34, HEIGHT // 2 + 26)}  # off the centre: a line between two that face each other would run through it
    for ring, (wide, high) in zip(rings, ((260, 165), (390, 245)), strict=True):
        for number, at in enumerate(ring):
            turn = 2 * math.pi * (number + 0.5 * (len(ring) == 2)) / len(ring) - math.pi / 2
            places[at] = (round(WIDTH / 2 + wide * math.cos(turn)), round(HEIGHT / 2 + high * math.sin(turn)))
    nodes = [Node(key, *places[at], at == 0, known[key].pk, known[key].level_key, str(known[key])) if key in known else Node(key, *places[at], at == 0, None, "")
             for at, key in enumerate(found.nodes)]
    edges = [Edge(nodes[one], nodes[other], link, (nodes[one].x + nodes[other].x) // 2, (nodes[one].y + nodes[other].y) // 2) for one, other, link in found.edges]
    return nodes, edges
