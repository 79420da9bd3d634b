"""Documents made for the tests of every search index, and what a query finds of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from indexer.search.protocol import IndexDoc, SearchIndex
from indexer.search.query import parse

T0 = datetime(2026, 11, 20, 8, tzinfo=UTC)


def doc(capture_id: str, text: str, minutes: float = 0, **facts: object) -> IndexDoc:
    values = {"title": "", "url": f"https://example.org/{capture_id}", "site": "https://example.org", "outcome": "ok", "gate": "page", **facts}
    return IndexDoc(capture_id=capture_id, text=text, time=T0 + timedelta(minutes=minutes), **values)  # type: ignore[arg-type]


def found(index: SearchIndex, text: str, **options: object) -> list[str]:
    return [hit.capture_id for hit in index.search(parse(text, **options)).hits]  # type: ignore[arg-type]
