"""The plainest index there can be: every document, every time. What the others must agree with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from indexer.models import LEVEL_KEYS, host_of
from indexer.search.highlight import marks, snippets
from indexer.search.order import microseconds, read_cursor, write_cursor
from indexer.search.protocol import FACETS, And, Hit, IndexDoc, Node, Or, Phrase, SearchPage, SearchQuery
from indexer.search.query import phrases
from indexer.search.tokens import normalise


def holds(node: Node | None, doc: IndexDoc) -> bool:
    if node is None:
        return True
    if isinstance(node, Phrase):
        fields = {"": (doc.title, doc.text), "title": (doc.title,), "text": (doc.text,), "url": (doc.url,)}[node.where]
        return any(node.chars in normalise(field) for field in fields)
    if isinstance(node, And):
        return all(holds(part, doc) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, doc) for part in node.parts)
    return not holds(node.part, doc)


def values(doc: IndexDoc, name: str) -> tuple[str, ...]:
    if name == "code":
        return doc.codes
    if name == "level":
        return (LEVEL_KEYS[doc.level],) if doc.level else ()
    value = getattr(doc, name)
    return (value,) if value else ()


PARTS = {
    "domain": lambda doc, value: host_of(doc.site) == value or host_of(doc.site).endswith(f".{value}"),
    "icp": lambda doc, value: any(icp == value or icp.lower().startswith(f"{value.lower()}-") for icp in doc.icp),
    "company": lambda doc, value: any(value.lower() in company.lower() for company in doc.company),
    "client": lambda doc, value: f"-{value}-" in f"-{doc.client}-",
}


def has(doc: IndexDoc, name: str, wanted: tuple[str, ...]) -> bool:
    if name in PARTS:
        return any(PARTS[name](doc, value) for value in wanted)
    return bool(set(values(doc, name)) & set(wanted))


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
        sign = -1 if query.sort == "newest" else 1
        after = read_cursor(query.cursor) if query.cursor else None
        found = sorted((d for d in self.docs.values() if self._passes(d, query)), key=lambda d: (sign * microseconds(d.time), d.capture_id))
        rest = [d for d in found if after is None or (sign * microseconds(d.time), d.capture_id) > (sign * after[0], after[1])]
        shown = rest[: query.limit]
        facets = {}
        if query.facets:
            for name in FACETS:
                counts = Counter(value for doc in found for value in values(doc, name))
                facets[name] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        wanted = phrases(query.tree)
        return SearchPage(
            hits=tuple(
                Hit(
                    capture_id=d.capture_id, time=d.time, site=d.site, url=d.url, title=d.title, genre=d.genre, gate=d.gate,
                    outcome=d.outcome, level=d.level, codes=d.codes, title_marks=tuple(marks(d.title, wanted, "title")),
                    snippets=snippets(d.text, marks(d.text, wanted, "text")),
                ) for d in shown
            ),
            total=len(found), next=write_cursor(shown[-1].time, shown[-1].capture_id) if len(rest) > len(shown) else "", facets=facets,
        )
