"""How a request reaches a time-stamping authority: through the same gate as messages (design/promises.md, rule 6): resolved once, the address
checked, that address connected to. Handed to ``evidence.stamps`` as its transport."""

from __future__ import annotations

import http.client
import socket
import threading
from urllib.parse import urlsplit

from alerts.channels.addresses import connection, public_only
from alerts.errors import ChannelError
from evidence.stamps import MAX_RESPONSE, Authority, Unreachable


def post(authority: Authority, request: bytes) -> bytes:
    """The answer's body, at most MAX_RESPONSE + 1 bytes, within ``timeout_s`` for the whole of it. Redirects are not followed. Raises Unreachable."""
    parts = urlsplit(authority.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"{authority.name} 的地址不是 http(s) 地址")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply", "User-Agent": "adpatrol", "Connection": "close"}
    wire = connection(parts.scheme, parts.hostname, parts.port, authority.timeout_s, public_only(authority.allow))
    try:
        wire.connect()
    except ChannelError as error:
        wire.close()
        raise Unreachable(str(error)) from error
    except OSError as error:
        wire.close()
        raise Unreachable(f"连不上 {parts.hostname}：{error.strerror or error}") from error
    # A time-out of the socket begins anew with each byte: the answer as a whole has its own end.
    late = threading.Event()
    ender = threading.Timer(authority.timeout_s, _end, (wire.sock, late))
    ender.daemon = True
    ender.start()
    try:
        wire.request("POST", target, body=request, headers=headers)
        answer = wire.getresponse()
        body = answer.read(MAX_RESPONSE + 1)
    except (OSError, http.client.HTTPException) as error:
        late_or_cut = f"在 {authority.timeout_s:g} 秒内没有答复" if late.is_set() or isinstance(error, TimeoutError) else f"没有答复（{type(error).__name__}）"
        raise Unreachable(f"{authority.name} {late_or_cut}") from error
    finally:
        ender.cancel()
        wire.close()
    if late.is_set():
        raise Unreachable(f"{authority.name} 在 {authority.timeout_s:g} 秒内没有答复完")
    if answer.status != 200:
        raise Unreachable(f"{authority.name} 答复 HTTP {answer.status}")
    return body


def _end(wire: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed already
