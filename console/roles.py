"""Users and their roles: a role is a Django group of that name (console.may.ROLES)."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from alerts import audit
from classifiers.errors import AdPatrolError
from console.may import ROLES


class UserRefused(AdPatrolError):
    """The account was not made or changed; the message says why."""


def add_user(name: str, password: str, roles: Iterable[str], *, full_name: str = "", by: str = audit.SYSTEM) -> User:
    """A new account, or new roles and password for one that exists; audited. Raises UserRefused."""
    wanted = list(dict.fromkeys(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        raise UserRefused(f"没有角色 {'、'.join(unknown) or '（未指定）'}；可用：{'、'.join(f'{k}（{v}）' for k, v in ROLES.items())}")
    name = name.strip()
    if not name or len(name) > 150:
        raise UserRefused("用户名不能为空，也不能超过 150 个字符")
    try:
        validate_password(password)
    except ValidationError as error:
        raise UserRefused("密码不合要求：" + "".join(error.messages)) from error
    with transaction.atomic():
        user, new = User.objects.get_or_create(username=name)
        user.set_password(password)
        user.first_name = full_name[:150] or user.first_name
        user.is_active = True
        user.save()
        user.groups.set([Group.objects.get_or_create(name=role)[0] for role in wanted])
        audit.record(by, "新建用户" if new else "修改用户", f"user:{name}", roles=wanted)
    return user
