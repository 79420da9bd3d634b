"""One query against the embedded index: its hits' numbers counted once, then cut into a page.

Few hits are read whole, in one pass, and serve the count, the facets and the page. Too many to count (the sample tells first, at a
small part of the cost) are counted in the sample, and the page is read from the end of the index where it stands.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt
from typing import Any

from django.db import connection

from indexer.models import Page
from indexer.search import kinds, protocol, readers
from indexer.search.expression import EVERY, expression
from indexer.search.order import TIE_BITS, Cursor, bucket, first_of, microseconds, read_cursor
from indexer.search.protocol import SAMPLE_ONE_IN, SearchQuery

CHUNK = 500
SURE = 8  # standard deviations by which the sample must exceed what the bound leads to expect, and some: beyond all chance
SOME = 16
FEW = 16  # hits of the sample: from here on counting in SQLite and reading the page anew is less work than reading every hit
KINDS, NUMBERS, TOTAL = "kinds", "numbers", "total"  # what is read of the hits that are counted
SPARE = 8  # numbers read beyond a page: hits of the cursor's own millisecond may stand before it
FAR = (1 << 63) - 1  # above every number
TITLE, TEXT, REST = 10.0, 1.0, 0.0  # weights of bm25
Row = Any  # a tuple of numbers, as long as was asked


@dataclass(frozen=True, slots=True)
class Totals:
    total: int
    exact: bool
    facets: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of a page in order, the scores of its first and last where they are ranked, and whether there are pages beside it."""

    numbers: list[int]
    next: bool = False
    previous: bool = False
    scores: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What orders a hit: exact where another of its millisecond is beside it, else by the number alone."""

    number: int
    micros: int
    capture_id: str = ""
    score: float | None = None

    def key(self, newest: bool) -> tuple[float, int, str]:
        return (-(self.score or 0.0), -self.micros if newest else self.micros, self.capture_id)


@dataclass(slots=True)
class _Met:
    """Hits that were counted: their numbers in ascending order, and how many are of each site and kind (numbers as SQLite writes them)."""

    numbers: list[int] = field(default_factory=list)
    sites: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Condition:
    """SQL beside the words: every part of it is ours; what people typed stands in ``values``."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    facts: bool = False  # speaks of the fact table


