"""How good the judge is on labelled texts: by page, by code, by kind of text, by source.

Scoring as in the labelled sets' own rules: a labelled code counts as found at any level; one that is not labelled is a false alarm unless
its level is blue; ``optional`` codes are neither required nor a false alarm; ``unsure`` records are left out. A page is violating when a
finding above blue stands.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from classifiers.model import Finding, Level, Verdict

Part: TypeAlias = Literal["develop", "held"]
AROUND = 40  # characters shown either side of a span
NOTHING = "（未发现）"  # what was given where nothing was
EXCUSED = "（判为例外）"
UNLABELLED = "（未标注）"  # what was expected where nothing was


def part_of(source: str) -> Part:
    """To which part of a labelled set all texts of one ``source`` belong: rules are written while reading ``develop`` (6 sources in 10) only.

    ``int(sha256(source)[:8], 16) % 10 < 6`` is develop: nobody chooses, and a set that grows keeps its parts."""
    return "develop" if int(hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16) % 10 < 6 else "held"


def source_of(record: Mapping[str, Any]) -> str:
    """What a record is grouped by: its ``source``, else its own id."""
    return str(record.get("source") or record.get("id") or "")


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

    def add(self, other: Tally) -> None:
        self.tp, self.fp, self.fn = self.tp + other.tp, self.fp + other.fp, self.fn + other.fn

    def to_json(self) -> dict[str, Any]:
        return {
            "tp": self.tp, "fp": self.fp, "fn": self.fn,
            "precision": round(self.precision, 4), "recall": round(self.recall, 4), "f1": round(self.f1, 4),
        }


@dataclass(frozen=True, slots=True)
class Slip:
    """One code of one record gone wrong. ``expected``, ``given``: a code, or one of NOTHING, EXCUSED, UNLABELLED; ``why``: the excuse, or
    the level of a false alarm; ``page``: the whole page's verdict is wrong too."""

    id: str
    source: str
    kind: str
    expected: str
    given: str
    span: str
    around: str
    why: str = ""
    page: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Evaluation:
    """The figures over one labelled file."""

    pages: Tally = field(default_factory=Tally)
    codes: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))  # page verdicts by kind of text
    sources: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))  # codes by source
    false_alarms_by_kind: Counter[str] = field(default_factory=Counter)  # pages
    alarms_by_kind: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # kind -> codes
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)  # (expected, given)
    slips: list[Slip] = field(default_factory=list)
    misses: list[tuple[str, str, str]] = field(default_factory=list)  # id, code, span
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    records: int = 0
    unsure: int = 0

    def micro(self, only: Iterable[str] | None = None) -> Tally:
        """All decisions on codes in one heap."""
        chosen = set(self.codes) if only is None else set(only)
        total = Tally()
        for code, tally in self.codes.items():
            if code in chosen:
                total.add(tally)
        return total

    def macro(self) -> dict[str, float]:
        """The mean over codes that were labelled or alarmed, each counting the same."""
        seen = [tally for tally in self.codes.values() if tally.tp + tally.fp + tally.fn]
        return {name: round(sum(getattr(t, name) for t in seen) / len(seen), 4) if seen else 1.0 for name in ("precision", "recall", "f1")}

    def add(self, record: Mapping[str, Any], verdict: Verdict) -> None:
        """``record``: id, violating, findings [{code, span}], optionally text, source, kind, optional, unsure."""
        self.records += 1
        if record.get("unsure"):
            self.unsure += 1
            return
        kind, wrong = str(record.get("kind") or ""), bool(record["violating"]) != verdict.violating
        self._page(bool(record["violating"]), verdict.violating, kind)
        optional = set(record.get("optional") or ())
        labelled = {f["code"]: str(f["span"]) for f in record.get("findings") or ()}
        found: dict[str, Finding] = {}
        for finding in verdict.findings:
            if finding.code not in found or finding.level > found[finding.code].level:
                found[finding.code] = finding
        extra = {code: f for code, f in found.items() if code not in labelled and code not in optional and f.level > Level.BLUE}
        tally = self.sources[source_of(record)]
        for code in sorted(labelled.keys() - optional):
            hit = code in found
            for counted in (self.codes[code], tally):
                counted.tp, counted.fn = counted.tp + hit, counted.fn + (not hit)
            if not hit:
                self.misses.append((str(record["id"]), code, labelled[code]))
                self._missed(record, code, labelled[code], verdict, extra, page=wrong)
        for code, finding in extra.items():
            self.codes[code].fp += 1
            tally.fp += 1
            self.alarms_by_kind[kind][code] += 1
            self.alarms.append((str(record["id"]), code, finding.claim.span))
            expected = _beside(record, finding.claim.span, labelled.keys() - found.keys() - optional, labelled)
            if not expected:
                self.confusions[UNLABELLED, code] += 1
            self._slip(record, expected or UNLABELLED, code, finding.claim.span, why=finding.level.key, page=wrong)

    def _missed(self, record: Mapping[str, Any], code: str, span: str, verdict: Verdict, extra: Mapping[str, Finding], *, page: bool) -> None:
        """A miss, with what stood in its place: another code, an excuse, or nothing."""
        other = next((given for given, finding in extra.items() if _overlap(record, span, finding.claim.span)), "")
        excuse = next((e.because for e in verdict.excused if e.finding.code == code), "")
        given = other or (EXCUSED if excuse else NOTHING)
        self.confusions[code, given] += 1
        self._slip(record, code, given, span, why="" if other else excuse, page=page)

    def _slip(self, record: Mapping[str, Any], expected: str, given: str, span: str, *, why: str, page: bool) -> None:
        text = str(record.get("text") or "")
        at = text.find(span)
        around = text[max(0, at - AROUND):at + len(span) + AROUND] if at >= 0 else span
        self.slips.append(Slip(str(record["id"]), source_of(record), str(record.get("kind") or ""), expected, given, span, around, why, page))

    def _page(self, labelled: bool, found: bool, kind: str) -> None:
        one = Tally(tp=int(labelled and found), fn=int(labelled and not found), fp=int(found and not labelled))
        self.pages.add(one)
        self.kinds[kind].add(one)
        if one.fp:
            self.false_alarms_by_kind[kind] += 1

    def worst(self) -> list[Slip]:
        """What hurts most first: slips that turn the whole page's verdict, then those of sources and codes that err most often."""
        by_source, by_code = Counter(s.source for s in self.slips), Counter(s.expected for s in self.slips)
        return sorted(self.slips, key=lambda s: (not s.page, -by_source[s.source], s.source, -by_code[s.expected], s.id, s.expected, s.given))

    def to_json(self) -> dict[str, Any]:
        return {
            "records": self.records, "unsure": self.unsure, "pages": self.pages.to_json(), "micro": self.micro().to_json(), "macro": self.macro(),
            "codes": {code: tally.to_json() for code, tally in sorted(self.codes.items())},
            "kinds": {kind: tally.to_json() for kind, tally in sorted(self.kinds.items())},
            "false_alarms_by_kind": dict(self.false_alarms_by_kind),
            "alarms_by_kind": {kind: dict(codes) for kind, codes in sorted(self.alarms_by_kind.items())},
            "confusions": [{"expected": e, "given": g, "count": n} for (e, g), n in self.confusions.most_common()],
            "sources": {name: tally.to_json() for name, tally in sorted(self.sources.items()) if tally.fp + tally.fn},
            "slips": [slip.to_json() for slip in self.worst()],
        }


def _overlap(record: Mapping[str, Any], one: str, other: str) -> bool:
    """Do two spans of the record's text share characters? By place where both stand in the text, else by one holding the other."""
    text = str(record.get("text") or "")
    a, b = text.find(one), text.find(other)
    if a < 0 or b < 0:
        return one in other or other in one
    return a < b + len(other) and b < a + len(one)


def _beside(record: Mapping[str, Any], span: str, missed: Iterable[str], labelled: Mapping[str, str]) -> str:
    """The code that was expected where this one was given; empty where none was."""
    return next((code for code in sorted(missed) if _overlap(record, span, labelled[code])), "")
