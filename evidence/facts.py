"""The facts of a visit as JSON: what its last record holds, what the ledger keeps beside it, and how they are read back.

The text is made once and stored twice, in the WARC and in the ledger, so that the two can be compared byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evidence.capture import Capture, Outcome, RecordRef, Visit

MAX_TEXT = 4 * 1024 * 1024  # characters of one visit's facts
_MAX_DEPTH = 40
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")
_STRINGS = ("id", "run", "site", "url", "final_url", "time", "client", "outcome", "detail")


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit for the ledger: ``text`` is the JSON of ``facts``, ``refs`` its records in the order of the file."""

    text: str
    facts: dict[str, Any]
    refs: Sequence[RecordRef]


def of_visit(visit: Visit) -> tuple[str, dict[str, Any]]:
    """(JSON, the same facts). Half characters, which no encoding can store, become ``?``."""
    facts = {
        "id": visit.id, "run": visit.run, "site": visit.site, "url": visit.url, "final_url": visit.final_url, "time": visit.time.astimezone(UTC).isoformat(),
        "client": visit.client, "outcome": str(visit.outcome), "status": visit.status, "headers": [list(pair) for pair in visit.headers],
        "redirects": list(visit.redirects), "detail": visit.detail, "facts": visit.facts,
    }
    text = to_text(facts)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
        facts = json.loads(text)
    return text, facts


def to_text(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def to_capture(seq: int, facts: dict[str, Any], refs: Sequence[RecordRef]) -> Capture:
    return Capture(
        seq=seq, id=facts["id"], run=facts["run"], site=facts["site"], url=facts["url"], final_url=facts["final_url"],
        time=datetime.fromisoformat(facts["time"]), client=facts["client"], outcome=Outcome(facts["outcome"]), status=facts["status"],
        headers=tuple((k, v) for k, v in facts["headers"]), redirects=tuple(facts["redirects"]), detail=facts["detail"], facts=facts["facts"],
        records=tuple(refs),
    )


def from_stranger(block: bytes) -> tuple[str, dict[str, Any]] | None:
    """The facts that an archive from elsewhere claims for a visit; None where anything about their shape is not as ours: what is once in
    the ledger is read by everything, so nothing odd may enter."""
    if len(block) > MAX_TEXT:
        return None
    try:
        text = block.decode("utf-8")
        facts = json.loads(text)
        if not isinstance(facts, dict) or not _shaped(facts):
            return None
        Outcome(facts["outcome"])
        to_text(facts).encode("utf-8")  # an escaped half character shows here
    except (ValueError, RecursionError):
        return None
    return text, facts


def moment(text: str) -> datetime | None:
    """An ISO 8601 time in UTC (as UTC where it names no zone); None where it is none, or of no year in which there were web pages."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC) if 1990 <= found.year <= 2200 else None
    except (ValueError, OverflowError):
        return None


def _shaped(facts: dict[str, Any]) -> bool:
    if not all(isinstance(facts.get(key), str) for key in _STRINGS) or not _ID.match(facts["id"]) or not _ID.match(facts["run"]):
        return False
    if moment(facts["time"]) is None or datetime.fromisoformat(facts["time"]).tzinfo is None:
        return False
    status, headers, redirects, more = facts.get("status"), facts.get("headers"), facts.get("redirects"), facts.get("facts")
    return (
        (status is None or (type(status) is int and 0 <= status <= 999))
        and isinstance(headers, list) and all(isinstance(p, list) and len(p) == 2 and all(isinstance(s, str) for s in p) for p in headers)
        and isinstance(redirects, list) and all(isinstance(s, str) for s in redirects)
        and isinstance(more, dict) and _shallow(more)
    )


def _shallow(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level if isinstance(outer, dict | list) for inner in (outer.values() if isinstance(outer, dict) else outer)]
        if not level:
            return True
    return False