class Window:
    def __init__(self, query: SearchQuery) -> None:
        """Raises QueryError for a value that cannot be looked for."""
        self.query = query
        self.match = expression(query)
        self.condition = _condition(query)
        self.after = read_cursor(query.cursor) if query.cursor else None
        self._all: list[int] | None = None  # every hit in ascending order, once they were counted exactly

    # --- how many, and of what kinds

    def totals(self) -> Totals:
        """Exact up to EXACT_HITS, else what the sample tells."""
        facets, bound = self.query.facets, protocol.EXACT_HITS
        read = KINDS if facets else NUMBERS
        sample = _met(readers.together([self._counted("indexer_sample", read)])) if _many() else None
        expected = bound / SAMPLE_ONE_IN
        if sample is None or len(sample.numbers) <= expected + SURE * sqrt(expected) + SOME:
            if sample is not None and not facets and len(sample.numbers) >= FEW:
                total = sum(row[0] for row in self._read(self._parts(TOTAL, bound + 1, sample.numbers)))
                return Totals(total, True, {}) if total <= bound else Totals(len(sample.numbers) * SAMPLE_ONE_IN, False, {})
            found = _met(self._read(self._parts(read, bound + 1, sample.numbers if sample else [])))
            if len(found.numbers) <= bound:
                self._all = found.numbers
                return Totals(len(found.numbers), True, kinds.count(found.sites, found.kinds, 1) if facets else {})
        if sample is None:
            sample = _met(self._rows(self._counted("indexer_sample", read)))
        return Totals(len(sample.numbers) * SAMPLE_ONE_IN, False, kinds.count(sample.sites, sample.kinds, SAMPLE_ONE_IN) if facets else {})

    def _read(self, parts: Sequence[readers.Statement]) -> list[Row]:
        return readers.together(parts) if len(parts) > 1 else self._rows(parts[0])

    def _parts(self, read: str, most: int, sample: Sequence[int]) -> list[readers.Statement]:
        """Reads all hits, at least ``most`` if there are so many. In a large index (``sample``: its hits there) each processor reads a part of the
        years, cut where the sample's hits fall into equal parts."""
        if len(sample) < 2 * readers.PARTS:
            return [self._counted("indexer_fts", read, most)]
        cuts = [sample[len(sample) * part // readers.PARTS] for part in range(1, readers.PARTS)]
        return [
            self._counted("indexer_fts", read, most, more="f.rowid >= %s AND f.rowid < %s", values=[low, high])
            for low, high in zip([0, *cuts], [*cuts, FAR], strict=True)
        ]

    def _counted(self, table: str, read: str, most: int | None = None, **bounds: Any) -> readers.Statement:
        """All hits in one row: between two rows SQLite takes Python's lock, for which threads would wait at every hit."""
        what = "f.rowid AS number, d.site AS site, d.kind AS kind" if read == KINDS else "f.rowid AS number"
        sql, values = self._statement(what, "ORDER BY f.rowid" + (f" LIMIT {most}" if most else ""), table=table, facts=read == KINDS, **bounds)
        told = {KINDS: "group_concat(number), group_concat(site), group_concat(kind)", NUMBERS: "group_concat(number)", TOTAL: "count(*)"}[read]
        return f"SELECT {told} FROM ({sql})", values  # noqa: S608

    def _select(self, what: str, tail: str, **how: Any) -> list[Row]:
        return self._rows(self._statement(what, tail, **how))

    def _rows(self, statement: readers.Statement) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(*statement)
            return list(cursor.fetchall())

    def _statement(
        self, what: str, tail: str, *, more: str = "", values: Sequence[Any] = (), table: str = "indexer_fts", facts: bool = False,
    ) -> readers.Statement:
        """CROSS JOIN: the index is read first, in the order of its row ids."""
        condition = self.condition
        source = f"{table} f" + (" CROSS JOIN indexer_indexedfact d ON d.id = f.rowid" if facts or condition.facts else "")
        parts = [f"{table} MATCH %s", *condition.parts, *([more] if more else [])]
        return f"SELECT {what} FROM {source} WHERE {' AND '.join(parts)} {tail}", [self.match or EVERY, *condition.values, *values]  # noqa: S608

    def among(self, numbers: Sequence[int]) -> list[int]:
        """Which of these hit: each is looked up by itself, for they may lie years apart."""
        holes = ", ".join(["%s"] * len(numbers))
        return [row[0] for row in self._select("f.rowid", "", more=f"f.rowid IN ({holes})", values=numbers)]

    # --- the page

    def page(self) -> Place:
        query, after = self.query, self.after
        back = after is not None and after.back
        wanted = query.limit + 1
        found: list[_Facts] = []
        newest = query.sort != "oldest"
        edge = _key_of(after, newest) if after else None
        source = self._ranked(after, back) if query.sort == "relevance" else self._by_time(after, newest != back, wanted)
        for group in source:
            ordered = sorted(group, key=lambda one: one.key(newest), reverse=back)
            found += [one for one in ordered if edge is None or (one.key(newest) < edge if back else one.key(newest) > edge)]
            if len(found) >= wanted:
                break
        more = len(found) > query.limit
        shown = found[: query.limit]
        if back:
            shown.reverse()
        if not shown:
            return Place([])
        return Place(
            [one.number for one in shown], next=more or back, previous=after is not None and (more or not back), scores=(shown[0].score, shown[-1].score),
        )

    def _by_time(self, after: Cursor | None, down: bool, wanted: int) -> Iterator[list[_Facts]]:
        """Groups of hits from the cursor on, each with all of its last millisecond."""
        edge: int | None = None  # read from here on, inclusive
        if after is not None:
            edge = first_of(bucket(after.micros) + 1) - 1 if down else first_of(bucket(after.micros))
        while numbers := self._numbers(edge, wanted + SPARE, down):
            yield _facts(numbers, None if after is None else bucket(after.micros))
            if len(numbers) < wanted + SPARE:  # there are no more, and to look for them would be to read the rest of the index
                return
            edge = numbers[-1] - 1 if down else numbers[-1] + 1

    def _numbers(self, edge: int | None, count: int, down: bool) -> list[int]:
        """``count`` numbers from ``edge`` on, and the rest of the last one's millisecond."""
        first = self._run(edge, count, down)
        if len(first) < count:
            return first
        at = first[-1] >> TIE_BITS
        low, high = (first_of(at), first[-1] - 1) if down else (first[-1] + 1, first_of(at + 1) - 1)
        if self._all is not None:
            between = self._all[bisect_left(self._all, low) : bisect_right(self._all, high)]
            return first + (between[::-1] if down else between)
        order = "DESC" if down else "ASC"
        return first + [row[0] for row in self._select("f.rowid", f"ORDER BY f.rowid {order}", more="f.rowid BETWEEN %s AND %s", values=[low, high])]

    def _run(self, edge: int | None, count: int, down: bool) -> list[int]:
        if self._all is not None:
            if down:
                end = len(self._all) if edge is None else bisect_right(self._all, edge)
                return self._all[max(0, end - count) : end][::-1]
            begin = 0 if edge is None else bisect_left(self._all, edge)
            return self._all[begin : begin + count]
        more = "" if edge is None else f"f.rowid {'<=' if down else '>='} %s"
        rows = self._select("f.rowid", f"ORDER BY f.rowid {'DESC' if down else 'ASC'} LIMIT {count}", more=more, values=[] if edge is None else [edge])
        return [row[0] for row in rows]

    # --- by relevance

    def _ranked(self, after: Cursor | None, back: bool) -> Iterator[list[_Facts]]:
        """Groups of hits of the same score and millisecond, best first (``back``: worst first), from the cursor's on. Of too many hits the
        newest EXACT_HITS are ranked."""
        scores = self._scores()
        rows = sorted(((-score, -(number >> TIE_BITS)), number) for number, score in scores)
        edge = (-(after.score or 0.0), -bucket(after.micros)) if after else None
        if back:
            rows.reverse()
        at = 0
        while at < len(rows):
            end = at
            while end < len(rows) and rows[end][0] == rows[at][0]:
                end += 1
            place = rows[at][0]
            if edge is None or (place <= edge if back else place >= edge):
                yield _facts([number for _, number in rows[at:end]], None if after is None else bucket(after.micros), -place[0])
            at = end

    def _scores(self) -> list[tuple[int, float]]:
        tail = f"ORDER BY f.rowid DESC LIMIT {protocol.EXACT_HITS}"
        if self.query.tree is None:
            return [(row[0], 0.0) for row in self._select("f.rowid", tail)]
        return [(number, -score) for number, score in self._select(f"f.rowid, bm25(indexer_fts, {TITLE}, {TEXT}, {REST})", tail)]


def _met(rows: Sequence[Row]) -> _Met:
    """``rows``: of each part the hits' numbers, sites and kinds, with commas between them; None where nothing was hit."""
    met = _Met()
    for written in rows:
        lists = [text.split(",") if text else [] for text in written]
        met.numbers += map(int, lists[0])
        for counter, met_there in zip((met.sites, met.kinds), lists[1:], strict=False):
            counter.update(met_there)
    met.numbers.sort()  # they come in order, but SQLite does not promise it
    return met


def _key_of(cursor: Cursor, newest: bool) -> tuple[float, int, str]:
    return (-(cursor.score or 0.0), -cursor.micros if newest else cursor.micros, cursor.capture_id)


def _facts(numbers: Sequence[int], edge: int | None, score: float | None = None) -> list[_Facts]:
    """Hardly two captures fall into one millisecond: rows are read only where they do, or where the cursor stands in it (``edge``)."""
    times = Counter([number >> TIE_BITS for number in numbers])
    close = [number for number in numbers if times[number >> TIE_BITS] > 1 or number >> TIE_BITS == edge]
    exact: dict[int, _Facts] = {}
    for at in range(0, len(close), CHUNK):
        stored = Page.objects.filter(id__in=close[at : at + CHUNK]).order_by().values_list("id", "time", "capture_id")
        exact.update({number: _Facts(number, microseconds(time), capture_id, score) for number, time, capture_id in stored})
    if len(close) == len(numbers):
        return list(exact.values())
    apart = set(numbers).difference(close)
    return [*exact.values(), *(_Facts(number, 1000 * (number >> TIE_BITS), "", score) for number in apart)]


def _many() -> bool:
    """Whether there may be more documents than are counted exactly; if not, the sample need not be asked first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM indexer_sample_docsize LIMIT 1 OFFSET %s", [protocol.EXACT_HITS // SAMPLE_ONE_IN])
        return cursor.fetchone() is not None


def _condition(query: SearchQuery) -> _Condition:
    condition = _Condition()
    for name in ("since", "until"):
        for value in query.filters.get(name, ()):
            _bound(condition, datetime.fromisoformat(value), until=name == "until")
    for refused, values in ((False, query.filters.get("state", ())), (True, query.without.get("state", ()))):
        if values:
            likes = " OR ".join(["k.states LIKE %s"] * len(values))
            condition.parts.append(f"d.kind {'NOT IN' if refused else 'IN'} (SELECT k.id FROM indexer_indexedkind k WHERE {likes})")  # noqa: S608
            condition.values += [f"% {value} %" for value in values]
            condition.facts = True
    return condition


def _bound(condition: _Condition, time: datetime, *, until: bool) -> None:
    """Numbers tell the time to the millisecond, within the years they can hold; within the bound's own one the rows are asked."""
    micros = microseconds(time)
    at = bucket(micros)
    low, high = first_of(at), first_of(at + 1) - 1
    if micros == 1000 * at:
        condition.parts.append("f.rowid < %s" if until else "f.rowid >= %s")
        condition.values.append(low)
        return
    same = "SELECT p.id FROM indexer_page p WHERE p.id BETWEEN %s AND %s AND p.time"
    condition.parts.append(f"f.rowid <= %s AND f.rowid NOT IN ({same} >= %s)" if until else f"f.rowid >= %s AND f.rowid NOT IN ({same} < %s)")
    condition.values += [high if until else low, low, high, connection.ops.adapt_datetimefield_value(time)]
