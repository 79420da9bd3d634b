"""The plainest index there can be: every document, every time. What the others must agree with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from indexer.models import LEVEL_KEYS
from indexer.search import protocol
from indexer.search.facts import key, keys
from indexer.search.highlight import marks, snippets
from indexer.search.order import microseconds, read_cursor, sampled, write_cursor
from indexer.search.protocol import FACET_VALUES, FACETS, SAMPLE_ONE_IN, And, Hit, IndexDoc, Is, Node, Or, Phrase, SearchPage, SearchQuery
from indexer.search.query import phrases
from indexer.search.tokens import normalise


def holds(node: Node | None, doc: IndexDoc) -> bool:
    if node is None:
        return True
    if isinstance(node, Phrase):
        fields = {"": (doc.title, doc.text), "title": (doc.title,), "text": (doc.text,), "url": (doc.url,), "company": doc.company}[node.where]
        return any(node.chars in normalise(field) for field in fields)
    if isinstance(node, Is):
        return key(node.field, node.value) in keys(doc)
    if isinstance(node, And):
        return all(holds(part, doc) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, doc) for part in node.parts)
    return not holds(node.part, doc)


FACET_OF = {"code": "codes", "provision": "provisions", "region": "regions", "state": "states"}


def values(doc: IndexDoc, name: str) -> tuple[str, ...]:
    """Of a facet."""
    if name == "level":
        return (LEVEL_KEYS[doc.level],) if doc.level else ()
    value = getattr(doc, FACET_OF.get(name, name))
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (value,) if value else ()


def has(doc: IndexDoc, name: str, wanted: tuple[str, ...]) -> bool:
    if name == "company":
        return any(normalise(value) in normalise(company) for value in wanted for company in doc.company)
    if name == "state":
        return bool(set(doc.states) & set(wanted))
    return any(key(name, value) in keys(doc) for value in wanted)


class MemoryIndex:
    def __init__(self) -> None:
        self.docs: dict[str, IndexDoc] = {}

    def put(self, docs: Iterable[IndexDoc]) -> int:
        new = {doc.capture_id: doc for doc in docs}
        self.docs.update(new)
        return len(new)

    def remove(self, capture_ids: Iterable[str]) -> None:
        for capture_id in capture_ids:
            self.docs.pop(capture_id, None)

    def restate(self, states: Mapping[str, tuple[str, ...]]) -> None:
        for capture_id, now in states.items():
            if capture_id in self.docs:
                self.docs[capture_id] = replace(self.docs[capture_id], states=now)

    def clear(self) -> None:
        self.docs.clear()

    def count(self) -> int:
        return len(self.docs)

    def _passes(self, doc: IndexDoc, query: SearchQuery) -> bool:
        for name, wanted in query.filters.items():
            if name == "since":
                if any(doc.time < datetime.fromisoformat(value) for value in wanted):
                    return False
            elif name == "until":
                if any(doc.time >= datetime.fromisoformat(value) for value in wanted):
                    return False
            elif not has(doc, name, wanted):
                return False
        if any(has(doc, name, refused) for name, refused in query.without.items()):
            return False
        return holds(query.tree, doc)

    def search(self, query: SearchQuery) -> SearchPage:
        """By relevance every hit is as good as the other: newest first."""
        ranked = query.sort == "relevance"
        sign = 1 if query.sort == "oldest" else -1

        def place(doc: IndexDoc) -> tuple[int, str]:
            return sign * microseconds(doc.time), doc.capture_id

        found = sorted((doc for doc in self.docs.values() if self._passes(doc, query)), key=place)
        at = read_cursor(query.cursor) if query.cursor else None
        edge = (sign * at.micros, at.capture_id) if at else None
        if at is not None and edge is not None and at.back:
            before = [doc for doc in found if place(doc) < edge]
            shown, more = before[-query.limit :], len(before) > query.limit
        else:
            rest = [doc for doc in found if edge is None or place(doc) > edge]
            shown, more = rest[: query.limit], len(rest) > query.limit
        back = at is not None and at.back
        score = 0.0 if ranked else None
        return SearchPage(
            hits=tuple(_hit(doc, query) for doc in shown), **(self._totals(found, query.facets) if query.counted else {"total": 0, "exact": False}),
            next=write_cursor(shown[-1].time, shown[-1].capture_id, score=score) if shown and (more or back) else "",
            previous=write_cursor(shown[0].time, shown[0].capture_id, back=True, score=score) if shown and at and (more or not back) else "",
        )

    def _totals(self, found: list[IndexDoc], facets: bool) -> dict[str, object]:
        exact = len(found) <= protocol.EXACT_HITS
        told = found if exact else [doc for doc in found if sampled(doc.capture_id)]
        times = 1 if exact else SAMPLE_ONE_IN
        counted: dict[str, dict[str, int]] = {}
        for name in FACETS if facets else ():
            counts = Counter(value for doc in told for value in values(doc, name))
            most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:FACET_VALUES]
            counted[name] = {value: count * times for value, count in most}
        return {"total": len(told) * times, "exact": exact, "facets": counted}


def _hit(d: IndexDoc, query: SearchQuery) -> Hit:
    wanted = phrases(query.tree)
    return Hit(
        capture_id=d.capture_id, time=d.time, site=d.site, url=d.url, title=d.title, genre=d.genre, gate=d.gate, outcome=d.outcome,
        level=d.level, codes=d.codes, client=d.client, run=d.run, icp=d.icp, company=d.company, uscc=d.uscc, provisions=d.provisions,
        regions=d.regions, states=d.states, title_marks=tuple(marks(d.title, wanted, "title")),
        snippets=snippets(d.text, marks(d.text, wanted, "text")),
    )
