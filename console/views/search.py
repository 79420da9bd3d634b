"""检索 and 快照 lists: the same index asked in the same words; the whole state stands in the address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.models import LEVEL_KEYS
from alerts.search_names import names, short_name
from alerts.searches import visible_to
from console.answer import answer, number
from console.marking import UNSEEN, Span, marked, shown
from console.may import may, roles_of
from console.present import FIELDS, label
from indexer.exporting import COLUMNS, USUAL, cell_of
from indexer.models import Page
from indexer.search import backend
from indexer.search.protocol import FACETS, SORTS, Hit, QueryError, SearchPage, SearchQuery
from indexer.search.protocol import FIELDS as KNOWN
from indexer.search.query import parse

READERS = ("officer", "analyst", "leader")
SIZES = (20, 50, 100)
FACET_MOST = 12
LONGEST = 160  # characters of a title or of a piece of text around what was found
FACET_ORDER = ("level", "state", "code", "provision", "region", "genre", "gate", "outcome", "client", "site")
CANNOT_TURN = ("since", "until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says. ``filters``: (field, value, negated)."""

    q: str
    filters: tuple[tuple[str, str, bool], ...]
    sort: str
    size: int
    cursor: str
    columns: tuple[str, ...] = ()  # of the table; none: passages

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        found = []
        for name in KNOWN:
            found += [(name, value, False) for value in request.GET.getlist(name) if value]
            found += [(name, value, True) for value in request.GET.getlist(f"not_{name}") if value]
        size = number(request.GET.get("size"), most=200, default=20)
        sort = request.GET.get("sort", "")
        columns = tuple(name for name in COLUMNS if name in request.GET.getlist("col"))
        return cls(
            request.GET.get("q", "").strip(), tuple(dict.fromkeys(found)), sort if sort in SORTS else "newest", size, request.GET.get("cursor", ""), columns)

    def link(self, *, add: Iterable[tuple[str, str, bool]] = (), drop: Iterable[tuple[str, str, bool]] = (), **changes: Any) -> str:
        """The address of this search with filters added or dropped; it begins at the first page unless a cursor is given."""
        gone = {*drop, *((name, value, not negated) for name, value, negated in add)}
        kept = [f for f in self.filters if f not in gone] + [f for f in add if f not in self.filters]
        pairs = [("q", changes.get("q", self.q))] + [(f"not_{n}" if negated else n, v) for n, v, negated in kept]
        sort, size = changes.get("sort", self.sort), changes.get("size", self.size)
        pairs += [("col", name) for name in changes.get("columns", self.columns)]
        pairs += [("sort", sort if sort != "newest" else ""), ("size", str(size) if size != 20 else ""), ("cursor", changes.get("cursor", ""))]
        return "?" + urlencode([(name, value) for name, value in pairs if value])

    def query(self) -> SearchQuery:
        """Raises QueryError."""
        return parse(
            self.q, filters=[(n, v) for n, v, negated in self.filters if not negated], without=[(n, v) for n, v, negated in self.filters if negated],
            sort=self.sort, limit=self.size, cursor=self.cursor, facets=True, names=names,
        )

    def in_words(self) -> str:
        """What is asked, for a person to read."""
        said = [f"检索式：{self.q}"] if self.q else []
        return "；".join([*said, *(f"{'不含' if negated else '只看'} {FIELDS.get(name, name)}：{named(name, value)}" for name, value, negated in self.filters)])


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a query was not understood, and the character at which: what stands before it, it, what follows."""

    text: str
    before: str = ""
    at: str = ""
    after: str = ""

    @classmethod
    def of(cls, error: QueryError, q: str) -> Problem:
        at = error.position
        if not q or at > len(q):
            return cls(str(error))
        return cls(str(error), q[:at][-LONGEST:], q[at : at + 1] or "␣", q[at + 1 :][:LONGEST])


def named(name: str, value: str) -> str:
    return short_name(value) if name == "provision" else label(name, value)


def _find(asked: Asked) -> tuple[SearchPage | None, Problem | None, str]:
    """What was found, or why it was not asked; and what people should know of the index."""
    try:
        found = backend.search(asked.query())
    except QueryError as error:
        return None, Problem.of(error, asked.q), ""
    return found.page, None, found.note


@may(*READERS)
def search(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request)
    found, problem, note = _find(asked)
    context = _context(request, asked, found, problem, note)
    if found is not None:
        context["hits"] = [_shown(hit, asked.columns) for hit in found.hits] if asked.columns else _gathered(found.hits)
    return answer(request, "console/search.html", context, lambda: _json(found, problem), status=400 if problem else 200)


@may(*READERS)
def captures(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request)
    found, problem, note = _find(asked)
    context = _context(request, asked, found, problem, note)
    if found is not None:
        rows = {page.capture_id: page for page in Page.objects.filter(capture_id__in=[h.capture_id for h in found.hits]).defer("text")}
        context["rows"] = [rows[hit.capture_id] for hit in found.hits if hit.capture_id in rows]
    return answer(request, "console/captures.html", context, lambda: _json(found, problem), status=400 if problem else 200)


def _context(request: HttpRequest, asked: Asked, found: SearchPage | None, problem: Problem | None, note: str) -> dict[str, Any]:
    who = request.user.get_username()
    return {
        "note": note, "saved": visible_to(who), "who": who, "may_save": bool({"officer", "analyst"} & roles_of(request.user)), "whole": asked.link()[1:],
        "columns": [(name, COLUMNS[name], name in (asked.columns or USUAL)) for name in COLUMNS], "heads": [COLUMNS[name] for name in asked.columns],
        "as_list": asked.link(columns=()), "previous": asked.link(cursor=found.previous) if found and found.previous else "",
        "pairs": [(name, value) for name, value in parse_qsl(asked.link()[1:]) if name != "col"],
        "asked": asked, "focus": not asked.q and not asked.filters and request.resolver_match is not None and request.resolver_match.url_name == "search",
        "problem": problem, "found": found, "any": found is None or bool(found.total) or Page.objects.exists(),
        "pills": [_pill(asked, *f) for f in asked.filters], "facets": _facets(asked, found) if found else [],
        "next": asked.link(cursor=found.next) if found and found.next else "", "first": asked.link() if asked.cursor else "",
        "sorts": [("newest", "新的在前", asked.link(sort="newest")), ("oldest", "旧的在前", asked.link(sort="oldest")),
                  ("relevance", "最相关在前", asked.link(sort="relevance"))],
        "sizes": [(size, asked.link(size=size)) for size in SIZES], "clear": "?" + urlencode({"q": asked.q}) if asked.q else "?",
        "hidden": [(f"not_{n}" if negated else n, v) for n, v, negated in asked.filters if n not in ("since", "until")],
        "since": next((v for n, v, _ in asked.filters if n == "since"), ""), "until": next((v for n, v, _ in asked.filters if n == "until"), ""),
    }


def _pill(asked: Asked, name: str, value: str, negated: bool) -> dict[str, Any]:
    can_turn = name not in CANNOT_TURN
    return {
        "field": FIELDS.get(name, name), "value": named(name, value), "negated": negated, "remove": asked.link(drop=[(name, value, negated)]),
        "turn": asked.link(drop=[(name, value, negated)], add=[(name, value, not negated)]) if can_turn else "",
    }


def _facets(asked: Asked, found: SearchPage) -> list[dict[str, Any]]:
    blocks = []
    for name in FACET_ORDER:
        counts = found.facets.get(name, {})
        rows = [
            {"label": named(name, value), "value": value, "count": count, "chosen": (name, value, False) in asked.filters,
             "add": asked.link(add=[(name, value, False)]), "drop": asked.link(drop=[(name, value, False)]), "exclude": asked.link(add=[(name, value, True)])}
            for value, count in list(counts.items())[:FACET_MOST]
        ]
        if rows:
            blocks.append({"name": name, "title": FIELDS[name], "rows": rows, "more": max(0, len(counts) - FACET_MOST)})
    return blocks


def _gathered(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """A page with a finding is kept several times: its captures on this list that say the same stand under the first of them."""
    shown: dict[tuple[Any, ...], dict[str, Any]] = {}
    for hit in hits:
        same = (hit.url, hit.level, hit.codes, hit.gate, hit.outcome)
        if same in shown:
            shown[same]["others"].append(hit)
        else:
            shown[same] = _shown(hit, ()) | {"others": []}
    return list(shown.values())


def _shown(hit: Hit, columns: tuple[str, ...]) -> dict[str, Any]:
    return {
        "cells": [shown(cell_of(name, hit, named), LONGEST if name == "found" else LONGEST // 2) for name in columns],
        "hit": hit, "level": LEVEL_KEYS.get(hit.level or 0, ""), "title": _marks(hit.title, hit.title_marks) if hit.title else "",
        "snippets": [_marks(s.text, s.marks) for s in hit.snippets],
    }


def _marks(text: str, marks: Iterable[tuple[int, int]]) -> SafeString:
    """The words found, marked; of a title without end only its beginning; what nobody sees as ▯, so that it moves nothing."""
    cut = UNSEEN.sub("▯", text[:LONGEST])
    found = marked(cut, [Span(start, end, "", "hit") for start, end in marks])
    return found if len(text) <= LONGEST else format_html("{}…", found)


def _json(found: SearchPage | None, problem: Problem | None) -> dict[str, Any]:
    if found is None:
        return {"error": problem.text if problem else ""}
    return {
        "total": found.total, "exact": found.exact, "next": found.next, "previous": found.previous, "facets": {name: dict(found.facets.get(name, {})) for name in FACETS},
        "hits": [{
            "capture": h.capture_id, "time": h.time.isoformat(), "site": h.site, "url": h.url, "title": h.title, "genre": h.genre, "gate": h.gate,
            "outcome": h.outcome, "level": LEVEL_KEYS.get(h.level or 0), "codes": list(h.codes), "provisions": list(h.provisions),
            "regions": list(h.regions), "states": list(h.states), "company": list(h.company), "icp": list(h.icp), "uscc": list(h.uscc), "client": h.client,
            "title_marks": h.title_marks,
            "snippets": [{"text": s.text, "start": s.start, "marks": s.marks} for s in h.snippets],
        } for h in found.hits],
    }
