"""An office's lists as they come: headings in two languages, three encodings of bytes, workbooks, and an index that is never trusted blindly."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from classifiers.errors import ConfigError
from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.knowledge import load_knowledge
from classifiers.model import Document, Identity, Page
from classifiers.registers import TableRegister, load_registers, operator
from classifiers.registers_read import domains_of, kind_of, read_register
from classifiers.registers_table import Table, TableError

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT / ".." / "shared" / "registers"
LIST = "某某局辖内支付机构名录\n序号,机构名称,许可证编号（流水号）,统一社会信用代码,官网,有效期至\n1,上海云帆支付服务有限公司,Z2009931000017,,https://www.yunfan.example/index.html,2027-01-01\n"


def folder_with(tmp_path: Path, **files: bytes) -> Path:
    (tmp_path / "registers").mkdir(exist_ok=True)
    for name, body in files.items():
        (tmp_path / "registers" / f"{name}.csv").write_bytes(body)
    return tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_simple_list_with_chinese_headings(tmp_path: Path, encoding: str) -> None:
    registers = load_registers([folder_with(tmp_path, 支付机构=LIST.encode(encoding))])
    row = registers.exact("上海云帆支付服务有限公司")
    assert row is not None
    assert (row.kind, row.licence_number, row.domains, row.licensed) == ("payment", "Z2009931000017", ("yunfan.example",), True)
    assert registers.numbered == {"payment"}


def test_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["城市商业银行名单"], ["名称", "机构编码", "网址"], ["某城清河银行股份有限公司", "B0999H211000001", "www.bank.example"], ["", "", ""], ["数字", 123456.0, None]):
        sheet.append(row)
    (tmp_path / "registers").mkdir()
    book.save(tmp_path / "registers" / "城市商业银行.xlsx")
    registers = load_registers([tmp_path])
    assert registers.kinds == {"bank_city"}
    assert registers.of_domain("e.bank.example") is not None
    assert registers.of_licence("123456")[0].name == "数字"


@pytest.mark.parametrize(("body", "words"), [
    (b"", "表头"), ("甲,乙\n1,2\n".encode(), "表头"), (b"\xff\xfe\x00\x00\xff\xff\xff", "不是有效的 CSV"), (b'name,kind\n"' + b"x" * 200_000, "不是有效的 CSV"),
])
def test_what_is_no_list_is_refused_in_chinese(tmp_path: Path, body: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_registers([folder_with(tmp_path, bad=body)])


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers" / "银行.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(ConfigError, match="XLSX"):
        load_registers([tmp_path])


@pytest.mark.parametrize(("words", "kind"), [
    ("城市商业银行", "bank_city"), ("辖内村镇银行名单", "bank_rural"), ("公募基金销售机构", "fund_sales"), ("基金管理公司", "fund"), ("私募基金管理人", "fund_private"), ("小贷公司", "micro_loan"), ("其他名单", "other"),
    ("网络借贷平台", "p2p"), ("工商登记", "enterprise"), ("融资性担保公司", "guarantee"), ("保险代理机构", "insurance_agency"),
])
def test_the_kind_is_read_from_words(words: str, kind: str) -> None:
    assert kind_of(words) == kind


def test_lists_that_are_no_licences_license_nobody(tmp_path: Path) -> None:
    registers = load_registers([folder_with(
        tmp_path, platforms="name,short_names,kind\n帆岭财富,帆岭,p2p\n".encode(), 企业名录="企业名称,统一社会信用代码\n帆岭银行有限公司,91110000100000001W\n".encode())])
    assert registers.kinds == frozenset()
    assert registers.find("帆岭财富") is None
    assert registers.exact("帆岭银行有限公司") is None
    assert registers.enterprise("帆岭银行有限公司") is not None
    assert [e.name for e in registers.of_uscc("91110000100000001W")] == ["帆岭银行有限公司"]


def test_addresses_become_domains() -> None:
    assert domains_of("https://www.Bank.example/index.html, bank2.example;无；http://e.bank.example:8080") == ("bank.example", "bank2.example", "e.bank.example")


def test_the_index_is_kept_checked_and_made_anew(tmp_path: Path) -> None:
    home = folder_with(tmp_path, 支付机构=LIST.encode())
    cache = tmp_path / "cache"
    first = load_registers([home], cache=cache)
    kept = list(cache.glob("*.names"))
    assert len(kept) == 1
    assert load_registers([home], cache=cache).digest == first.digest
    whole = kept[0].read_bytes()
    for at in [*range(120), *range(120, len(whole), 977)]:  # any byte: found out, and built again
        kept[0].write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        with kept[0].open("rb") as handle, pytest.raises(TableError):
            Table(handle, source=bytes.fromhex(first.digest.removeprefix("sha256:")))
    for cut in (0, 10, len(whole) // 2):
        kept[0].write_bytes(whole[:cut])
        again = load_registers([home], cache=cache)
        assert again.exact("上海云帆支付服务有限公司") is not None
    assert kept[0].read_bytes() == whole
    folder_with(tmp_path, 支付机构=LIST.replace("云帆", "云舟").encode())
    changed = load_registers([home], cache=cache)
    assert changed.digest != first.digest
    assert changed.exact("上海云舟支付服务有限公司") is not None
    assert changed.exact("上海云帆支付服务有限公司") is None
    assert len(list(cache.glob("*"))) == 1  # nothing half-written or old is left


def test_where_nothing_can_be_kept_it_works_all_the_same(tmp_path: Path) -> None:
    home = folder_with(tmp_path, 支付机构=LIST.encode())
    (tmp_path / "taken").write_text("a file where a folder should be", encoding="utf-8")
    registers = load_registers([home], cache=tmp_path / "taken")
    assert registers.exact("上海云帆支付服务有限公司") is not None


def real(test: Callable[..., None]) -> Callable[..., None]:
    """On the data beside the project; skipped where it is absent."""
    marked: Callable[..., None] = pytest.mark.shared(pytest.mark.skipif(not SHARED.exists(), reason="没有旁边的名录数据")(test))
    return marked


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (SHARED / "licensed.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> TableRegister:
    home = tmp_path_factory.mktemp("real")
    folder_with(home, licensed=(SHARED / "licensed.csv").read_bytes(), filings=(SHARED / "icp_filings.csv").read_bytes())
    registers = load_registers([home])
    assert isinstance(registers, TableRegister)
    return registers


@real
def test_every_row_is_found_by_its_name_domain_and_number(rows: list[dict[str, str]], registers: TableRegister) -> None:
    for row in rows:
        found = registers.find(row["name"])
        assert found is not None, row["name"]
        assert found.score >= 0.95, row["name"]  # a short form of an old list gives way to the same bank's row of today
    missed = [row["name"] for row in rows if row["domains"] and registers.of_domain("www." + row["domains"].split("|")[0]) is None]
    assert missed == []
    assert [row["name"] for row in rows if row["licence_number"] and not registers.of_licence(row["licence_number"])] == []


@real
def test_spellings_lead_to_the_same_row(rows: list[dict[str, str]], registers: TableRegister) -> None:
    legal = [row["name"] for row in rows if row["name_form"] == "legal" and row["name"].endswith("股份有限公司")]
    for name in legal:
        for spelt in (name.replace("（", "(").replace("）", ")"), name.replace("股份有限公司", "有限公司"), name.removesuffix("股份有限公司"), f"{name[:4]} {name[4:]}"):
            found = registers.known(spelt)
            assert found is not None, spelt
            assert found.entry.name == name or found.entry.name.removesuffix("股份有限公司") == name.removesuffix("股份有限公司"), (spelt, found)


@real
def test_a_licensed_institution_s_own_site_is_known_and_left_alone(rows: list[dict[str, str]], registers: TableRegister, tmp_path: Path) -> None:
    knowledge = load_knowledge([folder_with(tmp_path, licensed=(SHARED / "licensed.csv").read_bytes()), ROOT / "config"])
    own = [row for row in rows if row["status"] == "listed" and row["domains"] and row["name_form"] == "legal"]
    flagged, unknown = [], []
    for row in own[::3]:
        url = f"https://www.{row['domains'].split('|')[0]}/"
        page = Page(url=url, title=f"{row['name']}-首页", identity=Identity(companies=(row["name"],)))
        unknown += [row["name"]] if operator(page, registers) is None else []
        body = f"<title>{row['name']}</title><p>欢迎访问{row['name']}官网</p><p>登录 立即投资 立即注册</p><footer>{row['name']} 版权所有</footer>"
        verdict = judge(extract(Document(body=body.encode(), url=url, content_type="text/html; charset=utf-8")), knowledge)
        flagged += [(row["name"], f.rule) for f in verdict.findings if "-identity" in f.rule or f.rule == "brand-unlicensed-name"]
    assert len(own) > 400
    assert flagged == []
    assert len(unknown) <= len(own) // 100, unknown  # a domain that two institutions share leads to one of them


@real
def test_reading_says_nothing_that_the_list_does_not(rows: list[dict[str, str]]) -> None:
    entries = list(read_register(SHARED / "licensed.csv"))
    assert len(entries) == len(rows)
    assert sum(entry.licensed for entry in entries) == sum(row["status"] == "listed" or row["status"].startswith("renewed") for row in rows)
