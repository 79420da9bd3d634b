"""The second, independent fetch of a page kept as evidence: another client (no browser, no cookies, no script, a program of its own on plain sockets)
asks the same address through the egress gate and must find the cited sentences too. What it found, or why it could not, is a fact of the capture."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import io
import ssl
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from crawler.addresses import canonical
from crawler.guards.proxy import GateProxy
from crawler.guards.through import GateRefused, hang_up, tunnel
from crawler.harvest import leads_of_page

CLIENT = "plain-http"
TOTAL_S = 20.0
MAX_BYTES = 8 * 1024 * 1024  # of the answer as received, and unpacked
MAX_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """What the second fetch met. ``answer``: the last HTTP answer as received, head and body; ``asked`` and ``came``: our clock (UTC) when the request was
    sent and when the head was there; ``why``: in Chinese, why there is no page."""

    url: str
    time: datetime
    user_agent: str
    final_url: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    answer: bytes = b""
    body: bytes = b""  # content-encoding undone
    certificate: str = ""  # SHA-256 of the server's own, DER
    asked: datetime | None = None
    came: datetime | None = None
    redirects: tuple[str, ...] = ()
    why: str = ""
    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    verdict: str = ""  # agrees, differs, impossible, none (nothing was cited)

    def to_json(self) -> dict[str, Any]:
        """``facts["second"]`` of the capture."""
        return {
            "client": CLIENT, "user_agent": self.user_agent, "time": self.time.isoformat(), "url": self.url, "final_url": self.final_url, "status": self.status,
            "verdict": self.verdict, "agrees": list(self.agrees), "differs": list(self.differs), "why": self.why, "certificate_sha256": self.certificate,
            "body_sha256": hashlib.sha256(self.body).hexdigest() if self.answer else "", "redirects": list(self.redirects),
        }


class _Failed(Exception):
    pass


async def fetch_second(gate: GateProxy, url: str, cited: Sequence[str], user_agent: str) -> Second:
    """Never raises for what a site or the network does; at most TOTAL_S seconds."""
    began = datetime.now(UTC)
    try:
        async with asyncio.timeout(TOTAL_S):
            found = await _followed(gate, url, user_agent, began)
    except TimeoutError:
        found = Second(url=url, time=began, user_agent=user_agent, why="第二次独立访问在限定时间内没有收到完整的回答")
    except (GateRefused, _Failed) as error:
        found = Second(url=url, time=began, user_agent=user_agent, why=f"第二次独立访问没有成功：{error}")
    except (OSError, ssl.SSLError, http.client.HTTPException, EOFError, ValueError) as error:
        found = Second(url=url, time=began, user_agent=user_agent, why=f"第二次独立访问没有成功：连接失败或回答不合格式（{type(error).__name__}）")
    return await asyncio.to_thread(compared, found, tuple(cited))


def compared(found: Second, cited: Sequence[str]) -> Second:
    """With what the answer says of each cited sentence."""
    if not cited:
        return replace(found, verdict="none")
    if found.why:
        return replace(found, verdict="impossible")
    content_type = next((value for name, value in found.headers if name.lower() == "content-type"), "")
    leads = leads_of_page(found.body, content_type, found.final_url or found.url)
    said = folded(leads.text)
    agrees = tuple(span for span in cited if folded(span) and folded(span) in said)
    differs = tuple(span for span in cited if span not in agrees)
    if not differs:
        return replace(found, verdict="agrees", agrees=agrees)
    if leads.unread or (found.status or 0) >= 400:
        why = leads.unread or f"第二次独立访问时网站回答 HTTP {found.status}"
        return replace(found, verdict="impossible" if not agrees else "differs", agrees=agrees, differs=differs, why=why)
    if leads.browser:  # what the page says comes by script only: no client without a browser can see it
        return replace(found, verdict="impossible" if not agrees else "differs", agrees=agrees, differs=differs,
                       why=f"所引文字由脚本显示，不用浏览器的客户端看不到（{leads.browser}）")
    return replace(found, verdict="differs", agrees=agrees, differs=differs,
                   why="第二次独立访问的应答正文中没有这些文字：可能由脚本显示，也可能因访问者不同而不同")


def folded(text: str) -> str:
    """Width and case folded, blanks and unseen characters left out."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))


async def _followed(gate: GateProxy, url: str, user_agent: str, began: datetime) -> Second:
    chain: list[str] = []
    target = url
    for _ in range(MAX_REDIRECTS + 1):
        one = await _once(gate, target, user_agent, began)
        location = next((value for name, value in one.headers if name.lower() == "location"), "")
        if one.status not in _MOVED or not location:
            return replace(one, url=url, redirects=tuple(chain))
        target = canonical(urljoin(target, location))
        if not target:
            raise _Failed("跳转目标不是网页地址")
        chain.append(target)
    raise _Failed("跳转次数过多")


async def _once(gate: GateProxy, url: str, user_agent: str, began: datetime) -> Second:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname and ":" not in parts.hostname else parts.hostname or ""
    reader, writer = await tunnel(gate, host, parts.port or (443 if secure else 80), secure=secure, timeout_s=TOTAL_S)
    try:
        own = writer.get_extra_info("ssl_object")
        certificate = own.getpeercert(True) if own is not None else None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", f"User-Agent: {user_agent}", "Accept: text/html,*/*;q=0.5",
                 "Accept-Language: zh-CN", "Accept-Encoding: gzip", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode("ascii", "replace"))
        asked = datetime.now(UTC)
        await writer.drain()
        raw = await reader.readuntil(b"\r\n\r\n")
        came = datetime.now(UTC)
        while len(raw) < MAX_BYTES:
            piece = await reader.read(64 * 1024)
            if not piece:
                break
            raw += piece
    finally:
        await hang_up(writer)
    status, headers, body = _parsed(raw)
    return Second(url=url, time=began, user_agent=user_agent, final_url=url, status=status, headers=headers, answer=raw, body=body,
                  certificate=hashlib.sha256(certificate).hexdigest() if certificate else "", asked=asked, came=came)


class _Bytes:
    """What http.client reads an answer from."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


def _parsed(raw: bytes) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    source: Any = _Bytes(raw)
    answer = http.client.HTTPResponse(source)
    answer.begin()
    try:
        body = answer.read(MAX_BYTES)
    except http.client.IncompleteRead as error:
        body = error.partial
    if "gzip" in (answer.getheader("Content-Encoding") or "").lower() and body[:2] == b"\x1f\x8b":
        with contextlib.suppress(zlib.error):
            body = zlib.decompressobj(31).decompress(body, MAX_BYTES)
    return answer.status, tuple(answer.getheaders()), body
