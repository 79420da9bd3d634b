"""A bound on the head of an answer. Twisted bounds each of its lines, not their number: a server that sends headers without end fills the memory."""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS

MAX_HEAD = 256 * 1024  # bytes, all lines together; what Chromium takes
MAX_HEAD_LINE = 64 * 1024


class HeadTooLarge(Exception):
    """The head of an answer grew beyond the bound."""


class _Parser(_LenientHTTPClientParser):
    MAX_LENGTH = MAX_HEAD_LINE

    def lineLengthExceeded(self, line: bytes) -> None:
        raise HeadTooLarge


class _Protocol(_LenientHTTP11ClientProtocol):
    """``_head``: bytes that came while the head was not over; interim answers (1xx) count with the one they precede."""

    _head = 0

    def request(self, request: Any) -> Any:
        self._head = 0
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _Parser
        return answer

    def dataReceived(self, data: bytes) -> None:
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head += len(data)
            if self._head > MAX_HEAD:
                self._giveUp(Failure(HeadTooLarge()))
                return
        super().dataReceived(data)


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> Any:
        return _Protocol(self._quiescentCallback)


def bound(handler: HTTP11DownloadHandler) -> None:
    """Lets every connection that ``handler`` opens from now on read heads under the bound: Scrapy has no setting for it."""
    handler._pool._factory = _Factory


class BoundedHandler(HTTP11DownloadHandler):
    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        bound(self)
