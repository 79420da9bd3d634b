"""One page judged without storing: the call behind `scan`, `explain` and `evaluate`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adpatrol.home import config_folders
from classifiers.extract import extract
from classifiers.gate import Gate, gate, weigh
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

    def to_json(self, *, source: str, key: str = "source", with_text: bool = False) -> dict[str, Any]:
        """The scanned page of design/commands.md."""
        record: dict[str, Any] = {key: source, "url": self.page.url, "title": self.page.title, **self.verdict.to_json()}
        if self.gate.kind != "page":
            record["gate"] = {"kind": self.gate.kind, "reason": self.gate.reason}
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

    def __call__(self, document: Document) -> Judged:
        knowledge = self.knowledge
        began = time.perf_counter()
        page = extract(document)
        verdict = judge(page, knowledge)
        # A text or file without an HTTP answer is judged as it stands: the gate only says what it looks like.
        return Judged(page, weigh(gate(page, status=None), verdict), verdict, time.perf_counter() - began)
