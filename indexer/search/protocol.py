"""What is asked of a search index, in our own words: no backend's language, so that each can join.

SearchError
 ├── QueryError        the query cannot be read: what, and at which character (counted from 0)
 └── CaptureNotFound   no document of that capture
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

FIELDS = (
    "site", "domain", "icp", "company", "uscc", "code", "level", "provision", "region", "state", "gate", "genre", "outcome", "run", "client",
    "since", "until",
)
FACETS = ("level", "code", "provision", "region", "state", "genre", "gate", "outcome", "client", "site")
FACET_VALUES = 100  # of each facet the most frequent values; between equals by value
LEVELS = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
STATES = ("waiting", "confirmed", "dismissed")  # of the leads that rest on a page: what people decided, fed from above (indexer.standing)
SORTS = ("newest", "oldest", "relevance")
OUTERMOST = ("state", "since", "until")  # fields that hold for the whole query only: no backend keeps them where it keeps the words
EXACT_HITS = 50_000  # counts and facets are exact up to so many hits; beyond, from the sample, and marked 约
SAMPLE_ONE_IN = 32  # the sample: which documents is decided by the capture id alone (``sampled``), the same in every backend
MAX_LIMIT = 1_000


class SearchError(Exception):
    """Base; the message is one line in Chinese."""


class QueryError(SearchError):
    def __init__(self, message: str, position: int) -> None:
        self.message, self.position = message, position
        super().__init__(f"检索式第 {position + 1} 个字符处：{message}")


class CaptureNotFound(SearchError):
    def __init__(self, capture_id: str) -> None:
        super().__init__(f"索引中没有快照 {capture_id}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must stand one after the other. ``where``: title, text, url or company (within one name); empty: title or text."""

    chars: str  # folded, one character a token (indexer.search.tokens)
    where: Literal["", "title", "text", "url", "company"] = ""


@dataclass(frozen=True, slots=True)
class Is:
    """A fact of the page: ``value`` as in ``SearchQuery.filters``, of any field but company (a phrase) and OUTERMOST."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node = Phrase | Is | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """``tree`` None: every page. ``filters``: field -> values, any of which will do; fields are joined by "and". ``without``: field -> values,
    none of which may hold (a page without the field stays). ``since`` (inclusive)
    and ``until`` (exclusive) are ISO 8601 with an offset, and hold all of them. ``domain``: a host and all below it; ``icp``: a filing
    number, or one of its sites; ``company``: a part of the name; ``client``: whole or a part (phone, browser); ``region``: a place's name,
    whole or without 省, 市 …; a value and a document meet where ``indexer.search.facts`` gives both the same key. ``cursor``: ``next`` or
    ``previous`` of another page of the same query. ``sort``: newest or oldest first by time of capture, capture id between equal times;
    relevance: best first (how good is each backend's own affair), then newest, then capture id. ``counted`` false: the hits alone, without
    total and facets, which cost more than the hits."""

    tree: Node | None = None
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Literal["newest", "oldest", "relevance"] = "newest"
    limit: int = 20
    cursor: str = ""
    facets: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDoc:
    """What is indexed of one capture. The short facts ride along for filters and facets."""

    capture_id: str
    time: datetime
    title: str
    text: str
    url: str
    run: str = ""
    site: str = ""
    client: str = ""
    outcome: str = ""
    gate: str = ""
    genre: str = ""
    level: int | None = None
    codes: tuple[str, ...] = ()
    icp: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    uscc: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()  # ids, of its findings
    regions: tuple[str, ...] = ()  # names of places, the wider ones too: 浙江省, 浙江省杭州市
    states: tuple[str, ...] = ()  # of STATES


@dataclass(frozen=True, slots=True)
class Snippet:
    """A passage of the text: ``marks`` are stretches within ``text``; ``start`` is its offset in the page's text."""

    text: str
    start: int
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    capture_id: str
    time: datetime
    site: str
    url: str
    title: str
    genre: str
    gate: str
    outcome: str
    level: int | None
    codes: tuple[str, ...]
    client: str = ""
    run: str = ""
    icp: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    uscc: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    title_marks: tuple[tuple[int, int], ...] = ()
    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """``total`` is exact where ``exact`` (up to EXACT_HITS); else SAMPLE_ONE_IN times the hits of the sample, and so is each count of a facet.
    ``next`` is empty on the last page, ``previous`` on the first. ``facets``: field -> value -> count, most frequent first, at most
    FACET_VALUES each; a value is a level's key, never its number. Where it was not ``counted``: 0, not exact, no facets."""

    hits: tuple[Hit, ...]
    total: int
    exact: bool = True
    next: str = ""
    previous: str = ""
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class SearchIndex(Protocol):
    def put(self, docs: Iterable[IndexDoc]) -> int:
        """Stores or replaces, by capture id; answers how many. Repeatable."""
        ...

    def remove(self, capture_ids: Iterable[str]) -> None:
        """Takes documents out; unknown ids are passed over."""
        ...

    def restate(self, states: Mapping[str, tuple[str, ...]]) -> None:
        """Sets the states of stored documents, by capture id; unknown ids are passed over."""
        ...

    def search(self, query: SearchQuery) -> SearchPage:
        """Raises QueryError for a cursor or filter value that cannot be read."""
        ...

    def count(self) -> int:
        """How many documents there are."""
        ...

    def clear(self) -> None:
        """Takes everything out."""
        ...
