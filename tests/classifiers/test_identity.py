"""What a page says of its operator. The footers are our own, in the manner of real ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from linear import linear

from classifiers.identity import identify
from classifiers.registers_filings import PROVINCES, fault, filing

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "registers"

FOOTER = """关于我们 联系我们 法律声明
合作机构：存管银行 某城清河银行股份有限公司 | 担保机构：某省安信融资担保有限公司
Copyright © 2015-2018 某财富网 北京远山互联网信息服务有限公司 版权所有 京ICP备 15000001号-2 京公网安备 11010502030143号
统一社会信用代码：9110 0000 1000 0396 2T 注册资本：人民币5,000万元 增值电信业务经营许可证：京B2-20160001
客服热线：400-800-1234 官方微信：yuanshan_2015 QQ群：123456789
"""


def test_a_footer_is_read_whole() -> None:
    seen = identify(FOOTER)
    assert seen.operator == "北京远山互联网信息服务有限公司"
    assert set(seen.companies) == {"某城清河银行股份有限公司", "某省安信融资担保有限公司", "北京远山互联网信息服务有限公司"}
    assert seen.icp == ("京ICP备15000001号-2",)
    assert seen.police == ("京公网安备11010502030143号",)
    assert seen.uscc == ("91100000100003962T",)
    assert seen.capital == ("5,000万元",)
    assert ("增值电信业务经营许可证", "京B2-20160001") in seen.licence_numbers
    assert (seen.phones, seen.wechat, seen.qq) == (("400-800-1234",), ("yuanshan_2015",), ("123456789",))


@pytest.mark.parametrize(("text", "operator"), [
    ("本网站由上海云帆科技有限公司运营", "上海云帆科技有限公司"), ("版权所有：深圳市小帆在线信息咨询有限公司", "深圳市小帆在线信息咨询有限公司"),
    ("运营主体：和信远山（上海）金融信息服务有限公司\n技术支持：某某网络科技有限公司", "和信远山（上海）金融信息服务有限公司"),
    ("我们与北京清河科技有限公司合作", ""), ("© 2020 云帆投资管理中心（有限合伙） 沪ICP备15000002号", "云帆投资管理中心（有限合伙）"),
    ("主办单位：某县农村信用合作联社", "某县农村信用合作联社"), ("浙江华远系统工程有限公司版权所有", "浙江华远系统工程有限公司"), ("依法设立并有效存续的有限责任公司", ""),
    ("2010北京远山科技有限公司 京ICP备10000001号", "北京远山科技有限公司"),
])
def test_the_company_that_runs_the_site(text: str, operator: str) -> None:
    assert identify(text).operator == operator


@pytest.mark.parametrize(("text", "numbers"), [
    ("支付业务许可证编号：Z2009931000017", (("支付业务许可证", "Z2009931000017"),)), ("金融许可证机构编码 B0999H211000001", (("金融许可证", "B0999H211000001"),)),
    ("私募基金管理人登记编号：P1000001", (("私募基金管理人登记", "P1000001"),)), ("基金销售业务资格证书号 000000999", (("基金销售业务资格", "000000999"),)), ("订单编号：Z2009931000017", ()),
])
def test_numbers_of_licences(text: str, numbers: tuple[tuple[str, str], ...]) -> None:
    assert identify(text).licence_numbers == numbers


@pytest.mark.parametrize(("text", "good", "bad"), [
    ("统一社会信用代码 91100000100003962T", 1, 0), ("统一社会信用代码：91100000100003962X", 0, 1), ("社会信用代码：9110000010000396*T", 0, 0),
    ("统一社会信用代码：000000000000000000", 0, 0), ("注册号/统一社会信用代码：110108001234567", 0, 0), ("某某公司 91100000100003962T", 1, 0), ("身份证 110101199001011237", 0, 0),
])
def test_credit_codes_pass_or_fail(text: str, good: int, bad: int) -> None:
    seen = identify(text)
    assert (len(seen.uscc), len(seen.bad_uscc)) == (good, bad)


@linear
@pytest.mark.parametrize("unit", ["有限公司", "公司有限公司", "（", "京ICP备", "注册资本", "微信", "信用代码9", "由清河科技有限公司", "许可证编号Z2", "北京", "91" * 9])
def test_no_text_takes_long(unit: str) -> None:
    assert len(identify(unit * (200_000 // len(unit))).uscc) <= 1


def test_a_footer_after_a_long_page_is_read_the_same() -> None:
    assert identify("页" * 199_990 + FOOTER).operator == identify(FOOTER).operator
    assert identify("页" * 199_990 + FOOTER).icp == identify(FOOTER).icp
    assert identify("\ud800" + FOOTER).companies == identify(FOOTER).companies


@pytest.mark.parametrize(("text", "icp", "why"), [
    ("京ICP备15000001号-2", "京ICP备15000001号-2", ""), ("粤icp备2021012345号", "粤icp备2021012345号", ""), ("京ICP证030173号", "京ICP证030173号", ""), ("京ICP备12345678号", "京ICP备12345678号", "占位"),
    ("沪ICP备 1500001 号", "沪ICP备1500001号", "8 位或 10 位"), ("某ICP备15000001号", "", "省级简称"), ("ICP备15000001号", "", "省级简称"), ("ICP备案 正在办理", "", ""), ("办理ICP备案", "", ""),
])
def test_filing_numbers_that_can_be_and_that_cannot(text: str, icp: str, why: str) -> None:
    seen = identify(f"联系我们 {text} 版权所有")
    assert seen.icp == ((icp,) if icp else ())
    assert len(seen.bad_icp) == bool(why)
    assert not why or why in fault(seen.bad_icp[0])


def test_a_filing_number_taken_apart() -> None:
    read = filing("滬ICP備 15000001 號－12".replace("滬", "沪").replace("號", "号"))
    assert read is not None
    assert (read.main, read.kind, read.suffix, read.region_code, read.province) == ("沪ICP备15000001", "备", "12", "310000", "上海市")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="没有旁边的名录数据")
def test_provinces_and_numbers_of_the_shared_lists_agree() -> None:
    with (SHARED / "icp_authorities.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for letter in filter(None, [row["icp_prefix"], *row["icp_prefix_also_seen"].split("|")]):
                assert PROVINCES[letter] == (row["region_code"], row["region"])
    with (SHARED / "icp_filings.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            read = filing(row["icp_number_as_seen"])
            assert read is not None
            assert (read.region_code, fault(row["icp_number"])) == (row["region_code"], "")
