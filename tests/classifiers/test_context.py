"""What a reason is made of: its kind, the licence behind it, what the paragraph offers, and how long it takes to find."""

from __future__ import annotations

from pathlib import Path

import pytest
from linear import linear

from classifiers.context import KINDS, OPERATORS, excuse, excuse_for, kind_of
from classifiers.context.frames import FRAMES, frame_of
from classifiers.context.sayings import operator_of
from classifiers.context.trades import other_trade
from classifiers.model import Genre


def because(text: str, words: str, code: str = "guarantee.principal", genre: Genre = Genre.OTHER, operator: str | None = None) -> str:
    at = text.index(words)
    found = excuse(text, at, at + len(words), genre, code, operator=operator)
    return "" if found is None else found.kind


def test_every_reason_begins_with_the_label_of_its_kind() -> None:
    text = "本产品不承诺保本"
    reason = excuse_for(text, 6, 8, Genre.OTHER, "guarantee.principal")
    assert reason.startswith("否定：") and kind_of(reason) == "negation"
    assert kind_of("名录中有此机构") == "other"
    assert set(FRAMES) <= set(KINDS)
    assert len(set(KINDS.values())) == len(KINDS)


LAWFUL = [
    ("bank_city", "guarantee.principal", "本行定期存款受存款保险保障,五十万元以内本息全额保障", "本息全额保障"),
    ("insurance_life", "guarantee.return", "万能账户最低保证利率1.5%,按合同约定保证收益", "保证收益"),
    ("fund", "yield.promise", "本基金近一年收益率8.2%,过往业绩不预示未来表现,基金投资需谨慎", "收益率8.2%"),
    ("consumer_finance", "loan.misleading", "年化利率7.2%至18%,最快当天下款,以审批为准", "当天下款"),
    ("payment", "payment.unlicensed", "商户收单服务,智能pos机办理", "pos机办理"),
    ("futures", "brand.unlicensed", "期货开户,手机办理", "期货开户"),
    ("private_fund", "fund.private_public", "私募产品专区,请登录并完成合格投资者认定", "私募产品"),
    ("guarantee", "p2p.self_guarantee", "本公司为借款人提供融资担保,逾期由本公司代偿", "逾期由本公司代偿"),
    ("securities", "securities.advice", "研究报告:买入评级,分析师执业证书编号见文末", "买入评级"),
]


@pytest.mark.parametrize(("operator", "code", "text", "words"), LAWFUL)
def test_a_lawful_saying_is_excused_by_the_register_alone(operator: str, code: str, text: str, words: str) -> None:
    assert because(text, words, code, Genre.PLATFORM, operator) == "licensed"
    assert because(text, words, code, Genre.PLATFORM, "") == ""
    assert because(text, words, code, Genre.PLATFORM, None) == ""


@pytest.mark.parametrize(("operator", "code", "text", "words"), [
    ("bank_city", "guarantee.principal", "本行代销的基金保本保息", "保本保息"),
    ("consumer_finance", "loan.misleading", "年化利率7.2%,不看征信,百分百放款", "百分百放款"),
    ("fund", "yield.promise", "本基金近一年收益率8.2%", "收益率8.2%"),  # without the notice
    ("securities", "securities.advice", "投资顾问带您稳赚,明日必涨牛股", "必涨牛股"),
    ("insurance_life", "insurance.misleading", "保证收益,条款放心", "保证收益"),
    ("payment", "guarantee.principal", "钱包余额理财保本保息", "保本保息"),
    ("p2p", "brand.unlicensed", "网贷平台,财富管理", "财富管理"),
])
def test_a_licence_excuses_nothing_else(operator: str, code: str, text: str, words: str) -> None:
    assert because(text, words, code, Genre.PLATFORM, operator) == ""


def test_a_page_that_only_looks_like_a_bank_is_believed_no_more_once_the_registers_know_better() -> None:
    text = "本行大额存单三年期年利率2.15%,存款保险保障"
    assert because(text, "年利率2.15%", "yield.promise", Genre.BANK, None) == "licensed"
    assert because(text, "年利率2.15%", "yield.promise", Genre.BANK, "") == ""
    assert because("大额存单本息保障", "本息保障", operator=None) == "deposit"
    assert because("大额存单本息保障", "本息保障", operator="") == ""


def test_kinds_of_licence_as_registers_write_them() -> None:
    assert [operator_of(k) for k in ("bank_rural", "insurance_health", "micro_loan", "fund", "p2p", "")] == ["bank", "insurer", "microloan", "fund", "", ""]


def test_an_offer_in_the_paragraph_outweighs_what_it_tells() -> None:
    story = "警方通报,该团伙以保本保息骗取老人积蓄,嫌疑人已被抓获"
    sold = "告别骗子平台,远离跑路,我们保本保息,立即注册,扫码加微信"
    assert frame_of(story, story.index("保本"), story.index("保本") + 4, "guarantee.principal", own=False).kind in ("report", "court")
    assert frame_of(sold, sold.index("保本"), sold.index("保本") + 4, "guarantee.principal", own=False).kind == ""


def test_what_is_denied_of_oneself_is_no_report() -> None:
    text = "我们不是传销,不是资金盘,直推奖10%"
    frame = frame_of(text, text.index("直推"), len(text), "ponzi.referral", own=False)
    assert frame.kind == "" and frame.offer > 2


@linear
@pytest.mark.parametrize("unit", ["不", "“", "骗局", "任何", "以“", "我们不是", "答:", "甲方乙方", "声称", "?", "如果有人", "不得,", "是指"])
def test_context_reads_a_bounded_stretch(unit: str) -> None:
    text = unit * (400_000 // len(unit)) + "保本保息" + unit * (400_000 // len(unit))
    at = text.index("保本保息")
    assert len({str(excuse(text, at, at + 4, Genre.OTHER, "guarantee.principal")) for _ in range(200)}) == 1


def test_the_page_for_analysts_names_every_kind_and_every_licence() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "analyst" / "contexts.md").read_text(encoding="utf-8")
    assert [label for label in KINDS.values() if f"| {label} |" not in page] == []
    assert [label for label in OPERATORS.values() if label not in page] == []


@pytest.mark.parametrize(("text", "clear"), [
    ("充值1000元送100元洗车券", True), ("投资满1000元送100元洗车券", False),
    ("电影众筹:支持99元可获得门票一张,非股权投资", True), ("电影众筹:支持99元可获得门票一张,另按收益分红", False),
    ("购房送装修基金5万元,首付15%起", True), ("购房送理财基金5万元,首付15%起", False),
    ("营业厅:预存600元送600元话费", True), ("绑卡投资:注册送600元话费", False),
])
def test_a_gift_with_a_shop_s_own_goods_is_no_lure_to_invest(text: str, clear: bool) -> None:
    assert (other_trade(text, 0, len(text), "inducement") is not None) == clear
