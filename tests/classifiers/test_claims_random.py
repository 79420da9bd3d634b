"""Whatever is written, what is read of it is a span of it and a finite number."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from classifiers.claims import STANCES, comparisons, yields
from classifiers.normalise import normalise
from classifiers.numbers import PER_YEAR, number, rates
from classifiers.terms import terms_near

PIECES = [*"0123456789一二三十百千万两半廿.点%+-~至到元块wku,。\n /成倍分厘息利日月年天周", "年化", "收益", "投资", "投", "每天", "返", "本金", "翻", "变", "个点", "百分之", "万分之", "三个月", "存", "一年", "拿回",
          "起投", "封闭期", "银行", "活期", "比", "高", "回本", "预期", "手续费", "贷款", "季度", "半年", "到期"]
MADE = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


@given(MADE)
def test_rates_and_yields_are_spans_and_finite_numbers(text: str) -> None:
    normal = normalise(text).text
    found = list(rates(normal))
    for rate in found:
        assert 0 <= rate.start < rate.end <= len(normal)
        assert 0 <= rate.low <= rate.high < math.inf
        assert rate.days >= 0
        assert rate.stake >= 0
    for one, other in itertools.pairwise(found):
        assert one.end <= other.start
    for claim in yields(normal):
        assert 0 <= claim.start <= claim.rate.start < claim.rate.end <= claim.end <= len(normal)
        assert 0 <= claim.per_year < math.inf
        assert claim.period in (*PER_YEAR, "total")
        assert claim.stance in STANCES
        for term in terms_near(normal, claim.start, claim.end).said:
            assert 0 <= term.start < term.end <= len(normal)
            assert 0 < term.value < math.inf
    for comparison in comparisons(normal):
        assert 0 < comparison.low <= comparison.high


@given(st.integers(0, 9_999))
def test_a_chinese_number_is_the_number(value: int) -> None:
    digits, text = "零一二三四五六七八九", ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            text += digits[digit] + name
        elif text and not text.endswith("零") and value % unit:
            text += "零"
    assert number(text or "零") == value
    assert number(str(value)) == value
