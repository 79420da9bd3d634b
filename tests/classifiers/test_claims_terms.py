"""Least stake, lock-up and term beside a claim, worked out by hand; and comparisons, which are no rates."""

from __future__ import annotations

import pytest

from classifiers.claims import comparisons, yields
from classifiers.normalise import normalise
from classifiers.terms import terms_near


@pytest.mark.parametrize(("text", "stake", "lock", "term", "raised"), [
    ("年化收益12%，1000元起投，期限3个月", 1000, 0, 91.25, 0), ("年化收益12%，起投金额：100元", 100, 0, 0, 0), ("年化收益12%，封闭期6个月", 0, 182.5, 0, 0), ("年化收益12%，锁定期：90天", 0, 90, 0, 0),
    ("起购金额5万元，年化收益8%，投资期限：一年", 50_000, 0, 365, 0), ("质押年化80%，锁仓180天，100U起投", 100, 180, 0, 0), ("1万起购，年化收益9%", 10_000, 0, 0, 0), ("年化收益10%\n投资期限\n30天\n起投\n50元", 50, 0, 30, 0),
    ("门槛低至1元，年化收益7.2%", 1, 0, 0, 0), ("募集金额：500万元，年化收益11%，产品期限24个月", 0, 0, 730, 5_000_000), ("年化收益率15%，半年期，五千元起投", 5_000, 0, 182.5, 0), ("最低投资十万元，年化收益13%", 100_000, 0, 0, 0),
    ("年化收益15%，项目规模3亿元", 0, 0, 0, 3e8), ("年化收益15%，全程无忧", 0, 0, 0, 0), ("年化收益12%，封闭3个月后可赎回", 0, 91.25, 0, 0), ("年化收益6%，七天周期，一千元起", 1_000, 0, 7, 0),
])
def test_terms_beside_a_claim(text: str, stake: float, lock: float, term: float, raised: float) -> None:
    normal = normalise(text).text
    claim = next(iter(yields(normal)))
    found = terms_near(normal, claim.start, claim.end)
    assert (found.stake, found.lock_days, found.term_days, found.raised) == (stake, lock, term, raised)
    for said in found.said:
        assert said.said in normal[said.start:said.end]
    assert len(found.in_chinese()) == len(found.said)


def test_the_nearest_terms_count() -> None:
    text = "甲产品年化收益8%，100元起投；" + "说明" * 30 + "；乙产品年化收益12%，5000元起投"
    second = list(yields(normalise(text).text))[1]
    assert terms_near(normalise(text).text, second.start, second.end).stake == 5_000


@pytest.mark.parametrize(("text", "low", "high", "against"), [
    ("收益是活期的40倍", 40, 40, "活期"), ("收益高达银行活期存款的30倍", 30, 30, "银行"), ("比余额宝高3倍", 3, 3, "余额宝"), ("10-15倍于银行利息", 10, 15, "银行"), ("利息是银行定期的五倍多", 5, 5, "银行"), ("20倍银行活期收益", 20, 20, "银行"),
    ("三十倍活期收益", 30, 30, "活期"), ("相当于定期存款利率的3倍", 3, 3, "定期"), ("收益超活期四十余倍", 40, 40, "活期"), ("4~8倍银行存款收益", 4, 8, "银行"),
])
def test_a_comparison_is_no_rate(text: str, low: float, high: float, against: str) -> None:
    normal = normalise(text).text
    found = list(comparisons(normal))
    assert [(c.low, c.high) for c in found] == [(low, high)]
    assert against in normal[found[0].start:found[0].end]
    assert list(yields(normal)) == []


@pytest.mark.parametrize("text", ["银行数量是去年的两倍", "利率不得超过银行同类贷款利率的四倍", "市盈率20倍", "杠杆10倍", "放大镜5倍变焦", "银行网点增长3倍", "股价翻倍", "活期存款2万元", "罚款为违法所得的五倍", "存款准备金倍数"])
def test_other_multiples_are_no_comparisons(text: str) -> None:
    assert list(comparisons(normalise(text).text)) == []


@pytest.mark.parametrize("text", ["收益比银行高5%", "年化收益高出定期存款3%", "收益比余额宝高出2%"])
def test_a_difference_is_said_to_be_one(text: str) -> None:
    assert [y.stance for y in yields(normalise(text).text)] == ["comparative"]
