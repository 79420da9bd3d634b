"""A query in FTS5's language. Every word is ASCII letters and digits of our making: nothing of what people typed is quoted by hand.

The column ``rest`` holds the words of the address, of the companies' names and the facts' keys, each behind a letter of its own that no word
of a page begins with: so a phrase without a column is looked for in title and text alone, at no cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from indexer.search import facts
from indexer.search.protocol import OUTERMOST, And, IndexDoc, Is, Node, Not, Or, Phrase, QueryError, SearchQuery
from indexer.search.tokens import indexed, marked, normalise, words

URL, COMPANY, KEY = "u", "y", "k"
BETWEEN = "zz"  # between the names of companies: no phrase runs across
EVERY = "kx"  # each document holds it: FTS5 has "a NOT b" but no "NOT b"


@lru_cache(maxsize=65_536)
def key_word(key: str) -> str:
    return KEY + hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def columns(doc: IndexDoc) -> tuple[str, str, str]:
    """Title, text and rest as they are stored: the same for the same document, for FTS5 wants them again to take it out."""
    rest = [EVERY, *map(key_word, facts.keys(doc)), marked(doc.url, URL)]
    rest += [f"{marked(name, COMPANY)} {BETWEEN}" for name in doc.company]
    return indexed(doc.title), indexed(doc.text), " ".join(filter(None, rest))


def expression(query: SearchQuery) -> str:
    """Of everything but the fields of OUTERMOST; empty where every document will do. Raises QueryError."""
    parts: list[Node] = [] if query.tree is None else [query.tree]
    parts += [_any(name, values) for name, values in query.filters.items() if name not in OUTERMOST]
    parts += [Not(_any(name, values)) for name, values in query.without.items() if name not in OUTERMOST]
    return _node(parts[0] if len(parts) == 1 else And(tuple(parts))) if parts else ""


def _any(name: str, values: Iterable[str]) -> Node:
    one = tuple(company(value) if name == "company" else Is(name, value) for value in values)
    return one[0] if len(one) == 1 else Or(one)


def company(value: str) -> Phrase:
    """Raises QueryError where nothing of the name can be looked for."""
    chars = normalise(value)
    if not chars:
        raise QueryError(f"公司名称“{value}”里没有可检索的文字", 0)
    return Phrase(chars, "company")


def _node(node: Node) -> str:
    if isinstance(node, Phrase):
        return _phrase(node)
    if isinstance(node, Is):
        return key_word(facts.key(node.field, node.value))
    if isinstance(node, Or):
        return "(" + " OR ".join(_node(part) for part in node.parts) + ")"
    if isinstance(node, Not):
        return f"({EVERY} NOT {_node(node.part)})"
    wanted = [_node(part) for part in node.parts if not isinstance(part, Not)] or [EVERY]
    refused = [_node(part.part) for part in node.parts if isinstance(part, Not)]
    found = " AND ".join(wanted) if len(wanted) == 1 else f"({' AND '.join(wanted)})"
    return f"({found} NOT ({' OR '.join(refused)}))" if refused else found


def _phrase(phrase: Phrase) -> str:
    if phrase.where in ("title", "text"):
        return f'({phrase.where} : "{words(phrase.chars)}")'
    mark = {"url": URL, "company": COMPANY}.get(phrase.where, "")
    return f'"{" ".join(mark + word for word in words(phrase.chars).split())}"'
