"""Return arithmetic, worked out by hand."""

from __future__ import annotations

import pytest

from classifiers.claims import yields
from classifiers.normalise import normalise
from classifiers.numbers import annual, number, rates


@pytest.mark.parametrize(("written", "low", "high", "period"), [
    ("18%", 18, 18, ""), ("１８％", 18, 18, ""), ("十二点五%", 12.5, 12.5, ""), ("12.5个点", 12.5, 12.5, ""), ("十八个点", 18, 18, ""), ("百分之十二", 12, 12, ""),
    ("百分之十到百分之十五", 10, 15, ""), ("月息1分5", 1.5, 1.5, "month"), ("月息两分", 2, 2, "month"), ("利息8厘", 0.8, 0.8, "month"), ("年息1分", 10, 10, "year"),
    ("日息万5", 0.05, 0.05, "day"), ("日息万分之五", 0.05, 0.05, "day"), ("12%+1%", 12, 13, ""), ("9.2%+活动加息0.5%", 9.2, 9.7, ""), ("8%-15%", 8, 15, ""),
    ("12%--20.4%", 12, 20.4, ""), ("13-20%", 13, 20, ""), ("6%、8%、9%", 6, 9, ""), ("一万变三万", 200, 200, "total"), ("七天翻倍", 100, 100, "total"),
    ("一周翻四倍", 300, 300, "total"), ("投1万日返300", 3, 3, "day"), ("投资1000元，每天返30元", 3, 3, "day"), ("40天回本", 2.5, 2.5, "day"),
])
def test_a_rate_is_read(written: str, low: float, high: float, period: str) -> None:
    found = list(rates(normalise(written).text))
    assert [(round(r.low, 4), round(r.high, 4), r.period) for r in found] == [(low, high, period)]


@pytest.mark.parametrize(("written", "value"), [("12.5", 12.5), ("十二", 12), ("一百二", 120), ("一百二十", 120), ("两千", 2000), ("十二点五", 12.5), ("零", 0), ("百", 100), ("天", None)])
def test_a_number_is_read(written: str, value: float | None) -> None:
    assert number(written) == value


def test_a_year_is_reckoned_simply_and_shown() -> None:
    assert annual(1.5, "month") == (18.0, "月 1.5% × 12 = 年化 18%（单利）")
    assert annual(1.0, "day")[0] == 365.0
    assert annual(15.0, "total", 30)[0] == 182.5
    assert annual(12.0, "year") == (12.0, "")


@pytest.mark.parametrize(("text", "per_year", "stance"), [
    ("年化收益率10.8%", 10.8, "advertised"), ("预期年化收益\n8%-15%", 15, "expected"), ("8.5%年化\n立即投资", 8.5, "advertised"), ("年化收益率高达12%", 12, "promised"),
    ("年化收益12%+1%奖", 13, "advertised"), ("月收益率3%", 36, "advertised"), ("每天分红1.5%", 547.5, "promised"), ("近一年收益率8%", 8, "historical"),
    ("业绩比较基准 年化收益率3.2%", 3.2, "benchmark"), ("15%新手专享收益", 15, "promised"),
])
def test_whose_rate_and_how_it_is_said(text: str, per_year: float, stance: str) -> None:
    found = list(yields(normalise(text).text))
    assert [(round(y.per_year, 2), y.stance) for y in found] == [(per_year, stance)]


@pytest.mark.parametrize("text", [
    "企业所得税税率25%", "手续费0.38%", "定期存款利率1.5%", "个人住房贷款年利率3.1%", "净利润同比增长35%", "股价上涨5%", "项目进度85%", "充值返现10%", "全场五折优惠20%",
    "信用卡逾期日利率0.05%", "100%本息保障", "持股比例51%", "收益率*80%+指数*20%", "成功率99%",
])
def test_other_numbers_are_no_yields(text: str) -> None:
    assert list(yields(normalise(text).text)) == []
