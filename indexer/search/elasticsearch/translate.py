"""A query of ours in the cluster's language. Words are ASCII of our making, values go as values: nothing of what people typed is syntax."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from indexer.search.elasticsearch.mapping import short
from indexer.search.facts import key
from indexer.search.order import microseconds
from indexer.search.protocol import And, Is, Node, Or, Phrase, QueryError, SearchQuery
from indexer.search.tokens import normalise, words

Clause = dict[str, Any]
DEEPEST = 20  # a cluster reads 30 levels of one query (indices.query.bool.max_nested_depth); deeper ones are wrapped, which counts anew


def condition(query: SearchQuery) -> Clause:
    """The words score, the filters do not."""
    filters = [_holds(name, values) for name, values in query.filters.items() if name not in ("since", "until")]
    filters += [_time(name, value) for name in ("since", "until") for value in query.filters.get(name, ())]
    refused = [_holds(name, values) for name, values in query.without.items()]
    return _bool(must=[tree(query.tree)] if query.tree is not None else [], filter=filters, must_not=refused)


def tree(node: Node, depth: int = 0) -> Clause:
    if depth >= DEEPEST:
        inner = json.dumps(tree(node), separators=(",", ":")).encode()
        return {"wrapper": {"query": base64.b64encode(inner).decode()}}
    if isinstance(node, Phrase):
        return phrase(node)
    if isinstance(node, Is):
        return _holds(node.field, (node.value,))
    if isinstance(node, And):
        return _bool(must=[tree(part, depth + 1) for part in node.parts])
    if isinstance(node, Or):
        return _bool(should=[tree(part, depth + 1) for part in node.parts], minimum_should_match=1)
    return _bool(must_not=[tree(node.part, depth + 1)])


def phrase(node: Phrase) -> Clause:
    told = words(node.chars)
    if node.where:
        return {"match_phrase": {node.where: told}}
    return {"multi_match": {"query": told, "type": "phrase", "fields": ["title^10", "text"]}}


def _holds(name: str, values: tuple[str, ...]) -> Clause:
    """One of the values, at least. Raises QueryError for a company's name without a letter."""
    if name == "company":
        return _bool(should=[_company(value) for value in values], minimum_should_match=1)
    if name == "state":
        return {"terms": {"facet_state": list(values)}}
    return {"terms": {"facts": [short(key(name, value)) for value in values]}}


def _company(value: str) -> Clause:
    chars = normalise(value)
    if not chars:
        raise QueryError(f"公司名称“{value}”里没有可检索的文字", 0)
    return phrase(Phrase(chars, "company"))


def _time(name: str, value: str) -> Clause:
    return {"range": {"micros": {"gte" if name == "since" else "lt": microseconds(datetime.fromisoformat(value))}}}


def _bool(**parts: Any) -> Clause:
    return {"bool": {name: part for name, part in parts.items() if part}} if any(parts.values()) else {"match_all": {}}
