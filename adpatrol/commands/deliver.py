"""`adpatrol deliver`: takes in new findings as leads and sends the messages that are due."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("deliver", epilog="例：adpatrol deliver --within 120")(deliver)


def deliver(
    within: Annotated[float, typer.Option("--within", min=0, help="最多等候多少秒，直到没有待发消息；0：只发现在到期的")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines，一条一行")] = False,
) -> None:
    """登记新线索，发出到期的通知；发送失败的保留，稍后重试。"""
    from adpatrol.django_setup import setup_database

    setup_database()
    from adpatrol.home import config_folders
    from alerts import follow, outbox
    from alerts.channels.model import load_channels
    from alerts.models import OutboxMessage

    channels = load_channels(config_folders())
    findings = follow.catch_up(channels)
    until = time.monotonic() + within
    sent = failed = 0
    while True:
        done = outbox.deliver(channels)
        sent, failed = sent + done.sent, failed + done.failed
        if not done.waiting or time.monotonic() >= until:
            break
        time.sleep(min(1.0, max(until - time.monotonic(), 0)))
    for message in OutboxMessage.objects.filter(state__in=("queued", "failed")).exclude(last_error=""):
        print(f"{message.get_state_display()}：渠道 {message.channel}，已试 {message.attempts} 次，{message.last_error}", file=sys.stderr)
    record = {"findings": findings, "sent": sent, "failed": failed, "waiting": done.waiting}
    print(json.dumps(record) if as_json else f"新读入涉嫌违法点 {findings} 个；发出 {sent} 条，失败 {failed} 条，排队 {done.waiting} 条")
