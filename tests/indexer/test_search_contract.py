"""What every search index must answer: the plain one in memory, the embedded one, and Elasticsearch on a real node. A new backend joins by
one line in `index` (conftest.py)."""

from __future__ import annotations

import random

import pytest
from asking import doc, found
from memory_index import MemoryIndex

from indexer.search.protocol import QueryError, SearchIndex
from indexer.search.query import parse

PAGES = [
    doc("a", "本平台保本保息，年化收益 18%，零风险。", 1, title="示例财富", site="https://a.test", level=4, codes=("guarantee.principal", "yield.promise"), genre="platform",
        icp=("京ICP备12345678号-2",), company=("示例财富信息服务有限公司",), client="desktop-static"),
    doc("b", "理财有风险，投资须谨慎。历史年化８％", 2, title="银行理财", site="https://b.test", genre="bank", company=("示例银行股份有限公司",), client="phone-static"),
    doc("c", "該平臺承諾保本，年化收益率達到12％", 3, title="新聞", site="https://a.test", level=2, codes=("yield.promise",), genre="news"),
    doc("d", "HTML and Ｐ２Ｐ lending 保\n本", 4, title="P2P", site="https://c.test", outcome="not_found", gate="soft_404"),
]


@pytest.mark.parametrize(("query", "expected"), [
    ("保本", ["d", "c", "a"]),  # two characters; across a line; in the traditional script
    ("保", ["d", "c", "a"]),
    ("8", ["b", "a"]),  # one character within 18%
    ("18%", ["a"]),
    ("８％", ["b", "a"]),
    ("%", ["c", "b", "a"]),
    ("年化收益", ["c", "a"]),
    ("年化 收益", ["c", "a"]),
    ("年化 风险", ["b", "a"]),
    ("承诺保本", ["c"]),
    ("承諾保本", ["c"]),
    ("p2p", ["d"]),
    ("HTML", ["d"]),
    ("保本 -新闻", ["d", "a"]),
    ("保本 NOT 承诺", ["d", "a"]),
    ("-保本", ["b"]),
    ("谨慎 或 零风险", ["b", "a"]),
    ("谨慎 | (保本 非 年化)", ["d", "b"]),
    ("理财 AND 谨慎", ["b"]),
    ("title:财富", ["a"]),
    ("标题:“银行理财”", ["b"]),
    ("text:p2p", ["d"]),
    ("url:example.org/c", ["c"]),
    ("没有这样的话", []),
    ("", ["d", "c", "b", "a"]),
    ("site:https://a.test", ["c", "a"]),
    ("保本 level:red", ["a"]),
    ("等级:黄", ["c"]),
    ("code:yield.promise", ["c", "a"]),
    ("gate:soft_404", ["d"]),
    ("outcome:ok 年化", ["c", "b", "a"]),
    ("genre:bank genre:news", ["c", "b"]),
    ("since:2026-11-20T08:03:00+00:00", ["d", "c"]),
    ("until:2026-11-20T08:03:00+00:00", ["b", "a"]),
    ("until:2026-11-20", ["d", "c", "b", "a"]),
    ("since:2026-11-21", []),
    ("时间:2026-11-20 保本", ["d", "c", "a"]),
    ("时间:2026-11-19", []),
    ("平台:a.test", ["c", "a"]),
    ("域名:test", ["d", "c", "b", "a"]),
    ("域名:.test", ["d", "c", "b", "a"]),
    ("域名:https://B.test/x", ["b"]),
    ("域名:%", []),
    ("ICP号:京ICP备12345678号", ["a"]),
    ("ICP号:京ICP备12345678号-2", ["a"]),
    ("icp:京ICP备1234567", []),
    ("公司:示例", ["b", "a"]),
    ("严重程度:红色", ["a"]),
    ("违法类型:yield.promise 严重程度:黄", ["c"]),
    ("客户端:phone", ["b"]),
    ("客户端:手机", ["b"]),
    ("客户端:desktop-static", ["a"]),
    ("客户端:static", ["b", "a"]),
])
def test_a_query_finds_the_pages_that_say_it(index: SearchIndex, query: str, expected: list[str]) -> None:
    index.put(PAGES)
    assert found(index, query) == expected
    assert index.search(parse(query)).total == len(expected)


@pytest.mark.parametrize(("without", "expected"), [
    ([("site", "https://a.test")], ["d", "b"]),
    ([("level", "red")], ["d", "c", "b"]),  # pages without a level stay
    ([("code", "yield.promise")], ["d", "b"]),
    ([("gate", "soft_404"), ("genre", "news")], ["b", "a"]),
    ([("company", "示例银行")], ["d", "c", "a"]),
    ([("domain", "a.test")], ["d", "b"]),
])
def test_what_is_left_out_is_left_out(index: SearchIndex, without: list[tuple[str, str]], expected: list[str]) -> None:
    index.put(PAGES)
    assert found(index, "", without=without) == expected
    assert found(index, "年化", without=without) == [one for one in expected if one != "d"]


