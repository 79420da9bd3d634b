"""Site lists as offices keep them: good rows go in, every other row is told with its number. All rows are invented."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt

from classifiers.errors import ConfigError
from crawler.plans import plan_for_sites
from crawler.plans.sitelist import SiteList, read_sites
from crawler.plans.urls import AddressError, typed_address

OFFICE_CSV = "\r\n".join([
    "某市互联网金融平台监测名单（内部）,,,",
    "填报单位：某局,,,填报日期：2026年11月",
    "序号,平 台 名 称,网站地址（必填）,ＩＣＰ备案号,属地",
    "１,甲平台,ｈｔｔｐ：／／www．jia-licai．example／,浙ICP备２０２６号,甲市",
    "2,乙平台, www.yi-licai.example ,,乙市",
    "3,丙平台,无,,丙市",
    "4,丁平台,https://ding.example/a；https://ding.example/b,,",
    "5,戊平台,http://www.jia-licai.example,,",
    "6,己平台,微信公众号,,",
    ",,,,",
    "合计,6家,,,",
]) + "\r\n"


def urls(found: SiteList) -> list[str]:
    return [row.url for row in found.rows]


def problems(found: SiteList) -> dict[int, str]:
    return {problem.row: problem.reason for problem in found.problems}


def check_office_list(found: SiteList) -> None:
    assert urls(found) == ["http://www.jia-licai.example/", "http://www.yi-licai.example/", "https://ding.example/a", "https://ding.example/b"]
    first, second = found.rows[0], found.rows[1]
    assert (first.row, first.name, first.icp, first.region, first.note) == (4, "甲平台", "浙ICP备2026号", "甲市", "")
    assert second.row == 5 and "http://" in second.note
    told = problems(found)
    assert set(told) == {6, 8, 9, 11}
    assert "没有网址" in told[6] and "与第 4 行重复" in told[8] and "不是有效的域名" in told[9] and "没有网址" in told[11]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_in_every_encoding_offices_use(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "名单.csv"
    file.write_bytes(OFFICE_CSV.encode(encoding))
    check_office_list(read_sites(file))


def test_xlsx_with_title_rows_and_merged_headers(tmp_path: Path) -> None:
    file = tmp_path / "名单.xlsx"
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet("名单")
    sheet.merge_range("B1:F1", "某市平台名单")
    sheet.merge_range("B2:B3", "序号")
    sheet.merge_range("C2:C3", "公司全称")
    sheet.merge_range("D2:E2", "网站")
    sheet.merge_range("F2:F3", "所属地区")
    for column, text in ((3, "网站名称"), (4, "网　址")):
        sheet.write(2, column, text)
    rows = [(1, "甲信息有限公司", "甲平台", "ＷＷＷ。jia．example", "甲市"), (2, "乙信息有限公司", "乙平台", "https://yi.example/index.html#top", "乙市"),
            (3, "丙信息有限公司", "丙平台", 20261121, ""), (4.5, "", "丁平台", "http:// ding.example /x?a=1&b=2\n", "")]
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row, 1):
            sheet.write(number, column, value)
    hidden = book.add_worksheet("旧")
    hidden.write(0, 0, "网址")
    hidden.write(1, 0, "old.example")
    hidden.hide()
    book.add_worksheet("说明").write(0, 0, "由各区填报")
    book.close()
    found = read_sites(file)
    assert urls(found) == ["http://www.jia.example/", "https://yi.example/index.html", "http://ding.example/x?a=1&b=2"]
    assert [(row.row, row.name, row.company, row.region) for row in found.rows][:2] == [(4, "甲平台", "甲信息有限公司", "甲市"), (5, "乙平台", "乙信息有限公司", "乙市")]
    assert set(problems(found)) == {6} and "20261121" in found.problems[0].value


def test_xls_of_two_districts(tmp_path: Path) -> None:
    file = tmp_path / "名单.xls"
    book = xlwt.Workbook()
    for name, rows in (("东区", [("名称", "域名"), ("甲", "jia.example"), ("乙", 3.5)]), ("西区", [("名称", "域名"), ("丙", "jia.example"), ("丁", "ding.example")])):
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    book.save(str(file))
    found = read_sites(file)
    assert [(row.sheet, row.name, row.url) for row in found.rows] == [("东区", "甲", "http://jia.example/"), ("西区", "丁", "http://ding.example/")]
    assert [(p.row, p.reason.split("：")[0]) for p in found.problems] == [(3, "工作表“东区”"), (2, "工作表“西区”")]
    assert "与工作表“东区”第 2 行重复" in found.problems[1].reason


def test_a_plain_list_one_address_a_line(tmp_path: Path) -> None:
    file = tmp_path / "sites.txt"
    file.write_text("# 我们的名单\nhttps://a.example/x,y\n\n  b.example（已停业）\nhttps://a.example/x,y\nhttp://127.0.0.2:8100\n说明文字\n", encoding="utf-8")
    found = read_sites(file)
    assert urls(found) == ["https://a.example/x,y", "http://b.example/", "http://127.0.0.2:8100/"]
    assert list(problems(found)) == [5, 7]


@pytest.mark.parametrize(("cell", "expected"), [
    ("http://a.example\nhttp://b.example", ["http://a.example/", "http://b.example/"]), ("a.example b.example", ["http://a.example/", "http://b.example/"]),
    ("www. a .example", ["http://www.a.example/"]), ("http://a.example/x,y.html", ["http://a.example/x,y.html"]),
    ("http://a.example/，已关停", ["http://a.example/"]), ("官网 a.example", ["http://a.example/"]), ("http://a.example,http://b.example/c,d", ["http://a.example/", "http://b.example/c"]),
])
def test_several_addresses_in_a_cell(tmp_path: Path, cell: str, expected: list[str]) -> None:
    file = tmp_path / "x.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"], book.active["A2"], book.active["B2"] = "名称", "网址", "甲", cell
    book.save(file)
    assert urls(read_sites(file)) == expected


def test_columns_url_and_site(tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text("site,url\n甲,http://127.0.0.2:8100/\n甲,http://127.0.0.2:8100/b\n", encoding="utf-8")
    found = read_sites(file)
    assert [(row.site, row.url) for row in found.rows] == [("甲", "http://127.0.0.2:8100/"), ("甲", "http://127.0.0.2:8100/b")]
    (site,) = plan_for_sites(urls(found)).sites
    assert len(site.seeds) == 2


def test_without_a_header_the_column_of_addresses_is_found(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("甲,2026.1.1,www.jia.example\n乙,2026.1.2,yi.example/p\n", encoding="utf-8")
    assert urls(read_sites(file)) == ["http://www.jia.example/", "http://yi.example/p"]
    file.write_text("甲,乙\n丙,丁\n", encoding="utf-8")
    assert "找不到网址" in read_sites(file).problems[0].reason


def test_files_that_are_no_list_are_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    for body, says in ((b"PK\x03\x04broken", "损坏"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "损坏"), (b"<html><table>", "另存为"), (b"\x00\x01\xff\xfe" * 50, "不是文本")):
        file.write_bytes(body)
        with pytest.raises(ConfigError, match=says):
            read_sites(file)
    with pytest.raises(ConfigError, match="读不了"):
        read_sites(tmp_path / "none.xlsx")
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("word/document.xml", "<x/>")
    with pytest.raises(ConfigError, match="不是 XLSX"):
        read_sites(file)


def test_a_cell_far_out_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "far.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "网址"
    book.active["XFD1048576"] = "x"
    book.save(file)
    with pytest.raises(ConfigError, match="太大"):
        read_sites(file)


@pytest.mark.parametrize(("typed", "address"), [
    ("ｈｔｔｐｓ：／／Ａ．example／Path", "https://a.example/Path"), ("http:\\\\a.example\\b", "http://a.example/b"), ("http;//a.example", "http://a.example/"),
    ("a。example", "http://a.example/"), ("HTTP://A.Example:80/?q=1#x", "http://a.example/?q=1"), ("示例.example", "http://xn--fsq092h.example/"),
    ("a.example:8080/x", "http://a.example:8080/x"), ("\ufeff\u200bhttp://a.example\u3000", "http://a.example/"), ("http://[::1]:8100/", "http://[::1]:8100/"),
    ("http://web:8080", "http://web:8080/"), ("localhost:81", "http://localhost:81/"), ("127.0.0.2", "http://127.0.0.2/"),
])
def test_what_people_type_becomes_an_address(typed: str, address: str) -> None:
    assert typed_address(typed) == address


@pytest.mark.parametrize("typed", ["3.14", "2026.11.21", "someone@a.example", "甲平台", "a.example已关闭", "http://-a.example", "tel:123", "http://a..example", "x" * 2001])
def test_what_is_no_address_says_why(typed: str) -> None:
    with pytest.raises(AddressError, match=r"[一-鿿]"):
        typed_address(typed)
