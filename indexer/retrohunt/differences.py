"""What would change on one page: its stored findings against those of a new reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from indexer.models import Excused, Finding, JudgedClaim, Page
from indexer.reading import Reading

AROUND = 40  # characters of text shown before and after
MOST_SPAN = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """``change``: new, gone, changed, excused (found by the rule, and cleared by its context). ``was``, ``now``: levels."""

    change: str
    code: str
    span: str
    start: int
    end: int
    was: int | None
    now: int | None
    reasons: tuple[str, ...]
    rule: str

    def around(self, text: str) -> tuple[str, str, str]:
        """The words before, the span, the words after."""
        return text[max(0, self.start - AROUND):self.start], self.span[:MOST_SPAN], text[self.end:self.end + AROUND]


def differences(page: Page, reading: Reading) -> list[Difference]:
    """In order of place; empty where the page would stay as it is."""
    before = {row.key: row for row in Finding.objects.filter(page=page)}
    after = {row.key: row for row in reading.findings}
    gone = [row for key, row in before.items() if key not in after]
    new = [row for key, row in after.items() if key not in before]
    found = [_changed(before[key], row) for key, row in after.items() if key in before and content(before[key]) != content(row)]
    for row in new:
        was = next((one for one in gone if one.code == row.code and one.start < row.end and row.start < one.end), None)
        if was is not None:
            gone.remove(was)
            found.append(_changed(was, row))
        else:
            found.append(Difference("new", row.code, row.span, row.start, row.end, None, row.level, tuple(row.reasons), row.rule))
    excused = {row.key: row for row in reading.excused}
    for row in gone:
        because = next((e.because for e in reading.excused if e.start < row.end and row.start < e.end), "")
        why = (f"判为例外：{because}",) if because else ("规则不再认为这是广告语",)
        found.append(Difference("gone", row.code, row.span, row.start, row.end, row.level, None, why, row.rule))
    known = set(Excused.objects.filter(page=page).values_list("key", flat=True))
    found += [Difference("excused", e.code, e.span, e.start, e.end, None, None, (e.because,), e.rule) for key, e in excused.items() if key not in known and key not in before]
    return sorted(found, key=lambda one: (one.start, one.end, one.change, one.code))


def content(row: JudgedClaim) -> tuple[Any, ...]:
    """What a finding says, without the version of the rules that says it."""
    return (row.code, row.span, row.start, row.end, row.level, round(row.confidence, 6), row.suggestion, list(row.reasons), list(row.provisions), row.rule)


def _changed(was: JudgedClaim, now: JudgedClaim) -> Difference:
    return Difference("changed", now.code, now.span, now.start, now.end, was.level, now.level, tuple(_told(was, now)), now.rule)


def _told(was: JudgedClaim, now: JudgedClaim) -> Sequence[str]:
    told = [f"原文由“{was.span[:60]}”变为“{now.span[:60]}”"] if was.span != now.span else []
    told += [f"处置建议由“{was.suggestion}”变为“{now.suggestion}”"] if was.suggestion != now.suggestion else []
    told += ["引用的条款不同"] if list(was.provisions) != list(now.provisions) else []
    told += [f"把握由 {was.confidence:.0%} 变为 {now.confidence:.0%}"] if round(was.confidence, 2) != round(now.confidence, 2) else []
    return [*told, *now.reasons]
