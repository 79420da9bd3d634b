"""What is indexed of a stored page: the same for every backend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from indexer.models import Finding, Page, Standing
from indexer.search.protocol import IndexDoc


def documents(pages: Iterable[Page]) -> list[IndexDoc]:
    """What is indexed of stored pages."""
    pages = list(pages)
    found: dict[int, list[tuple[str, list[str]]]] = {}
    for page_id, code, provisions in Finding.objects.filter(page_id__in=[p.id for p in pages]).order_by().values_list("page_id", "code", "provisions"):
        found.setdefault(page_id, []).append((code, provisions))
    return with_states([document(page, found.get(page.id, ())) for page in pages])


def with_states(docs: list[IndexDoc]) -> list[IndexDoc]:
    """With what people decided of the leads that rest on them (indexer.standing)."""
    states = dict(Standing.objects.filter(capture_id__in=[doc.capture_id for doc in docs]).values_list("capture_id", "states"))
    return [replace(doc, states=tuple(states[doc.capture_id])) if doc.capture_id in states else doc for doc in docs]


def document(page: Page, findings: Iterable[tuple[str, list[str]]]) -> IndexDoc:
    """``findings``: code and provisions of each."""
    found = list(findings)
    return IndexDoc(
        capture_id=page.capture_id, time=page.time, title=page.title, text=page.text, url=page.url, run=page.run, site=page.site,
        client=page.client, outcome=page.outcome, gate=page.gate, genre=page.genre, level=page.level,
        codes=tuple(sorted({code for code, _ in found})), icp=tuple(page.icp), company=tuple(page.company), uscc=tuple(page.uscc),
        provisions=tuple(sorted({id for _, provisions in found for id in provisions})), regions=tuple(page.regions),
    )
