"""The legal elements of a package: whole evidence lacks nothing; take any one fact away, and just that element is named in Chinese."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from packing import NOW, ROWS, WHOLE, graded, order, stored

from evidence.capture import Capture, Outcome
from evidence.packages import elements
from evidence.packages.elements import Held
from evidence.packages.model import Picture
from evidence.stamps import Stamp


def held(captures: Sequence[Capture], **changes: Any) -> Held:
    pictures = [Picture(n, one.id, "screenshots/1.png", "screenshots/2.png", "screenshots/3.json") for n, one in enumerate(captures, 1)]
    whole = Held(captures=captures, shown=order(captures).shown, pictures=pictures, covered={one.id: 1 for one in captures},
                 stamps=[Stamp(1, "tsa", b"", (NOW + timedelta(minutes=3)).isoformat())], who="张三", office="示例局", authorities=1, verifier=True)
    return replace(whole, **changes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Capture]:
    return stored(tmp_path_factory.mktemp("a"), [graded(1), graded(2)])


def test_whole_evidence_lacks_nothing(whole: list[Capture]) -> None:
    assert elements.missing(held(whole)) == []


def without(captures: list[Capture], *names: str, **other: Any) -> list[Capture]:
    facts = {name: value for name, value in WHOLE.items() if name not in names} | other
    return [replace(captures[0], facts=facts), captures[1]]


def rows_but(key: str) -> list[dict[str, str]]:
    return [row | {"result": "未核验"} if row["key"] == key else row for row in ROWS]


@pytest.mark.parametrize(("element", "facts"), [
    ("who.authority", {"identity": "browser"}), ("when.span", {"seconds": None}), ("when.clock", {"clock": {"offset": None}}), ("where.server", {"dns": []}),
    ("where.ours", {"environment": rows_but("address")}), ("with.versions", {"versions": {}}), ("with.sbom", {"sbom": ""}),
    ("with.self_check", {"environment": [*ROWS, {"key": "more", "result": "异常"}]}), ("with.profile", {"environment": rows_but("profile")}),
    ("with.hosts", {"environment": rows_but("hosts")}), ("with.proxy", {"environment": rows_but("proxy")}), ("with.resolvers", {"environment": rows_but("resolvers")}),
    ("how.second", {"second": {"verdict": "differs"}}), ("how.steps", {"grade": ""}),
])
def test_each_fact_taken_away_is_the_one_element_named(element: str, facts: dict[str, Any], whole: list[Capture]) -> None:
    found = elements.missing(held(without(whole, **facts)))
    assert [one.element for one in found] == [element]
    assert found[0].why.startswith("1 个页面（http://127.0.0.2:8100/page-1）")
    assert found[0].label


def test_each_record_and_setting_taken_away_is_named_too(whole: list[Capture]) -> None:
    first = whole[0]
    bare = replace(first, records=tuple(ref for ref in first.records if not ref.uri.startswith("urn:x-adpatrol:dom:")))
    https = replace(first, final_url="https://shili.example/")
    blocked = replace(first, outcome=Outcome.HTTP_ERROR)
    unread = {whole[1].id: order(whole).shown[whole[1].id]}
    plain = [Picture(n, one.id, "screenshots/1.png") for n, one in enumerate(whole, 1)]
    late = [Stamp(1, "tsa", b"", (NOW + timedelta(hours=5)).isoformat())]
    cases: list[tuple[str, Held]] = [
        ("what.dom", held([bare, whole[1]])), ("where.tls", held([https, whole[1]])), ("what.page", held([blocked, whole[1]])), ("what.subject", held(whole, shown=unread)),
        ("what.annotated", held(whole, pictures=plain)), ("who.office", held(whole, office=" ")), ("who.operator", held(whole, who="")),
        ("integrity.verifier", held(whole, verifier=False)), ("when.stamp", held(whole, stamps=[])), ("when.stamp", held(whole, authorities=0)),
        ("when.stamp_time", held(whole, stamps=late)),
    ]
    for element, there in cases:
        assert [one.element for one in elements.missing(there)] == [element]


def test_a_page_without_findings_needs_no_marks_and_one_without_picture_lacks_both(whole: list[Capture]) -> None:
    unmarked = {id: replace(one, claims=0) for id, one in order(whole).shown.items()}
    assert elements.missing(held(whole, shown=unmarked, pictures=[Picture(n, one.id, "a.png") for n, one in enumerate(whole, 1)])) == []
    assert [one.element for one in elements.missing(held(whole, pictures=[]))] == ["what.screenshot", "what.annotated"]


def test_a_page_is_judged_by_its_best_capture(whole: list[Capture]) -> None:
    static = replace(whole[0], id="static", seq=99, client="desktop-static", facts={}, records=())
    signed = replace(whole[0], id="signed", seq=100, client="attended", facts={}, records=())
    assert elements.best([static, signed, *whole]) == whole
    assert elements.best([signed, static]) == [static]
