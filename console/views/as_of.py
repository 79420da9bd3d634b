"""某日检索: the search over the pages as they stood at the end of a day, by the same index and the same words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from alerts.search_names import names
from console.answer import answer
from console.may import may
from console.views.search import _shown as shown_hit
from indexer import history
from indexer.search import backend
from indexer.search.protocol import Hit, QueryError
from indexer.search.query import parse

READERS = ("officer", "analyst", "leader")
MOST = 1_000  # captures looked through, newest first; what stands beyond is said to
PAGE = 200


@may(*READERS)
def as_of(request: HttpRequest) -> HttpResponse:
    """``q`` as in the search, ``day``: the last day that counts. Of each address only the capture in force then is listed."""
    q, day = request.GET.get("q", "").strip(), request.GET.get("day", "").strip()
    context: dict[str, Any] = {"q": q, "day": day, "asked": bool(q or day), "problem": "", "hits": [], "most": MOST, "cut": False}
    if context["asked"]:
        try:
            found, context["cut"] = _found(q, day)
            context["hits"] = [shown_hit(hit, ()) for hit in found]
        except (QueryError, ValueError, OverflowError) as error:
            context["problem"] = str(error) if not isinstance(error, OverflowError) else "没有这一天"
    return answer(request, "console/as_of.html", context, lambda: {
        "day": day, "problem": context["problem"], "cut": context["cut"],
        "hits": [{"capture": h["hit"].capture_id, "url": h["hit"].url, "time": h["hit"].time.isoformat()} for h in context["hits"]],
    }, status=400 if context["problem"] else 200)


def _found(q: str, day: str) -> tuple[list[Hit], bool]:
    """(hits in force at the end of the day, whether there were more captures than are looked through). Raises QueryError, ValueError."""
    when = history.read_day(day)
    kept: list[Hit] = []
    cursor = ""
    for _ in range(MOST // PAGE):
        page = backend.search(parse(q, filters=[("until", when.isoformat())], limit=PAGE, cursor=cursor, counted=False, names=names)).page
        ids = [hit.capture_id for hit in page.hits]
        standing = set(history.standing(when).filter(capture_id__in=ids).values_list("capture_id", flat=True))
        kept += [hit for hit in page.hits if hit.capture_id in standing]
        cursor = page.next
        if not cursor:
            return kept, False
    return kept, True
