"""Who may: every view says it with one decorator; a view that says nothing is refused to everybody (console.middleware.DefaultDeny)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

ROLES = {"officer": "办案人员", "analyst": "分析员", "leader": "领导", "operator": "系统管理员"}
ANYONE = "anyone"  # signed in or not
SIGNED_IN = "signed_in"  # whatever the role
View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=View)


def may(*who: str) -> Callable[[V], V]:
    """Declares who may call the view: role names, or ANYONE, or SIGNED_IN. ValueError for a name that is no role."""
    unknown = set(who) - {*ROLES, ANYONE, SIGNED_IN}
    if unknown or not who:
        raise ValueError(f"no such role: {sorted(unknown)}")

    def declare(view: V) -> V:
        view.may = frozenset(who)  # type: ignore[attr-defined]
        return view

    return declare


def declared(view: Any) -> frozenset[str] | None:
    """Who the view says may call it; None where it says nothing."""
    return getattr(view, "may", None)


def roles_of(user: Any) -> frozenset[str]:
    """The roles of a signed-in user; a superuser has all. Asked once a request."""
    if not getattr(user, "is_authenticated", False):
        return frozenset()
    if user.is_superuser:
        return frozenset(ROLES)
    known = getattr(user, "_console_roles", None)
    if known is None:
        known = frozenset(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
        user._console_roles = known
    return known


def allowed(request: HttpRequest, view: Any) -> bool:
    rule = declared(view)
    if rule is None:
        return False
    if ANYONE in rule:
        return True
    user = request.user
    return bool(user.is_authenticated and (SIGNED_IN in rule or rule & roles_of(user)))
