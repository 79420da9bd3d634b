"""Pages of several lines: what kind of page it is clears what it tells of others, never what a firm says for itself."""

from __future__ import annotations

import pytest
from linear import linear

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Genre, Level, Verdict
from tests.shipped import shipped

KNOWLEDGE = shipped()

PROMISES = {
    "praise written as news": (
        "guarantee.principal", "近日，某橡财富宣布完成B轮融资。据悉，该公司由国资背景企业发起，记者了解到，平台为投资者提供100%本息保障，年化收益12%，深受好评。业内人士表示，前景广阔。"),
    "warnings above a promise": ("guarantee.principal", "谨防诈骗！反诈中心提醒您：不要轻信陌生人，警惕假冒网站。\n安心财富\n保本保息，日收益2%\n立即投资\n安全保障\n关于我们"),
    "its own website named": ("guarantee.principal", "警惕假冒！请认准唯一官网，谨防上当受骗\n平台实力雄厚，本息全额保障，年化收益18%\n新手专享，马上注册"),
    "a contract has articles too": (
        "p2p.self_guarantee", "借款协议\n第一条 定义\n第二条 借款金额\n第三条 丙方承诺对出借人本息提供全额保障，逾期由丙方先行垫付。\n第四条 甲方、乙方的权利义务\n第五条 本协议自签署之日起生效"),
    "a machine that earns money": ("guarantee.return", "AI量化交易机器人\n自研算法，云服务器部署，API接口接入交易所，全自动脚本，历史回测\n每天稳定盈利，稳赚不赔，日收益1.5%"),
    "no bank pays so much": ("guarantee.principal", "清禾银行大额存单专区\n存款保险标识\n定期存款年利率8.8%，本息无忧"),
    "advice and then a promise": ("guarantee.principal", "投资者教育专栏\n什么是非法集资\n本平台所有项目本息保障，请放心投资\n立即投资"),
    "a game for money": ("yield.promise", "小说网站推荐：玩游戏也能赚钱！链游平台，玩家每日收益2%，充值1000每天返30"),
    "a vacancy that sells": ("guarantee.principal", "诚聘理财顾问，底薪5000+提成，五险一金。公司主营：保本理财产品，年化收益12%，欢迎投资者咨询"),
    "a name that holds 示例": ("guarantee.principal", "示例财富网络借贷平台\n平台承诺100%本息保障。"),
    "risk line as heading": ("guarantee.principal", "风险提示\n本产品保本保息"),
}
STORIES = {
    "a fraud reported": (Genre.NEWS, "本报讯（记者）警方昨日通报，某平台以本息保障、年化收益20%为宣传，吸收公众存款三亿元，犯罪嫌疑人已被刑事拘留。据悉，受害人超过两千名。\n办案民警表示，平台为投资者提供的所谓保本承诺全是虚构。"),
    "how to know a fraud": (Genre.EDUCATION, "如何识别非法集资\n一、常见骗局\n1、承诺保本高息\n2、稳赚不赔\n3、日收益2%\n二、谨记：不要轻信，及时报警"),
    "a list of words": (None, "违规话术示例：\n保本保息\n稳赚不赔\n零风险高收益"),
    "a law": (Genre.LAW, "第二十五条 招商等有投资回报预期的商品或者服务广告，不得含有下列内容：\n（一）明示或者暗示保本、无风险或者保收益等，国家另有规定的除外；\n第二十六条 房地产广告不得含有升值或者投资回报的承诺"),
    "a deposit": (Genre.BANK, "本行大额存单产品说明\n存款保险标识：存款类产品，五十万元以内本息全额保障\n三年期年利率2.15%，手机银行购买"),
}


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


@pytest.mark.parametrize(("code", "text"), PROMISES.values(), ids=PROMISES)
def test_a_firm_s_own_promise_is_found(code: str, text: str) -> None:
    verdict = judged(text)
    assert code in {f.code for f in verdict.findings if f.level > Level.BLUE}, [(e.finding.claim.span, e.because) for e in verdict.excused]


@pytest.mark.parametrize(("genre", "text"), STORIES.values(), ids=STORIES)
def test_what_is_told_of_others_is_left_alone(genre: Genre | None, text: str) -> None:
    verdict = judged(text)
    assert [(f.code, f.claim.span) for f in verdict.findings if f.level > Level.BLUE] == []
    assert verdict.excused
    assert genre is None or verdict.genre is genre


def test_half_a_surrogate_pair_harms_nothing() -> None:
    verdict = judge(extract(Document(body="保本\ud800保息，年化收益12%".encode("utf-8", "surrogatepass"), plain=True)), KNOWLEDGE)
    assert {f.code for f in verdict.findings} >= {"guarantee.principal", "yield.promise"}


@pytest.mark.parametrize("padding", ["投资有风险，", "本产品不保本，", "保证质量，", "页" * 300_000])
def test_no_padding_hides_a_promise(padding: str) -> None:
    text = padding * (1 if len(padding) > 1_000 else 600) + "\n本平台保本保息\n"
    verdict = judged(text)
    assert "保本保息" in {f.claim.span for f in verdict.findings if f.code == "guarantee.principal"}


@linear
@pytest.mark.parametrize(("unit", "codes"), [
    ("保本", {"guarantee.principal", "risk.no_warning"}), ("年化收益12%", {"yield.promise", "yield.excessive", "risk.no_warning"}), ("1%+", set()),
    ("“保本”、", {"guarantee.principal"}), ("投1万", set()), ("不保本，", set()), ("第一条", set()),
])
def test_the_time_grows_with_the_text_and_no_faster(unit: str, codes: set[str]) -> None:
    assert {finding.code for finding in judged(unit * (300_000 // len(unit))).findings} == codes
