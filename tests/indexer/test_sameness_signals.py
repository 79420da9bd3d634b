"""What a page shows that another may show too: found where it stands, none where it is another's, in linear time whatever stands there."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from classifiers.identity import identify
from classifiers.model import Identity
from indexer.sameness.kinds import is_everybodys
from indexer.sameness.likeness import BANDS, alike, bands, sketch
from indexer.sameness.signals import MOST_MARKUP, of_identity, of_markup, of_picture, of_visit

BAIDU = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("markup, expected", [
    (f'<script>var hm=document.createElement("script");hm.src="https://hm.baidu.com/hm.js?{BAIDU}";</script>', ("analytics", f"baidu:{BAIDU}")),
    ('<script src="https://s4.cnzz.com/z_stat.php?id=1254321987&web_id=1254321987"></script>', ("analytics", "cnzz:1254321987")),
    ('_czc.push(["_setAccount", "1278001234"]);', ("analytics", "cnzz:1278001234")),
    ('<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123DEF4"></script>', ("analytics", "google:G-ABC123DEF4")),
    ("ga('create', 'UA-12345678-3', 'auto')", ("analytics", "google:UA-12345678")),
    ('<script src="//js.users.51.la/21398765.js">', ("analytics", "la51:21398765")),
    ('LA.init({id: "K9y7iMpaU8NS42Fm",ck: "K9y7iMpaU8NS42Fm"})', ("analytics", "la51:k9y7impau8ns42fm")),
    ('_MEIQIA("entId", "186543");', ("chat", "meiqia:186543")),
    ('<script src="https://tb.53kf.com/code/code/10187654/1"></script>', ("chat", "kf53:10187654")),
    ('<input type="hidden" name="partner" value="2088123456789012">', ("merchant", "alipay:2088123456789012")),
    ('{"mch_id":"1512345678"}', ("merchant", "wechatpay:1512345678")),
    ("商户号：M10023456789", ("merchant", "shop:m10023456789")),
], ids=lambda value: value[1][:12] if isinstance(value, tuple) else "")
def test_accounts_in_markup(markup: str, expected: tuple[str, str]) -> None:
    assert of_markup(markup) == [expected]


@pytest.mark.parametrize("markup", [
    "hm.baidu.com/hm.js?short", "https://hm.baidu.com/hm.js?" + "0" * 32, "UA-00000000-1", "partner=1088123456789012", "<p>商户号请联系客服</p>", "pid: 2088", "",
])
def test_what_is_no_account_or_a_templates_is_none(markup: str) -> None:
    assert of_markup(markup) == []


def test_many_accounts_of_a_kind_are_others() -> None:
    assert of_markup(" ".join(f"UA-1234{n:04}-1" for n in range(20))) == []


def test_what_a_page_says_of_its_operator() -> None:
    text = "客服电话：400-820-1234 全国举报热线电话12378 微信号：licai_kefu QQ：87654321\n版权所有 清河示例信息服务有限公司 京ICP备18045672号-3 京公网安备 11010502030143号"
    assert set(of_identity(identify(text))) == {
        ("phone", "4008201234"), ("wechat", "licai_kefu"), ("qq", "87654321"), ("company", "清河示例信息服务有限公司"), ("icp", "京ICP备18045672号"),
        ("police", "11010502030143"),
    }


def test_a_list_of_others_numbers_says_nothing() -> None:
    assert of_identity(Identity(phones=tuple(f"1380000{n:04}" for n in range(1111, 1120)))) == []
    assert of_identity(Identity(icp=tuple(f"京ICP备1234567{n}号" for n in range(6)))) == []


@pytest.mark.parametrize("phone", ["12378", "12315", "110", "95588", "96110", "4000000000", "13800138000", "13888888888"])
def test_a_number_of_everybody_is_nobodys(phone: str) -> None:
    assert is_everybodys(phone)


@pytest.mark.parametrize("phone", ["4008201234", "13907315526", "02161834568"])
def test_an_own_number_is_kept(phone: str) -> None:
    assert not is_everybodys(phone)


def test_facts_of_the_connection() -> None:
    facts = {"tls": {"sha256": ":".join(["AB"] * 32)}, "dns": ["203.0.113.7", "127.0.0.2"]}
    assert of_visit(facts) == [("certificate", "ab" * 32), ("address", "203.0.113.7")]
    assert of_visit({"tls": {"protocol": "TLS 1.3"}, "dns": None}) == of_visit({}) == []


def test_bytes_that_are_no_picture_say_nothing_of_a_look() -> None:
    assert of_picture("logo", b"<svg onload=alert(1)>") == of_picture("logo", b"") == []
    assert of_picture("favicon", b"icon")[0][0] == "favicon"


HOSTILE = {
    "ids": "mch_id" * 400_000, "values": "merchant_id value=" * 150_000, "spaces": "mch_id" + " " * 2_000_000 + "1512345678", "digits": "商户号：" + "1" * 2_000_000,
    "query": "cnzz.com/z.js?" + "a&" * 1_000_000, "halves": "\ud800hm.baidu.com/hm.js?" * 80_000, "quotes": "_setAccount\"," * 170_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_made_to_cost_much_costs_as_much_as_its_length(name: str) -> None:
    """Counted in memory, not in time; RE2 is linear by construction, and what it reads is bounded."""
    text = HOSTILE[name]
    tracemalloc.start()
    found = of_markup(text * 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) <= 8
    assert peak < 12 * MOST_MARKUP + (8 << 20)


@pytest.mark.parametrize("text", ["电话" * 100_000, "微信" * 100_000 + "a" * 100_000, "电话1" * 60_000, "QQ" * 100_000, "有限公司" * 50_000], ids=["phone", "wechat", "digits", "qq", "company"])
def test_text_made_to_cost_much_gives_few_values(text: str) -> None:
    assert len(of_identity(identify(text))) < 40


def words(dice: random.Random, count: int) -> str:
    return "".join(chr(0x4E00 + dice.randrange(3_000)) for _ in range(count))


@pytest.mark.parametrize("changed", [0.0, 0.02, 0.1, 0.5, 1.0])
def test_the_likeness_of_two_texts_is_the_share_of_their_shingles(changed: float) -> None:
    dice = random.Random(7)
    blocks = [words(dice, 40) for _ in range(100)]
    other = [words(dice, 40) if n < changed * 100 else block for n, block in enumerate(blocks)]
    true = (1 - changed) / (1 + changed)  # of the union of both
    one, two = sketch("\n".join(blocks)), sketch("\n".join(other))
    assert one is not None and two is not None
    assert abs(alike(one, two) - true) < 0.13
    if changed <= 0.02:
        assert set(bands(one)) & set(bands(two))
    if changed == 1.0:
        assert not set(bands(one)) & set(bands(two))


def test_width_script_and_punctuation_make_no_other_text() -> None:
    text = words(random.Random(3), 400) + "年化收益18%，保本保息；"
    assert sketch(text) == sketch(text.replace("%", "％").replace("，", " , ").replace("；", "。\n"))


def test_a_short_text_is_like_nothing() -> None:
    assert sketch("保本保息" * 500) is None
    assert sketch("") is None
    assert len(bands(b"\0" * 512)) == BANDS
