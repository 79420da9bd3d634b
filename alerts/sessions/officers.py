"""执法证: registered by the operator, and asked for whenever somebody signs into a 取证会话."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from alerts import audit
from alerts.models import Certificate
from alerts.sessions.errors import SessionRefused


def set_certificate(user: Any, *, name: str, number: str, organ: str, valid_from: date, valid_until: date, by: str) -> Certificate:
    """The user's 执法证, new or changed; audited. Raises SessionRefused."""
    name, number, organ = name.strip(), number.strip(), organ.strip()
    if not name or not number:
        raise SessionRefused("姓名和执法证号都要填写")
    if len(name) > 60 or len(number) > 40 or len(organ) > 120:
        raise SessionRefused("姓名不超过 60 字，执法证号不超过 40 字，发证机关不超过 120 字")
    if valid_until < valid_from:
        raise SessionRefused("有效期的止日早于起日")
    try:
        with transaction.atomic():
            made, new = Certificate.objects.update_or_create(user=user, defaults={
                "name": name, "number": number, "organ": organ, "valid_from": valid_from, "valid_until": valid_until, "changed_by": by[:150]})
            audit.record(by, "登记执法证" if new else "变更执法证", f"user:{user.get_username()}", name=name, number=number, organ=organ,
                         valid_from=valid_from.isoformat(), valid_until=valid_until.isoformat())
    except IntegrityError:
        raise SessionRefused(f"执法证号 {number} 已登记在另一人名下") from None
    return made


def valid_certificate(user: Any, on: date) -> Certificate:
    """Raises SessionRefused where there is none that is valid on that day."""
    found = Certificate.objects.filter(user=user).first()
    if found is None:
        raise SessionRefused(f"{user.get_username()} 没有登记执法证，请系统管理员在“执法证”页面登记")
    if not found.valid_from <= on <= found.valid_until:
        raise SessionRefused(f"{found.name} 的执法证（{found.number}）有效期为 {found.valid_from} 至 {found.valid_until}，今日无效")
    return found
