"""The audit trail: one entry for every applied change, written in its transaction; none for a refused one (promises.md, I5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from alerts.models import AuditEntry

SYSTEM = "系统监测"


def record(who: str, act: str, subject: str, **detail: Any) -> AuditEntry:
    """Adds the entry. Must be called inside the transaction of the change it tells of: RuntimeError otherwise."""
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs in the transaction of its change")
    return AuditEntry.objects.create(at=timezone.now(), who=who[:150], act=act[:60], subject=subject[:120], detail=detail)


@dataclass(frozen=True, slots=True)
class Act:
    act: str
    subject: str
    detail: dict[str, Any]


def record_all(who: str, acts: Iterable[Act]) -> None:
    """As ``record``, for many changes of one transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs in the transaction of its change")
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        [AuditEntry(at=now, who=who[:150], act=one.act[:60], subject=one.subject[:120], detail=one.detail) for one in acts], batch_size=400)
