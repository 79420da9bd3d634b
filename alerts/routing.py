"""From leads to messages: one alert for one (platform, code, normalised claim), again only when it changes; who is told, in what words.

A message says how many leads wait and where to sign in. Platforms, persons and wordings are named only on channels marked private.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts import outbox
from alerts.channels.model import AnyChannel
from alerts.models import LEVEL_NAMES, Alert, Lead, LeadFinding, OutboxMessage
from alerts.names import code_name
from alerts.registering import AT_ONCE, parts, rewrite

MAX_NAMED = 50  # leads named in one private message; the rest is counted


def console_url() -> str:
    """Where officers sign in: ADPATROL_CONSOLE_URL, without a slash at the end."""
    return os.environ.get("ADPATROL_CONSOLE_URL", "http://127.0.0.1:8000").rstrip("/")


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that is new or has changed."""

    alert: Alert
    new: bool


def raise_for_leads(leads: Iterable[Lead], *, now: datetime) -> list[Raised]:
    """Raises or renews the alerts of these leads. Dismissed leads stay silent for ever. Call inside a transaction."""
    spoken = [lead for lead in leads if lead.state != Lead.State.DISMISSED]
    keys = {lead.pk: digest_of("lead", lead.platform.key, lead.code, lead.wording) for lead in spoken}
    known = {alert.key: alert for part in parts(keys.values()) for alert in Alert.objects.filter(key__in=part)}
    read = _numbers(keys)
    new: list[Alert] = []
    changed: list[Alert] = []
    for lead in spoken:
        alert = known.get(keys[lead.pk])
        numbers = sorted({*(alert.numbers if alert else []), *read.get(lead.pk, ())})
        level = max(lead.level, alert.level if alert else 0)
        digest = digest_of("lead", level, numbers)
        if alert is None:
            new.append(Alert(kind=Alert.Kind.LEAD, key=keys[lead.pk], lead=lead, level=level, numbers=numbers, digest=digest, raised_at=now, changed_at=now))
        elif alert.digest != digest:
            alert.level, alert.numbers, alert.digest, alert.changed_at = level, numbers, digest, now
            alert.version += 1
            changed.append(alert)
    Alert.objects.bulk_create(new, batch_size=AT_ONCE)
    rewrite(Alert, changed, ("level", "numbers", "digest", "changed_at", "version"))
    return [*(Raised(alert, True) for alert in new), *(Raised(alert, False) for alert in changed)]


def raise_for_run(run: str, *, reason: str, now: datetime) -> list[Raised]:
    """Once for a run that saw hardly a real page; ``reason`` in Chinese. Call inside a transaction."""
    key = digest_of("run", run)
    if Alert.objects.filter(key=key).exists():
        return []
    text = f"巡查 {run}：{reason}。请核对网络出口与巡查标识，必要时重新巡查。"
    alert = Alert.objects.create(
        kind=Alert.Kind.RUN, key=key, run=run, level=2, numbers=[], digest=key, text=text, raised_at=now, changed_at=now
    )
    return [Raised(alert, True)]


def route(raised: Sequence[Raised], channels: Mapping[str, AnyChannel], *, now: datetime) -> int:
    """Writes at most one message a channel for leads (joined to one that has not begun to leave) and one for each degraded run.
    Answers the messages written or extended. Call inside the transaction that raised the alerts."""
    count = 0
    for name, channel in sorted(channels.items()):
        leads = [r for r in raised if r.alert.kind == Alert.Kind.LEAD and r.alert.level >= channel.level]
        if leads:
            _tell_of_leads(name, channel, leads, now)
            count += 1
        for item in raised:
            if item.alert.kind == Alert.Kind.SEARCH:
                payload = {"kind": "search", "alerts": [item.alert.pk], "link": f"{console_url()}/search/saved/"}
                body = item.alert.text if channel.private else "一项已存检索有新命中的页面。"
                outbox.enqueue(name, "已存检索有新命中", f"{body}\n\n请登录查看：{payload['link']}", payload, now=now)
                count += 1
            if item.alert.kind == Alert.Kind.RUN:
                payload = {"kind": "run", "alerts": [item.alert.pk], "link": f"{console_url()}/"}
                body = item.alert.text if channel.private else "一次巡查取得的页面大多不是目标页面本身，结果不完整。"
                outbox.enqueue(name, "巡查质量预警", f"{body}\n\n请登录查看：{console_url()}/", payload, now=now)
                count += 1
    return count


