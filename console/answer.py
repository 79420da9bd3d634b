"""One helper for every list: a page for people, or with ``?format=json`` the same rows for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def answer(request: HttpRequest, template: str, context: dict[str, Any], data: Callable[[], dict[str, Any]], *, status: int = 200) -> HttpResponse:
    """``data`` is called only when JSON is asked for. Any other format: 400."""
    asked = request.GET.get("format", "html")
    if asked == "json":
        return JsonResponse(data(), status=status, json_dumps_params={"ensure_ascii": False})
    if asked != "html":
        return HttpResponse("format 只能是 html 或 json", status=400, content_type="text/plain; charset=utf-8")
    return render(request, template, context, status=status)


def number(text: str | None, *, least: int = 1, most: int = 10_000, default: int = 1) -> int:
    """A whole number from the address bar, within bounds; the default where it is none."""
    try:
        return min(max(int(text or ""), least), most)
    except ValueError:
        return default


def refused(request: HttpRequest, title: str, text: str, *, status: int) -> HttpResponse:
    """A page that says what was not done, why, and what to do."""
    return render(request, "console/message.html", {"title": title, "text": text}, status=status)
