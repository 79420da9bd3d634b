"""The transactional outbox: written with what it announces, sent later, never lost (design/promises.md, rule 2).

An attempt is recorded and committed before the wire is touched. A kill between that and the answer leaves the message 进行; after
``LEASE`` it is taken up again under the same Message-ID / Idempotency-Key, and marked 可能重复 on channels whose receivers know no keys.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from alerts import audit
from alerts.channels import smtp, webhook
from alerts.channels.addresses import Check, public_only
from alerts.channels.model import AnyChannel, SmtpChannel
from alerts.errors import ChannelError, NotAllowed
from alerts.models import OutboxMessage

LEASE = timedelta(minutes=10)  # longer than every time-out of one attempt together
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
MAX_ATTEMPTS = 24  # about four and a half days of a server being down; then 失败, shown, sent again by hand
DOMAIN = "adpatrol.invalid"  # right part of the Message-ID: ours need not resolve, only never change
State = OutboxMessage.State


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one call of ``deliver`` did. ``waiting``: still queued afterwards, due or not."""

    sent: int
    put_off: int
    failed: int
    waiting: int


def enqueue(channel: str, subject: str, body: str, payload: Mapping[str, Any], *, now: datetime, wait_s: float = 0) -> OutboxMessage:
    """Adds a message; it leaves after ``wait_s`` seconds. RuntimeError outside the transaction of what it announces."""
    if not connection.in_atomic_block:
        raise RuntimeError("an outbox message belongs in the transaction of what it announces")
    key = uuid.uuid4().hex
    return OutboxMessage.objects.create(
        channel=channel, key=key, message_id=f"<{key}@{DOMAIN}>", subject=subject[:200], body=body, payload=dict(payload),
        created_at=now, next_attempt_at=now + timedelta(seconds=wait_s),
    )


def deliver(
    channels: Mapping[str, AnyChannel], *, now: datetime | None = None, check: Check | None = None, limit: int = 50,
    keep_on: Callable[[], bool] = lambda: True,
) -> Delivered:
    """Tries every message that is due, at most ``limit``, oldest first; returns when none is left or ``keep_on()`` says stop.

    ``check`` (address → "" or a Chinese reason to refuse) is asked before a channel's own policy. Never raises for a channel's failure."""
    fixed = now
    _take_back(channels, fixed or timezone.now())
    due = OutboxMessage.objects.filter(state=State.QUEUED, next_attempt_at__lte=fixed or timezone.now()).order_by("next_attempt_at", "id")
    sent = put_off = failed = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        if not keep_on():
            break
        outcome = _attempt(pk, channels, check, fixed)
        sent, put_off, failed = sent + (outcome == State.DONE), put_off + (outcome == State.QUEUED), failed + (outcome == State.FAILED)
    return Delivered(sent, put_off, failed, OutboxMessage.objects.filter(state=State.QUEUED).count())


def requeue(message_id: int, officer: str, *, now: datetime | None = None) -> None:
    """失败 → 排队, by a person; the key stays. Raises NotAllowed when it is not 失败."""
    now = now or timezone.now()
    with transaction.atomic():
        failed = OutboxMessage.objects.filter(pk=message_id, state=State.FAILED)
        changed = failed.update(state=State.QUEUED, attempts=0, next_attempt_at=now)
        if changed != 1:
            raise NotAllowed(officer, "重发消息", "该消息不在“失败”状态")
        audit.record(officer, "重发消息", f"outbox:{message_id}")


def backoff(attempts: int) -> timedelta:
    """The wait after this many attempts: doubling from 30 s, at most 6 h."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


def _take_back(channels: Mapping[str, AnyChannel], now: datetime) -> None:
    """Messages whose sender was killed between the recorded attempt and the recorded answer."""
    for message in OutboxMessage.objects.filter(state=State.SENDING, last_attempt_at__lt=now - LEASE):
        keyless = isinstance(channels.get(message.channel), SmtpChannel)
        OutboxMessage.objects.filter(pk=message.pk, state=State.SENDING, attempts=message.attempts).update(
            state=State.QUEUED, next_attempt_at=now, may_repeat=message.may_repeat or keyless,
            last_error="上次发送被中断，是否到达不明，重新发送",
        )


def _attempt(pk: int, channels: Mapping[str, AnyChannel], check: Check | None, fixed: datetime | None) -> str:
    now = fixed or timezone.now()
    claimed = OutboxMessage.objects.filter(pk=pk, state=State.QUEUED).update(
        state=State.SENDING, attempts=F("attempts") + 1, last_attempt_at=now
    )
    if claimed != 1:
        return ""  # another sender has it
    message = OutboxMessage.objects.get(pk=pk)
    mine = OutboxMessage.objects.filter(pk=pk, state=State.SENDING, attempts=message.attempts)
    try:
        took = _send(channels, message, check)
    except ChannelError as error:
        return _put_off(mine, message, error, channels, now)
    mine.update(state=State.DONE, sent_at=fixed or timezone.now(), delivered_to=[*message.delivered_to, *took], last_error="")
    return State.DONE


def _put_off(mine: Any, message: OutboxMessage, error: ChannelError, channels: Mapping[str, AnyChannel], now: datetime) -> str:
    over = error.permanent or message.attempts >= MAX_ATTEMPTS
    state = State.FAILED if over else State.QUEUED
    keyless = isinstance(channels.get(message.channel), SmtpChannel)
    mine.update(
        state=state, next_attempt_at=now + backoff(message.attempts), last_error=str(error),
        delivered_to=[*message.delivered_to, *error.delivered], may_repeat=message.may_repeat or (error.uncertain and keyless),
    )
    return state


def _send(channels: Mapping[str, AnyChannel], message: OutboxMessage, check: Check | None) -> tuple[str, ...]:
    channel = channels.get(message.channel)
    if channel is None:
        raise ChannelError(f"渠道 {message.channel} 未配置或已停用")
    own = public_only(channel.allow)

    def both(address: str) -> str:
        return (check(address) if check else "") or own(address)

    return smtp.send(channel, message, both) if isinstance(channel, SmtpChannel) else webhook.send(channel, message, both)
