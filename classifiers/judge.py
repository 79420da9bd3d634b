"""A page judged: patterns find the words, context clears the innocent ones, and each says why."""

from __future__ import annotations

import datetime
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import re2

from classifiers.context import excuse_for, genre_of
from classifiers.knowledge import Knowledge, Rule
from classifiers.model import Block, Claim, Excused, Finding, Level, Page, Role, Verdict

_RATE = re2.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s?%?(?:\s?[-~至到+]\s?(\d{1,3}(?:\.\d{1,3})?))?\s?%")
_PERIODS = (("day", re2.compile(r"日|天")), ("month", re2.compile(r"月")), ("year", re2.compile(r"年")))
_PER_YEAR = {"day": 365, "month": 12, "year": 1}


def judge(page: Page, knowledge: Knowledge, *, on: datetime.date | None = None) -> Verdict:
    """All findings of a page, in order of place, and what was excused. ``on``: date of the capture (provisions in force then)."""
    text = fold(page.full_text)
    genre, reasons = genre_of(page)
    findings: dict[tuple[str, int, int], Finding] = {}
    excused: list[Excused] = []
    blocks = (*page.blocks, *page.asides)
    for rule in knowledge.rules:
        for start, end in _hits(rule, text):
            block = _block_at(blocks, start)
            finding = _finding(rule, knowledge, page.full_text[start:end], start, end, block)
            because = excuse_for(text, start, end, genre, block)
            if because:
                excused.append(Excused(finding=finding, because=because))
            else:
                findings.setdefault((rule.code, start, end), finding)
    ordered = tuple(sorted(findings.values(), key=lambda f: (f.claim.start, f.claim.end, f.code)))
    return Verdict(genre=genre, genre_reasons=reasons, findings=ordered, excused=tuple(excused))


def fold(text: str) -> str:
    """Full width to half, letters to lower case, character for character: offsets stay those of the displayed text."""
    return "".join(_fold(c) if c > "\x7f" else c for c in text)


@lru_cache(maxsize=65_536)
def _fold(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


def _hits(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Non-overlapping places, the longest of those that begin together."""
    spans = sorted({m.span() for p in rule.patterns for m in _compiled(p).finditer(text)}, key=lambda s: (s[0], -s[1]))
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if end > start and (not kept or start >= kept[-1][1]):
            kept.append((start, end))
    return kept


@dataclass(frozen=True, slots=True)
class _Nowhere:
    role: Role = Role.MAIN


def _block_at(blocks: tuple[Block, ...], place: int) -> Block | None:
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high) // 2
        if blocks[middle].end <= place:
            low = middle + 1
        else:
            high = middle
    return blocks[low] if low < len(blocks) and blocks[low].start <= place else None


def _finding(rule: Rule, knowledge: Knowledge, span: str, start: int, end: int, block: Block | None) -> Finding:
    claim = Claim(kind=rule.code, span=span, start=start, end=end, role=block.role if block else _Nowhere().role)
    if rule.number:
        claim = _with_rate(claim)
    return Finding(
        code=rule.code, claim=claim, rule=rule.id, ruleset=knowledge.digest, provisions=rule.provisions, level=Level[rule.level.upper()],
        suggestion=rule.suggestion, confidence=rule.confidence, reasons=(rule.reason.replace("{span}", span),),
        excusable_by=("否定或免责声明", "疑问", "新闻、法规、监管公告或反诈宣传"),
    )


def _with_rate(claim: Claim) -> Claim:
    found = _RATE.search(fold(claim.span))
    if not found:
        return claim
    low = float(found.group(1))
    high = float(found.group(2)) if found.group(2) else low
    if "+" in found.group(0):
        high = low + high
    period = next((name for name, pattern in _PERIODS if pattern.search(claim.span)), "year")
    annual = round(max(low, high) * _PER_YEAR[period], 4)
    formula = f"{max(low, high):g}% × {_PER_YEAR[period]}" if period != "year" else ""
    return replace(claim, low=low, high=max(low, high), period=period, annual=annual, formula=formula)
