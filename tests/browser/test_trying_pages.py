"""试一段文字 and 广告自查 as people use them: with and without script, on a wide and on a narrow screen, over hostile text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_reading import CONTRAST, NAMED, WIDE

Visit = Callable[..., tuple[Page, Any]]
SignIn = Callable[..., None]
HOSTILE = "平台承诺保本保息<img src=x onerror=alert(1)>，立即投资\n<script>alert(2)</script>\u202e息本保\u202c" + "无断行" * 400


@pytest.mark.parametrize("width, script", [(1440, True), (390, False)])
def test_an_officer_tries_a_text(console: Any, visit: Visit, sign_in: SignIn, width: int, script: bool) -> None:
    page, met = visit(width=width, java_script_enabled=script)
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/try/")
    page.get_by_role("button", name="试判这个示例").click()
    expect(page.get_by_role("status")).to_contain_text("涉嫌违法")
    expect(page.locator("article.claim-card").first).to_contain_text("涉嫌")
    first = page.locator("article.claim-card").first
    first.locator("details.law summary").first.click()
    page.get_by_label("文字或网页源码").fill("投资理财，100%本息保障\n本产品不承诺保本")
    page.get_by_role("button", name="试判", exact=True).click()
    expect(page.locator(".page-text mark").first).to_be_visible()
    expect(page.locator(".page-text")).to_contain_text("本息保障")
    expect(page.get_by_text("例外理由")).to_be_visible()
    page.get_by_role("link", name="清空").click()
    page.get_by_label("已存快照的网址").fill("https://www.shili-licai.example/anquan")
    page.get_by_role("button", name="试判", exact=True).click()
    expect(page.get_by_text("按现行规则重判快照")).to_be_visible()
    page.get_by_label("文字或网页源码").fill("又有文字")
    page.get_by_role("button", name="试判", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请清空其中一个")
    met.clean(console.origin)


@pytest.mark.parametrize("width", [1440, 390])
def test_both_pages_are_named_legible_and_within_the_screen(console: Any, visit: Visit, sign_in: SignIn, width: int) -> None:
    page, met = visit(width=width)
    sign_in(page, console.origin, "analyst")
    for path, button in (("/try/", "试判这个示例"), ("/selfcheck/", "查这个示例")):
        page.goto(console.origin + path)
        assert page.evaluate(NAMED) + page.evaluate(CONTRAST) + page.evaluate(WIDE) == [], path
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("status")).to_be_visible()
        page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        assert page.evaluate(NAMED) + page.evaluate(CONTRAST) + page.evaluate(WIDE) == [], path
    met.clean(console.origin)


def test_a_hostile_text_is_only_read(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit(width=390)
    sign_in(page, console.origin)
    for path, button in (("/try/", "试判"), ("/selfcheck/", "查一查")):
        page.goto(console.origin + path)
        page.locator("#text").fill(HOSTILE)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("mark").first).to_be_visible()
        assert page.locator("main script, main img, main [onerror], main [style]").count() == 0
        assert page.evaluate(WIDE) == []
    met.clean(console.origin)


def test_an_advertiser_sees_what_would_mend_the_draft(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit()
    sign_in(page, console.origin, "leader")
    page.get_by_role("link", name="广告自查").click()
    page.get_by_label("广告文字").fill("稳赚不赔的理财，100%本息保障，立即投资")
    page.get_by_role("button", name="查一查").click()
    expect(page.locator(".advice").first).to_contain_text("怎样改")
    expect(page.locator(".law-text").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("处置建议")
    met.clean(console.origin)


@pytest.mark.parametrize("width", [1090, 1200, 1330])
def test_the_whole_menu_fits_beside_the_name(console: Any, visit: Visit, sign_in: SignIn, width: int) -> None:
    page, _ = visit(width=width)
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/try/")
    assert page.evaluate(WIDE) == []
    assert page.evaluate("document.querySelector('.me').getBoundingClientRect().right <= innerWidth")
    assert page.evaluate("document.querySelector('.top').getBoundingClientRect().height") < 60
