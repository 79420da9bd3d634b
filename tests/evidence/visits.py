"""Visits made for tests: small, whole, our own words."""

from __future__ import annotations

from datetime import UTC, datetime

from evidence.capture import Outcome, Visit, VisitRecord

BODY = "<html><title>示例</title><p>本息保障</p></html>".encode()


def visit(number: int, *, run: str = "r1", url: str = "", body: bytes = BODY, headers: str = "Content-Type: text/html; charset=utf-8",
          outcome: Outcome = Outcome.OK) -> Visit:
    address = url or f"http://127.0.0.2:8100/page-{number}"
    answer = VisitRecord(type="response", uri=address, payload=f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode() + body,
                         content_type="application/http; msgtype=response", ip="127.0.0.2")
    asked = VisitRecord(type="request", uri=address, payload=b"GET / HTTP/1.1\r\nHost: 127.0.0.2\r\n\r\n", content_type="application/http; msgtype=request")
    return Visit(id=f"{run}v{number:04d}", run=run, site="http://127.0.0.2:8100", url=address, final_url=address, time=datetime(2026, 11, 21, 3, 4, 5, 6, UTC),
                 client="desktop-static", outcome=outcome, status=200, records=(answer, asked))