def _tell_of_leads(name: str, channel: AnyChannel, raised: Sequence[Raised], now: datetime) -> None:
    """Within the channel's digest window a message that was never tried takes the new leads in."""
    open_message = (
        OutboxMessage.objects.filter(
            channel=name, state=OutboxMessage.State.QUEUED, attempts=0, next_attempt_at__gt=now, payload__kind="leads"
        ).order_by("id").first()
    )
    have = open_message.payload if open_message else {"new": [], "changed": []}
    new = sorted({*have["new"], *(r.alert.pk for r in raised if r.new)})
    changed = sorted({*have["changed"], *(r.alert.pk for r in raised if not r.new)} - set(new))
    subject, body, payload = _words(channel, new, changed)
    if open_message is None:
        outbox.enqueue(name, subject, body, payload, now=now, wait_s=channel.digest_s)
        return
    extended = OutboxMessage.objects.filter(pk=open_message.pk, state=OutboxMessage.State.QUEUED, attempts=0)
    if extended.update(subject=subject, body=body, payload=payload) != 1:  # it left in this moment
        alone = _words(channel, sorted(r.alert.pk for r in raised if r.new), sorted(r.alert.pk for r in raised if not r.new))
        outbox.enqueue(name, *alone, now=now, wait_s=channel.digest_s)


def _words(channel: AnyChannel, new: list[int], changed: list[int]) -> tuple[str, str, dict[str, Any]]:
    link = f"{console_url()}/leads/?state=waiting"
    said = "，".join([*([f"{len(new)} 条新线索"] if new else []), *([f"{len(changed)} 条线索有变化"] if changed else [])])
    waiting = Lead.objects.filter(state=Lead.State.WAITING).count()
    lines = [f"有 {said}，请登录查看：", link, "", f"现有待核查线索 {waiting} 条。"]
    payload: dict[str, Any] = {"kind": "leads", "new": new, "changed": changed, "count": len(new), "waiting": waiting, "link": link}
    if channel.private:
        named = list(Alert.objects.filter(pk__in=[*new, *changed]).select_related("lead__platform").order_by("-level", "id"))
        payload["leads"] = [_named(alert.lead) for alert in named[:MAX_NAMED] if alert.lead]
        rows = (f"{row['number']}  {row['level']}  涉嫌{row['name']}  {row['platform']}  “{row['span']}”" for row in payload["leads"])
        lines += ["", *rows]
        lines += [f"……另有 {len(named) - MAX_NAMED} 条"] if len(named) > MAX_NAMED else []
        lines += ["", "以上均为涉嫌线索，待人工核查。"]
    return f"互联网金融广告巡查：{said}", "\n".join(lines), payload


def _named(lead: Lead) -> dict[str, str]:
    span = " ".join(lead.span.split())
    return {
        "number": lead.number, "platform": str(lead.platform), "code": lead.code, "name": code_name(lead.code),
        "span": span if len(span) <= 80 else span[:79] + "…",
        "level": LEVEL_NAMES[lead.level], "link": f"{console_url()}/leads/{lead.number}/",
    }


def _numbers(leads: Iterable[int]) -> dict[int, set[str]]:
    """By lead, the numbers its wording was read as, of every page: 12 % a year, a term of 90 days."""
    keys = ("low", "high", "period", "annual", "amounts", "terms", "guarantor")
    found: dict[int, set[str]] = {}
    for part in parts(leads):
        for lead, claim in LeadFinding.objects.filter(lead__in=part).order_by().values_list("lead", "claim").distinct():
            numbers = {k: claim[k] for k in keys if claim.get(k) not in (None, "", [])}
            if numbers:
                found.setdefault(lead, set()).add(json.dumps(numbers, ensure_ascii=False, sort_keys=True))
    return found


def digest_of(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
