"""What kind of page it is, with reasons; an advertisement in the form of news is an advertisement."""

from __future__ import annotations

import pytest

from classifiers.extract import extract
from classifiers.genre import ADVERSE, CUES, OFFER, WORDS, ZH
from classifiers.judge import judge
from classifiers.model import Document, Genre, Verdict
from tests.shipped import shipped

KNOWLEDGE = shipped()
PAGES = [
    (Genre.NEWS, "本报讯（记者）据报道，某市法院一审判决一起网络诈骗案，被告人王某获刑五年。检察院指控其骗取受害人二十万元。"),
    (Genre.NEWS, "新华社北京电 记者从发布会获悉，今年前三季度社会融资规模同比增长。责任编辑：某某"),
    (Genre.LAW, "第一条 为了规范网络借贷，制定本办法。\n第二条 本办法所称网络借贷，是指……\n第三条 网络借贷信息中介机构不得有下列行为。"),
    (Genre.REGULATOR, "某市地方金融监管局提示广大群众：举报电话已开通。近期处非办会同公安机关查处非法集资案件三起，处罚决定见附件。"),
    (Genre.EDUCATION, "反诈小课堂：如何识别投资骗局。常见手段有三种，切勿轻信陌生人，谨防上当。"),
    (Genre.COMPLAINT, "求助！我被骗了，平台无法提现，客服联系不上，报案三个月没有消息，怎么追回我的钱？一起维权。"),
    (Genre.FICTION, "小说第七章：主角冷笑道：“你以为我不知道？”剧情到这里急转直下，玩家们议论纷纷。"),
    (Genre.JOB, "招聘客户经理，岗位职责：客户维护；任职要求：本科以上；薪资面议，五险一金，双休。"),
    (Genre.TECHNICAL, "部署说明：修改 config_path 变量后重启服务器，接口返回 JSON，字段见 README，测试用例在 tests 目录。"),
    (Genre.BANK, "本行大额存单产品说明书：产品受存款保险保障，可在手机银行办理，定期存款利率见网点公示。"),
    (Genre.PLATFORM, "首页\n我要投资\n我要借款\n新手专享\n剩余可投 20万元\n立即投资\n账户中心"),
    (Genre.PLATFORM, "POS机办理\n领取设备\n代理加盟\n代理政策\n商户教程\n客服微信"),
    (Genre.PLATFORM, "极速借款\n立即借款\n申请额度\n贷款咨询\n下载APP"),
    (Genre.PLATFORM, "节点计划\n领取空投\n立即质押\n邀请码\n推荐奖励"),
    (Genre.PLATFORM, "金股直播间\n添加助理\n老师微信\n立即跟单\n名额有限"),
    (Genre.AD, "据悉，某橡理财深受市民欢迎。记者采访了业内人士。想了解的朋友请添加微信，立即注册有礼，名额有限。"),
    (Genre.AD, "理财小知识：什么是资产配置？科普到此，添加微信领取资料，立即加入投资计划，免费开户。"),
    (Genre.OTHER, "今天天气不错，适合出门散步。"),
    (Genre.OTHER, ""),
]


def judged(text: str) -> Verdict:
    return judge(extract(Document(body=text.encode(), plain=True)), KNOWLEDGE)


@pytest.mark.parametrize(("genre", "text"), PAGES)
def test_the_genre_is_seen_and_says_why(genre: Genre, text: str) -> None:
    verdict = judged(text)
    assert verdict.genre is genre, verdict.genre_reasons
    assert bool(verdict.genre_reasons) == (genre is not Genre.OTHER)


def test_an_article_about_a_case_stays_news_whatever_telephone_stands_below() -> None:
    text = "本报讯 警方通报，一伙犯罪嫌疑人以投资为名实施诈骗，受害者多为老人。投资人报案请拨打热线，添加微信可提供线索。新闻爆料：立即注册成为通讯员，免费注册。"
    assert judged(text).genre is Genre.NEWS


def test_an_advertisement_in_the_form_of_news_names_its_basis() -> None:
    reasons = judged(PAGES[-4][1]).genre_reasons
    assert "第十一条" in "".join(reasons)


def test_cues_stand_in_normalised_form_and_have_a_label() -> None:
    from classifiers.normalise import normalise

    assert [word for word in WORDS if normalise(word).text != word and normalise(word).text.strip() != word.strip()] == []
    assert set(CUES) | {Genre.PLATFORM, Genre.AD, Genre.OTHER} == set(ZH)
    known = {word for cues in CUES.values() for word in cues} | set(OFFER)
    assert set(ADVERSE) <= known


def test_words_that_nobody_sees_make_no_news_of_an_advertisement() -> None:
    from classifiers.genre import genre_of

    shown, hidden = "安心宝\n保本保息 年化18%\n稳赚不赔\n", "本报讯 记者 据报道 警方 被告人 一审判决 检察院 犯罪嫌疑人"
    counts = {word: (shown + hidden).count(word) for word in WORDS if word in shown + hidden}
    assert genre_of(shown + hidden, "", counts)[0] is Genre.NEWS
    genre, reasons = genre_of(shown + hidden, "", counts, visible=len(shown))
    assert genre is Genre.OTHER and reasons == ("看不见的文字不作数",)
