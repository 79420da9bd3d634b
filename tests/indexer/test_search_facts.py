"""What every search index must answer of facts, places between pages, relevance, decisions and the sample. A new backend joins in `index`
(conftest.py)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from asking import T0, doc, found

from indexer.search import protocol
from indexer.search.order import sampled, write_cursor
from indexer.search.protocol import SAMPLE_ONE_IN, SearchIndex
from indexer.search.query import parse

PAGES = [
    doc("a", "本平台保本保息，年化收益 18%，零风险。", 1, title="示例财富", site="https://a.test", level=4, codes=("guarantee.principal", "yield.promise"), genre="platform",
        icp=("京ICP备12345678号-2",), company=("示例财富信息服务有限公司",), client="desktop-static", uscc=("91110000123456789X",),
        provisions=("adlaw-art25-1",), regions=("北京市",), states=("waiting",)),
    doc("b", "理财有风险，投资须谨慎。历史年化８％", 2, title="银行理财", site="https://b.test", genre="bank", company=("示例银行股份有限公司", "財富控股"), client="phone-static",
        regions=("浙江省", "浙江省杭州市")),
    doc("c", "該平臺承諾保本，年化收益率達到12％", 3, title="新聞", site="https://a.test", level=2, codes=("yield.promise",), genre="news"),
    doc("d", "HTML and Ｐ２Ｐ lending 保\n本", 4, title="P2P", site="https://c.test", outcome="not_found", gate="soft_404"),
]


@pytest.mark.parametrize(("query", "expected"), [
    ("ICP号:京icp备12345678", ["a"]),  # without the word 号, in lower case
    ("公司:财富", ["b", "a"]),  # in the traditional script too
    ("公司:公司财富", []),  # not from one name into the next
    ("信用代码:91110000123456789x", ["a"]),
    ("条款:adlaw-art25-1", ["a"]),
    ("地区:浙江", ["b"]),
    ("地区:杭州市", ["b"]),
    ("属地:北京", ["a"]),
    ("状态:待核查", ["a"]),
    ("-状态:待核查 年化", ["c", "b"]),
    ("状态:已确认", []),
    ("-等级:红 保本", ["d", "c"]),
    ("等级:红 或 谨慎", ["b", "a"]),
    ("保本 (等级:黄 或 域名:c.test)", ["d", "c"]),
    ("(公司:示例 或 网站:https://c.test) -(地区:北京 或 p2p)", ["b"]),
    ("非 (保本 等级:红)", ["d", "c", "b"]),
    ("-保本 -谨慎", []),
    ("-保本 -等级:红", ["b"]),
])
def test_facts_are_asked_for_as_people_write_them(index: SearchIndex, query: str, expected: list[str]) -> None:
    index.put(PAGES)
    assert found(index, query) == expected
    assert index.search(parse(query)).total == len(expected)


def test_facets_count_the_hits(index: SearchIndex) -> None:
    index.put(PAGES)
    answer = index.search(parse("保本", facets=True, limit=1))
    assert answer.exact
    assert {name: counts for name, counts in answer.facets.items() if counts} == {
        "site": {"https://a.test": 2, "https://c.test": 1}, "code": {"yield.promise": 2, "guarantee.principal": 1},
        "level": {"red": 1, "yellow": 1}, "gate": {"page": 2, "soft_404": 1}, "genre": {"news": 1, "platform": 1},
        "outcome": {"ok": 2, "not_found": 1}, "client": {"desktop-static": 1}, "provision": {"adlaw-art25-1": 1}, "region": {"北京市": 1},
        "state": {"waiting": 1},
    }


def test_pages_turn_back_as_they_turned_forward(index: SearchIndex) -> None:
    index.put([doc(f"capture-{n:02}", "保本", minutes=n // 3) for n in range(20)])
    for sort in ("newest", "oldest"):
        pages = [index.search(parse("保本", limit=6, sort=sort))]
        while pages[-1].next:
            pages.append(index.search(parse("保本", limit=6, sort=sort, cursor=pages[-1].next)))
        assert [len(page.hits) for page in pages] == [6, 6, 6, 2]
        assert pages[0].previous == ""
        page = pages[-1]
        for before in reversed(pages[:-1]):
            page = index.search(parse("保本", limit=6, sort=sort, cursor=page.previous))
            assert [hit.capture_id for hit in page.hits] == [hit.capture_id for hit in before.hits]
            assert page.next
        assert page.previous == ""


def test_by_relevance_the_same_pages_are_found_whole_or_page_by_page(index: SearchIndex) -> None:
    dice = random.Random(3)
    index.put([doc(f"capture-{n:02}", "保本" * dice.randint(0, 4) + "平安" * dice.randint(1, 9), minutes=n // 4) for n in range(40)])
    newest = found(index, "保本", limit=100)
    assert sorted(found(index, "保本", limit=100, sort="relevance")) == sorted(newest)
    cursor, pieces = "", []
    for _ in range(40):
        answer = index.search(parse("保本", limit=7, cursor=cursor, sort="relevance"))
        pieces += [hit.capture_id for hit in answer.hits]
        cursor = answer.next
        if not cursor:
            break
    assert pieces == found(index, "保本", limit=100, sort="relevance")
    back = index.search(parse("保本", limit=7, sort="relevance", cursor=answer.previous))
    assert [hit.capture_id for hit in back.hits] == pieces[(len(pieces) - 1) // 7 * 7 - 7 : (len(pieces) - 1) // 7 * 7]


def test_what_people_decide_is_searched_and_counted_at_once(index: SearchIndex) -> None:
    index.put(PAGES)
    index.restate({"a": ("confirmed",), "c": ("dismissed", "waiting"), "no such": ("waiting",)})
    assert found(index, "状态:待核查") == ["c"]
    assert found(index, "保本 状态:已确认 状态:已排除") == ["c", "a"]
    assert found(index, "保本 -状态:已排除") == ["d", "a"]
    assert index.search(parse("", facets=True)).facets["state"] == {"confirmed": 1, "dismissed": 1, "waiting": 1}
    assert index.search(parse("状态:已确认")).hits[0].states == ("confirmed",)
    index.restate({"a": ()})
    assert found(index, "状态:已确认") == []
    assert found(index, "保本") == ["d", "c", "a"]


def test_too_many_to_count_are_told_from_the_sample(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "EXACT_HITS", 300)
    index.put([doc(f"capture-{n:04}", "保本" if n % 8 else "保息", minutes=n, level=1 + n % 4, site=f"https://s{n % 3}.test") for n in range(800)])
    told = [n for n in range(800) if n % 8 and sampled(f"capture-{n:04}")]
    answer = index.search(parse("保本", facets=True, limit=5))
    assert not answer.exact
    assert answer.total == SAMPLE_ONE_IN * len(told)
    assert answer.facets["site"] == {
        site: SAMPLE_ONE_IN * count for site, count in sorted(Counter(f"https://s{n % 3}.test" for n in told).items(), key=lambda item: (-item[1], item[0]))
    }
    assert [hit.capture_id for hit in answer.hits] == [f"capture-{n:04}" for n in range(799, 790, -1) if n % 8][:5]
    few = index.search(parse("保息", facets=True))
    assert (few.total, few.exact, few.facets["level"]) == (100, True, {"blue": 100})
    oldest = index.search(parse("保本", sort="oldest", limit=3, cursor=write_cursor(T0 + timedelta(minutes=4), "capture-0004")))
    assert [hit.capture_id for hit in oldest.hits] == ["capture-0005", "capture-0006", "capture-0007"]


def test_times_between_milliseconds_and_beyond_all_years_are_bounds_too(index: SearchIndex) -> None:
    near = [doc(f"n{micro}", "保本", minutes=micro / 60e6) for micro in (0, 400, 999, 1000, 1400)]
    index.put([*near, doc("old", "保本", minutes=-60 * 24 * 366 * 60), doc("older", "保本", minutes=-60 * 24 * 366 * 70)])
    at = "2026-11-20T08:00:00"
    assert found(index, f"since:{at}.000400+00:00") == ["n1400", "n1000", "n999", "n400"]
    assert found(index, f"until:{at}.000999+00:00 since:2000-01-01") == ["n400", "n0"]
    assert found(index, f"since:{at}.001+00:00") == ["n1400", "n1000"]
    assert found(index, "until:1960-01-01") == ["older"]
    assert found(index, "since:1960-01-01 until:1970-01-01") == ["old"]
