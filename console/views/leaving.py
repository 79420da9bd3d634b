"""The warning between the console and a patrolled site."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from console.leaving import unsigned
from console.may import may


@may("officer", "analyst", "leader")
def leaving(request: HttpRequest) -> HttpResponse:
    url = unsigned(request.GET.get("to", ""))
    if not url:
        raise Http404
    response = render(request, "console/leaving.html", {"url": url})
    response["Referrer-Policy"] = "no-referrer"
    return response
