"""索引: which index answers, how far behind it is, what the cluster would not take and why, and each step that was taken."""

from __future__ import annotations

from typing import Any

from django.contrib import messages as told
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from alerts import audit
from console.answer import answer, number
from console.context import shell
from console.may import may
from indexer.search import feeding
from indexer.search.state import IndexStep, ParkedDocument
from indexer.search.status import status

PER_PAGE = 50
STEPS = 30
DETAIL = {"why": "原因", "before": "之前", "count": "数量", "reason": "原因", "pages": "页面", "missing": "缺", "extra": "多", "stale": "旧"}


@may("analyst", "operator")
def index(request: HttpRequest) -> HttpResponse:
    """The reason of a refused page may quote it: the operator sees its kind alone."""
    standing = status()
    page = Paginator(ParkedDocument.objects.all(), PER_PAGE).get_page(number(request.GET.get("page")))
    may_read = bool(shell(request)["can_see"])
    parked = [{"capture": one.capture_id, "reason": one.reason if may_read else one.reason.split(":")[0], "tries": one.tries, "at": one.parked_at} for one in page]
    steps = [{"at": one.at, "who": one.who, "act": one.act, "index": one.index, "detail": _detail(one.detail)} for one in IndexStep.objects.all()[:STEPS]]
    context = {"standing": standing, "cluster": standing["cluster"], "page": page, "parked": parked, "may_read": may_read, "steps": steps}
    return answer(request, "console/index.html", context, lambda: {
        **standing, "parked": [{**one, "at": one["at"].isoformat()} for one in parked], "steps": [{**one, "at": one["at"].isoformat()} for one in steps]})


def _detail(detail: dict[str, Any]) -> str:
    return "，".join(f"{DETAIL[name]} {value}" for name, value in detail.items() if name in DETAIL and value != "")


@may("analyst", "operator")
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """One parked page, or all."""
    asked = request.POST.get("capture", "")
    ids = [asked] if asked else list(ParkedDocument.objects.values_list("capture_id", flat=True))
    who = request.user.get_username()
    with transaction.atomic():
        count = feeding.retry(ids, who=who)
        if count:
            audit.record(who, "重试搁置的页面", "index", count=count, captures=ids[:50])
    if count:
        told.success(request, f"{count} 个页面已重新排队，随即再写一次检索集群。")
    else:
        told.error(request, "没有这样的搁置页面，可能已经写入；请刷新本页。")
    return HttpResponseRedirect(reverse("index"))
