"""Searches that people keep, and what is told of new pages among their hits.

A page is new to a search where it is hit now and the capture of the same address before was not: what is met again every day is told of once.
One alert a search and batch, in the transaction that moves the position: a kill repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import parse_qsl

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from alerts import audit
from alerts.errors import NotAllowed
from alerts.models import Alert, SavedSearch
from alerts.registering import parts
from alerts.routing import Raised, digest_of
from alerts.search_names import names
from indexer.models import Page
from indexer.search.protocol import FIELDS, QueryError, SearchQuery
from indexer.search.query import parse
from indexer.search.sqlite import SqliteIndex

MOST = 50  # searches of one person
MAX_ASKED = 4_000


def query_of(asked: str) -> SearchQuery:
    """What the query string of the search page asks for. Raises QueryError."""
    try:
        pairs = parse_qsl(asked, max_num_fields=200)
    except ValueError:
        raise QueryError("检索条件过多", 0) from None
    text = next((value for name, value in pairs if name == "q"), "")
    return parse(
        text, filters=[pair for pair in pairs if pair[0] in FIELDS and pair[1]],
        without=[(name[4:], value) for name, value in pairs if name.startswith("not_") and name[4:] in FIELDS and value], names=names,
    )


def save(owner: str, name: str, asked: str, *, shared: bool, alerting: bool, now: datetime | None = None) -> SavedSearch:
    """Keeps a search under a name; the owner's one of the same name is replaced. Raises QueryError where it cannot be asked, NotAllowed."""
    name = " ".join(name.split())[:60]
    if not name:
        raise NotAllowed(owner, "保存检索", "请填写名称")
    if len(asked) > MAX_ASKED:
        raise NotAllowed(owner, "保存检索", "检索条件过长")
    query_of(asked)
    with transaction.atomic():
        known = SavedSearch.objects.filter(owner=owner, name=name).first()
        if known is None and SavedSearch.objects.filter(owner=owner).count() >= MOST:
            raise NotAllowed(owner, "保存检索", f"每人最多保存 {MOST} 项，请先删除不用的")
        search = known or SavedSearch(owner=owner, name=name, created_at=now or timezone.now())
        search.asked, search.shared, search.alerting, search.problem = asked, shared, alerting, ""
        search.position = Page.objects.aggregate(last=Max("seq"))["last"] or 0  # what is there already is no news
        search.save()
        audit.record(owner, "保存检索", f"search:{search.pk}", name=name, asked=asked, shared=shared, alerting=alerting)
    return search


def delete(search_id: int, who: str) -> None:
    """One's own only. Raises NotAllowed."""
    with transaction.atomic():
        search = SavedSearch.objects.filter(pk=search_id, owner=who).first()
        if search is None:
            raise NotAllowed(who, "删除已存检索", "只能删除自己保存的检索")
        audit.record(who, "删除已存检索", f"search:{search_id}", name=search.name, asked=search.asked)
        search.delete()


def visible_to(who: str) -> list[SavedSearch]:
    """One's own first, then those shared by others."""
    found = SavedSearch.objects.filter(Q(owner=who) | Q(shared=True))
    return sorted(found, key=lambda one: (one.owner != who, one.name))


def look(seqs: Sequence[int], *, now: datetime) -> list[Raised]:
    """The alerts of new hits among the pages just stored, by their archive ``seq``. Call inside a transaction."""
    raised: list[Raised] = []
    for search in SavedSearch.objects.filter(alerting=True).order_by("id"):
        later = [seq for seq in seqs if seq > search.position]
        if not later:
            continue
        problem, new = "", []
        try:
            new = _new(query_of(search.asked), later)
        except QueryError as error:  # a provision or type that was named is gone from the settings
            problem = str(error)
        SavedSearch.objects.filter(pk=search.pk).update(problem=problem, position=max(later))
        if new:
            raised.append(_raise(search, new, max(later), now))
    return raised


def _new(query: SearchQuery, seqs: Sequence[int]) -> list[Page]:
    """The pages hit whose address was not hit by the capture before."""
    pages: list[Page] = []
    for part in parts(seqs):
        pages += Page.objects.filter(seq__in=part).only("id", "seq", "url", "url_key").order_by("seq")
    index = SqliteIndex()
    hit = index.among(query, [page.id for page in pages])
    found = [page for page in pages if page.id in hit]
    before = {page.id: _before(page) for page in found}
    known = index.among(query, sorted({number for number in before.values() if number is not None}))
    return [page for page in found if before[page.id] not in known]


def _before(page: Page) -> int | None:
    """The number of the capture of this address before."""
    return Page.objects.filter(url_key=page.url_key, seq__lt=page.seq).order_by("-seq").values_list("id", flat=True).first()


def _raise(search: SavedSearch, new: Iterable[Page], upto: int, now: datetime) -> Raised:
    count = len({page.url_key for page in new})
    key = digest_of("search", search.pk, search.created_at.isoformat(), upto)
    text = f"已存检索“{search.name}”（{search.owner}）有 {count} 个页面新命中。"
    alert, made = Alert.objects.get_or_create(key=key, defaults={
        "kind": Alert.Kind.SEARCH, "search": search, "level": 2, "numbers": [], "digest": key, "text": text, "raised_at": now, "changed_at": now,
    })
    return Raised(alert, made)
