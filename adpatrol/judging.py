"""One page judged without storing: the call behind `scan`, `explain` and `evaluate`."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from adpatrol.home import config_folders
from classifiers.extract import extract
from classifiers.gate import Gate, gate, needs_browser, weigh
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.model import Document, Page, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A page as read and as judged. ``seconds`` of wall time for both."""

    page: Page
    gate: Gate
    verdict: Verdict
    seconds: float
    status: int | None = None
    needs_browser: str = ""  # why a browser would see more, in Chinese

    def to_json(self, *, source: Any, key: str = "source", with_text: bool = False) -> dict[str, Any]:
        """The scanned page of design/commands.md."""
        record: dict[str, Any] = {key: source, "url": self.page.url, "title": self.page.title, **self.verdict.to_json()}
        if self.gate.kind != "page":
            record["gate"] = {"kind": self.gate.kind, "reason": self.gate.reason}
        if self.status is not None and self.status >= 400:
            record["status"] = self.status
        if self.needs_browser:
            record["needs_browser"] = self.needs_browser
        if self.page.refused:
            record["refused"] = self.page.refused
        if with_text:
            record["text"] = self.page.full_text if _reaches_asides(self) else self.page.text
        return record | {"seconds": round(self.seconds, 4)}


def _reaches_asides(judged: Judged) -> bool:
    """Offsets beyond the visible text (alt, meta, script) need the longer text, so that text[start:end] == span always holds."""
    ends = [f.claim.end for f in judged.verdict.findings] + [e.finding.claim.end for e in judged.verdict.excused]
    return max(ends, default=0) > len(judged.page.text)


class Judge:
    """The rule set loaded once, then any number of pages."""

    @cached_property
    def knowledge(self) -> Knowledge:
        return load_knowledge(config_folders())

    def __call__(self, document: Document, status: int | None = None, *, shown: bool = False) -> Judged:
        """``status`` of the HTTP answer; ``shown``: the document is what a browser showed. A text or file without one is judged as it stands, and the gate only says what it looks like; on an
        answer that is not the page no finding may rest (design/promises.md, 12)."""
        knowledge = self.knowledge
        began = time.perf_counter()
        page = extract(document)
        verdict = judge(page, knowledge)
        passed = weigh(gate(page, status=status), verdict)
        if status is not None and (passed.kind != "page" or status >= 400):
            verdict = replace(verdict, findings=(), excused=())
        return Judged(page, passed, verdict, time.perf_counter() - began, status, "" if shown else needs_browser(page))
