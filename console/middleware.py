"""What holds for every answer: who may, how long a session may rest, and what the browser is told it may load."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from console.may import allowed, declared

log = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponseBase]
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
POLICIES = {
    "Content-Security-Policy": CSP, "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()", "X-Robots-Tag": "noindex",
}
SEEN_EVERY_S = 60  # a session is written at most so often


def headers(get_response: Answer) -> Answer:
    """No answer of ours may load anything from elsewhere, run inline script, or be kept by a shared cache."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in POLICIES.items():
            response.headers.setdefault(name, value)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def idle(get_response: Answer) -> Answer:
    """Signs out who has done nothing for CONSOLE_IDLE_S. A page that refreshes itself counts as nothing."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now, seen = int(time.time()), request.session.get("seen")
            if seen is not None and now - int(seen) > settings.CONSOLE_IDLE_S:
                logout(request)
                messages.info(request, f"超过 {settings.CONSOLE_IDLE_S // 60} 分钟没有操作，已自动退出，请重新登录。")
            elif request.headers.get("X-Polling") is None and "poll" not in request.GET and (seen is None or now - int(seen) > SEEN_EVERY_S):
                request.session["seen"] = now
        return get_response(request)

    return answer


class DefaultDeny:
    """Asks console.may before any view runs. Anonymous: to the sign-in page; signed in without the role: 403 in Chinese."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if allowed(request, view):
            return None
        if declared(view) is None:
            log.error("view without a declaration of who may: %s", getattr(view, "__qualname__", view))
        elif not request.user.is_authenticated:
            return _to_sign_in(request)
        if request.GET.get("format") == "json":
            return JsonResponse({"error": "您的角色无权查看或操作"}, status=403, json_dumps_params={"ensure_ascii": False})
        return render(request, "console/403.html", status=403)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.GET.get("format") == "json":
        return JsonResponse({"error": "请先登录"}, status=401, json_dumps_params={"ensure_ascii": False})
    target = f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else settings.LOGIN_URL
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": settings.LOGIN_URL})
    return HttpResponseRedirect(target)
