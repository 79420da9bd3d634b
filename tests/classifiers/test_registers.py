"""Registers: names made comparable, rows found by any of them, and nothing decided by likeness."""

from __future__ import annotations

import pytest

from classifiers.model import Identity, Page
from classifiers.registers import NoRegister, Register, load_registers, main_icp, operator

ROWS = """name,short_names,kind,licence_number,uscc,domains,status,as_of,region
某城清河银行股份有限公司,清河银行,bank_city,B0999H211000001,,bank.example|qinghe.example,listed,2025-12-31,北京市
北京远山基金销售有限公司,远山基金,fund_sales,,,yuanshan.example,listed,2025-12-31,北京市
上海云帆支付服务有限公司,云帆支付,payment,Z2009931000017,,yunfan.example,revoked,2020-01-01,上海市
安和人寿保险股份有限公司,安和人寿,insurance_life,000999,,anhe.example,renewed_2023,2023-01-01,
"""


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Register:
    folder = tmp_path_factory.mktemp("office")
    (folder / "registers").mkdir()
    (folder / "registers" / "ours.csv").write_text(ROWS, encoding="utf-8")
    (folder / "registers" / "filings.csv").write_text("company,icp_number,site\n北京远山基金销售有限公司,京ICP备99001122号-1,\n", encoding="utf-8")
    return load_registers([folder])


@pytest.mark.parametrize(("asked", "name", "how"), [
    ("某城清河银行股份有限公司", "某城清河银行股份有限公司", "exact"), ("某城清河銀行股份有限公司", "某城清河银行股份有限公司", "exact"),
    ("清河银行", "某城清河银行股份有限公司", "alias"), ("某城清河银行", "某城清河银行股份有限公司", "alias"),
    ("远山（北京）基金销售有限公司", "北京远山基金销售有限公司", "alias"), ("北京市远山基金销售有限责任公司", "北京远山基金销售有限公司", "alias"),
    ("上海远山基金销售有限公司", "北京远山基金销售有限公司", "fuzzy"), ("某城清禾银行", "某城清河银行股份有限公司", "fuzzy"),
    ("远山基金销售", "北京远山基金销售有限公司", "alias"), ("安和人寿保险有限责任公司", "安和人寿保险股份有限公司", "alias"),
])
def test_a_name_is_found_however_it_is_written(registers: Register, asked: str, name: str, how: str) -> None:
    match = registers.find(asked)
    assert match is not None
    assert (match.entry.name, match.how) == (name, how)
    assert match.reasons
    assert 0 < match.score <= 1
    assert (registers.known(asked) is None) == (how == "fuzzy")


@pytest.mark.parametrize("asked", ["", "银行", "有限公司", "长沙银行", "清河", "某某投资有限公司", "远方基金销售有限公司", "某" * 500, "\ud800银行"])
def test_what_is_not_there_is_not_found(registers: Register, asked: str) -> None:
    assert registers.known(asked) is None


def test_numbers_and_domains_lead_to_their_row(registers: Register) -> None:
    assert registers.of_licence("Z2009931000017")[0].status == "revoked"
    assert not registers.of_licence("Z2009931000017")[0].licensed
    assert registers.of_licence("") == ()
    bank = registers.of_domain("www.e.bank.example")
    assert bank is not None
    assert bank.licensed
    assert registers.of_domain("notbank.example") is None
    assert [e.name for e in registers.filings("京ICP备99001122号-3")] == ["北京远山基金销售有限公司"]
    assert registers.kinds == {"bank_city", "fund_sales", "payment", "insurance_life"}


def test_the_operator_needs_name_and_domain(registers: Register) -> None:
    def page(url: str, title: str, *companies: str) -> Page:
        return Page(url=url, title=title, identity=Identity(companies=companies))

    found = operator(page("https://www.bank.example/a", "理财产品", "某城清河银行股份有限公司"), registers)
    assert found is not None
    assert found.entry.kind == "bank_city"
    assert operator(page("https://bank.example/", "清河银行 首页"), registers) is not None
    assert operator(page("https://bank.example/", "别人的网页", "某某科技有限公司"), registers) is None
    assert operator(page("https://other.example/", "某城清河银行股份有限公司", "某城清河银行股份有限公司"), registers) is None
    assert operator(page("https://yunfan.example/", "云帆支付"), registers) is None  # revoked
    assert operator(page("https://bank.example/", "清河银行"), NoRegister()) is None


@pytest.mark.parametrize(("number", "main"), [
    ("京ICP备12345678号-1", "京ICP备12345678"), ("京ICP备 12345678 号", "京ICP备12345678"), ("京icp備12345678-22", "京ICP备12345678"), ("", ""),
])
def test_the_main_number_of_a_filing(number: str, main: str) -> None:
    assert main_icp(number) == main
