from __future__ import annotations

import pytest

from indexer.search.protocol import And, Is, Not, Or, Phrase, QueryError
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
    ("保本 (状态:待核查 或 年化)", 4, "最外层"), ("since:2026-11-01 或 保本", 0, "最外层"), ("-时间:2026-11-01", 1, "不能排除"),
    ("平台名:x", 0, "“平台”"), ("保本 levle:red", 3, "“level”"), ("状态:处理中", 0, "待核查"), ("公司:！", 0, "没有可检索"), ("条款:刑法第九百条", 0, "没有名为"),
    ("code:", 0, "缺少值"), ("since:昨天", 0, "日期"), ("a" * 1001, 1000, "过长"),
    ("(" * 21 + "保" + ")" * 21, 20, "层"), ("保 " * 65, 128, "最多"),
])
def test_a_bad_query_says_where_in_chinese(text: str, position: int, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, names=lambda field: {"art25": "《中华人民共和国广告法》（2021修正）第二十五条第（一）项"} if field == "provision" else {})
    assert word in caught.value.message
    assert caught.value.position == position
    assert f"第 {position + 1} 个字符" in str(caught.value)


def test_filters_beside_the_query() -> None:
    assert parse("保本", filters=[("site", "a"), ("site", "b"), ("level", "橙")]).filters == {"site": ("a", "b"), "level": ("orange",)}
    with pytest.raises(QueryError, match="没有字段"):
        parse("保本", filters=[("colour", "red")])
    with pytest.raises(QueryError, match="site"):
        parse("保本", filters=[("sites", "x")])


def test_facts_at_the_outermost_level_are_filters_and_within_brackets_conditions() -> None:
    query = parse("保本 等级:红 等级:橙 -状态:已排除 -地区:浙江 公司:示例")
    assert query.tree == Phrase("保本")
    assert query.filters == {"level": ("red", "orange"), "company": ("示例",)}
    assert query.without == {"state": ("dismissed",), "region": ("浙江",)}
    assert parse("等级:红 或 (公司:示例 地区:浙江 地区:杭州)").tree == Or((
        Is("level", "red"), And((Phrase("示例", "company"), Or((Is("region", "浙江"), Is("region", "杭州"))))),
    ))
    assert parse("非 (等级:红 保本)").tree == Not(And((Is("level", "red"), Phrase("保本"))))


NAMES = {
    "provision": {
        "adlaw-art25-1": "《中华人民共和国广告法》（2021修正）第二十五条第（一）项", "adlaw-art2": "《中华人民共和国广告法》（2021修正）第二条第一款",
        "adlaw-art25-2": "《中华人民共和国广告法》（2021修正）第二十五条第（二）项",
    },
    "code": {"guarantee.principal": "承诺保本（本金保障）", "guarantee.return": "承诺保收益、零风险", "yield.promise": "对未来收益作保证性承诺"},
}


@pytest.mark.parametrize(("text", "field", "values"), [
    ("条款:广告法第二十五条", "provision", ("adlaw-art25-1", "adlaw-art25-2")), ("条款:广告法第25条", "provision", ("adlaw-art25-1", "adlaw-art25-2")),
    ("条款:《广告法》第二条", "provision", ("adlaw-art2",)), ("条款:adlaw-art25", "provision", ("adlaw-art25-1", "adlaw-art25-2")),
    ("条款:adlaw-art25-1", "provision", ("adlaw-art25-1",)), ("违法类型:承诺保本", "code", ("guarantee.principal",)),
    ("违法类型:承諾", "code", ("guarantee.principal", "guarantee.return", "yield.promise")), ("类型:guarantee", "code", ("guarantee.principal", "guarantee.return")),
    ("类型:office.own", "code", ("office.own",)), ("状态:待核查", "state", ("waiting",)), ("客户端:手机", "client", ("phone",)),
])
def test_values_are_named_as_officers_name_them(text: str, field: str, values: tuple[str, ...]) -> None:
    assert parse(text, names=lambda name: NAMES.get(name, {})).filters == {field: values}


def test_a_name_that_is_nobodys_names_the_nearest() -> None:
    with pytest.raises(QueryError, match="是不是“承诺保本（本金保障）”"):
        parse("违法类型:承诺保本人", names=lambda name: NAMES.get(name, {}))
