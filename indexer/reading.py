"""One capture read: bytes → page → gate → verdict, as rows not yet stored. No capture can stop it: what went wrong is the row's ``error``."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from classifiers import model
from classifiers.extract import extract
from classifiers.gate import Prior, gate, needs_browser, weigh
from classifiers.judge import judge
from classifiers.knowledge import Knowledge
from evidence.capture import Capture, Outcome
from evidence.errors import Erased, EvidenceError
from evidence.read import PageBody, page_body
from indexer.models import Excused, Finding, JudgedClaim, Page, host_of, url_key
from indexer.pictured import pictures_of
from indexer.places import of_plan, places
from indexer.search.tokens import normalise

log = logging.getLogger(__name__)
# An answer with these outcomes has text that tells what was met (a block page, what "not found" looks like here); only `ok` is judged.
READABLE = frozenset({Outcome.OK, Outcome.NOT_FOUND, Outcome.HTTP_ERROR, Outcome.RATE_LIMITED})
MAX_ERROR = 500
UNREADABLE = "unreadable"  # beside the gate's own words: the content is there and could not be read
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")  # no database stores them; replaced one for one, so that offsets stay
_SCREENSHOTS = ("urn:fullPage:", "urn:view:")
Row = TypeVar("Row", bound=JudgedClaim)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be stored of one capture; nothing where it was ``erased`` when its term was over."""

    capture: Capture
    page: Page
    findings: tuple[Finding, ...] = ()
    excused: tuple[Excused, ...] = ()
    erased: bool = False


def storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def finding_key(capture_id: str, code: str, start: int, end: int, rule: str) -> str:
    """Deterministic: the same finding has the same key whenever it is made (design/architecture.md)."""
    return hashlib.sha256("\n".join((capture_id, code, str(start), str(end), rule)).encode()).hexdigest()


def read(archive: Path, capture: Capture, knowledge: Knowledge, prior: Prior | None) -> Reading:
    page = _facts(capture, knowledge)
    began = time.perf_counter()
    try:
        body = page_body(archive, capture) if capture.outcome in READABLE else None
        if body is None:
            return Reading(capture, page)
        return _judged(archive, capture, page, body, knowledge, prior)
    except Erased:  # its term was over: the tombstone says so, and there is nothing to read
        return erased(capture, knowledge)
    except Exception as error:  # hostile bytes may break any parser: the row says so, and the next capture is read
        log.warning("快照 %s 研判出错", capture.id, exc_info=True)
        return unreadable(capture, knowledge, _why(error))
    finally:
        page.judged_ms = round((time.perf_counter() - began) * 1000, 3)


def jurisdiction_of(capture: Capture) -> str:
    """属地 as the plan stamped it on the visit; empty in archives from elsewhere."""
    value = capture.facts.get("jurisdiction")
    return value if isinstance(value, str) else ""


def erased(capture: Capture, knowledge: Knowledge) -> Reading:
    """A capture with a tombstone: nothing of it is stored."""
    return Reading(capture, _facts(capture, knowledge), erased=True)


def unreadable(capture: Capture, knowledge: Knowledge, why: str) -> Reading:
    """A capture whose content could not be read: kept, shown, with the reason in Chinese; nothing rests on it."""
    page = _facts(capture, knowledge)
    page.gate, page.gate_reason = UNREADABLE, storable(why)[:MAX_ERROR]
    page.error = page.gate_reason
    return Reading(capture, page)


def _why(error: Exception) -> str:
    if isinstance(error, EvidenceError):
        return f"存档记录不可用：{error}"
    what = "页面耗尽内存" if isinstance(error, MemoryError) else "页面嵌套过深" if isinstance(error, RecursionError) else "解析页面时出错"
    return f"{what}，未能研判（{type(error).__name__}：{error}）"


def _facts(capture: Capture, knowledge: Knowledge) -> Page:
    """What is known without reading the page."""
    return Page(
        capture_id=capture.id, seq=capture.seq, run=capture.run, site=capture.site, host=host_of(capture.site), url=storable(capture.url), url_key=url_key(capture.url),
        final_url=storable(capture.final_url), client=capture.client, time=capture.time, outcome=str(capture.outcome), status=capture.status,
        detail=storable(capture.detail), render_reason=storable(str(capture.facts.get("render_reason") or "")), ruleset=knowledge.digest,
        regions=_strings(of_plan(jurisdiction_of(capture))), has_screenshot=any(record.uri.startswith(_SCREENSHOTS) for record in capture.records),
    )


def _judged(archive: Path, capture: Capture, page: Page, body: PageBody, knowledge: Knowledge, prior: Prior | None) -> Reading:
    document = model.Document(body=body.body, url=body.url, content_type=body.content_type, plain=body.kind == "text")
    seen = _with_pictures(archive, capture, extract(document), knowledge, page)
    page.title, page.text, page.source = storable(seen.title), storable(seen.full_text), body.kind
    page.visible_chars = len(seen.text)
    page.icp, page.company, page.uscc = _strings(seen.identity.icp), _strings(seen.identity.companies), _strings(seen.identity.uscc)
    page.regions = _strings(places(seen.identity, jurisdiction_of(capture), knowledge.registers))
    passed = gate(seen, status=capture.status, prior=prior)
    if not page.render_reason and capture.client.endswith("-static"):
        page.render_reason = needs_browser(seen)
    verdict = None
    if capture.outcome == Outcome.OK and (passed.kind == "page" or not passed.sure):
        verdict = judge(seen, knowledge, on=(capture.time + timedelta(hours=8)).date())  # the day in China, which knows no summer time
        passed = weigh(passed, verdict)
    page.gate, page.gate_reason = passed.kind, storable(passed.reason)
    if verdict is None or passed.kind != "page":
        return Reading(capture, page)
    page.genre, page.genre_reasons = str(verdict.genre), _strings(verdict.genre_reasons)
    page.violating = verdict.violating
    page.level = max((int(finding.level) for finding in verdict.findings), default=None)
    findings = [Finding(page=page, **_row(capture.id, finding)) for finding in verdict.findings]
    excused = [Excused(page=page, because=storable(e.because), **_row(capture.id, e.finding)) for e in verdict.excused]
    return Reading(capture, page, _distinct(findings), _distinct(excused))


def _with_pictures(archive: Path, capture: Capture, seen: model.Page, knowledge: Knowledge, page: Page) -> model.Page:
    """With the hashes of its icon and logos, where the office has pictures to compare them with; why others have none is told on the row."""
    if not knowledge.registers.brands:
        return seen
    pictures, refused = pictures_of(archive, capture, seen)
    if refused:
        page.detail = storable("；".join([*filter(None, [page.detail]), *refused]))[:MAX_ERROR]
    return replace(seen, pictures=pictures) if pictures else seen


def _strings(values: Iterable[str]) -> list[str]:
    return [storable(value) for value in values]


def _distinct(rows: list[Row]) -> tuple[Row, ...]:
    return tuple({row.key: row for row in reversed(rows)}.values())[::-1]


def _row(capture_id: str, finding: model.Finding) -> dict[str, Any]:
    claim = finding.claim
    return {
        "key": finding_key(capture_id, finding.code, claim.start, claim.end, finding.rule), "code": finding.code,
        "span": storable(claim.span), "start": claim.start, "end": claim.end, "role": str(claim.role), "level": int(finding.level),
        "confidence": finding.confidence, "suggestion": finding.suggestion, "reasons": _strings(finding.reasons),
        "provisions": list(finding.provisions), "claim": claim.to_json(), "rule": finding.rule, "ruleset": finding.ruleset,
        "wording": normalise(claim.span),
    }
