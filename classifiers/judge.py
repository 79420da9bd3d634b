"""A page judged in two stages: literals and expressions find the words; context, read only around them, says which are a claim.

The first stage is one Aho-Corasick pass over the normalised text: a page without a head of any rule costs no more. Spans are reported in the
text as displayed: ``full_text[start:end] == span``, always.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import lru_cache
from typing import Any

import re2

from classifiers import genre as genres
from classifiers.claims import STANCE_ZH, Yield, yields
from classifiers.common_words import common_words
from classifiers.knowledge import Knowledge
from classifiers.legibility import unread
from classifiers.matching import MOST_CLAIMS, Entry, Places, engine_of, is_about, matches
from classifiers.model import Genre, Level, Page, Role, Verdict
from classifiers.normalise import Normal, normalise
from classifiers.registers_checks import contradictions
from classifiers.rules import Rule, YieldTest
from classifiers.stretches import Spans, regions_of
from classifiers.verdicts import Hit, Reader, block_at
from classifiers.weighing import weighed

UNSEEN = (Role.HIDDEN, Role.SCRIPT, Role.META, Role.ALT)
MOST_WARNINGS = 40  # different ones of one page: who says it so often says it somewhere to be read
BEYOND_LISTS = 50.0  # per cent a year: no list of honest products holds such a rate


def judge(page: Page, knowledge: Knowledge, *, on: datetime.date | None = None) -> Verdict:
    """All findings of a page, in order of place, and what was excused. ``on``: date of the capture (provisions in force then)."""
    engine = engine_of(knowledge)
    normal = normalise(page.full_text)
    title = normalise(page.title).text
    reading = engine.read(normal.text if not title else f"{normal.text}\n{title}")
    genre, reasons = genres.genre_of(normal.text, title, reading.cues, visible=normal.at(len(page.text)) if page.asides else None)
    hits = _name_hits(page, knowledge, normal, genre)
    if genre is Genre.BANK and any(not hit.because for hit in hits):  # who imitates a bank speaks like one: its words clear nothing
        genre, reasons = Genre.PLATFORM, (*reasons, "名称与名录不符，不按持牌机构看待")
    held: list[Yield] | None = None
    common: list[Hit] = []
    about: dict[str, bool] = {}
    for index, entry in enumerate(engine.compiled):
        if index not in reading.heads or (entry.rule.genres and genre not in entry.rule.genres):
            continue
        if entry.rule.yields is not None:
            regions = regions_of(reading.heads[index], len(normal.text))
            held = _yields(normal.text, regions) if held is None else held
            hits += [hit for claim in held if (hit := _yield_hit(entry.rule, entry.rule.yields, claim))]
        elif entry.rule.manner is not None:
            level, places = Level[entry.rule.level.upper()], reading.places(entry.beside)
            common += [Hit(entry.rule, *span, level) for span in common_words(entry.rule.manner, normal.text, reading.heads[index], places)]
        elif index in reading.possible:
            if entry.rule.topic not in about:
                about[entry.rule.topic] = is_about(entry, reading, len(normal.text), genre)
            hits += _word_hits(entry, index, normal.text, reading, about=about[entry.rule.topic])
    reader = Reader(page, knowledge, normal, genre, on)
    verdict = reader.verdict(hits, common, reasons)
    missing: dict[str, Hit] = {}  # by code, the graver first: what a whole page lacks is not said once more of a piece of it
    for entry in engine.absent:
        if entry.rule.code not in missing and (hit := _missing(entry.rule, page, normal, verdict)):
            missing[entry.rule.code] = hit
    added = (reader.finding(hit) for hit in missing.values())
    return weighed(replace(verdict, findings=(*verdict.findings, *added)) if missing else verdict, knowledge.weights)


def _missing(rule: Rule, page: Page, normal: Normal, verdict: Verdict) -> Hit | None:
    """What ought to stand beside a finding and is nowhere to be seen on the page, or not so that people can read it.
    Its place is that of the gravest such finding."""
    test = rule.absence
    if test is None or verdict.genre not in test.genres or len(page.text) < test.least:
        return None
    due = [f for f in verdict.findings if f.code in test.beside and f.level > Level.BLUE and f.claim.role is not Role.HIDDEN]
    if not due:
        return None
    words = _warnings(test.of)
    seen: dict[str, None] = {}
    hidden = False
    blocks = (*page.blocks, *page.asides)
    for match in words.finditer(normal.text):
        start, end = normal.shown(*match.span())
        block = block_at(blocks, start)
        if block is None or not (block.hidden or block.role in UNSEEN):
            seen[page.full_text[start:end]] = None
        else:
            hidden = True
    gravest = max(due, key=lambda f: (f.level, -f.claim.start))
    faults = unread(page.markup, tuple(seen), gravest.claim.span) if len(seen) <= MOST_WARNINGS else ()
    if seen and not faults:
        return None
    start, end = normal.at(gravest.claim.start), normal.at(gravest.claim.end - 1) + 1
    return Hit(rule, start, end, Level[rule.level.upper()], reason="；".join(faults[:3]) or ("风险提示只在看不见的文字里" if hidden else ""))


@lru_cache(maxsize=16)
def _warnings(patterns: tuple[str, ...]) -> Any:
    return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _word_hits(entry: Entry, index: int, text: str, reading: Places, *, about: bool) -> list[Hit]:
    level = Level[entry.rule.level.upper()]
    return [Hit(entry.rule, start, end, level) for start, end in matches(entry, index, text, reading, about=about)]


def _yields(text: str, regions: Spans) -> list[Yield]:
    found: list[Yield] = []
    for low, high in regions:
        for claim in yields(text[low:high]):
            found.append(replace(claim, start=low + claim.start, end=low + claim.end))
            if len(found) >= MOST_CLAIMS:
                return found
    return found


def _yield_hit(rule: Rule, test: YieldTest, claim: Yield) -> Hit | None:
    levels = []
    if test.stances:
        stance = test.stances.get(claim.stance)  # type: ignore[call-overload]
        if stance is None:
            because = "历史业绩或业绩比较基准，未作收益承诺" if claim.stance in ("historical", "benchmark") else ""
            return Hit(rule, claim.start, claim.end, Level[rule.level.upper()], claim, because) if because else None
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
    return Hit(rule, claim.start, claim.end, level, claim, reason=f"{rate}；{claim.formula or f'年化 {claim.per_year:g}%'}")


def _name_hits(page: Page, knowledge: Knowledge, normal: Normal, genre: Genre) -> list[Hit]:
    found = contradictions(page, normal.text, genre, knowledge.registers, [rule for rule in knowledge.rules if rule.names is not None])
    return [Hit(rule, one.start, one.end, Level[(one.level or rule.level).upper()], because=one.because, reason=one.reason) for rule, one in found]


