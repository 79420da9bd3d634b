"""What a document is on the cluster: our own tokens as words between blanks, the facts as keys, and what facets count. Nothing else gets in.

The words are those of the embedded index (indexer.search.tokens); `whitespace` takes them as they are on any cluster, with any plugin. The
original text stays in the database: the cluster keeps no copy of it and highlights nothing.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from indexer.models import LEVEL_KEYS
from indexer.search.facts import keys
from indexer.search.order import microseconds, sampled
from indexer.search.protocol import FACETS, IndexDoc
from indexer.search.tokens import indexed

MAX_KEY = 8_000  # characters: Lucene takes 32,766 bytes a word, and a hostile page can name anything
_WORDS = {"type": "text", "analyzer": "whitespace", "norms": False}
_KEY = {"type": "keyword"}
MANY = {"code": "codes", "provision": "provisions", "region": "regions", "state": "states"}  # facets of several values: where they stand
WORDS = ("title", "text", "url", "company")
MAPPINGS: dict[str, Any] = {
    "dynamic": "strict",
    "_source": {"excludes": list(WORDS)},  # made again from the stored pages, never from here
    "properties": {
        "capture_id": _KEY, "micros": {"type": "long"}, "sampled": {"type": "boolean"}, "facts": _KEY,
        **dict.fromkeys(WORDS, _WORDS),
        **{f"facet_{name}": _KEY for name in FACETS},
    },
}


def settings(*, shards: int = 1, replicas: int = 0) -> dict[str, Any]:
    """``request``: an acknowledged write is on the disk."""
    return {"number_of_shards": shards, "number_of_replicas": replicas, "refresh_interval": "1s", "translog.durability": "request"}


@cache
def schema() -> str:
    """Names this definition of the fields: an index of another one is filled anew."""
    properties = {name: value for name, value in MAPPINGS.items() if name != "_meta"}
    return hashlib.sha256(json.dumps([3, properties], sort_keys=True).encode()).hexdigest()[:16]


MAPPINGS["_meta"] = {"made_by": "adpatrol", "schema": schema()}


def source(doc: IndexDoc) -> dict[str, Any]:
    """The document as it is sent; empty fields are left out."""
    found: dict[str, Any] = {
        "capture_id": doc.capture_id, "micros": microseconds(doc.time), "sampled": sampled(doc.capture_id), "title": indexed(doc.title),
        "text": indexed(doc.text), "url": indexed(doc.url), "company": [indexed(name) for name in doc.company], "facts": [short(one) for one in keys(doc)],
    }
    for name in FACETS:
        found[f"facet_{name}"] = [short(value) for value in values(doc, name)]
    return {name: value for name, value in found.items() if value not in ("", [])}


def values(doc: IndexDoc, facet: str) -> tuple[str, ...]:
    """What the document counts for in a facet."""
    if facet == "level":
        return (LEVEL_KEYS[doc.level],) if doc.level else ()
    value = getattr(doc, MANY.get(facet, facet))
    return value if isinstance(value, tuple) else (value,) if value else ()


def short(key: str) -> str:
    """A key of any length as one that fits."""
    return key if len(key) <= MAX_KEY else f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
