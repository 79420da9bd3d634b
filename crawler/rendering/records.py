"""What the browser showed, as records for the archive, under Browsertrix's names."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evidence.capture import VisitRecord

if TYPE_CHECKING:
    from crawler.rendering.page import Seen

_CODED = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def records(seen: Seen, url: str) -> tuple[VisitRecord, ...]:
    """The main answer (body as the browser decoded it, the headers that no longer hold kept as X-Archive-Orig-*), the final DOM, the text, the
    pictures and what the page loaded. ``url``: as asked; names of the records."""
    dom_cut = "length" if "dom" in seen.truncated.split(",") else "time" if "time" in seen.truncated.split(",") else ""
    found = [_resource(f"urn:x-adpatrol:dom:{url}", seen.dom.encode("utf-8", "replace"), "text/html; charset=utf-8", dom_cut)]
    if seen.status is not None:
        body_cut = "length" if "body" in seen.truncated.split(",") else ""
        found += [
            VisitRecord(type="response", uri=seen.final_url, payload=_answer(seen), content_type="application/http; msgtype=response", ip=_address(seen),
                        truncated=body_cut),
            VisitRecord(type="request", uri=seen.final_url, payload=_request(seen), content_type="application/http; msgtype=request", ip=_address(seen)),
        ]
    if seen.view_png:
        found.append(_resource(f"urn:view:{url}", seen.view_png, "image/png"))
    if seen.full_png:
        found.append(_resource(f"urn:fullPage:{url}", seen.full_png, "image/png", "length" if "full" in seen.truncated.split(",") else ""))
    found.append(_resource(f"urn:text:{url}", seen.text.encode("utf-8", "replace"), "text/plain; charset=utf-8"))
    found.append(_resource(f"urn:pageinfo:{url}", _pageinfo(seen, url), "application/json"))
    return tuple(found)


def _resource(uri: str, payload: bytes, content_type: str, truncated: str = "") -> VisitRecord:
    return VisitRecord(type="resource", uri=uri, payload=payload, content_type=content_type, truncated=truncated)


def _pageinfo(seen: Seen, url: str) -> bytes:
    info = {
        "url": url, "finalUrl": seen.final_url, "title": seen.title, "status": seen.status, "redirects": list(seen.redirects),
        "urls": list(seen.resources), "webSockets": list(seen.sockets), "consoleErrors": list(seen.errors), "tls": seen.tls,
        "connections": list(seen.passages), "seconds": seen.seconds, "truncated": seen.truncated,
    }
    return json.dumps(info, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def phrase(status: int) -> str:
    """The usual reason of an HTTP status; the browser does not tell the server's."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _address(seen: Seen) -> str:
    """Of the server, from the gate's log: the browser knows only the gate's."""
    host = (urlsplit(seen.final_url).hostname or "").lower()
    return next((str(row["address"]) for row in seen.passages if row["host"] == host and row["address"]), "")


def _answer(seen: Seen) -> bytes:
    lines = [f"HTTP/1.1 {seen.status} {phrase(seen.status or 0)}", "X-Adpatrol-Body: decoded-by-browser"]
    for name, value in seen.headers:
        lines.append(f"X-Archive-Orig-{name}: {_line(value)}" if name.lower() in _CODED else f"{name}: {_line(value)}")
    lines.append(f"Content-Length: {len(seen.body)}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + seen.body


def _request(seen: Seen) -> bytes:
    parts = urlsplit(seen.final_url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {_line(value)}" for name, value in seen.request_headers if not name.startswith(":"))]
    if not any(name.lower() == "host" for name, _ in seen.request_headers):
        lines.insert(1, f"Host: {parts.netloc}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")
