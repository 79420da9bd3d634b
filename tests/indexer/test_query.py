from __future__ import annotations

import pytest

from indexer.search.protocol import And, Not, Or, Phrase, QueryError
from indexer.search.query import parse


def test_a_query_is_read_as_written() -> None:
    query = parse("保本 “年化 收益” -新闻 (理财 或 title:投资) level:红 site:https://a.test")
    assert query.tree == And((
        Phrase("保本"), Phrase("年化收益"), Not(Phrase("新闻")), Or((Phrase("理财"), Phrase("投资", "title"))),
    ))
    assert query.filters == {"level": ("red",), "site": ("https://a.test",)}


@pytest.mark.parametrize(("text", "phrase"), [
    ("QQ:12345", "qq12345"), ("年化收益：18%", "年化收益18%"), ("https://a.test/x", "httpsatestx"), ("a-b", "ab"), ("12:30", "1230"),
])
def test_a_colon_that_names_no_field_is_text(text: str, phrase: str) -> None:
    assert parse(text).tree == Phrase(phrase)


@pytest.mark.parametrize(("text", "position", "word"), [
    ("保本 (收益", 3, "括号"), ("保本)", 2, "括号"), ("“保本", 0, "引号"), ("保本”", 2, "引号"), ("保本 或", 4, "缺少"), ("或 保本", 0, "缺少"),
    ("保本 AND", 3, "两边"), ("非", 0, "缺少"), ("保本 ！", 3, "没有可检索"), ("level:purple", 0, "等级"), ("()", 1, "缺少"),
    ("(level:red 保本)", 1, "括号"), ("level:red 或 保本", 0, "或"), ("code:", 0, "缺少值"), ("since:昨天", 0, "日期"), ("a" * 1001, 1000, "过长"),
    ("(" * 21 + "保" + ")" * 21, 20, "层"), ("保 " * 65, 128, "最多"),
])
def test_a_bad_query_says_where_in_chinese(text: str, position: int, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert word in caught.value.message
    assert caught.value.position == position
    assert f"第 {position + 1} 个字符" in str(caught.value)


def test_filters_beside_the_query() -> None:
    assert parse("保本", filters=[("site", "a"), ("site", "b"), ("level", "橙")]).filters == {"site": ("a", "b"), "level": ("orange",)}
    with pytest.raises(QueryError, match="没有字段"):
        parse("保本", filters=[("colour", "red")])
