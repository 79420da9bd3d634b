"""试一段文字: what is shown of a text, a page's source and a stored page; nothing is stored, everything is escaped."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from seeding import Seeded

from console.reading import MOST_CHARS, facts, looks_like_html, read, reader, shown

pytestmark = pytest.mark.django_db
SHIPPED = Path(__file__).resolve().parents[2] / "config"
CLAIM = "新手专享：100%本息保障，月息1分5，立即投资\n本产品不承诺保本，投资有风险"


@pytest.fixture
def shipped(home: Path) -> Iterator[None]:
    """The shipped rules, in place of the office's one law text."""
    settings.CONFIG_FOLDERS = [SHIPPED]
    yield


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models() if model._meta.label not in ("sessions.Session",)}


def test_the_empty_page_offers_an_example_and_says_nothing_is_kept(officer: Client, shipped: None) -> None:
    page = officer.get("/try/").content.decode()
    assert "清河财富" in page and "不保存任何内容" in page and "试判这个示例" in page


def test_the_example_shows_levels_reasons_law_and_what_was_excused(officer: Client, shipped: None) -> None:
    page = officer.post("/try/", {"example": "1"}).content.decode()
    assert "涉嫌承诺保本" in page and "判为例外" in page and "例外理由" in page
    assert 'class="m-red' in page or 'class="m-orange' in page
    assert "对未来效果、收益或者与其相关的情况作出保证性承诺" in page  # the provision's own wording
    assert "月 1.5% × 12 = 年化 18%" in page
    assert "怎样才合规" in page and "已依次检查" in page


def test_nothing_is_stored(officer: Client, shipped: None) -> None:
    before = counts()
    assert officer.post("/try/", {"text": CLAIM}).status_code == 200
    assert officer.post("/selfcheck/", {"text": CLAIM}).status_code == 200
    assert counts() == before


def test_markup_is_read_as_a_page_or_as_words_as_asked(officer: Client, shipped: None) -> None:
    source = "<html><head><title>某理财</title></head><body><p>平台承诺<b>保</b>本<b>保</b>息</p><img alt='稳赚不赔的理财'></body></html>"
    page = officer.post("/try/", {"text": source}).content.decode()
    assert "页面上看得到的文字" in page and "承诺保本保息" in html.unescape(page.replace("</mark>", "").split("page-text")[1])
    assert "不直接显示的文字" in page
    assert "页面上看得到的文字" not in officer.post("/try/", {"text": source, "way": "text"}).content.decode()
    assert looks_like_html("<DIV class=x>") and not looks_like_html("年化<8%，本金>1万")


def test_everything_from_the_text_is_escaped(officer: Client, shipped: None) -> None:
    hostile = "<script>alert(1)</script>平台承诺保本保息<img src=x onerror=alert(2)>\"'></textarea><svg onload=alert(3)>"
    for way in ("text", "html", "auto"):
        for path in ("/try/", "/selfcheck/"):
            page = officer.post(path, {"text": hostile, "way": way}).content.decode()
            assert "<script>alert" not in page and "<img src=x" not in page and "<svg onload" not in page
            assert "</textarea><svg" not in page


@pytest.mark.parametrize("form, says", [
    ({}, "请在框里粘贴文字"), ({"text": "  \n"}, "请在框里粘贴文字"), ({"text": "字" * (MOST_CHARS + 1)}, "请分段来试"),
    ({"text": "字", "url": "https://x.example/"}, "请清空其中一个"), ({"url": "https://meiyou.example/"}, "先巡查：adpatrol patrol"),
])
def test_a_slip_is_told_with_the_way_out(officer: Client, shipped: None, form: dict[str, str], says: str) -> None:
    answer = officer.post("/try/", form)
    assert answer.status_code == 400 and says in answer.content.decode()


def test_a_form_beyond_all_bounds_is_refused_in_chinese(officer: Client, shipped: None) -> None:
    answer = officer.post("/try/", {"text": "x" * 3_000_000})
    assert answer.status_code == 400 and "adpatrol scan" in answer.content.decode()


def test_a_stored_page_is_judged_again_by_its_address(officer: Client, seeded: Seeded) -> None:
    settings.CONFIG_FOLDERS = [SHIPPED]
    for url in ("https://www.shili-licai.example/anquan", "www.shili-licai.example/anquan/", "http://www.shili-licai.example/anquan"):
        answer = officer.post("/try/", {"url": url})
        if url.startswith("http://"):
            assert answer.status_code == 400  # another scheme is another page
            continue
        page = answer.content.decode()
        assert "按现行规则重判快照" in page and "本息保障" in page and "判为例外" in page
    assert "没有发现涉嫌违法点" in officer.get("/try/?url=https://www.pingfan.example/").content.decode()
    assert "不是网页本身" in officer.post("/try/", {"url": "https://www.lanjie.example/"}).content.decode()


def test_a_text_never_travels_in_the_address(officer: Client, shipped: None) -> None:
    assert "躺着赚大钱" not in officer.get("/try/?text=保本保息躺着赚大钱").content.decode()


def test_only_officers_and_analysts(as_role: Callable[[str], Client], shipped: None) -> None:
    assert as_role("analyst").get("/try/").status_code == 200
    for role in ("leader", "operator"):
        assert as_role(role).get("/try/").status_code == 403


def test_a_rule_just_edited_is_tried_at_once(home: Path, tmp_path: Path) -> None:
    office = tmp_path / "office"
    (office / "rules").mkdir(parents=True)
    rule = (SHIPPED / "rules" / "guarantee-principal.yaml").read_text(encoding="utf-8")
    settings.CONFIG_FOLDERS = [office, SHIPPED]
    before = reader()
    assert reader() is before
    (office / "rules" / "guarantee-principal.yaml").write_text(rule.replace("level: red", "level: yellow"), encoding="utf-8")
    assert reader() is not before


def test_broken_settings_are_named_to_the_officer(officer: Client, home: Path, tmp_path: Path) -> None:
    office = tmp_path / "broken"
    (office / "rules").mkdir(parents=True)
    (office / "rules" / "x.yaml").write_text("id: [", encoding="utf-8")
    settings.CONFIG_FOLDERS = [office, SHIPPED]
    answer = officer.post("/try/", {"text": CLAIM})
    assert answer.status_code == 400 and "x.yaml" in answer.content.decode()


def test_the_marked_text_is_the_text(home: Path) -> None:
    settings.CONFIG_FOLDERS = [SHIPPED]
    known = reader()
    result = shown(known, read(known, CLAIM))
    assert html.unescape(re.sub(r"<[^>]*>", "", str(result["text"]))) == CLAIM
    assert all(CLAIM[f["start"]:f["start"] + len(f["span"])] == f["span"] for f in result["findings"])


def test_the_numbers_are_told_with_their_sum() -> None:
    assert facts({"low": 1.5, "high": 1.5, "period": "month", "annual": 18.0, "formula": "月 1.5% × 12 = 年化 18%", "amounts": ["1万元"], "guarantor": "平台"}) == [
        "读出数值：1.5%（月）", "折合年化：18%，算法：月 1.5% × 12 = 年化 18%", "金额：1万元", "保证人：平台"]
