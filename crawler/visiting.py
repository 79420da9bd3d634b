"""A visit while it is under way: what is gathered hop by hop until it is handed to the archive."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scrapy.http import Request, Response

from crawler.frontier import Row
from crawler.outcomes import Met
from evidence.capture import Visit, VisitRecord

_REQUEST = "application/http; msgtype=request"
_RESPONSE = "application/http; msgtype=response"
_REASONS = {200: b"OK", 301: b"Moved Permanently", 302: b"Found", 303: b"See Other", 304: b"Not Modified", 307: b"Temporary Redirect",
            308: b"Permanent Redirect", 403: b"Forbidden", 404: b"Not Found", 429: b"Too Many Requests", 500: b"Internal Server Error"}
_FRAMING = {b"transfer-encoding", b"content-length"}


def new_id() -> str:
    """Ordered by time, 26 characters: milliseconds and 80 random bits in hexadecimal and base 16."""
    return f"{int(time.time() * 1000):011x}{os.urandom(8).hex()[:15]}"


@dataclass(slots=True)
class Draft:
    """One visit in the making; the request's meta carries it from hop to hop."""

    run: str
    site: str
    row: Row
    facts: dict[str, Any]
    id: str = field(default_factory=new_id)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)
    chain: list[str] = field(default_factory=list)
    records: list[VisitRecord] = field(default_factory=list)
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    url: str = ""
    truncated: str = ""  # of the last answer: length, time, disconnect

    def exchange(self, request: Request, response: Response, address: str) -> None:
        self.url, self.status = request.url, response.status
        self.headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in _pairs(response))
        self.records += exchange(request, response, address, self.truncated)

    def done(self, met: Met, final_url: str = "") -> Visit:
        self.facts["seconds"] = round(time.monotonic() - self.started, 3)
        return Visit(
            id=self.id, run=self.run, site=self.site, url=self.row.url, final_url=final_url or self.url or self.row.url, time=self.began,
            client=self.row.client, outcome=met.outcome, status=self.status, headers=self.headers, redirects=tuple(self.chain),
            detail="".join(c for c in met.detail if c.isprintable()), facts=self.facts, records=tuple(self.records),
        )


def exchange(request: Request, response: Response, address: str, truncated: str) -> list[VisitRecord]:
    """The answer as received (content-encoding kept, transfer-coding removed) and the request as sent."""
    return [
        VisitRecord(type="response", uri=request.url, payload=_answer(response, _pairs(response)), content_type=_RESPONSE, ip=address, truncated=truncated),
        VisitRecord(type="request", uri=request.url, payload=_asked(request), content_type=_REQUEST, ip=address),
    ]


def _pairs(response: Response) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, values in response.headers.items() for value in values]


def _answer(response: Response, pairs: list[tuple[bytes, bytes]]) -> bytes:
    """The head as the client reports it; framing that no longer holds is kept as X-Archive-Orig-*."""
    version = (response.protocol or "HTTP/1.1").encode("latin-1")
    lines = [b"%s %d %s" % (version, response.status, _REASONS.get(response.status, b""))]
    for name, value in pairs:
        kept = b"X-Archive-Orig-" + name if name.lower() in _FRAMING else name
        lines.append(_one_line(kept) + b": " + _one_line(value))
    lines.append(b"Content-Length: %d" % len(response.body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)


def _asked(request: Request) -> bytes:
    _, _, rest = request.url.partition("://")
    host, slash, path = rest.partition("/")
    if not slash and "?" in host:
        host, _, query = host.partition("?")
        path = "?" + query
    lines = [b"%s /%s HTTP/1.1" % (request.method.encode("ascii"), path.partition("#")[0].encode("ascii", "replace")),
             b"Host: " + host.encode("ascii", "replace")]
    lines += [_one_line(name) + b": " + _one_line(value) for name, values in request.headers.items() for value in values]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(request.body)


def _one_line(value: bytes) -> bytes:
    return value.replace(b"\r", b" ").replace(b"\n", b" ")
