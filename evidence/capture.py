"""One visit to one target: what the crawler fills in and everything downstream reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

ANSWERS = frozenset({"response", "revisit"})  # a site's answers: whole, or with the body of an earlier one (docs/decisions/0021)
PROBE = "试探：编造的网址，看该站对不存在的页面如何回答"  # facts["why"] of a visit to an address that is made up


class Outcome(StrEnum):
    """What the fetch met, written in the WARC: a closed list (design/architecture.md)."""

    OK = "ok"
    REDIRECT_OUT = "redirect_out"
    NOT_FOUND = "not_found"
    HTTP_ERROR = "http_error"
    RATE_LIMITED = "rate_limited"
    ROBOTS = "robots"
    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    REDIRECT_LOOP = "redirect_loop"
    EMPTY = "empty"
    NOT_HTML = "not_html"
    BROWSER_CRASH = "browser_crash"
    NOT_ARCHIVED = "not_archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Where one WARC record lies. ``sha256`` is of the stored gzip member, ``offset`` and ``length`` in bytes of the file."""

    type: str  # response, request, resource, metadata, revisit, warcinfo
    uri: str
    file: str  # relative to the home's archive folder, with /
    offset: int
    length: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "uri": self.uri, "file": self.file, "offset": self.offset, "length": self.length, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord:
    """One record to be written for a visit. ``payload`` is the whole record block: for request and response the HTTP head and the
    entity body as received (content-encoding kept, transfer-coding removed)."""

    type: str  # request, response, resource, metadata, revisit
    uri: str
    payload: bytes
    content_type: str  # of the record: application/http; msgtype=response, image/png, application/json …
    ip: str = ""
    truncated: str = ""  # WARC-Truncated: length, time, disconnect
    extra: tuple[tuple[str, str], ...] = ()  # further WARC headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What the crawler hands to the archive. The archive adds a last ``metadata`` record holding these facts as JSON: a visit without it is
    half a visit and stays invisible."""

    id: str
    run: str
    site: str  # origin of the target as planned: https://example.org
    url: str
    final_url: str
    time: datetime  # UTC, aware
    client: str  # desktop-static, phone-static, desktop-browser, phone-browser, desktop-evidence, phone-evidence
    outcome: Outcome
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    redirects: tuple[str, ...] = ()
    detail: str = ""  # one Chinese sentence: what happened
    facts: dict[str, Any] = field(default_factory=dict)  # dns, tls, identity, robots, authority, render_reason, via, depth …
    records: tuple[VisitRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A visit that is on disk."""

    seq: int  # position in the ledger: archive order
    id: str
    run: str
    site: str
    url: str
    final_url: str
    time: datetime
    client: str
    outcome: Outcome
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    redirects: tuple[str, ...] = ()
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    records: tuple[RecordRef, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "run": self.run, "site": self.site, "url": self.url, "final_url": self.final_url, "time": self.time.isoformat(),
            "outcome": str(self.outcome), "gate": None, "status": self.status, "client": self.client,
            "records": [record.to_json() for record in self.records],
        }
