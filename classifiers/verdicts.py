"""The second stage: which of the words found are a claim. Context is read around each, and no further than what clears a claim reaches."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from classifiers.article import Article, article_of, beside, may_stand_beside
from classifiers.claims import Yield
from classifiers.context import excuse_for
from classifiers.guarantors import guarantor
from classifiers.knowledge import Knowledge
from classifiers.manner import STEP, confirmed, firmed, may_confirm, softened
from classifiers.model import Block, Claim, Excused, Finding, Genre, Level, Page, Role, Verdict
from classifiers.normalise import Normal
from classifiers.registers import operator
from classifiers.rules import Rule
from classifiers.terms import terms_near

T = TypeVar("T")
READING = (Genre.NEWS, Genre.EDUCATION, Genre.REGULATOR, Genre.LAW)  # pages whose genre clears what stands in their article
GUARANTEES = ("guarantee.principal", "guarantee.return", "p2p.self_guarantee", "brand.impersonation")
FAR = 2_000 // STEP * STEP  # characters either side of words that are read for what clears them


@dataclass(frozen=True, slots=True)
class Hit:
    """Words found, in normalised text, before context."""

    rule: Rule
    start: int
    end: int
    level: Level
    held: Yield | None = None
    because: str = ""
    reason: str = ""


class Around(NamedTuple):
    """Normalised text around words at [start, end) of it, and the genre in which it is read."""

    text: str
    start: int
    end: int
    genre: Genre


class Reader:
    """Reads what stands around the words found on one page."""

    def __init__(self, page: Page, knowledge: Knowledge, normal: Normal, genre: Genre, on: datetime.date | None) -> None:
        self.page, self.knowledge, self.normal, self.genre, self.on = page, knowledge, normal, genre, on
        self.blocks = (*page.blocks, *page.asides)
        # What nobody sees says nothing of what is seen, nor an article of what stands beside it.
        self.shown = normal.at(len(page.text)) if page.asides else len(normal.text)

    @cached_property
    def article(self) -> Article | None:
        return article_of(self.page) if self.genre in READING else None

    @cached_property
    def operator(self) -> str | None:
        """The kind of licensed institution that runs the page; empty where the registers list none of that name; None where nothing can be said."""
        if not self.knowledge.registers:
            return None
        found = operator(self.page, self.knowledge.registers)
        return found.entry.kind if found is not None else "" if self.page.identity.operator else None

    def verdict(self, hits: Sequence[Hit], common: Sequence[Hit], reasons: tuple[str, ...]) -> Verdict:
        """``common``: hits of words that count only where the manner of speaking agrees, and where nothing else of their code was found."""
        findings: list[Finding] = []
        excused: list[Excused] = []
        for hit in best(hits):
            told_of = self._read(hit)
            if isinstance(told_of, Finding):
                findings.append(told_of)
            else:
                excused.append(told_of)
        told = {finding.code for finding in findings if finding.level > Level.BLUE}
        read = (self._read_common(hit) for hit in best(one for one in common if one.rule.code not in told))
        findings += [finding for finding in read if finding is not None]
        if findings and all(finding.level is Level.BLUE for finding in findings):
            named = {hit.rule.id for hit in hits if hit.rule.names is not None}
            findings = [one if one.rule in named else self._firmed(one) for one in findings]
        findings.sort(key=lambda one: one.claim.start)
        return Verdict(genre=self.genre, genre_reasons=reasons, findings=tuple(findings), excused=tuple(excused))

    def _firmed(self, finding: Finding) -> Finding:
        start, end = self.normal.at(finding.claim.start), self.normal.at(finding.claim.end - 1) + 1
        return firmed(finding, self.normal.text, start, end, self.knowledge.manner)

    def _in_place(self, hit: Hit, read: Callable[[Around], T]) -> T:
        """``read`` given what stands around the words. Whether they stand beside the page's article is asked only where it changes what is read:
        the second view of a page costs as much as all the rest."""
        block = block_at(self.blocks, self.normal.shown(hit.start, hit.end)[0])
        whole = read(self._around(hit, None))
        if block is None or self.genre not in READING or not may_stand_beside(block):
            return whole
        alone = read(self._around(hit, block))
        if alone == whole or self.article is None or not beside(self.article, block):
            return whole
        return alone

    def _around(self, hit: Hit, alone: Block | None) -> Around:
        """The text that is read for what clears the words; ``alone``: the block beside the article in which they stand."""
        low, high = (0, self.shown) if hit.end <= self.shown else (0, len(self.normal.text))
        if alone is not None:
            low, high = self.normal.at(alone.start), self.normal.at(alone.end - 1) + 1
        low, high = max(low, hit.start // STEP * STEP - FAR), min(high, hit.end + FAR)
        return Around(self.normal.text[low:high], hit.start - low, hit.end - low, self.genre if alone is None else Genre.OTHER)

    def _excuse(self, hit: Hit, around: Around) -> str:
        return excuse_for(*around, hit.rule.code, operator=self.operator)

    def _read(self, hit: Hit) -> Finding | Excused:
        finding = self.finding(hit)
        if hit.rule.names is not None:  # held against the registers: the words around it clear nothing
            return Excused(finding=finding, because=hit.because) if hit.because else finding
        return self._in_place(hit, lambda around: self._judged(hit, finding, around))

    def _judged(self, hit: Hit, finding: Finding, around: Around) -> Finding | Excused:
        because = hit.because or self._excuse(hit, around)
        return Excused(finding=finding, because=because) if because else softened(finding, around.text, around.start, around.end, self.knowledge.manner)

    def _read_common(self, hit: Hit) -> Finding | None:
        """None, too, where context clears it: common words that are cleared are nothing anyone need look at."""
        return self._in_place(hit, lambda around: self._confirmed(hit, around))

    def _confirmed(self, hit: Hit, around: Around) -> Finding | None:
        manner = self.knowledge.manner
        if manner is None or not may_confirm(hit.rule.code, around.text, around.start, around.end, manner) or self._excuse(hit, around):
            return None  # most are not confirmed, so the finding is made afterwards
        found = confirmed(self.finding(hit), around.text, around.start, around.end, manner)
        return None if found is None else softened(found, around.text, around.start, around.end, manner)

    def finding(self, hit: Hit) -> Finding:
        start, end = self.normal.shown(hit.start, hit.end)
        span = self.page.full_text[start:end]
        block = block_at(self.blocks, start)
        claim = Claim(kind=hit.rule.code, span=span, start=start, end=end, role=block.role if block else Role.MAIN)
        if hit.held is not None:
            held = hit.held
            claim = replace(claim, low=held.rate.low, high=held.rate.high, period=held.period, annual=held.per_year, formula=held.formula)
            claim = _with_terms(claim, self.normal, hit)
        elif hit.rule.code in GUARANTEES:
            claim = replace(claim, guarantor=guarantor(self.normal.text, hit.start, hit.end))
        reasons = (hit.rule.reason.replace("{span}", " ".join(span.split())), hit.reason, self.normal.evasive(hit.start, hit.end))
        cited = tuple(p for p in hit.rule.provisions if self.knowledge.provisions[p].applies(self.on))
        return Finding(
            code=hit.rule.code, claim=claim, rule=hit.rule.id, ruleset=self.knowledge.digest, provisions=cited, level=hit.level,
            suggestion=hit.rule.suggestion, confidence=hit.rule.confidence, reasons=tuple(filter(None, reasons)),
            excusable_by=("否定、禁止或免责声明", "转述、警示、引用他人的说法", "疑问或假设", "新闻、法规、监管公告、教育、投诉、小说、招聘、程序文本", "持牌机构的产品资料"),
        )


def best(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits of one code that overlap, the gravest, then the longest; in order of place."""
    kept: dict[str, list[Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        same = kept[hit.rule.code]
        if same and hit.start < same[-1].end:
            if (hit.level, hit.end - hit.start) > (same[-1].level, same[-1].end - same[-1].start):
                same[-1] = hit
            continue
        same.append(hit)
    return sorted((hit for same in kept.values() for hit in same), key=lambda h: (h.start, h.end, h.rule.code))


def _with_terms(claim: Claim, normal: Normal, hit: Hit) -> Claim:
    """With the stake and the term said beside the return."""
    terms = terms_near(normal.text, hit.start, hit.end)
    said = tuple(zip((term.kind for term in terms.said), terms.in_chinese(), strict=True))
    return replace(claim, amounts=tuple(words for kind, words in said if kind in ("stake", "raised")), terms=tuple(words for kind, words in said if kind in ("lock", "term")))


def block_at(blocks: tuple[Block, ...], place: int) -> Block | None:
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high) // 2
        if blocks[middle].end <= place:
            low = middle + 1
        else:
            high = middle
    return blocks[low] if low < len(blocks) and blocks[low].start <= place else None
