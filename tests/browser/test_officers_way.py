"""The officer's whole way through the real console, and what the others may: seen in a real browser."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Visit = Callable[..., tuple[Page, Any]]
SignIn = Callable[..., None]


def audit(console: Any, who: str) -> list[tuple[str, str]]:
    """(act, subject) of the audit trail, oldest first, read past the product."""
    with sqlite3.connect(f"file:{console.home}/adpatrol.sqlite3?mode=ro", uri=True) as db:
        return list(db.execute("SELECT act, subject FROM alerts_auditentry WHERE who = ? ORDER BY id", (who,)))


def state_of(console: Any, number: str) -> str:
    with sqlite3.connect(f"file:{console.home}/adpatrol.sqlite3?mode=ro", uri=True) as db:
        return str(db.execute("SELECT state FROM alerts_lead WHERE number = ?", (number,)).fetchone()[0])


def opened(page: Page) -> str:
    """The number of the lead whose page comes up after a click: a click does not wait for the page it leads to."""
    expect(page).to_have_url(re.compile(r"/leads/XS\d+/"))
    return re.findall(r"XS\d+", page.url)[-1]


def test_the_officers_whole_way(console: Any, visit: Visit, sign_in: SignIn, tmp_path: Path) -> None:
    page, met = visit()
    sign_in(page, console.origin)
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    before = len(audit(console, "officer"))

    page.get_by_role("navigation", name="主菜单").get_by_role("link", name="线索").click()
    page.get_by_label("查找线索").fill("shili-licai")
    page.get_by_role("button", name="查找").click()
    page.locator("tr", has_text="承诺保本").filter(has_text="100%本息保障").locator("a.row-link").first.click()
    lead = opened(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("涉嫌")
    expect(page.locator("section", has=page.get_by_role("heading", name="所在页面")).locator("mark").first).to_have_text("100%本息保障")

    page.locator("section", has=page.get_by_role("heading", name="所在页面")).locator("a.row-link").first.click()
    expect(page.locator("mark.m-red").first).to_contain_text("100%")
    expect(page.get_by_role("heading", name="涉嫌违法点")).to_be_visible()
    expect(page.locator("details.law[open]").first).to_contain_text("保本")
    page.go_back()

    page.get_by_label("说明（可不填）").fill("已电话核对")
    page.get_by_role("button", name="确认：值得办理").click()
    expect(page.get_by_role("status")).to_contain_text("已确认")
    assert state_of(console, lead) == "confirmed"
    with page.expect_download() as coming:
        page.get_by_role("button", name="生成草稿（DOCX）").click()
    letter = tmp_path / "letter.docx"
    coming.value.save_as(letter)
    assert coming.value.suggested_filename == f"referral-{lead}.docx"
    words = re.sub(r"<[^>]+>", "", zipfile.ZipFile(letter).read("word/document.xml").decode())
    assert "涉嫌" in words and "100%本息保障" in words and "尚缺的证据要素" in words

    page.get_by_role("button", name="撤销决定，回到待核查").click()
    expect(page.get_by_role("status")).to_contain_text("回到待核查")
    page.get_by_role("button", name="排除", exact=True).click()
    assert state_of(console, lead) == "waiting"  # the browser asks for the reason first
    page.get_by_label("排除理由（必填）").fill("引用他人广告作反面例子")
    page.get_by_role("button", name="排除", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已排除")
    assert state_of(console, lead) == "dismissed"
    trail = page.locator("ol.trail").first
    for step in ("登记", "确认", "已电话核对", "撤销", "排除", "引用他人广告作反面例子"):
        expect(trail).to_contain_text(step)

    page.goto(f"{console.origin}/leads/?state=dismissed")
    expect(page.locator("table")).to_contain_text(lead)
    page.locator("details.me summary").click()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    page.go_back()
    expect(page.locator("body")).not_to_contain_text(lead)
    assert audit(console, "officer")[before:] == [
        ("确认线索", f"lead:{lead}"), ("生成线索移送函草稿", f"lead:{lead}"), ("撤销线索", f"lead:{lead}"), ("排除线索", f"lead:{lead}"), ("退出", "user:officer")]
    met.clean(console.origin)


def test_another_officers_decision_is_undone_only_with_a_reason(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    sign_in(page, console.origin, "second")
    page.goto(f"{console.origin}/leads/?state=waiting&q=年化收益18%25")
    page.locator("a.row-link").first.click()
    opened(page)
    url = page.url
    page.get_by_role("button", name="确认：值得办理").click()
    expect(page.get_by_role("status")).to_contain_text("已确认")
    other, _ = visit()
    sign_in(other, console.origin)
    other.goto(url)
    expect(other.get_by_label("撤销理由（必填：原由他人决定）")).to_be_visible()
    other.get_by_role("button", name="撤销决定").click()
    expect(other.locator("aside .state")).to_have_text("已确认")
    other.get_by_label("撤销理由（必填：原由他人决定）").fill("材料不足")
    other.get_by_role("button", name="撤销决定").click()
    expect(other.get_by_role("status")).to_contain_text("回到待核查")


@pytest.mark.parametrize("role", ["analyst", "leader"])
def test_those_who_read_see_everything_and_decide_nothing(console: Any, visit: Visit, sign_in: SignIn, role: str) -> None:
    page, met = visit()
    sign_in(page, console.origin, role)
    page.goto(f"{console.origin}/leads/?state=all")
    page.locator("a.row-link").first.click()
    expect(page.locator("aside.decide")).to_contain_text("您的角色可以查看，不能作出决定")
    assert page.locator("aside.decide button").count() == 0
    lead = opened(page)
    before = state_of(console, lead)
    told = page.evaluate("""async url => (await fetch(url, {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: 'reason=x'})).status""",
                         f"/leads/{lead}/confirm/")
    assert told == 403 and state_of(console, lead) == before
    page.goto(f"{console.origin}/captures/{console.captures['home']}/")
    expect(page.locator("mark").first).to_be_visible()
    met.clean(console.origin)


def test_the_operator_sees_patrols_and_no_case(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    sign_in(page, console.origin, "operator")
    expect(page.get_by_role("navigation", name="主菜单").get_by_role("link")).to_have_text(["总览", "巡查", "广告自查", "通知", "执法证", "索引", "审计"])
    expect(page.locator("main")).to_contain_text("每日巡查")
    answer = page.goto(f"{console.origin}/leads/")
    assert answer is not None and answer.status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("无权访问")


def test_a_post_that_did_not_come_from_our_page_changes_nothing(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/leads/?state=waiting")
    page.locator("a.row-link").first.click()
    lead = opened(page)
    page.eval_on_selector("form[action$='/confirm/'] input[name=csrfmiddlewaretoken]", "field => { field.value = 'x'.repeat(64); }")
    page.get_by_role("button", name="确认：值得办理").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("页面已过期")
    assert state_of(console, lead) == "waiting" and (f"lead:{lead}" not in [s for a, s in audit(console, "officer") if a == "确认线索"])


def test_guessing_a_password_is_stopped(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    for _ in range(5):
        sign_in(page, console.origin, "locked", "guess")
    sign_in(page, console.origin, "locked")
    expect(page.get_by_role("heading", level=1)).to_have_text("暂时不能登录")
    page.goto(console.origin)
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    assert ("登录", "user:locked") not in audit(console, "locked")
    assert ("登录锁定", "user:locked") in audit(console, "locked")


def test_who_rests_is_signed_out_and_comes_back_to_the_page(hasty: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    sign_in(page, hasty.origin, "idle")
    page.goto(f"{hasty.origin}/leads/")
    page.wait_for_timeout(3_500)
    page.goto(f"{hasty.origin}/platforms/")
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    expect(page.locator("main")).to_contain_text("已自动退出")
    page.get_by_label("用户名").fill("idle")
    page.get_by_label("密码").fill("Xun-Cha-2026!")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("平台档案")


def test_the_way_works_without_script(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit(java_script_enabled=False)
    sign_in(page, console.origin, "second")
    page.goto(f"{console.origin}/leads/?state=waiting&q=风险备付金")
    page.locator("a.row-link").first.click()
    page.get_by_role("button", name="确认：值得办理").click()
    expect(page.get_by_role("status")).to_contain_text("已确认")
    page.get_by_role("button", name="撤销决定").click()
    expect(page.get_by_role("status")).to_contain_text("回到待核查")
    page.goto(f"{console.origin}/captures/{console.captures['home']}/")
    page.locator("details.law summary").nth(1).click()
    expect(page.locator("details.law").nth(1)).to_have_attribute("open", "")


def test_progress_of_a_patrol_comes_by_itself(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit()
    sign_in(page, console.origin, "leader")
    page.goto(f"{console.origin}/runs/")
    expect(page.locator("main")).to_contain_text("完成")
    frontier = console.home / "frontier.sqlite3"
    with sqlite3.connect(frontier) as db:
        kept = db.execute("SELECT number, state, finished, seen, summary FROM runs").fetchone()
        db.execute("UPDATE runs SET state = 'running', finished = '', seen = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now'), summary = ?", (json.dumps({"sites": 4, "captures": 3}),))
    try:
        expect(page.locator(".run-live")).to_have_text("进行", timeout=15_000)
        expect(page.locator("progress")).to_be_visible()
    finally:
        with sqlite3.connect(frontier) as db:
            db.execute("UPDATE runs SET state = ?, finished = ?, seen = ?, summary = ? WHERE number = ?", (*kept[1:], kept[0]))
    expect(page.locator(".run-done")).to_have_text("完成", timeout=15_000)
    met.clean(console.origin)


def test_a_search_lives_in_its_address(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit()
    sign_in(page, console.origin, "analyst")
    page.get_by_label("检索存证页面").fill("本")
    page.keyboard.press("Enter")
    expect(page.locator("mark.m-hit").first).to_have_text(re.compile("本"))
    all_of_them = page.locator(".hits li").count()
    page.get_by_role("complementary", name="筛选").get_by_role("link", name="红", exact=True).click()
    expect(page.locator(".pill")).to_contain_text("等级：红")
    expect(page).to_have_url(re.compile(r"^(?=.*q=)(?=.*level=red)"))
    fewer = page.locator(".hits li").count()
    assert 0 < fewer < all_of_them or fewer == all_of_them == 20
    colleague, _ = visit()
    sign_in(colleague, console.origin, "leader")
    colleague.goto(page.url)
    expect(colleague.locator(".hits li")).to_have_count(fewer)
    page.get_by_role("link", name="去掉 等级：红").click()
    expect(page.locator(".hits li")).to_have_count(all_of_them)
    page.go_back()
    expect(page.locator(".pill")).to_contain_text("等级：红")
    met.clean(console.origin)


def test_the_queue_is_worked_off_without_going_back(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, _ = visit()
    sign_in(page, console.origin, "second")
    page.goto(f"{console.origin}/leads/")
    page.locator("a.row-link").first.click()
    first = opened(page)
    page.get_by_role("button", name="确认，看下一条").click()
    expect(page.get_by_role("status")).to_contain_text(f"线索 {first} 已确认")
    second = page.url.rstrip("/").rpartition("/")[2]
    assert second != first and state_of(console, first) == "confirmed" and state_of(console, second) == "waiting"
    page.goto(f"{console.origin}/leads/{first}/")
    page.get_by_role("button", name="撤销决定").click()
    expect(page.get_by_role("status")).to_contain_text("回到待核查")
    assert state_of(console, first) == "waiting"
