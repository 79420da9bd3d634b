from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from axes.signals import user_locked_out
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        user_locked_out.connect(_locked_out, dispatch_uid="console.locked_out")
        user_logged_in.connect(_signed_in, dispatch_uid="console.signed_in")
        user_logged_out.connect(_signed_out, dispatch_uid="console.signed_out")


def _signed_in(sender: Any, request: Any, user: Any, **_: Any) -> None:
    _tell(user, "登录", request)


def _signed_out(sender: Any, request: Any, user: Any, **_: Any) -> None:
    if user is not None:
        from django.conf import settings

        from alerts.sessions import desk

        _tell(user, "退出", request)
        desk.left(user, settings.HOME, "退出登录")  # a 取证会话 without one of its two officers is none


def _locked_out(sender: Any, request: Any = None, username: str | None = None, ip_address: str | None = None, **_: Any) -> None:
    """Somebody failed too often. One entry a lock, however often they go on; a name nobody has is kept as it was typed, cut."""
    from django.conf import settings
    from django.db import transaction
    from django.utils import timezone

    from alerts import audit
    from alerts.models import AuditEntry

    subject, since = f"user:{username or ''}"[:120], timezone.now() - settings.AXES_COOLOFF_TIME
    with transaction.atomic():
        if not AuditEntry.objects.filter(act="登录锁定", subject=subject, at__gt=since).exists():
            audit.record(username or "", "登录锁定", subject, address=ip_address or "", minutes=int(settings.AXES_COOLOFF_TIME.total_seconds() // 60))


def _tell(user: Any, act: str, request: Any) -> None:
    """等保: who came and went stands in the audit trail."""
    from django.db import transaction

    from alerts import audit

    with transaction.atomic():
        audit.record(user.get_username(), act, f"user:{user.get_username()}", address=(request.META.get("REMOTE_ADDR") or "") if request else "")
