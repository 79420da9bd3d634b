"""What the frame of every page needs: who is signed in and where they may go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from console.may import ROLES, roles_of

# (address name, words, roles that see it)
MENU = (
    ("overview", "总览", frozenset(ROLES)), ("leads", "线索", frozenset({"officer", "analyst", "leader"})),
    ("platforms", "平台档案", frozenset({"officer", "analyst", "leader"})), ("search", "检索", frozenset({"officer", "analyst", "leader"})),
    ("captures", "快照", frozenset({"officer", "analyst", "leader"})), ("runs", "巡查", frozenset({"officer", "analyst", "operator", "leader"})),
    ("sessions", "取证会话", frozenset({"officer", "analyst", "leader"})),
    ("try", "试一段文字", frozenset({"officer", "analyst"})), ("selfcheck", "广告自查", frozenset(ROLES)),
    ("messages", "通知", frozenset({"officer", "operator", "leader"})), ("certificates", "执法证", frozenset({"operator"})),
    ("index", "索引", frozenset({"operator", "analyst"})),
    ("audit", "审计", frozenset({"operator", "leader"})),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    mine = roles_of(getattr(request, "user", None))
    match = request.resolver_match
    here = match.url_name.split("-")[0] if match and match.url_name else ""
    return {
        "menu": [(name, words, name.rstrip("s") == here.rstrip("s")) for name, words, who in MENU if mine & who and (name != "selfcheck" or settings.SELFCHECK != "off")],
        "my_roles": "、".join(ROLES[role] for role in ROLES if role in mine),
        "can_see": bool(mine & {"officer", "analyst", "leader"}), "can_decide": "officer" in mine, "can_export": bool(mine & {"officer", "leader"}),
        "can_requeue": bool(mine & {"officer", "operator"}),
    }
