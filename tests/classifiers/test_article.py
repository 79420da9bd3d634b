"""The second view: what an article is, and what stands beside it and is not cleared by it."""

from __future__ import annotations

import pytest

from classifiers.article import article_of
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document, Genre, Verdict
from tests.shipped import shipped

KNOWLEDGE = shipped()
BODY = "".join(f"<p>{line}</p>" for line in (
    "本报讯 记者昨日从市中级人民法院获悉，备受关注的某网络借贷平台非法集资案一审宣判，被告人罗某被判处有期徒刑十二年，并处罚金。",
    "法院经审理查明，二〇二四年起，罗某以平台名义向社会公众宣传“保本保息”“年化收益率24%”，在全市设立多个门店，吸引上千人出借资金。",
    "案发时尚有一亿八千万元未能归还。办案民警介绍，涉案资金大多被用于偿还旧账和个人挥霍，平台上的借款项目多为虚构。",
    "市防范和处置非法集资工作领导小组办公室提醒市民，投资理财应当选择持牌机构，看清产品说明书，遇到可疑情况请拨打举报电话。",
))


def page(beside: str = "", body: str = BODY) -> bytes:
    return (f"<html><head><meta charset=utf-8><title>网贷平台负责人一审获刑-云麓新报</title></head><body><div class=nav><a href=/>首页</a><a href=/c>财经</a></div>"
            f"<div class=article><h1>网贷平台负责人一审获刑</h1><div>2026-10-30 09:12 来源：云麓新报 记者：方某</div>{body}</div>"
            f"<div class=side>{beside}</div><div class=footer>云麓新报社 版权所有</div></body></html>").encode()


def verdict(raw: bytes) -> Verdict:
    return judge(extract(Document(body=raw, url="http://news.example/1.html", content_type="text/html; charset=utf-8")), KNOWLEDGE)


def test_an_article_is_seen_with_its_title_date_author_and_body() -> None:
    article = article_of(extract(Document(body=page("<p>相关阅读：理财须谨慎</p>"), content_type="text/html; charset=utf-8")))
    assert article is not None
    assert (article.date, article.author) == ("2026-10-30", "方某")
    assert "一审获刑" in article.title
    assert "年化收益率24%" in article.body
    assert "版权所有" not in article.body


def test_a_report_is_left_alone() -> None:
    judged = verdict(page("<p>相关阅读</p><p><a href=/2>保本保息的骗局何以屡禁不止</a></p>"))
    assert judged.genre is Genre.NEWS
    assert not judged.violating
    assert judged.excused


@pytest.mark.parametrize("advertisement", ["<p>清禾宝：保本保息，年化收益18%，立即注册</p>", "<div class='ad'>保本保息 年化收益18%</div>", "<div><b>稳赚不赔</b>，扫码进群领取</div>"])
def test_an_advertisement_beside_the_report_is_none_of_it(advertisement: str) -> None:
    judged = verdict(page(advertisement))
    assert judged.genre is Genre.NEWS
    assert judged.violating
    assert all("24%" not in finding.claim.span for finding in judged.findings)


@pytest.mark.parametrize("raw", [b"", b"<html>", "<p>保本保息</p>".encode(), b"<div>" * 3_000, page(body="<p>一句话。</p>")], ids=["empty", "bare", "ad", "deep", "short"])
def test_what_is_no_article_is_none(raw: bytes) -> None:
    assert article_of(extract(Document(body=raw, content_type="text/html; charset=utf-8"))) is None
