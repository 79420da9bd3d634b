"""How good the judge is on labelled texts: by page and by code.

Scoring as in the labelled sets' own rules: a labelled code counts as found at any level; one that is not labelled is a false alarm unless
its level is blue; ``optional`` codes are neither; ``unsure`` records are left out of the page figures. A page is violating when a finding
above blue stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from classifiers.model import Level, Verdict


@dataclass(slots=True)
class Tally:
    """Counts of one class: true and false positives, false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 1.0

    def to_json(self) -> dict[str, Any]:
        return {
            "tp": self.tp, "fp": self.fp, "fn": self.fn,
            "precision": round(self.precision, 4), "recall": round(self.recall, 4), "f1": round(self.f1, 4),
        }


@dataclass(slots=True)
class Evaluation:
    """The figures over one labelled file."""

    pages: Tally = field(default_factory=Tally)
    codes: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    false_alarms_by_kind: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str, str]] = field(default_factory=list)  # id, code, span
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    records: int = 0

    def micro(self, only: Iterable[str] | None = None) -> Tally:
        chosen = set(self.codes) if only is None else set(only)
        total = Tally()
        for code, tally in self.codes.items():
            if code in chosen:
                total.tp, total.fp, total.fn = total.tp + tally.tp, total.fp + tally.fp, total.fn + tally.fn
        return total

    def add(self, record: dict[str, Any], verdict: Verdict) -> None:
        """``record``: id, violating, findings [{code, span}], optionally optional, unsure, kind."""
        self.records += 1
        key, optional = str(record["id"]), set(record.get("optional") or ())
        labelled = {f["code"]: f["span"] for f in record.get("findings") or ()}
        found: dict[str, tuple[Level, str]] = {}
        for finding in verdict.findings:
            if finding.code not in found or finding.level > found[finding.code][0]:
                found[finding.code] = (finding.level, finding.claim.span)
        for code in labelled.keys() - optional:
            if code in found:
                self.codes[code].tp += 1
            else:
                self.codes[code].fn += 1
                self.misses.append((key, code, labelled[code]))
        for code, (level, span) in found.items():
            if code not in labelled and code not in optional and level > Level.BLUE:
                self.codes[code].fp += 1
                self.alarms.append((key, code, span))
        if not record.get("unsure"):
            self._page(bool(record["violating"]), verdict.violating, str(record.get("kind") or ""))

    def _page(self, labelled: bool, found: bool, kind: str) -> None:
        if labelled and found:
            self.pages.tp += 1
        elif labelled:
            self.pages.fn += 1
        elif found:
            self.pages.fp += 1
            self.false_alarms_by_kind[kind] += 1

    def to_json(self) -> dict[str, Any]:
        return {
            "records": self.records, "pages": self.pages.to_json(), "micro": self.micro().to_json(),
            "codes": {code: tally.to_json() for code, tally in sorted(self.codes.items())},
            "false_alarms_by_kind": dict(self.false_alarms_by_kind),
        }
