"""A page judged in two stages: literals and expressions find the words; context, read only around them, says which are a claim.

The first stage is one Aho-Corasick pass over the normalised text: a page without a head of any rule costs no more. Spans are reported in the
text as displayed: ``full_text[start:end] == span``, always.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, replace

import re2

from classifiers import genre as genres
from classifiers.article import article_of, beside
from classifiers.claims import STANCE_ZH, Yield, yields
from classifiers.context import excuse_for
from classifiers.guarantors import guarantor
from classifiers.knowledge import Knowledge
from classifiers.matching import MOST_CLAIMS, Entry, engine_of, is_about, matches, regions_of
from classifiers.model import Block, Claim, Excused, Finding, Genre, Level, Page, Role, Verdict
from classifiers.normalise import Normal, normalise
from classifiers.registers import operator
from classifiers.registers_checks import contradictions
from classifiers.rules import Rule, YieldTest
from classifiers.terms import terms_near
from classifiers.weighing import weighed

READING = (Genre.NEWS, Genre.EDUCATION, Genre.REGULATOR, Genre.LAW)  # pages whose genre clears what stands in their article
GUARANTEES = ("guarantee.principal", "guarantee.return", "p2p.self_guarantee", "brand.impersonation")
UNSEEN = (Role.HIDDEN, Role.SCRIPT, Role.META, Role.ALT)
BEYOND_LISTS = 50.0  # per cent a year: no list of honest products holds such a rate


@dataclass(frozen=True, slots=True)
class _Hit:
    """Words found, in normalised text, before context."""

    rule: Rule
    start: int
    end: int
    level: Level
    held: Yield | None = None
    because: str = ""
    reason: str = ""


def judge(page: Page, knowledge: Knowledge, *, on: datetime.date | None = None) -> Verdict:
    """All findings of a page, in order of place, and what was excused. ``on``: date of the capture (provisions in force then)."""
    engine = engine_of(knowledge)
    normal = normalise(page.full_text)
    title = normalise(page.title).text
    places, counts = engine.heads(normal.text if not title else f"{normal.text}\n{title}")
    genre, reasons = genres.genre_of(normal.text, title, counts, visible=normal.at(len(page.text)) if page.asides else None)
    hits = _name_hits(page, knowledge, normal, genre)
    if genre is Genre.BANK and any(not hit.because for hit in hits):  # who imitates a bank speaks like one: its words clear nothing
        genre, reasons = Genre.PLATFORM, (*reasons, "名称与名录不符，不按持牌机构看待")
    held: list[Yield] | None = None
    about: dict[str, bool] = {}
    for index, entry in enumerate(engine.compiled):
        if index not in places or (entry.rule.genres and genre not in entry.rule.genres):
            continue
        regions = regions_of(places[index], len(normal.text))
        if entry.rule.yields is not None:
            held = _yields(normal.text, regions) if held is None else held
            hits += [hit for claim in held if (hit := _yield_hit(entry.rule, entry.rule.yields, claim))]
        elif entry.patterns:
            if entry.rule.topic not in about:
                about[entry.rule.topic] = is_about(entry.topic, normal.text, genre)
            hits += _word_hits(entry, normal.text, regions, about=about[entry.rule.topic])
    verdict = _verdict(page, knowledge, normal, genre, reasons, hits, on)
    missing = [hit for entry in engine.compiled if (hit := _missing(entry.rule, page, normal, verdict))]
    added = (_finding(hit, page, knowledge, normal, (*page.blocks, *page.asides), on) for hit in missing)
    return weighed(replace(verdict, findings=(*verdict.findings, *added)) if missing else verdict, knowledge.weights)


def _missing(rule: Rule, page: Page, normal: Normal, verdict: Verdict) -> _Hit | None:
    """What ought to stand beside a finding and is nowhere to be seen on the page; its place is that of the gravest such finding."""
    test = rule.absence
    if test is None or verdict.genre not in test.genres or len(page.text) < test.least:
        return None
    due = [f for f in verdict.findings if f.code in test.beside and f.level > Level.BLUE and f.claim.role is not Role.HIDDEN]
    if not due:
        return None
    words = re2.compile("|".join(f"(?:{pattern})" for pattern in test.of))
    seen, hidden = False, False
    blocks = (*page.blocks, *page.asides)
    for match in words.finditer(normal.text):
        start, _ = normal.shown(*match.span())
        block = _block_at(blocks, start)
        seen |= block is None or not (block.hidden or block.role in UNSEEN)
        hidden |= not seen
    if seen:
        return None
    gravest = max(due, key=lambda f: (f.level, -f.claim.start))
    start, end = normal.at(gravest.claim.start), normal.at(gravest.claim.end - 1) + 1
    return _Hit(rule, start, end, Level[rule.level.upper()], reason="风险提示只在看不见的文字里" if hidden else "")


def _word_hits(entry: Entry, text: str, spans: list[tuple[int, int]], *, about: bool) -> list[_Hit]:
    level = Level[entry.rule.level.upper()]
    return [_Hit(entry.rule, start, end, level) for start, end in matches(entry, text, spans, about=about)]


def _yields(text: str, regions: list[tuple[int, int]]) -> list[Yield]:
    found: list[Yield] = []
    for low, high in regions:
        for claim in yields(text[low:high]):
            found.append(replace(claim, start=low + claim.start, end=low + claim.end))
            if len(found) >= MOST_CLAIMS:
                return found
    return found


def _yield_hit(rule: Rule, test: YieldTest, claim: Yield) -> _Hit | None:
    levels = []
    if test.stances:
        stance = test.stances.get(claim.stance)  # type: ignore[call-overload]
        if stance is None:
            because = "历史业绩或业绩比较基准，未作收益承诺" if claim.stance in ("historical", "benchmark") else ""
            return _Hit(rule, claim.start, claim.end, Level[rule.level.upper()], claim, because) if because else None
        levels.append(Level[stance.upper()])
    for name, least in test.annual.items():
        if claim.per_year > least or (name != "blue" and claim.per_year >= least):
            levels.append(Level[name.upper()])
    if test.daily and claim.period == "day" and claim.rate.form != "wan":
        levels.append(Level[test.daily.upper()])
    if not levels:
        return None
    level = max(levels)
    if not test.stances and claim.stance in ("listed", "historical", "benchmark") and claim.per_year < BEYOND_LISTS:
        level = Level.BLUE  # a rate in a list without a word of yield: worth a look, no more
    rate = f"{STANCE_ZH[claim.stance]}收益率 {claim.rate.low:g}%" + (f"–{claim.rate.high:g}%" if claim.rate.high != claim.rate.low else "")
    return _Hit(rule, claim.start, claim.end, level, claim, reason=f"{rate}；{claim.formula or f'年化 {claim.per_year:g}%'}")


def _name_hits(page: Page, knowledge: Knowledge, normal: Normal, genre: Genre) -> list[_Hit]:
    found = contradictions(page, normal.text, genre, knowledge.registers, [rule for rule in knowledge.rules if rule.names is not None])
    return [_Hit(rule, one.start, one.end, Level[(one.level or rule.level).upper()], because=one.because, reason=one.reason) for rule, one in found]


def _verdict(
    page: Page, knowledge: Knowledge, normal: Normal, genre: Genre, reasons: tuple[str, ...], hits: list[_Hit], on: datetime.date | None,
) -> Verdict:
    blocks = (*page.blocks, *page.asides)
    findings: list[Finding] = []
    excused: list[Excused] = []
    kind = _operator_kind(page, knowledge)
    article = article_of(page) if hits and genre in READING else None
    for hit in _best(hits):
        finding = _finding(hit, page, knowledge, normal, blocks, on)
        block = _block_at(blocks, finding.claim.start)
        seen_as = Genre.OTHER if article is not None and block is not None and beside(article, block) else genre
        # A name is held against the registers: the sentence it stands in clears nothing.
        because = hit.because or ("" if hit.rule.names is not None else excuse_for(normal.text, hit.start, hit.end, seen_as, hit.rule.code, operator=kind))
        if because:
            excused.append(Excused(finding=finding, because=because))
        else:
            findings.append(finding)
    return Verdict(genre=genre, genre_reasons=reasons, findings=tuple(findings), excused=tuple(excused))


def _operator_kind(page: Page, knowledge: Knowledge) -> str | None:
    """The kind of licensed institution that runs the page; empty where the registers list none of that name; None where nothing can be said."""
    if not knowledge.registers:
        return None
    found = operator(page, knowledge.registers)
    return found.entry.kind if found is not None else "" if page.identity.operator else None


def _best(hits: list[_Hit]) -> list[_Hit]:
    """Of hits of one code that overlap, the gravest, then the longest; in order of place."""
    kept: dict[str, list[_Hit]] = defaultdict(list)
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        same = kept[hit.rule.code]
        if same and hit.start < same[-1].end:
            if (hit.level, hit.end - hit.start) > (same[-1].level, same[-1].end - same[-1].start):
                same[-1] = hit
            continue
        same.append(hit)
    return sorted((hit for same in kept.values() for hit in same), key=lambda h: (h.start, h.end, h.rule.code))


def _finding(hit: _Hit, page: Page, knowledge: Knowledge, normal: Normal, blocks: tuple[Block, ...], on: datetime.date | None) -> Finding:
    start, end = normal.shown(hit.start, hit.end)
    span = page.full_text[start:end]
    block = _block_at(blocks, start)
    claim = Claim(kind=hit.rule.code, span=span, start=start, end=end, role=block.role if block else Role.MAIN)
    if hit.held is not None:
        held = hit.held
        claim = replace(claim, low=held.rate.low, high=held.rate.high, period=held.period, annual=held.per_year, formula=held.formula)
        claim = _with_terms(claim, normal, hit)
    elif hit.rule.code in GUARANTEES:
        claim = replace(claim, guarantor=guarantor(normal.text, hit.start, hit.end))
    reasons = (hit.rule.reason.replace("{span}", " ".join(span.split())), hit.reason, normal.evasive(hit.start, hit.end))
    cited = tuple(p for p in hit.rule.provisions if knowledge.provisions[p].applies(on))
    return Finding(
        code=hit.rule.code, claim=claim, rule=hit.rule.id, ruleset=knowledge.digest, provisions=cited, level=hit.level,
        suggestion=hit.rule.suggestion, confidence=hit.rule.confidence, reasons=tuple(filter(None, reasons)),
        excusable_by=("否定、禁止或免责声明", "转述、警示、引用他人的说法", "疑问或假设", "新闻、法规、监管公告、教育、投诉、小说、招聘、程序文本", "持牌机构的产品资料"),
    )


def _with_terms(claim: Claim, normal: Normal, hit: _Hit) -> Claim:
    """With the stake and the term said beside the return."""
    terms = terms_near(normal.text, hit.start, hit.end)
    said = tuple(zip((term.kind for term in terms.said), terms.in_chinese(), strict=True))
    return replace(claim, amounts=tuple(words for kind, words in said if kind in ("stake", "raised")), terms=tuple(words for kind, words in said if kind in ("lock", "term")))


def _block_at(blocks: tuple[Block, ...], place: int) -> Block | None:
    low, high = 0, len(blocks)
    while low < high:
        middle = (low + high) // 2
        if blocks[middle].end <= place:
            low = middle + 1
        else:
            high = middle
    return blocks[low] if low < len(blocks) and blocks[low].start <= place else None