def test_oldest_first(index: SearchIndex) -> None:
    index.put(PAGES)
    assert found(index, "保本", sort="oldest") == ["a", "c", "d"]


def test_the_marks_are_where_the_words_stand(index: SearchIndex) -> None:
    index.put(PAGES)
    hit = index.search(parse("承诺保本 或 保本保息 或 8%")).hits
    marked = {h.capture_id: [s.text[start:end] for s in h.snippets for start, end in s.marks] for h in hit}
    assert marked == {"a": ["保本保息", "8%"], "b": ["８％"], "c": ["承諾保本"]}


def test_facets_count_the_hits(index: SearchIndex) -> None:
    index.put(PAGES)
    answer = index.search(parse("保本", facets=True, limit=1))
    assert answer.exact
    assert {name: counts for name, counts in answer.facets.items() if counts} == {
        "site": {"https://a.test": 2, "https://c.test": 1}, "code": {"yield.promise": 2, "guarantee.principal": 1},
        "level": {"red": 1, "yellow": 1}, "gate": {"page": 2, "soft_404": 1}, "genre": {"news": 1, "platform": 1},
        "outcome": {"ok": 2, "not_found": 1}, "client": {"desktop-static": 1},
    }


def test_putting_again_replaces(index: SearchIndex) -> None:
    index.put(PAGES)
    index.put([doc("a", "已经整改", 1)])
    assert index.count() == 4
    assert found(index, "零风险") == []
    assert found(index, "整改") == ["a"]
    index.remove(["a", "no such"])
    assert index.count() == 3
    assert found(index, "整改") == []
    index.clear()
    assert index.count() == 0
    assert found(index, "") == []


def test_equal_times_are_ordered_by_capture_and_pages_miss_none(index: SearchIndex) -> None:
    order = random.Random(7)
    ids = [f"capture-{n:03}" for n in range(60)]
    shuffled = order.sample(ids, len(ids))
    index.put([doc(i, "保本", minutes=0 if n % 3 else n) for n, i in enumerate(shuffled)])
    for sort in ("newest", "oldest"):
        whole = found(index, "保本", limit=100, sort=sort)
        assert sorted(whole) == ids
        for query in ("保本", ""):
            cursor, pieces = "", []
            for _ in range(60):
                answer = index.search(parse(query, limit=7, cursor=cursor, sort=sort))
                pieces += [hit.capture_id for hit in answer.hits]
                assert answer.total == 60
                cursor = answer.next
                if not cursor:
                    break
            assert pieces == whole


def test_hits_may_be_asked_for_without_being_counted(index: SearchIndex) -> None:
    index.put([doc(f"capture-{n:02}", "保本", minutes=n) for n in range(20)])
    cursor = ""
    for sort in ("newest", "oldest"):
        for _ in range(4):
            counted = index.search(parse("保本", limit=6, sort=sort, cursor=cursor))
            bare = index.search(parse("保本", limit=6, sort=sort, cursor=cursor, facets=True, counted=False))
            assert (bare.hits, bare.next, bare.previous) == (counted.hits, counted.next, counted.previous)
            assert (bare.total, bare.exact, dict(bare.facets)) == (0, False, {})
            cursor = bare.next
        assert cursor == ""


def test_a_broken_cursor_is_told(index: SearchIndex) -> None:
    for cursor in ("x", "12", "12.", "a.b"):
        with pytest.raises(QueryError):
            index.search(parse("保本", cursor=cursor))


def test_letters_no_analyser_knows_are_found(index: SearchIndex) -> None:
    index.put([doc("x", "𰻝面 😀 ñandú ½ 保\u200b本"), doc("y", "面")])
    assert found(index, "𰻝面") == ["x"]
    assert found(index, "nandu") == ["x"]
    assert found(index, "保本") == ["x"]


def test_random_queries_have_the_same_answers(index: SearchIndex) -> None:
    """Each index against the plain one, on texts and queries of a small alphabet."""
    dice = random.Random(20261121)
    letters = "保本收益年8%a平 。"
    docs = [
        doc(f"d{n}", "".join(dice.choices(letters, k=dice.randint(0, 25))), minutes=n % 5, title="".join(dice.choices(letters, k=3)))
        for n in range(80)
    ]
    plain = MemoryIndex()
    plain.put(docs)
    index.put(docs)

    def phrase() -> str:
        return f'{dice.choice(["", "", "title:", "text:"])}"{"".join(dice.choices("保本收益年8%a", k=dice.randint(1, 3)))}"'

    def tree(depth: int) -> str:
        kind = dice.randint(0, 4) if depth else 0
        if kind <= 1:
            return phrase()
        if kind == 2:
            return f"({tree(depth - 1)} {tree(depth - 1)})"
        if kind == 3:
            return f"({tree(depth - 1)} 或 {tree(depth - 1)})"
        return f"-({tree(depth - 1)})"

    for _ in range(150):
        query = parse(tree(3), limit=30)
        assert index.search(query) == plain.search(query)
