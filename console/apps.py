from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        user_logged_in.connect(_signed_in, dispatch_uid="console.signed_in")
        user_logged_out.connect(_signed_out, dispatch_uid="console.signed_out")


def _signed_in(sender: Any, request: Any, user: Any, **_: Any) -> None:
    _tell(user, "登录", request)


def _signed_out(sender: Any, request: Any, user: Any, **_: Any) -> None:
    if user is not None:
        _tell(user, "退出", request)


def _tell(user: Any, act: str, request: Any) -> None:
    """等保: who came and went stands in the audit trail."""
    from django.db import transaction

    from alerts import audit

    with transaction.atomic():
        audit.record(user.get_username(), act, f"user:{user.get_username()}", address=(request.META.get("REMOTE_ADDR") or "") if request else "")
