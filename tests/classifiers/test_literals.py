"""An expression is left unread only where it cannot match: what is said to be needed stands in every match."""

from __future__ import annotations

from pathlib import Path

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.knowledge import Knowledge
from classifiers.literals import alternatives, needed
from classifiers.matching import Engine, matches
from classifiers.rules import Rule
from tests.shipped import shipped

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.mark.parametrize(("pattern", "sets"), [
    ("保本", [{"保本"}]),
    ("保本|稳赚", [{"保本", "稳赚"}]),
    ("(?:保证|承诺)[^。]{0,8}(?:收益|回报)", [{"保证", "承诺"}, {"收益", "回报"}]),
    ("年化(?:收益)?高达", [{"年化高达", "年化收益"}]),  # of longer words the beginning
    ("(?:最低|至少)?[12]倍收益", [{"1倍收益", "2倍收益"}]),  # what may be missing is not needed, and a word with more before it is that word
    ("(?:送|奖励)+好礼", [{"送", "奖励"}, {"好礼"}]),
    ("(?:a.b|c)", [{"a", "c"}]),  # of each alternative what says most
    ("[一-龥]{2,4}", []),
    ("(?:保本)?", []),
    (r"\d+倍", [set("0123456789"), {"倍"}]),
    ("(?i)Baoben", []),  # flags, and what the two parsers read differently: nothing is said
    ("[[:alpha:]]+保本", []),
    (r"\Q保.本\E", []),
    ("保本(", []),
])
def test_what_an_expression_needs(pattern: str, sets: list[set[str]]) -> None:
    assert {frozenset(one) for one in sets} == set(needed(pattern))


@pytest.mark.parametrize(("pattern", "parts"), [
    ("a|b(c|d)|[|]|\\|", ["a", "b(c|d)", "[|]", "\\|"]),
    ("(?:a|(?:b|c))", ["a", "b", "c"]),
    ("(?:a|b)c", ["(?:a|b)c"]),
    ("(?:a|b)(?:c|d)", ["(?:a|b)(?:c|d)"]),
    ("[]|]|x", ["[]|]", "x"]),
    ("(?i)a|b", ["(?i)a|b"]),
    ("a|", ["a", ""]),
])
def test_alternatives_are_read_one_by_one(pattern: str, parts: list[str]) -> None:
    assert alternatives(pattern) == parts


WORDS = st.sampled_from(["保本", "收益", "年化", "送", "1", "每天", "高达"])
EXPRESSIONS = st.recursive(
    WORDS | st.sampled_from(["[^。]{0,3}", "[一二三]", r"\d", ".", r"\s?", "\\b", "[a-z]+"]),
    lambda inner: st.builds("{}{}".format, inner, inner) | st.builds("(?:{}|{})".format, inner, inner)
    | st.builds("(?:{}){}".format, inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,3}?"])),
    max_leaves=10)
TEXTS = st.lists(st.sampled_from([*"保本收益年化送1每天高达一二三5ax。 \n"]), max_size=25).map("".join)


@settings(max_examples=400)
@given(pattern=EXPRESSIONS, text=TEXTS)
def test_no_match_lacks_what_is_needed(pattern: str, text: str) -> None:
    for one in (pattern, *alternatives(pattern)):
        needs = needed(one)
        for match in re2.compile(one).finditer(text):
            held = match.group()
            assert all(any(word in held for word in need) for need in needs), (one, held, needs)


@settings(max_examples=200)
@given(pattern=EXPRESSIONS, text=TEXTS)
def test_alternatives_match_where_the_whole_does(pattern: str, text: str) -> None:
    whole = f"{pattern}|{pattern}本"
    assert bool(re2.search(whole, text)) is any(re2.search(one, text) for one in alternatives(whole))


def test_each_text_of_a_rule_passes_what_its_expressions_need() -> None:
    """On the rules as they are: what an expression finds in a rule's own texts is found where its needs alone are looked at."""
    rules = shipped().rules
    seen = 0
    for rule in rules:
        for one in (one for pattern in rule.patterns for one in alternatives(pattern)):
            expression, needs = re2.compile(one), needed(one)
            for text in rule.flag:
                for match in expression.finditer(text):
                    seen += match.end() > match.start()
                    assert all(any(word in match.group() for word in need) for need in needs), (rule.id, one)
    assert seen > 500


def _knowledge(*rules: Rule) -> Knowledge:
    return Knowledge(rules, {}, "test")


def test_a_word_that_fills_the_page_hides_none_of_what_is_needed() -> None:
    rule = Rule.model_construct(
        id="r", code="guarantee.principal", level="yellow", suggestion="", provisions=(), heads=("稳稳",), patterns=("稳稳[^。]{0,8}回本",), unless=(), near=(), not_near=(),
        topic="", genres=(), yields=None, names=None, absence=None, reason="", confidence=0.5)
    engine = Engine(_knowledge(rule))
    text = "回本" * 150_000 + "。稳稳地回本。"
    assert list(matches(engine.compiled[0], 0, text, engine.read(text))) == [(300_001, 300_006)]
