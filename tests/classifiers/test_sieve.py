"""A sieve leaves out what cannot match, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.bounded import bounded
from classifiers.context.prose import _OFFER, _PROSE
from classifiers.sieve import Sieve

EXPRESSIONS = [bounded(words) for words in ("立即|马上", "是指|指的是", "(?:第[一二三]步|教程)[^。]{0,6}注册", "[^,。]{2,6}$", "!", "开源(?!节流)")]


@pytest.mark.parametrize(("text", "left"), [
    ("立即注册", {0, 3}), ("基金是指集合投资", {1, 3}), ("第一步注册", {2, 3}), ("第一步", {3}), ("注册教程", {2, 3}), ("好!", {3, 4}), ("开源节流", {3, 5}), ("", {3}),
])
def test_what_is_left(text: str, left: set[int]) -> None:
    assert Sieve(EXPRESSIONS).of(text) == left


FAMILIES = [family.words for family in (*_PROSE, *_OFFER)]
SIEVE = Sieve(FAMILIES)
WORDS = st.sampled_from(["是指", "分为", "通常", "可能", "因此", "然而", "据报道", "风险", "骗局", "制度", "2019年", "某某", "人们", "您", "立即", "!", "本平台", "第一步", "活动规则", "成立于", "放心", "基金", "货币型基金", "，", "。", "x", "12"])


@settings(max_examples=300)
@given(st.lists(WORDS | st.text(max_size=4), max_size=12).map("".join))
def test_no_family_that_matches_is_left_out(text: str) -> None:
    left = SIEVE.of(text)
    assert all(number in left for number, words in enumerate(FAMILIES) if words.search(text))
