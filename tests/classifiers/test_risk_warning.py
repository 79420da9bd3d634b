"""A page that promises a return must say the risk where people see it: no finding where it does, none on what promises nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document, Finding, Level

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = load_knowledge([ROOT / "config"])
CASES = yaml.safe_load((Path(__file__).parent / "sentences" / "risk.no_warning.yaml").read_text(encoding="utf-8"))
MENU = "<nav>首页 我要投资 我要借款 我的账户 帮助中心</nav>"
ABOUT = "".join(f"<p>{line}</p>" for line in (
    "公司成立于二〇一五年，总部位于省会城市的中央商务区，在全国设有二十余家服务网点，员工四百余人，累计服务客户超过三十万名，客服热线全年无休。",
    "我要投资、我要借款、债权转让三个栏目全部开放，新手标每天上午十点上线；邀请好友一起加入，共享成长；免费注册之后绑定银行卡即可充值。",
    "选择心仪的标的立即投资，等待回款，提现当天到账。如何注册、如何绑卡、如何修改密码、如何更换手机号码，帮助中心一应俱全，欢迎随时查阅。",
    "平台采用高强度加密技术保护用户信息，与知名机构合作进行资料审核，专业团队二十四小时监控系统运行，技术团队完成新版客户端升级，操作更顺手。",
    "本月新增注册用户再创新高，线上活动精彩纷呈，界面更清爽，欢迎下载体验并提出宝贵意见；网站地图、联系我们、加入我们、友情链接见页面底部。",
    "我们每个季度都举办线下见面会，邀请各地的会员到总部参观，听一听产品经理讲解新的功能，看一看客服中心怎样工作，也欢迎大家带上家人一起来。",
))


def missing(body: str, *, plain: bool = False) -> list[Finding]:
    return [f for f in judge(extract(Document(body=body.encode(), plain=plain)), KNOWLEDGE).findings if f.code == "risk.no_warning"]


@pytest.mark.parametrize("claim", ["本息全额保障，新老客户都在投", "出借年化收益率13.8%，按月付息", "稳赚不赔的好项目", "收益是银行活期存款的三十倍"])
def test_a_whole_page_without_a_word_of_risk_is_yellow(claim: str) -> None:
    found = missing(f"{MENU}<h1>{claim}</h1>{ABOUT}")
    assert [f.level for f in found] == [Level.YELLOW]
    assert found[0].claim.span in claim


@pytest.mark.parametrize("warning", [
    "投资有风险，出借需谨慎", "理财有风险，选择须谨慎", "市场有风险 投资需谨慎", "网贷有风险", "请您审慎投资", "本平台不承诺保本保息", "出借人自行承担相应风险",
    "过往业绩不代表未来表现", "您可能损失全部本金", "風險提示：請謹慎投資", "入市需谨慎",
])
def test_a_warning_anywhere_in_sight_is_enough(warning: str) -> None:
    assert missing(f"{MENU}<h1>本息全额保障，新老客户都在投</h1>{ABOUT}<footer>{warning}</footer>") == []
    assert missing(f"年化收益13%，百元起投。{warning}", plain=True) == []


def test_a_warning_nobody_can_see_is_none_and_the_reason_says_so() -> None:
    found = missing(f"{MENU}<h1>本息全额保障</h1>{ABOUT}<div style='display:none'>投资有风险，出借需谨慎</div>")
    assert [f.level for f in found] == [Level.YELLOW]
    assert any("看不见" in reason for reason in found[0].reasons)


@pytest.mark.parametrize("words", ["零风险", "低风险", "三重风险控制", "设有风险备付金", "没有任何风险", "风险保障金"])
def test_praise_that_holds_the_word_risk_is_no_warning(words: str) -> None:
    assert [f.level for f in missing(f"{MENU}<h1>本息全额保障，{words}</h1>{ABOUT}")] == [Level.YELLOW]


def test_of_a_short_piece_it_is_only_worth_a_look() -> None:
    assert {f.level for case in CASES["found"] for f in missing(case["text"], plain=True)} == {Level.BLUE}


@pytest.mark.parametrize("text", [case["text"] for case in CASES["innocent"]])
def test_what_promises_nothing_or_warns_lacks_nothing(text: str) -> None:
    assert missing(text, plain=True) == []
