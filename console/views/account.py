"""Signing in and out, changing one's password, and the pages that say no."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse_lazy

from alerts import audit
from console.may import ANYONE, SIGNED_IN, may


class _SignIn(auth_views.LoginView):
    template_name = "console/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"nobody": not User.objects.exists()}


sign_in = may(ANYONE)(_SignIn.as_view())
sign_out = may(SIGNED_IN)(auth_views.LogoutView.as_view(next_page=reverse_lazy("sign-in")))


class _PasswordChange(auth_views.PasswordChangeView):
    template_name = "console/password.html"
    success_url = reverse_lazy("overview")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            name = self.request.user.get_username()
            audit.record(name, "修改密码", f"user:{name}")
        messages.success(self.request, "密码已修改。")
        return response


password = may(SIGNED_IN)(_PasswordChange.as_view())


@may(ANYONE)
def healthz(request: HttpRequest) -> HttpResponse:
    """ok where the database answers; says nothing else to whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failures for this name from this address (django-axes)."""
    return render(request, "console/message.html", {
        "title": "暂时不能登录", "text": "同一用户名连续输错密码 5 次，已锁定 15 分钟。请稍后再试，或请系统管理员重设密码。",
    }, status=429)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "console/message.html", {
        "title": "页面已过期", "text": "提交的内容没有通过校验，什么也没有改动。请返回上一页刷新后重新提交。",
    }, status=403)


@may(ANYONE)
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "console/message.html", {"title": "没有这个页面", "text": "地址可能写错了，或者所指的内容已不在库中。"}, status=404)


@may(ANYONE)
def broken(request: HttpRequest) -> HttpResponse:
    """Rendered without asking who is signed in: the database may be what is broken."""
    page = render_to_string("console/message.html", {
        "title": "系统出错", "text": "这次操作没有完成，错误已记入日志。请稍后重试；仍不行请联系系统管理员运行 adpatrol doctor 检查。",
    })
    return HttpResponse(page, status=500)
