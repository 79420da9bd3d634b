"""What was taken at evidence grade as records for the archive. Browsertrix's names, and every sub-resource as response and request, so that pywb and
ReplayWeb.page show the page from the archive alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crawler.rendering.evidence_grade import Graded
from crawler.rendering.recorder import Answer
from crawler.rendering.records import phrase, records
from crawler.rendering.surroundings import Surroundings
from evidence.capture import VisitRecord

BOXES, EVIDENCE, NETWORK = "urn:x-adpatrol:boxes:", "urn:x-adpatrol:evidence:", "urn:x-adpatrol:network:"
CONSOLE, SECOND, SECOND_ANSWER = "urn:x-adpatrol:console:", "urn:x-adpatrol:second:", "urn:x-adpatrol:second-answer:"
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the spider finds in ``meta["evidence"]``."""

    seen: Graded
    around: Surroundings

    def records(self, url: str, visit: Mapping[str, Any]) -> tuple[VisitRecord, ...]:
        return evidence_records(self.seen, self.around, url, visit)

    def facts(self) -> dict[str, Any]:
        """Added to the facts of the visit."""
        return self.around.facts(self.seen)


def evidence_records(seen: Graded, around: Surroundings, url: str, visit: Mapping[str, Any]) -> tuple[VisitRecord, ...]:
    """``url``: as asked; ``visit``: the facts as ordered. Never under a name that the judge would read in place of the page."""
    addresses = {str(row["host"]): str(row["address"]) for row in seen.passages if row["address"]}
    found = list(records(seen, url))
    for answer in seen.answers:
        found += _exchange(answer, addresses)
    for name, told in ((EVIDENCE, around.record(seen, visit)), (NETWORK, list(seen.network)), (CONSOLE, list(seen.console)), (SECOND, around.second.to_json())):
        found.append(VisitRecord(type="resource", uri=name + url, payload=json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"), content_type=_JSON))
    if seen.geometry:
        found.append(VisitRecord(type="resource", uri=BOXES + url, payload=seen.geometry, content_type=_JSON))
    if around.second.answer:  # under a name of its own: a replay must show what the browser got
        found.append(VisitRecord(type="resource", uri=SECOND_ANSWER + url, payload=around.second.answer, content_type="application/http; msgtype=response"))
    return tuple(found)


def _exchange(answer: Answer, addresses: Mapping[str, str]) -> list[VisitRecord]:
    address = addresses.get((urlsplit(answer.url).hostname or "").lower(), "")
    return [
        VisitRecord(type="response", uri=answer.url, payload=_response(answer), content_type="application/http; msgtype=response", ip=address,
                    truncated=answer.truncated),
        VisitRecord(type="request", uri=answer.url, payload=_request(answer), content_type="application/http; msgtype=request", ip=address),
    ]


def _response(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}", "X-Adpatrol-Body: decoded-by-browser"]
    lines += [f"X-Archive-Orig-{name}: {_line(value)}" if name.lower() in _FRAMING else f"{name}: {_line(value)}" for name, value in _named(answer.headers)]
    lines.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + answer.body


def _request(answer: Answer) -> bytes:
    parts = urlsplit(answer.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = _named(answer.request_headers)
    lines = [f"{answer.method} {target} HTTP/1.1", *(f"{name}: {_line(value)}" for name, value in headers)]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.insert(1, f"Host: {parts.netloc}")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + answer.post


def _named(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without HTTP/2's pseudo headers."""
    return [(name, value) for name, value in headers if not name.startswith(":")]


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ").replace("\0", "")
