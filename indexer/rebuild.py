"""Everything derived, thrown away and made again from the archive; and the digests that show it came out the same (promises.md, I7)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from classifiers.knowledge import Knowledge
from indexer.ingest import catch_up
from indexer.lock import only_ingest
from indexer.models import Excused, Finding, Page
from indexer.search.sqlite import SqliteIndex
from indexer.store import empty

_PAGE = (
    "capture_id", "seq", "run", "site", "url", "final_url", "client", "outcome", "status", "gate", "gate_reason", "title", "genre",
    "genre_reasons", "violating", "level", "visible_chars", "icp", "company", "uscc", "regions", "source", "has_screenshot", "render_reason", "error", "ruleset",
    "text",
)
_CLAIM = (
    "key", "code", "span", "start", "end", "role", "level", "confidence", "suggestion", "reasons", "provisions", "claim", "rule", "ruleset",
    "wording", "page__capture_id",
)


@dataclass(frozen=True, slots=True)
class Digest:
    """``pages``, ``findings``: SHA-256 over every derived fact but the time it took. ``index``: over what FTS5 itself holds."""

    pages: str
    findings: str
    index: str
    counts: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return {"pages": self.pages, "findings": self.findings, "index": self.index, "counts": self.counts}


def digest() -> Digest:
    pages = Page.objects.order_by("seq").values_list("time", *_PAGE).iterator(chunk_size=200)
    found = Finding.objects.order_by("page__seq", "start", "key").values_list(*_CLAIM).iterator(chunk_size=1000)
    cleared = Excused.objects.order_by("page__seq", "start", "key").values_list("because", *_CLAIM).iterator(chunk_size=1000)
    findings = hashlib.sha256()
    for rows in (found, cleared):
        for row in rows:
            _add(findings, row)
    whole = hashlib.sha256()
    for page in pages:
        _add(whole, page)
    counts = {
        "pages": Page.objects.count(), "findings": Finding.objects.count(), "excused": Excused.objects.count(),
        "documents": SqliteIndex().count(),
    }
    return Digest(f"sha256:{whole.hexdigest()}", f"sha256:{findings.hexdigest()}", _index(), counts)


def _add(digest: Any, row: tuple[Any, ...]) -> None:
    digest.update(json.dumps(row, ensure_ascii=True, sort_keys=True, default=str).encode() + b"\n")


def _index() -> str:
    """Over each word of the index: in how many documents and how often, as FTS5 counts them in its own tables."""
    whole = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.indexer_words USING fts5vocab('main', 'indexer_fts', 'col')")
        cursor.execute("SELECT term, col, doc, cnt FROM temp.indexer_words ORDER BY term, col")
        for row in cursor.fetchall():
            _add(whole, tuple(row))
        cursor.execute("DROP TABLE temp.indexer_words")
    return f"sha256:{whole.hexdigest()}"


def rebuild(archive: Path, knowledge: Knowledge, *, after_batch: Callable[[], object] | None = None) -> int:
    """How many captures were read. A kill on the way loses nothing: the next ingest goes on from where it was. No visit is asked for."""
    with only_ingest(archive.parent):
        empty()
        return catch_up(archive, knowledge, ask=False, after_batch=after_batch)
