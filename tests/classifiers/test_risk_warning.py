"""A page that promises a return must say the risk where people see it: no finding where it does, none on what promises nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from ordinary_page import ABOUT, MENU

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Finding, Level
from classifiers.yaml_files import read_yaml
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
CASES = read_yaml(Path(__file__).parent / "sentences" / "risk.no_warning.yaml")


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


def test_a_short_page_of_a_platform_is_only_worth_a_look_and_a_long_one_is_told_once() -> None:
    """Below the length of a whole page a platform was told nothing at all: neither rule took it."""
    short = "我们的理财平台：注册账户、绑定银行卡、选择产品，三步开启财富之旅。随心宝年化8%，季季红年化9%，年年丰年化11%。立即投资，下载APP"
    assert [f.level for f in missing(short, plain=True)] == [Level.BLUE]
    assert [f.level for f in missing(f"{MENU}<h1>本息全额保障</h1>{ABOUT}")] == [Level.YELLOW]


def test_of_a_short_piece_it_is_only_worth_a_look() -> None:
    assert {f.level for case in CASES["found"] for f in missing(case["text"], plain=True)} == {Level.BLUE}


@pytest.mark.parametrize("text", [case["text"] for case in CASES["innocent"]])
def test_what_promises_nothing_or_warns_lacks_nothing(text: str) -> None:
    assert missing(text, plain=True) == []
