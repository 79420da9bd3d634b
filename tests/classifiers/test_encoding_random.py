"""Thousands of random pages: any Chinese text in any of the encodings comes back as it was written, whatever was declared. Texts are put together
from characters and words of our own choice."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.encoding import decode

WORDS = [
    "投资", "理财", "平台", "本息", "保障", "年化", "收益", "项目", "期限", "借款", "登录", "注册", "安全", "保证", "客服",
    "关于我们", "首页", "风险提示", "银行存管", "立即加入", "会员中心", "新闻公告", "联系电话", "地址", "版权所有", "备案", "出借人", "逾期",
    "信息披露", "每月付息", "到期还本", "新手专享", "起投金额", "剩余可投", "已有多少人加入", "请先完成实名认证", "我们致力于为您提供优质的服务",
    "有任何问题请与我们联系", "市场有风险", "投资需谨慎",
]
TRADITIONAL = [
    "投資", "理財", "平台", "本息", "保障", "年化", "收益", "項目", "期限", "借款", "登入", "註冊", "安全", "保證", "客服",
    "關於我們", "首頁", "風險提示", "銀行", "立即加入", "會員中心", "新聞", "聯絡電話", "地址", "版權所有", "出借人", "逾期", "資訊揭露",
    "每月付息", "新手專享", "我們致力於為您提供優質的服務", "有任何問題請與我們聯絡", "市場有風險", "投資需謹慎",
]
CODECS = ["utf-8", "gbk", "gb2312", "gb18030", "utf-16-le", "utf-16-be"]
DECLARED = ["", "utf-8", "UTF8", "gb2312", "gbk", "gb18030", "big5", "iso-8859-1", "windows-1252", "utf-16", "x-none", "shift_jis", "zlib"]
FILLED = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(["18%", "100", "，", "。", "、", "（", "）", "A", " "])), min_size=3, max_size=60).map("".join)
RARE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=4)
MANY = settings(max_examples=3000, derandomize=True, suppress_health_check=list(HealthCheck))


def page(text: str, charset: str) -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    return f"<html><head>{meta}<title>{text[:12]}</title></head><body><div class='main'><p>{text}</p></div></body></html>"


def known(text: str) -> bool:
    """Enough to go by: six Chinese characters."""
    return sum("\u4e00" <= c <= "\u9fff" for c in text) >= 6


@MANY
@given(FILLED, RARE, st.sampled_from(CODECS), st.sampled_from(DECLARED), st.sampled_from(DECLARED))
def test_simplified_text_comes_back(words: str, rare: str, codec: str, in_page: str, in_header: str) -> None:
    text = (words + rare + words).encode(codec, "ignore").decode(codec)
    if known(text):
        read = decode(page(text, in_page).encode(codec), f"text/html; charset={in_header}" if in_header else "text/html")
        assert text in read.text and "\ufffd" not in read.text, read.found


@MANY
@given(st.lists(st.sampled_from(TRADITIONAL), min_size=3, max_size=60).map("，".join), st.sampled_from(["big5", "big5hkscs", "gbk", "utf-8", "utf-16-le"]),
       st.sampled_from(DECLARED), st.sampled_from(DECLARED))
def test_traditional_text_comes_back(text: str, codec: str, in_page: str, in_header: str) -> None:
    if known(text):
        read = decode(page(text, in_page).encode(codec), f"text/html; charset={in_header}" if in_header else "text/html")
        assert text in read.text and "\ufffd" not in read.text, read.found


@MANY
@given(FILLED, st.sampled_from(["utf-8", "gbk"]), st.sampled_from(DECLARED), st.integers(1, 200))
def test_a_page_cut_within_a_character_loses_no_more_than_that(words: str, codec: str, declared: str, cut: int) -> None:
    text = (words * 3).encode(codec, "ignore").decode(codec)
    whole = page(text, declared).encode(codec)
    head = page(text, declared).partition("<p>")[0].encode(codec) + b"<p>"
    body = whole[: max(len(head) + 40, len(whole) - cut)]
    if known(text[:12]):
        read = decode(body, "text/html").text
        assert read.count("\ufffd") <= 1 and "\ufffd" not in read[:-3]
        assert read.rstrip("\ufffd")[:-1] in page(text, declared)


@MANY
@given(st.binary(max_size=400), st.sampled_from(DECLARED))
def test_any_bytes_are_text(body: bytes, declared: str) -> None:
    assert isinstance(decode(body, f"text/html; charset={declared}").text, str)


@settings(max_examples=500, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=300))
def test_what_is_valid_utf_8_of_any_language_is_left_alone(text: str) -> None:
    body = ("<meta charset=utf-8><p>中文页面的正文" + text.replace("\ufeff", "")).encode("utf-8", "ignore")
    before = body.decode("utf-8")
    after = decode(body, "").text
    assert after == before or any(sign in before for sign in ("锛", "銆", "鐨")) or any(0xE3 <= ord(c) <= 0xEF for c in before)


@pytest.mark.parametrize(("outer", "inner"), [("utf-8", "gbk"), ("gbk", "utf-8"), ("big5", "utf-8")])
def test_a_part_in_another_encoding_is_read_too(outer: str, inner: str) -> None:
    own = "投資理財平台的安全保障與客戶服務" if outer == "big5" else "投资理财平台的安全保障与客户服务，欢迎注册"
    part = "版權所有示例財富網路科技有限公司" if outer == "big5" else "版权所有示例财富网络科技有限公司，本息保障"
    body = b"\n".join((f"<html><body><p>{own * 20}</p>".encode(outer), f"<div>{part}</div>".encode(inner), f"<p>{own}</p>".encode(outer)))
    read = decode(body, "text/html").text
    assert read.count(own) == 21 and part in read and "\ufffd" not in read


@pytest.mark.parametrize(("said", "wrong"), [("收益高", "cp1252"), ("本息保障，收益高达百分之十八。", "latin-1"), ("新手，安全平台的", "gbk")])
def test_what_was_read_wrongly_once_and_stored_is_read_back(said: str, wrong: str) -> None:
    stored = said.encode("utf-8").decode(wrong)
    body = ("<meta charset=utf-8><p>欢迎访问示例财富</p><p>" + stored + "</p>").encode()
    read = decode(body, "text/html; charset=utf-8").text
    assert said in read and "欢迎访问示例财富" in read


def test_western_letters_are_no_chinese() -> None:
    for text in ("Société générale à Besançon, déjà vu", "Größe, Übung, äöüß", "Ålesund på ø", "ação não há três", "naïve café — “quoted” … ©2020"):
        for codec in ("utf-8", "cp1252"):
            for declared in ("utf-8", "iso-8859-1", ""):
                if codec == "utf-8" or declared == "iso-8859-1":
                    assert text in decode(page(text, declared).encode(codec), "text/html").text, (text, codec, declared)
