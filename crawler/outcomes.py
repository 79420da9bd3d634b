"""What a fetch met, as one of the closed list and one Chinese sentence an officer can read."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from gzip import BadGzipFile

import brotli
from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost, NoRouteError
from twisted.internet.ssl import VerificationError
from twisted.web._newclient import ParseError

from crawler.guards.heads import MAX_HEAD, HeadTooLarge
from crawler.guards.resolver import AddressRefused
from crawler.rendering.errors import RenderError
from evidence.capture import Outcome

_PASSING = frozenset({Outcome.TIMEOUT, Outcome.RESET, Outcome.CONNECT, Outcome.DNS, Outcome.RATE_LIMITED, Outcome.BROWSER_CRASH})


@dataclass(frozen=True, slots=True)
class Met:
    """``passing``: worth another try in this run."""

    outcome: Outcome
    detail: str
    passing: bool = False


def of_status(status: int) -> Met:
    """An HTTP answer that came whole (RFC 9110 section 15)."""
    if 200 <= status < 300:
        return Met(Outcome.OK, "")
    if status in (404, 410):
        return Met(Outcome.NOT_FOUND, f"网站回答该页不存在（HTTP {status}）")
    if status == 429:
        return Met(Outcome.RATE_LIMITED, "网站要求放慢访问（HTTP 429）", passing=True)
    if status >= 500:
        return Met(Outcome.HTTP_ERROR, f"网站自身出错（HTTP {status}）", passing=True)
    if status in (401, 403, 407):
        return Met(Outcome.HTTP_ERROR, f"网站拒绝访问（HTTP {status}）")
    return Met(Outcome.HTTP_ERROR, f"网站回答 HTTP {status}")


def of_failure(error: BaseException) -> Met:
    """A fetch that brought no whole answer."""
    met = _of_failure(_chain(error))
    return Met(met.outcome, met.detail, met.outcome in _PASSING)


def _of_failure(chain: list[BaseException]) -> Met:
    first = chain[0]
    refused = next((e for e in chain if isinstance(e, AddressRefused)), None)
    if refused is not None:
        return Met(Outcome.REFUSED_ADDRESS, f"出口闸门拒绝访问：{refused}")
    if isinstance(first, RenderError):
        return Met(first.outcome, first.detail)
    if isinstance(first, IgnoreRequest):
        return _ignored(first)
    if any(isinstance(e, SSL.Error | VerificationError) for e in chain) or any("SSL" in type(e).__name__ for e in chain):
        return Met(Outcome.TLS, "无法建立加密连接（TLS 握手失败）")
    if isinstance(first, CannotResolveHostError):
        return Met(Outcome.DNS, "域名无法解析，可能已停用或未注册")
    if isinstance(first, DownloadTimeoutError) or any(isinstance(e, TimeoutError) for e in chain):
        return Met(Outcome.TIMEOUT, "在限定时间内没有收到完整的回答")
    if isinstance(first, DownloadConnectionRefusedError) or any(isinstance(e, ConnectError | NoRouteError) for e in chain):
        return Met(Outcome.CONNECT, "服务器拒绝连接或无法到达")
    return _of_broken_answer(first, chain)


def _of_broken_answer(first: BaseException, chain: list[BaseException]) -> Met:
    """The server was reached and said something, or nothing, that is no answer."""
    if any(isinstance(e, HeadTooLarge) for e in chain):
        return Met(Outcome.TOO_LARGE, f"回答的头部超过 {MAX_HEAD // 1024} KiB 或有过长的行，已断开")
    if any(isinstance(e, ParseError) for e in chain) or (isinstance(first, DownloadFailedError) and any(isinstance(e, ValueError) for e in chain)):
        return Met(Outcome.HTTP_ERROR, "服务器的回答不符合 HTTP 格式，无法读取")
    if any(isinstance(e, zlib.error | EOFError | BadGzipFile | brotli.error) or type(e).__name__ == "ZstdError" for e in chain):
        return Met(Outcome.HTTP_ERROR, "内容的压缩格式有误，无法展开；收到的字节已留存")
    if isinstance(first, ResponseDataLossError | DownloadCancelledError) or any(isinstance(e, ConnectionLost) for e in chain):
        return Met(Outcome.RESET, "连接在回答途中断开")
    if any(isinstance(e, ConnectionDone) for e in chain):
        return Met(Outcome.RESET, "服务器没有给出回答就断开了连接")
    return Met(Outcome.RESET, "没有收到完整的 HTTP 回答")


def _ignored(error: IgnoreRequest) -> Met:
    said = str(error).lower()
    if "robots" in said:
        return Met(Outcome.ROBOTS, "网站的 robots.txt 不允许访问，按计划遵守")
    if "decompress" in said or "maxsize" in said or "exceed" in said:
        return Met(Outcome.BOMB, "压缩内容展开后超过上限，未展开")
    return Met(Outcome.HTTP_ERROR, "请求未发出")


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it, Twisted's wrapped reasons included. Bounded."""
    chain: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting and len(chain) < 20:
        current = waiting.pop(0)
        if current in chain:
            continue
        chain.append(current)
        if current.__cause__ is not None:
            waiting.append(current.__cause__)
        for reason in getattr(current, "reasons", ()) or ():
            waiting.append(getattr(reason, "value", reason))
    return chain
