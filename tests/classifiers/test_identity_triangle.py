"""The identity triangle and the site's own name, against a small invented register. Pages, firms and numbers are our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from linear import linear

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import Knowledge, load_knowledge
from classifiers.model import Document, Finding, Genre
from classifiers.normalise import normalise
from classifiers.registers_checks import contradictions
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
LICENSED = """name,short_names,kind,licence_number,uscc,domains,status,as_of
某城清河银行股份有限公司,清河银行|某城清河银行,bank_city,B0999H211000001,,bank.example,listed,2025-12-31
北京远山基金销售有限公司,远山基金,fund_sales,000000999,91110000100000001W,yuanshan.example,listed,2025-12-31
上海云帆支付服务有限公司,云帆支付,payment,Z2009931000017,,yunfan.example,listed,2025-12-31
深圳旧港支付有限公司,旧港支付,payment,Z2009944000011,,,revoked,2024-06-30
安和人寿保险股份有限公司,安和人寿,insurance_life,000999,,anhe.example,listed,2025-12-31
东岭证券股份有限公司,东岭证券,securities,,,dongling.example,listed,2025-12-31
东岭期货有限公司,东岭期货,futures,,,,listed,2025-12-31
南坪融资担保有限公司,,guarantee,,,,listed,2025-12-31
北岗小额贷款有限公司,,micro_loan,,,,listed,2025-12-31
"""
FILINGS = """主办单位名称,网站备案/许可证号,域名,状态
北京远山基金销售有限公司,京ICP备99001122号-1,yuanshan.example,
上海旧货贸易有限公司,沪ICP备99003344号-1,old-goods.example,
"""
FIRMS = """企业名称,统一社会信用代码
上海旧货贸易有限公司,91310000100000003G
杭州金帆网络科技有限公司,91330000100000004U
"""
OFFER = "<p>立即投资 立即注册 我要理财 年化收益</p><p>登录</p>"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    folder = tmp_path_factory.mktemp("office")
    (folder / "registers").mkdir()
    for name, text in (("licensed.csv", LICENSED), ("备案.csv", FILINGS), ("企业名录.csv", FIRMS)):
        (folder / "registers" / name).write_text(text, encoding="utf-8")
    return load_knowledge([folder, ROOT / "config"])


def said(knowledge: Knowledge, title: str, body: str, url: str = "https://other.example/") -> list[Finding]:
    html = f"<html><head><meta charset=utf-8><title>{title}</title></head><body>{body}</body></html>"
    found = judge(extract(Document(body=html.encode(), url=url, content_type="text/html; charset=utf-8")), knowledge).findings
    return [f for f in found if f.rule == "brand-unlicensed-name" or "-identity" in f.rule]


CONTRADICTIONS = {
    "a number of somebody else": ("brand.false_licence", "orange", ("云帆支付服务", "金帆网络科技"), "金帆钱包",
                                  f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 支付业务许可证编号：Z2009931000017</footer>"),
    "a licence that is gone": ("brand.false_licence", "yellow", ("revoked", "2024-06-30"), "旧港",
                               f"{OFFER}<footer>深圳旧港支付有限公司 版权所有 支付业务许可证 Z2009944000011</footer>"),
    "a number nobody has": ("brand.false_licence", "blue", ("未查到此号",), "金帆钱包", f"{OFFER}<footer>杭州金帆网络科技有限公司版权所有 支付业务许可证 Z2000033000099</footer>"),
    "a claim without a number": ("brand.false_licence", "yellow", ("金帆网络科技",), "金帆钱包", f"<p>平台拥有支付牌照，安全合规</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "the code of somebody else": ("brand.false_licence", "yellow", ("上海旧货贸易", "杭州金帆网络"), "金帆财务",
                                  f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 统一社会信用代码：91310000100000003G</footer>"),
    "another code than the company's": ("brand.false_licence", "yellow", ("91330000100000004U", "91100000100003962T"), "金帆财务",
                                        f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 统一社会信用代码：91100000100003962T</footer>"),
    "a code that cannot be": ("brand.false_licence", "blue", ("校验码不符",), "金帆财务", f"{OFFER}<footer>杭州金帆网络科技有限公司 统一社会信用代码：91330000100000005U</footer>"),
    "a filing number that cannot be": ("brand.false_licence", "blue", ("占位号码",), "金帆财务", f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 浙ICP备88888888号</footer>"),
    "the filing of somebody else": ("brand.false_licence", "yellow", ("上海旧货贸易", "杭州金帆网络", "old-goods.example"), "金帆财务",
                                    f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 沪ICP备99003344号-1</footer>"),
    "the filing of another site": ("brand.false_licence", "blue", ("old-goods.example",), "金帆财务", f"{OFFER}<footer>沪ICP备 99003344号-2</footer>"),
    "the name of a bank": ("brand.impersonation", "orange", ("bank.example",), "清河银行官网", "<p>欢迎访问清河银行</p><p>本行推出新产品</p><p>登录</p>"),
    "its name letter-spaced": ("brand.impersonation", "orange", ("bank.example",), "清 河 银 行", "<p>欢迎访问清河银行官网</p><p>本行推出新产品</p>"),
    "a slogan in the title": ("brand.impersonation", "orange", ("anhe.example",), "安和人寿，与你同行", f"<p>安和人寿官网</p>{OFFER}<footer>安和人寿保险股份有限公司 版权所有</footer>"),
    "greeted in its name": ("brand.impersonation", "yellow", ("bank.example", "迎客"), "首页", f"<p>尊敬的客户，欢迎登录清河银行</p><p>本行升级积分</p>{OFFER}"),
    "greeted in a name nobody knows": ("brand.unlicensed", "yellow", ("未查到",), "首页", f"<p>欢迎来到远方商业银行</p>{OFFER}"),
    "its wealth platform": ("brand.impersonation", "yellow", ("dongling.example",), "东岭证券理财平台", f"<p>东岭证券理财平台，专业理财</p>{OFFER}"),
    "its client to download": ("brand.impersonation", "orange", ("bank.example", "本行"), "清河银行手机银行官方下载", f"<p>清河银行手机银行客户端</p><p>本行提醒您</p>{OFFER}"),
    "a fund licence of somebody else": ("brand.false_licence", "orange", ("远山基金销售", "金帆网络"), "金帆基金",
                                        f"{OFFER}<p>基金销售业务资格编号：000000999</p><footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "in traditional characters": ("brand.unlicensed", "yellow", ("未查到",), "遠帆商業銀行", f"<p>歡迎來到遠帆商業銀行</p>{OFFER}"),
    "its app": ("brand.impersonation", "yellow", ("yunfan.example",), "云帆支付APP下载", f"<p>云帆支付app下载</p>{OFFER}"),
    "its operator's name": ("brand.impersonation", "orange", ("dongling.example",), "东岭证券-登录", f"<p>东岭证券 官方网站</p>{OFFER}<footer>© 2020 东岭证券股份有限公司版权所有</footer>"),
    "an app shop": ("brand.impersonation", "blue", ("bank.example", "金帆网络"), "清河银行APP下载_某某软件园", "<p>清河银行app下载 登录</p><footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "companies without a word of who runs it": ("brand.false_licence", "blue", ("上海旧货贸易", "帆影网络"), "金帆财务", f"{OFFER}<footer>技术支持：杭州帆影网络有限公司 沪ICP备99003344号-1</footer>"),
    "a domain like its own": ("brand.impersonation", "orange", ("yunfan.example", "近似"), "云帆支付", f"<p>云帆支付 官网</p>{OFFER}", "https://yunfan-app.test/"),
    "a bank nobody knows": ("brand.unlicensed", "yellow", ("未查到",), "远方商业银行", f"<p>欢迎来到远方商业银行</p>{OFFER}"),
    "a bank but for one sound": ("brand.unlicensed", "orange", ("一字之差",), "某城清禾银行", f"<p>某城清禾银行 官网</p>{OFFER}"),
    "a word of the trade in disguise": ("brand.unlicensed", "orange", ("形似“某城清河银行”", "清河银行股份有限公司"), "某城清河锒行", f"<p>欢迎来到某城清河锒行</p>{OFFER}"),
    "a payment company nobody knows": ("brand.unlicensed", "yellow", ("未查到",), "闪电支付", f"{OFFER}<footer>西安闪电支付有限公司 版权所有</footer>"),
    "securities": ("brand.unlicensed", "yellow", ("未查到",), "帆岭证券官网", f"<p>欢迎来到帆岭证券</p>{OFFER}"),
    "futures": ("brand.unlicensed", "yellow", ("未查到",), "帆岭期货", f"{OFFER}<footer>© 2021 帆岭期货有限公司 版权所有</footer>"),
    "insurance": ("brand.unlicensed", "yellow", ("未查到",), "帆岭人寿保险", f"{OFFER}<footer>帆岭人寿保险股份有限公司 版权所有</footer>"),
    "guarantee": ("brand.unlicensed", "yellow", ("未查到",), "帆岭担保", f"{OFFER}<footer>帆岭融资担保有限公司 版权所有</footer>"),
    "small loans": ("brand.unlicensed", "yellow", ("未查到",), "帆岭小贷", f"{OFFER}<footer>帆岭小额贷款有限公司 版权所有</footer>"),
    "finance": ("brand.unlicensed", "yellow", ("未查到",), "帆岭金融", f"<p>欢迎来到帆岭金融</p>{OFFER}"),
    "fund sales": ("brand.unlicensed", "yellow", ("未查到",), "帆岭基金", f"{OFFER}<footer>帆岭基金销售有限公司 版权所有</footer>"),
}
LAWFUL = {
    "the bank itself": ("清河银行官网", "<p>欢迎访问清河银行</p><p>本行推出新产品 登录</p><footer>某城清河银行股份有限公司 版权所有 金融许可证 B0999H211000001</footer>", "https://e.bank.example/"),
    "the seller itself": ("远山基金", f"{OFFER}<footer>北京远山基金销售有限公司 版权所有 京ICP备99001122号-3 基金销售业务资格 000000999 统一社会信用代码 91110000100000001W</footer>", "https://www.yuanshan.example/"),
    "partners named": ("金帆商城", f"<p>由云帆支付（支付业务许可证 Z2009931000017）提供支付服务</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "a custodian named": ("金帆商城", f"<p>资金存管：某城清河银行股份有限公司</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "an encyclopedia": ("清河银行_某某百科", "<p>清河银行是一家城市商业银行，总部位于某城。</p><p>登录 注册</p><footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "a foundation": ("春芽慈善基金会", f"<p>欢迎来到春芽慈善基金会</p>{OFFER}"),
    "a newspaper": ("帆岭证券报", f"<p>欢迎来到帆岭证券报</p>{OFFER}"),
    "a public resource exchange": ("某市公共资源交易中心", f"<p>欢迎访问某市公共资源交易中心</p>{OFFER}"),
    "a channel of a shop": ("某东保险", f"<p>车险 意外险</p>{OFFER}"),
    "a software firm": ("帆岭金融科技", f"{OFFER}<footer>帆岭金融科技有限公司 版权所有</footer>"),
    "no licence needed": ("帆岭商城", f"{OFFER}<footer>帆岭商贸有限公司 版权所有</footer>"),
    "no list of the kind": ("帆岭信托", f"<p>欢迎来到帆岭信托</p>{OFFER}"),
    "its own code": ("金帆财务", f"{OFFER}<footer>杭州金帆网络科技有限公司 版权所有 统一社会信用代码：91330000100000004U</footer>"),
    "its own filing": ("旧货", f"{OFFER}<footer>上海旧货贸易有限责任公司 版权所有 沪ICP备99003344号</footer>", "https://old-goods.example/"),
    "a licence denied": ("金帆钱包", f"<p>本平台没有支付牌照，支付由合作方提供</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "a licence asked for": ("金帆钱包", f"<p>如何取得支付牌照？</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "a partner's licence": ("金帆钱包", f"<p>合作方拥有支付牌照</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "news of a bank": ("清河银行行长谈新产品", "<p>本报讯（记者）清河银行昨日发布公告，据悉该行将推出新产品。</p><p>责任编辑 来源</p>"),
    "a bank's short name in a city of the same sound": ("长沙银行", "<p>长沙银行 欢迎您 登录</p>"),
    "a system greets": ("首页", f"<p>欢迎使用网上银行，欢迎访问手机银行，感谢使用在线支付</p>{OFFER}"),
    "a licence in general": ("金帆咨询", f"<p>取得支付牌照需要什么条件？持有支付牌照的机构方可开展业务。</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "a supplier's customers": ("金帆科技-客户案例", f"<p>我们的客户：东岭证券、清河银行、安和人寿</p>{OFFER}<footer>杭州金帆网络科技有限公司 版权所有</footer>"),
    "an insurer's agent": ("金帆商城", f"<p>产品由安和人寿保险股份有限公司承保</p>{OFFER}"),
    "a museum": ("某市金融博物馆", f"<p>欢迎来到某市金融博物馆</p>{OFFER}"),
    "a regulator": ("清河银行官网登录提示", "<p>欢迎访问清河银行官网，本行提示 登录</p>", "https://bank.gov.cn/"),
    "a template's code": ("金帆财务", f"{OFFER}<footer>杭州金帆网络科技有限公司 统一社会信用代码：000000000000000000</footer>"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_is_found_with_both_sides(knowledge: Knowledge, case: tuple[str, str, tuple[str, ...], str, str] | tuple[str, str, tuple[str, ...], str, str, str]) -> None:
    code, level, words, title, body, *url = case
    found = [f for f in said(knowledge, title, body, *url) if f.code == code]
    assert [f.level.key for f in found][:1] == [level], found
    reason = "；".join(found[0].reasons)
    assert all(word in reason for word in words), reason


@pytest.mark.parametrize("case", LAWFUL.values(), ids=LAWFUL)
def test_who_is_what_he_says_is_left_alone(knowledge: Knowledge, case: tuple[str, str] | tuple[str, str, str]) -> None:
    found = said(knowledge, *case)
    assert [(f.code, f.level.key, f.reasons) for f in found] == []


def test_nothing_is_said_without_registers() -> None:
    bare = shipped()
    for name, (_, _, _, title, body, *url) in CONTRADICTIONS.items():
        assert [f.level.key for f in said(bare, title, body, *url)] == (["blue"] if "cannot be" in name else [])  # the check needs no list


@linear
@pytest.mark.parametrize("unit", ["欢迎来到清河银行", "清河银行官网", "支付牌照", "某城清河银", "京ICP备99001122号-1 ", "统一社会信用代码：91310000100000003G ", "杭州金帆网络科技有限公司版权所有，"])
def test_the_time_grows_with_the_text_and_no_faster(knowledge: Knowledge, unit: str) -> None:
    page = extract(Document(body=f"<title>{unit * 50}</title><p>{unit * (300_000 // len(unit))}</p>{OFFER}".encode(), url="https://other.example/", content_type="text/html; charset=utf-8"))
    text = normalise(page.full_text).text
    rules = [rule for rule in knowledge.rules if rule.names is not None]
    found = contradictions(page, text, Genre.PLATFORM, knowledge.registers, rules)
    assert len(found) <= 10, "what a page says a thousand times is told once"
