"""What is done with a search: export its result, keep it under a name, take it away again; audited."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from alerts import audit, searches
from alerts.errors import CaseError
from alerts.models import Alert
from alerts.search_names import name_of
from console.answer import refused
from console.may import may
from console.views.search import READERS, Asked, named
from indexer.exporting import COLUMNS, MOST, USUAL, Export, NothingToExport, Order, csv_lines, json_lines, write_xlsx
from indexer.search import backend
from indexer.search.protocol import QueryError

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8",
}


@may(*READERS)
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The whole result, MOST rows at most, in the order shown."""
    asked, kind = Asked.of(request), request.GET.get("as", "xlsx")
    if kind not in TYPES:
        return refused(request, "没有这种格式", "可以导出 XLSX、CSV 或 JSON Lines。", status=400)
    now, who = timezone.now(), request.user.get_username()
    try:
        order = Order(query=asked.query(), asked=asked.in_words(), who=who, at=now, columns=asked.columns or USUAL, most=MOST)
        made = Export(order, lambda query: backend.search(query).page, _called)
    except (QueryError, NothingToExport) as error:
        return refused(request, "没有导出", str(error), status=400)
    with transaction.atomic():
        audit.record(who, "导出检索结果", "search", asked=asked.in_words(), sort=asked.sort, format=kind, columns=list(made.columns), most=MOST)
    name = f"search-{now:%Y%m%d-%H%M%S}.{kind}"
    response: StreamingHttpResponse | FileResponse
    if kind == "xlsx":
        response = FileResponse(_workbook(made), content_type=TYPES[kind])
    else:
        response = StreamingHttpResponse(csv_lines(made) if kind == "csv" else json_lines(made), content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _called(name: str, value: str) -> str:
    """The full name of a provision; else as on the page."""
    return name_of(name, value) if name == "provision" else named(name, value)


def _workbook(made: Export) -> Any:
    """An open file that goes when it is closed: the response closes it."""
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - closed by the response that sends it
    write_xlsx(made, Path(file.name))
    return file


@may("officer", "analyst")
def save(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return redirect("search")
    asked = request.POST.get("asked", "")
    try:
        search = searches.save(
            request.user.get_username(), request.POST.get("name", ""), asked, shared="shared" in request.POST, alerting="alerting" in request.POST,
        )
    except (QueryError, CaseError) as error:
        return refused(request, "没有保存", str(error), status=400)
    messages.success(request, f"已保存检索“{search.name}”" + ("，有新命中时提醒" if search.alerting else ""))
    return redirect(f"{reverse('search')}?{search.asked}")


@may("officer", "analyst")
def delete(request: HttpRequest, id: int) -> HttpResponse:
    """Asks first."""
    who = request.user.get_username()
    search = next((one for one in searches.visible_to(who) if one.pk == id and one.owner == who), None)
    if search is None:
        return refused(request, "不能删除", "这项检索不存在，或不是您保存的。", status=404)
    if request.method != "POST":
        return render(request, "console/search_delete.html", {"search": search})
    try:
        searches.delete(id, who)
    except CaseError as error:
        return refused(request, "不能删除", str(error), status=400)
    messages.success(request, f"已删除检索“{search.name}”")
    return redirect("search-saved")


@may(*READERS)
@require_GET
def saved(request: HttpRequest) -> HttpResponse:
    """The searches kept, and what was told of them lately."""
    who = request.user.get_username()
    visible = searches.visible_to(who)
    told = Alert.objects.filter(kind=Alert.Kind.SEARCH, search__in=visible).order_by("-raised_at", "-id")[:50]
    return render(request, "console/search_saved.html", {"saved": visible, "who": who, "told": told, "columns": COLUMNS})
