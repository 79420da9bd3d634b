"""What a rule, a topic and a provision hold: the shapes of the analyst's files, validated on load."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from contextlib import suppress
from math import prod
from typing import Any, Literal

import re2
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from classifiers.model import Genre

_FULL_WIDTH = {"，": ",", "：": ":", "；": ";", "！": "!", "？": r"\?", "（": r"\(", "）": r"\)", "％": "%", "～": "~", "＋": r"\+", "．": r"\."}
_COUNT = re.compile(r"[{,](\d+),?\}")  # how often at most (at least, where there is no most)
_CHARACTER, _PROGRAM = 40, 300_000  # instructions that one character of an expression comes to at most; and all together
LevelName = Literal["blue", "yellow", "orange", "red"]
StanceName = Literal["promised", "advertised", "listed", "expected", "historical", "benchmark"]


def _compiling(value: tuple[str, ...]) -> tuple[str, ...]:
    """Expressions in half width, as the text they read is; raises ValueError where RE2 cannot read one. Compiling two thousand is most of the time
    that a command needs to begin: those that are too small to be refused for their size are parsed alone."""
    folded = tuple("".join(_FULL_WIDTH.get(c, c) for c in pattern) for pattern in value)
    parsed = re2.Set.SearchSet()
    for pattern in folded:
        try:
            if _is_small(pattern):
                with suppress(re2.error):  # which does not say why: compiling does
                    parsed.Add(pattern)
                    continue
            re2.compile(pattern)
        except re2.error as error:
            raise ValueError(f"表达式写错：{pattern}（{error}）") from error
    return folded


def _is_small(pattern: str) -> bool:
    """Whether the program of ``pattern`` is certain to stay within RE2's 8 MiB (some 350,000 instructions): by its length, and by how often
    its counted repetitions, one within another where groups are repeated, can multiply it."""
    counts = sorted((max(int(count), 1) for count in _COUNT.findall(pattern)), reverse=True)
    return "\\p" not in pattern and "\\P" not in pattern and _CHARACTER * len(pattern) * prod(counts[: pattern.count("){") + 1]) < _PROGRAM


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExcuseCase(_Strict):
    """A text that must be left alone, and the context that clears it."""

    text: str
    because: str


class YieldTest(_Strict):
    """Which rates of return the rule takes, and how grave they are; the highest level that applies counts."""

    stances: Mapping[StanceName, LevelName] = Field(default_factory=dict)  # by how the rate is held out
    annual: Mapping[LevelName, float] = Field(default_factory=dict)  # level -> per cent a year from which it applies (blue: above)
    daily: LevelName | None = None  # any rate by the day


class NameTest(_Strict):
    """What the page says of its operator, held against the registers that are loaded (classifiers.registers_checks)."""

    checks: tuple[Literal["name_word", "brand", "picture", "licence", "credit_code", "filing"], ...] = ("name_word",)
    words: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)  # a word that only a licence allows -> kinds of institutions that may bear it
    lookalike: LevelName = "orange"  # the name of a licensed institution, or one taken for it, on a domain not its own

    @model_validator(mode="after")
    def _has_words(self) -> NameTest:
        if "name_word" in self.checks and not self.words:
            raise ValueError("checks 中有 name_word 时要写 words：字样及可使用该字样的机构类别")
        return self


class MannerTest(_Strict):
    """Words too common to say anything by themselves: they count where the manner of speaking agrees (classifiers.manner), and where no other rule
    of the code found anything."""

    words: tuple[str, ...] = Field(min_length=1)  # plain words
    beside: tuple[str, ...] = Field(min_length=1)  # plain words, one of them in the same sentence
    within: int = Field(default=40, ge=1, le=120)  # characters between the beginnings of the two


class AbsenceTest(_Strict):
    """What a page must say where it says something else: a return promised without a word of its risk."""

    of: tuple[str, ...] = Field(min_length=1)  # expressions of what ought to stand somewhere in the text that people see
    beside: tuple[str, ...] = Field(min_length=1)  # codes: a finding of one of them above blue makes the words due
    genres: tuple[Genre, ...] = (Genre.PLATFORM, Genre.AD, Genre.OTHER)
    least: int = Field(default=0, ge=0)  # characters of visible text below which the page is a fragment, and nothing is said

    _of = field_validator("of")(_compiling)


class Topic(_Strict):
    """What the words around a match must be about, one file each: half the words of the trade are innocent where no money is near."""

    id: str
    words: tuple[str, ...] = Field(min_length=1)  # RE2 expressions; one of them stands within ``within`` characters of the match
    within: int = Field(default=60, ge=1, le=120)
    genres: tuple[Genre, ...] = ()  # a page of such a genre is about the topic as a whole
    page_words: tuple[str, ...] = ()  # plain words: a page that holds ``page_least`` of them is about the topic as a whole
    page_least: int = Field(default=2, ge=1)

    _words = field_validator("words")(_compiling)


class Rule(_Strict):
    """One rule, one file. ``patterns`` are RE2 expressions over normalised text (half width, simplified, lower case; docs/analyst.md)."""

    id: str
    code: str
    level: LevelName
    suggestion: str
    provisions: tuple[str, ...] = Field(min_length=1)
    heads: tuple[str, ...] = ()  # literals: expressions run only around them
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()  # another meaning of the same words: an expression that overlaps the match
    topic: str = ""  # what the words around must be about: an id of config/topics
    near: tuple[str, ...] = ()  # one of these stands within ``within`` characters of the match
    not_near: tuple[str, ...] = ()  # none of these does
    within: int = Field(default=60, ge=1, le=120)
    genres: tuple[Genre, ...] = ()  # pages of these genres alone; empty: all
    yields: YieldTest | None = None
    names: NameTest | None = None
    absence: AbsenceTest | None = None
    manner: MannerTest | None = None
    reason: str
    confidence: float = Field(ge=0, le=1)
    flag: tuple[str, ...] = Field(default=(), validate_default=True)
    excuse: tuple[ExcuseCase, ...] = Field(default=(), validate_default=True)

    _patterns = field_validator("patterns", "unless", "near", "not_near")(_compiling)

    @field_validator("flag", "excuse")
    @classmethod
    def _has_examples(cls, value: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
        # What a rule of names finds depends on the registers of the office: no sentence can show it.
        if len(value) < 5 and info.data.get("names") is None:
            raise ValueError("至少要写 5 条")
        return value

    @model_validator(mode="after")
    def _looks_for_something(self) -> Rule:
        if not (self.patterns or self.yields or self.names or self.absence or self.manner):
            raise ValueError("patterns、yields、names、absence、manner 至少写一项")
        if self.patterns and not self.heads:
            raise ValueError("写了 patterns 就要写 heads：表达式只在这些字样附近运行")
        return self

    @model_validator(mode="after")
    def _says_nothing_that_is_not_read(self) -> Rule:
        other = next((name for name in ("yields", "names", "absence", "manner") if getattr(self, name) is not None), "")
        for name in ("heads", "patterns", "unless", "topic", "near", "not_near") if other else ():
            if getattr(self, name):
                raise ValueError(f"写了 {other} 的规则不看 {name}：请删去，或另写一条规则")
        return self


class Provision(_Strict):
    """条款: an article in a dated version. ``text`` is the exact text that was read in ``source``."""

    id: str
    law: str
    document_number: str | None = None
    effective: str | None = None  # as the source states it
    in_force_from: datetime.date | None = None  # first day this wording may be cited for a capture
    in_force_to: datetime.date | None = None  # last day, where it was superseded or repealed
    status: str
    article: str
    paragraph_item: str | None = None
    text: str
    competent_authority: str | None = None
    penalty_article: str | None = None
    verified: bool
    source_quality: str

    def applies(self, on: datetime.date | None) -> bool:
        """Was this wording in force on the day of the capture? On an unknown day: is it so still?"""
        return self.in_force_to is None if on is None else ((self.in_force_from is None or self.in_force_from <= on) and (self.in_force_to is None or on <= self.in_force_to))
