"""执法证: who may sign into a 取证会话. Registered by the operator; everybody's are shown with what is wrong with them today."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from alerts.models import Certificate
from alerts.sessions.errors import SessionRefused
from alerts.sessions.officers import set_certificate
from console.answer import answer
from console.may import may
from console.present import BEIJING


@may("operator")
def certificates(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _set(request)
        return HttpResponseRedirect(reverse("certificates"))
    today = datetime.now(BEIJING).date()
    held = {one.user_id: one for one in Certificate.objects.all()}
    officers = User.objects.filter(is_active=True, groups__name="officer").order_by("username").distinct()
    rows = [{"user": user, "held": held.get(user.pk), "said": _said(held.get(user.pk), today)} for user in officers]
    asked = request.GET.get("user", "")
    chosen = next((row for row in rows if row["user"].username == asked), None)
    return answer(request, "console/sessions/certificates.html", {"rows": rows, "form": _form(chosen)}, lambda: {"certificates": [
        {"user": r["user"].username, "number": r["held"].number if r["held"] else None, "valid_until": r["held"].valid_until.isoformat() if r["held"] else None}
        for r in rows]})


def _form(chosen: dict[str, Any] | None) -> dict[str, str]:
    """What the form shows of the person that was chosen."""
    if chosen is None:
        return {}
    held = chosen["held"]
    known = {"user": chosen["user"].username, "name": held.name if held else chosen["user"].first_name}
    return known | ({"number": held.number, "organ": held.organ, "valid_from": held.valid_from.isoformat(), "valid_until": held.valid_until.isoformat()}
                    if held else {})


def _said(held: Certificate | None, today: date) -> str:
    if held is None:
        return "未登记"
    return "有效" if held.valid_from <= today <= held.valid_until else "已过期" if today > held.valid_until else "尚未生效"


def _set(request: HttpRequest) -> None:
    given: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in ("name", "number", "organ")}
    user = User.objects.filter(username=request.POST.get("user", ""), is_active=True).first()
    try:
        if user is None:
            raise SessionRefused("没有这个用户")
        dates = {name: date.fromisoformat(request.POST.get(name, "")) for name in ("valid_from", "valid_until")}
        set_certificate(user, **given, **dates, by=request.user.get_username())
    except ValueError:
        messages.error(request, "日期写成 2026-01-31 的样子。没有登记。")
    except SessionRefused as error:
        messages.error(request, f"{error}。没有登记。")
    else:
        messages.success(request, f"{given['name']} 的执法证已登记。")
