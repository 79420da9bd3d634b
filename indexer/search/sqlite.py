"""The embedded index: FTS5 over our own tokens, in the main database, beside the pages it speaks of.

The facts of a document (site, gate, level …) are those of its ``Page`` row, whose id is the FTS5 row id; a page must be stored before it is
put, and taken out before its row changes, in one transaction (indexer.store does both).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection

from indexer.models import LEVEL_KEYS, Finding, Page
from indexer.search.highlight import marks, snippets
from indexer.search.order import TIE_BITS, bucket, first_of, microseconds, read_cursor, write_cursor
from indexer.search.protocol import EXACT_HITS, FACETS, LEVELS, And, Hit, IndexDoc, Node, Or, Phrase, SearchPage, SearchQuery
from indexer.search.query import phrases
from indexer.search.tokens import indexed, words

COLUMNS = {"site": "p.site", "gate": "p.gate", "genre": "p.genre", "outcome": "p.outcome", "run": "p.run"}
# One value each, in the text of a page's row. Names and numbers that pages show are matched as people write them.
PARTS = {
    "domain": "(p.host = %s OR p.host LIKE '%%.' || %s ESCAPE '\\')",
    "icp": "EXISTS (SELECT 1 FROM json_each(p.icp) j WHERE j.value = %s OR j.value LIKE %s || '-%%' ESCAPE '\\')",
    "company": "EXISTS (SELECT 1 FROM json_each(p.company) j WHERE j.value = %s OR j.value LIKE '%%' || %s || '%%' ESCAPE '\\')",
    "client": "(p.client = %s OR '-' || p.client || '-' LIKE '%%-' || %s || '-%%' ESCAPE '\\')",
}
EVERY = 'mark : "x"'  # each document holds it: FTS5 has "a NOT b" but no "NOT b"
T = TypeVar("T")
CHUNK = 500
_INSERT = "INSERT INTO indexer_fts (rowid, title, text, url, mark) VALUES (%s, %s, %s, %s, 'x')"
_DELETE = "INSERT INTO indexer_fts (indexer_fts, rowid, title, text, url, mark) VALUES ('delete', %s, %s, %s, %s, 'x')"


def _literal(value: str) -> str:
    """For LIKE: its wildcards stand for themselves."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def expression(node: Node) -> str:
    """The tree in FTS5's language. Every word is ASCII letters and digits of our making: nothing of the query is quoted by hand."""
    if isinstance(node, Phrase):
        where = node.where or "{title text}"
        return f'({where} : "{words(node.chars)}")'
    if isinstance(node, And):
        return "(" + " AND ".join(expression(part) for part in node.parts) + ")"
    if isinstance(node, Or):
        return "(" + " OR ".join(expression(part) for part in node.parts) + ")"
    return f"(({EVERY}) NOT {expression(node.part)})"


class SqliteIndex:
    """SearchIndex on the connection of the main database."""

    def put(self, docs: Iterable[IndexDoc]) -> int:
        """The pages must be stored, and not yet be in the index."""
        count = 0
        for chunk in _chunks(docs):
            numbers = dict(Page.objects.filter(capture_id__in=[d.capture_id for d in chunk]).values_list("capture_id", "id"))
            rows = [(numbers[d.capture_id], indexed(d.title), indexed(d.text), indexed(d.url)) for d in chunk]
            with connection.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
            count += len(rows)
        return count

    def remove(self, capture_ids: Iterable[str]) -> None:
        """While the rows still say what was indexed: FTS5 wants the old tokens again."""
        for chunk in _chunks(capture_ids):
            pages = Page.objects.filter(capture_id__in=chunk).values_list("id", "title", "text", "url")
            rows = [(number, indexed(title), indexed(text), indexed(url)) for number, title, text, url in pages]
            with connection.cursor() as cursor:
                cursor.executemany(_DELETE, rows)

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO indexer_fts (indexer_fts) VALUES ('delete-all')")

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM indexer_fts WHERE indexer_fts MATCH %s", [EVERY])
            return int(cursor.fetchone()[0])

    def search(self, query: SearchQuery) -> SearchPage:
        window = _Window(query)
        ids, more = window.page()
        total, exact, facets = window.totals()
        hits = _hits(ids, query)
        after = write_cursor(hits[-1].time, hits[-1].capture_id) if more and hits else ""
        return SearchPage(hits=hits, total=total, exact=exact, next=after, facets=facets)


