"""Pages are read right whatever they or their server declare. The texts are our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.encoding import decode

SITES = Path(__file__).resolve().parents[3] / "shared" / "sites"
SIMPLIFIED = (
    "安心贷平台为您提供安全的理财服务，投资人的本金和利息由平台全额保障，年化收益率最高可达百分之十二。"
    "用户注册后即可领取红包，如有问题请联系客服。网站信息仅供参考，市场有风险，投资需谨慎。"
)
TRADITIONAL = (
    "安心貸平台為您提供安全的理財服務，投資人的本金和利息由平台全額保障，年化收益率最高可達百分之十二。"
    "用戶註冊後即可領取紅包，如有問題請聯繫客服。網站資訊僅供參考，市場有風險，投資需謹慎。"
)
WRITTEN = [("utf-8", SIMPLIFIED), ("gb2312", SIMPLIFIED), ("gbk", SIMPLIFIED), ("gb18030", SIMPLIFIED + "𠮷㐀"), ("utf-8", TRADITIONAL),
           ("big5", TRADITIONAL), ("gbk", TRADITIONAL), ("utf-16-le", SIMPLIFIED), ("utf-16-be", SIMPLIFIED)]
DECLARED = ["", "utf-8", "gb2312", "gbk", "gb18030", "big5", "iso-8859-1", "x-unknown-1", "windows-1252", "shift_jis", "utf-7"]


def page(text: str, charset: str) -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    return f"<html><head>{meta}<title>x</title></head><body><div class='main'><p>{text}</p></div></body></html>"


@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize(("codec", "text"), WRITTEN)
@pytest.mark.parametrize("where", ["meta", "header"])
def test_a_right_wrong_or_missing_declaration_changes_nothing(codec: str, text: str, declared: str, where: str) -> None:
    body = page(text, declared if where == "meta" else "").encode(codec)
    header = f"text/html; charset={declared}" if where == "header" and declared else "text/html"
    assert text in decode(body, header).text


@pytest.mark.parametrize(("mark", "codec"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
def test_a_byte_order_mark_decides(mark: bytes, codec: str) -> None:
    decoded = decode(mark + page(SIMPLIFIED, "gb2312").encode(codec), "text/html; charset=big5")
    assert (decoded.text, decoded.found) == (page(SIMPLIFIED, "gb2312"), codec)


def test_what_was_declared_and_what_was_found_are_told_apart() -> None:
    decoded = decode(page(SIMPLIFIED, "UTF-8").encode("gbk"), "text/html")
    assert (decoded.declared, decoded.found) == ("utf-8", "gb18030")


def test_the_server_is_believed_before_the_page_where_both_could_be() -> None:
    assert decode(b"<meta charset=gbk>caf\xe9", "text/html; charset=iso-8859-1").declared == "iso-8859-1"


@pytest.mark.parametrize("text", ["当前位置 提交", "插入添加", "登录", "保本"])
def test_a_few_characters_are_enough(text: str) -> None:
    assert text in decode(page(text, "").encode("gbk"), "").text


def test_text_far_behind_a_long_script_is_read_right() -> None:
    body = ("<script>" + "var a = 1;\n" * 20_000 + "</script><p>" + SIMPLIFIED).encode("gbk")
    assert SIMPLIFIED in decode(body, "").text


def test_a_few_broken_bytes_do_not_spoil_the_page() -> None:
    for codec in ("utf-8", "gbk"):
        body = page(SIMPLIFIED * 5, "").encode(codec)
        at = body.index(b"</p>")
        assert SIMPLIFIED in decode(body[:at] + b"\xff\x80\xff" + body[at:], "").text


def test_seven_bit_chinese_is_read_where_it_is_declared() -> None:
    assert SIMPLIFIED in decode(page(SIMPLIFIED, "hz-gb-2312").encode("hz"), "").text


def test_western_and_cyrillic_pages_are_not_called_chinese() -> None:
    cyrillic = "Гарантированный доход и возврат средств каждому вкладчику нашей компании"
    assert cyrillic in decode(page(cyrillic, "windows-1251").encode("cp1251"), "").text
    assert cyrillic in decode(page(cyrillic * 3, "").encode("cp1251"), "").text
    assert "Société générale" in decode(page("Société générale", "iso-8859-1").encode("cp1252"), "").text


@pytest.mark.parametrize("body", [b"", b"\0", b"\xff", bytes(range(256)) * 50, b"\x80" * 10_000, b"<meta charset=" + b"x" * 10_000])
@pytest.mark.parametrize("header", ["", "text/html; charset=", "text/html; charset=zlib", "charset=rot13", "x" * 5_000])
def test_any_bytes_are_decoded_without_an_error(body: bytes, header: str) -> None:
    assert isinstance(decode(body, header).text, str)


@pytest.mark.shared
@pytest.mark.skipif(not SITES.is_dir(), reason="../shared is not here")
def test_the_pages_of_every_real_site_are_in_the_encoding_their_list_says() -> None:
    like = {"gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs", "utf-8": "utf-8", "ascii": "utf-8"}
    for line in (SITES / "sites.jsonl").read_text("utf-8").splitlines():
        site = json.loads(line)
        expected: dict[str, int] = {}
        for name, count in site["page_encodings"].items():
            expected[like[name]] = expected.get(like[name], 0) + count
        found: dict[str, int] = {}
        for path in sorted((SITES / site["name"]).rglob("*")):
            if path.suffix.lower() in (".html", ".htm") or (path.suffix == ".xml" and site["name"] == "big5-feeds"):
                decoded = decode(path.read_bytes(), "text/html")
                assert decoded.text.count("\ufffd") <= 0.001 * len(decoded.text), path
                found[decoded.found] = found.get(decoded.found, 0) + 1
        assert found == expected, site["name"]
