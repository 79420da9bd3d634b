"""Who is said to guarantee, what the stake is, how long the money is tied."""

from __future__ import annotations

import pytest

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Claim, Document
from tests.shipped import shipped

KNOWLEDGE = shipped()


def claims(text: str, code: str) -> list[Claim]:
    return [f.claim for f in judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE).findings if f.code == code]


@pytest.mark.parametrize(("text", "who"), [
    ("出借人本息由云麓融资担保公司全额担保，放心投资。", "云麓融资担保公司"),
    ("项目到期由云麓集团承诺回购，保本保息。", "云麓集团"),
    ("平台对每一笔出借提供本息保障，逾期三天内到账。", "平台"),
    ("人人可投，保本保息，月月分红。", ""),
    ("我们为您的本金提供保障。立即注册。", "我们"),
])
def test_the_guarantor_is_read_in_the_sentence(text: str, who: str) -> None:
    found = claims(text, "guarantee.principal")
    assert found
    assert found[0].guarantor == who


def test_stake_and_term_stand_beside_the_return() -> None:
    claim = claims("新手标年化收益率15%，1000元起投，封闭期3个月，名额有限。", "yield.promise")[0]
    assert any("1000元" in amount for amount in claim.amounts)
    assert any("3个月" in term for term in claim.terms)
    assert claim.to_json()["amounts"] == list(claim.amounts)


def test_words_that_nobody_sees_do_not_make_a_page_news() -> None:
    body = ("<html><body><div style='display:none'>本报讯 记者从法院获悉 被告人 一审判决 公诉机关 警方通报 据新华社报道 责任编辑</div>"
            "<h1>清禾宝</h1><p>保本保息，年化收益18%，立即注册</p></body></html>")
    assert judge(extract(Document(body=body.encode(), content_type="text/html; charset=utf-8")), KNOWLEDGE).violating