class _Window:
    """One query as SQL: the condition once, then read for a page of hits, for the count and for the facets."""

    def __init__(self, query: SearchQuery) -> None:
        self.query = query
        self.values: list[Any] = []
        conditions: list[str] = []
        if query.tree is not None:
            conditions.append("indexer_fts MATCH %s")
            self.values.append(expression(query.tree))
        conditions += [*self._filters(), *self._without()]
        self.number = "f.rowid" if query.tree is not None else "p.id"
        tables = [] if query.tree is None else ["indexer_fts f"]
        if query.filters or query.without or query.tree is None:
            tables.append("indexer_page p")
            if query.tree is not None:
                conditions.append("p.id = f.rowid")
        # CROSS JOIN: the index is read first, in the order of its row ids
        self.source = " CROSS JOIN ".join(tables)
        self.conditions = conditions

    def _filters(self) -> Iterator[str]:
        for name, values in self.query.filters.items():
            if name in ("since", "until"):
                # all of them hold; the values are compared as Django stores times: UTC without an offset
                for value in values:
                    yield "p.time >= %s" if name == "since" else "p.time < %s"
                    self.values.append(connection.ops.adapt_datetimefield_value(datetime.fromisoformat(value)))
                continue
            yield self._holds(name, values)

    def _without(self) -> Iterator[str]:
        for name, values in self.query.without.items():
            yield f"NOT COALESCE({self._holds(name, values)}, 0)"  # a page that has no level stays

    def _holds(self, name: str, values: Sequence[str]) -> str:
        """The condition that a field has one of the values, and the values put where they will be asked for."""
        holes = ", ".join(["%s"] * len(values))
        if name == "code":
            self.values += values
            return f"EXISTS (SELECT 1 FROM indexer_finding x WHERE x.page_id = p.id AND x.code IN ({holes}))"  # noqa: S608
        if name in PARTS:
            self.values += [form for value in values for form in (value, _literal(value))]
            return f"({' OR '.join([PARTS[name]] * len(values))})"
        self.values += [LEVELS[value] for value in values] if name == "level" else values
        return f"{'p.level' if name == 'level' else COLUMNS[name]} IN ({holes})"

    def _select(self, what: str, extra: Sequence[str], values: Sequence[Any], tail: str) -> list[tuple[Any, ...]]:
        conditions = [*self.conditions, *extra]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        # every part of the statement is ours; what people typed stands in `values`
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {what} FROM {self.source}{where} {tail}", [*self.values, *values])  # noqa: S608
            return list(cursor.fetchall())

    def page(self) -> tuple[list[int], bool]:
        """Document numbers of this page in order, and whether more follow."""
        newest = self.query.sort == "newest"
        after = read_cursor(self.query.cursor) if self.query.cursor else None
        edge: int | None = None  # read from here on, inclusive
        if after is not None:
            at = bucket(after[0])
            edge = first_of(at + 1) - 1 if newest else first_of(at)
        found: list[int] = []
        wanted = self.query.limit + 1
        while len(found) < wanted:
            numbers = self._numbers(edge, wanted - len(found) + 8, newest)
            if not numbers:
                break
            found += self._in_order(numbers, after, newest)
            edge = numbers[-1] - 1 if newest else numbers[-1] + 1
        return found[: self.query.limit], len(found) > self.query.limit

    def _numbers(self, edge: int | None, count: int, newest: bool) -> list[int]:
        """``count`` numbers from ``edge`` on, and the rest of the last one's millisecond."""
        number, order = self.number, "DESC" if newest else "ASC"
        tail = f"ORDER BY {number} {order}"
        limits = [f"{number} {'<=' if newest else '>='} %s"] if edge is not None else []
        first = [row[0] for row in self._select(number, limits, [edge] if limits else [], f"{tail} LIMIT {count}")]
        if len(first) < count:
            return first
        at = bucket_of(first[-1])
        low, high = (first_of(at), first[-1] - 1) if newest else (first[-1] + 1, first_of(at + 1) - 1)
        return first + [row[0] for row in self._select(number, [f"{number} BETWEEN %s AND %s"], [low, high], tail)]

    def _in_order(self, numbers: Sequence[int], after: tuple[int, str] | None, newest: bool) -> list[int]:
        """By exact time, then capture id; without what the cursor has already passed."""
        facts: list[tuple[tuple[int, str], int]] = []
        for chunk in _chunks(numbers):
            for number, time, capture_id in Page.objects.filter(id__in=chunk).values_list("id", "time", "capture_id"):
                micros = microseconds(time)
                facts.append(((-micros if newest else micros, capture_id), number))
        passed = ((-after[0] if newest else after[0]), after[1]) if after else None
        return [number for key, number in sorted(facts) if passed is None or key > passed]

    def totals(self) -> tuple[int, bool, dict[str, dict[str, int]]]:
        """How many hits, whether that is exact, and the facets over them (the newest EXACT_HITS where there are more)."""
        tail = f"ORDER BY {self.number} DESC LIMIT {EXACT_HITS + 1}"
        if not self.query.facets:
            rows = self._select(self.number, [], [], tail)
            return min(len(rows), EXACT_HITS), len(rows) <= EXACT_HITS, {}
        numbers = [row[0] for row in self._select(self.number, [], [], tail)]
        exact = len(numbers) <= EXACT_HITS
        numbers = numbers[:EXACT_HITS]
        return len(numbers), exact, _facets(numbers)


def bucket_of(number: int) -> int:
    return number >> TIE_BITS


def _facets(numbers: Sequence[int]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
    for chunk in _chunks(numbers):
        rows = Page.objects.filter(id__in=chunk).values_list("site", "gate", "genre", "outcome", "client", "level").order_by()
        for *plain, level in rows:
            for name, value in zip(("site", "gate", "genre", "outcome", "client"), plain, strict=True):
                if value:
                    counts[name][value] += 1
            if level:
                counts["level"][LEVEL_KEYS[level]] += 1
        codes = Finding.objects.filter(page_id__in=chunk).values_list("page_id", "code").order_by().distinct()
        counts["code"].update(code for _, code in codes)
    return {name: dict(sorted(counter.items(), key=lambda item: (-item[1], item[0]))) for name, counter in counts.items()}


def _hits(numbers: Sequence[int], query: SearchQuery) -> tuple[Hit, ...]:
    pages = Page.objects.in_bulk(list(numbers))
    codes: dict[int, set[str]] = {}
    for page_id, code in Finding.objects.filter(page_id__in=numbers).values_list("page_id", "code").order_by().distinct():
        codes.setdefault(page_id, set()).add(code)
    wanted = phrases(query.tree)
    hits = []
    for number in numbers:
        page = pages[number]
        hits.append(Hit(
            capture_id=page.capture_id, time=page.time, site=page.site, url=page.url, title=page.title, genre=page.genre, gate=page.gate,
            outcome=page.outcome, level=page.level, codes=tuple(sorted(codes.get(number, ()))),
            title_marks=tuple(marks(page.title, wanted, "title")), snippets=snippets(page.text, marks(page.text, wanted, "text")),
        ))
    return tuple(hits)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK)):
        yield chunk
