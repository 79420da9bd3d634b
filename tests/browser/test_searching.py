"""An officer searches: facets become pills that turn and go, a query that fails shows where, a choice of columns, a file, a kept search."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import expect

Visit = Callable[..., Any]
SignIn = Callable[..., None]


def test_without_scripts_pills_turn_and_the_result_leaves_as_a_file(console: Any, visit: Visit, sign_in: SignIn, tmp_path: Path) -> None:
    page, met = visit(java_script_enabled=False)
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/search/?q=保本")
    page.locator("aside.side a.ex").first.click()
    expect(page.locator(".pills")).to_contain_text("不含")
    expect(page).to_have_url(re.compile("not_"))
    page.locator(".pill a").first.click()
    expect(page.locator(".pills")).to_contain_text("只看")
    expect(page).not_to_have_url(re.compile("not_"))
    page.locator("details.tools summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="XLSX").click()
    download.value.save_as(tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["检索结果", "说明"] and book["检索结果"].max_row > 1
    met.clean(console.origin)


def test_a_query_that_fails_shows_the_character(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit()
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/search/?q=保本 (收益")
    expect(page.locator(".where mark")).to_have_text("(")
    met.clean(console.origin)


def test_a_search_is_kept_found_again_and_taken_away(console: Any, visit: Visit, sign_in: SignIn) -> None:
    page, met = visit(width=390)
    sign_in(page, console.origin)
    page.goto(f"{console.origin}/search/?q=保本&level=red")
    page.locator("details.tools summary").click()
    page.get_by_label("名称").fill("红色的保本")
    page.get_by_role("button", name="保存这项检索").click()
    expect(page.locator("main")).to_contain_text("已保存检索")
    expect(page).to_have_url(re.compile("level=red"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"{console.origin}/search/saved/")
    page.get_by_role("link", name="删除…").click()
    page.get_by_role("button", name="删除").click()
    expect(page.locator("main")).to_contain_text("还没有已存的检索")
    met.clean(console.origin)
