"""A JSON POST signed with HMAC-SHA256.

Headers: ``X-Adpatrol-Timestamp`` (Unix seconds), ``X-Adpatrol-Signature: sha256=HEX`` over ``timestamp + "." + body``, and
``Idempotency-Key``, the same in every attempt: a receiver drops keys it has seen and timestamps older than five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from urllib.parse import urlsplit

from alerts.channels.addresses import Check, connection
from alerts.channels.model import WebhookChannel, from_env
from alerts.errors import ChannelError
from alerts.models import OutboxMessage

MAX_ANSWER_BYTES = 64 * 1024
RETRY_LATER = (408, 425, 429)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Adpatrol-Signature."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode("ascii") + b"." + body, hashlib.sha256).hexdigest()


def send(channel: WebhookChannel, message: OutboxMessage, check: Check) -> tuple[str, ...]:
    """Posts the message; answers the receiver's host once it said 2xx. Redirects are not followed. Raises ChannelError."""
    url = from_env(channel.url_env, what="接收地址")
    secret = from_env(channel.secret_env, what="签名密钥")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not parts.hostname:
        raise ChannelError(f"环境变量 {channel.url_env} 不是可用的 http(s) 地址", permanent=True)
    body = json.dumps(document(message), ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8", "User-Agent": "adpatrol", "Idempotency-Key": message.key,
        "X-Adpatrol-Timestamp": stamp, "X-Adpatrol-Signature": sign(secret, stamp, body), "Connection": "close",
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    wire = connection(parts.scheme, parts.hostname, parts.port, channel.timeout_s, check)
    try:
        wire.connect()
    except OSError as error:
        wire.close()
        raise ChannelError(f"连不上 {parts.hostname}：{error}") from error
    try:
        wire.request("POST", target, body=body, headers=headers)
        answer = wire.getresponse()
        answer.read(MAX_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise ChannelError(f"接收方未答复：{error or type(error).__name__}", uncertain=True) from error
    finally:
        wire.close()
    if not 200 <= answer.status < 300:
        permanent = 300 <= answer.status < 500 and answer.status not in RETRY_LATER
        raise ChannelError(f"接收方答复 HTTP {answer.status}", permanent=permanent)
    return (parts.hostname,)


def document(message: OutboxMessage) -> dict[str, object]:
    """What is posted. The payload holds names only for private channels: routing decides that, not the sender."""
    return {
        "key": message.key, "time": message.created_at.isoformat(), "subject": message.subject, "text": message.body,
        "attempt": message.attempts, **message.payload,
    }
