"""Every page as people see it: nothing hostile runs or reaches out, nothing runs off a narrow screen, everything is labelled and legible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Visit = Callable[..., tuple[Page, Any]]
SignIn = Callable[..., None]
CONTRAST = """() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); };
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = t => { const m = t.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
  const ground = element => {
    const stack = [];
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      const gradient = style.backgroundImage.match(/rgba?\\([^)]*\\)/g);
      stack.push(gradient ? parse(gradient[gradient.length - 1]) : parse(style.backgroundColor));
    }
    return stack.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const faults = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!own || !box.width || !box.height || style.visibility === 'hidden' || box.right < 0) continue;
    const back = ground(element), ink = parse(style.color);
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) opacity *= Number(getComputedStyle(e).opacity);
    ink[3] *= opacity;
    const a = light(over(ink, back)), b = light(back);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 20)}`);
  }
  return [...new Set(faults)].slice(0, 12);
}"""
NAMED = """() => {
  const faults = [];
  for (const e of document.querySelectorAll('input:not([type=hidden]), textarea, select, button, a[href], summary, img')) {
    const label = e.labels && e.labels.length ? [...e.labels].map(l => l.textContent).join('') : '';
    const name = (e.getAttribute('aria-label') || label || (e.matches('input, textarea, select') ? '' : e.textContent) || e.alt || '').trim();
    if (!name) faults.push(e.outerHTML.slice(0, 120));
  }
  const heads = [...document.querySelectorAll('h1, h2, h3, h4')].filter(h => h.offsetParent).map(h => Number(h.tagName[1]));
  if (heads.filter(n => n === 1).length !== 1 || heads[0] !== 1) faults.push('h1: ' + heads);
  heads.forEach((n, i) => { if (i && n > heads[i - 1] + 1) faults.push('heading skips: ' + heads); });
  if (document.documentElement.lang !== 'zh-CN') faults.push('lang');
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  if (new Set(ids).size !== ids.length) faults.push('id twice: ' + ids.filter((id, i) => ids.indexOf(id) !== i));
  for (const t of document.querySelectorAll('th')) if (!t.textContent.trim() && !t.getAttribute('aria-label')) faults.push('th without words');
  if ([...document.querySelectorAll('[tabindex]')].some(e => e.tabIndex > 0)) faults.push('tabindex');
  return faults;
}"""
WIDE = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.tagName + '.' + e.className) : []"""


def pages(console: Any) -> list[str]:
    with sqlite3.connect(f"file:{console.home}/adpatrol.sqlite3?mode=ro", uri=True) as db:
        leads = db.execute("SELECT number, platform_id FROM alerts_lead GROUP BY platform_id").fetchall()
    run = next(iter(console.captures.values())).rpartition("-")[0]
    return ["/", "/leads/?state=all", "/leads/?q=无此词", "/platforms/", "/search/", "/search/?q=保本", "/search/?q=保本 (", "/captures/", "/runs/", f"/runs/{run}/",
            "/messages/", "/password/", "/nowhere/", *(f"/leads/{number}/" for number, _ in leads), *(f"/platforms/{id}/" for _, id in leads),
            *(f"/captures/{id}/" for id in console.captures.values())]


@pytest.fixture
def reader(console: Any, visit: Visit, sign_in: SignIn) -> Callable[..., tuple[Page, Any]]:
    def signed_in(**options: Any) -> tuple[Page, Any]:
        page, met = visit(**options)
        sign_in(page, console.origin)
        return page, met

    return signed_in


@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_runs_reaches_out_or_runs_off_the_screen(console: Any, reader: Callable[..., tuple[Page, Any]], width: int) -> None:
    page, met = reader(width=width)
    for path in pages(console):
        page.goto(console.origin + path)
        page.wait_for_load_state("load")
        assert page.evaluate(WIDE) == [], (path, width)
        assert page.title().endswith("互联网金融广告巡查系统"), path
    met.clean(console.origin)


@pytest.mark.parametrize("width", [1440, 390])
def test_everything_is_named_and_legible(console: Any, reader: Callable[..., tuple[Page, Any]], width: int) -> None:
    page, _ = reader(width=width)
    faults = {}
    for path in pages(console):
        page.goto(console.origin + path)
        if width == 390 and page.locator(".fold-label").count():
            page.locator(".fold-label").click()
        if found := page.evaluate(NAMED) + page.evaluate(CONTRAST):
            faults[path] = found
    assert faults == {}, "\n".join(f"{path}: {found}" for path, found in faults.items())


@pytest.mark.parametrize("width", [1440, 390])
def test_the_audit_trail_is_named_and_legible(console: Any, visit: Visit, sign_in: SignIn, width: int) -> None:
    page, met = visit(width=width)
    sign_in(page, console.origin, "leader")
    for path in ("/audit/", "/audit/?q=无此人"):
        page.goto(console.origin + path)
        assert page.evaluate(NAMED) + page.evaluate(CONTRAST) + page.evaluate(WIDE) == [], path
    met.clean(console.origin)


def test_the_sign_in_page_is_named_and_legible(console: Any, visit: Visit) -> None:
    page, met = visit(width=390)
    page.goto(f"{console.origin}/sign-in/")
    assert page.evaluate(NAMED) + page.evaluate(CONTRAST) + page.evaluate(WIDE) == []
    met.clean(console.origin)


def test_a_hostile_capture_is_only_read(console: Any, reader: Callable[..., tuple[Page, Any]]) -> None:
    page, met = reader()
    for name in ("hostile", "svg", "script-address", "turned", "endless", "breakless", "nothing"):
        page.goto(f"{console.origin}/captures/{console.captures[name]}/")
        page.mouse.wheel(0, 4_000)
        page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        page.wait_for_load_state("networkidle")
        expect(page.locator("mark.m-red").first).to_be_attached()
        assert page.locator("main script, main iframe, main svg, main object, main style, main form[action^=http]").count() == 0, name
        assert page.locator("main [onerror], main [onload], main [style]").count() == 0, name
        assert page.evaluate("document.querySelector('.top').getBoundingClientRect().top + scrollY") == 0, name
    met.clean(console.origin)


def test_the_marked_words_are_the_claim_itself(console: Any, reader: Callable[..., tuple[Page, Any]]) -> None:
    """By the browser's own reading of the page: text and marks, exactly."""
    page, _ = reader()
    page.goto(f"{console.origin}/captures/{console.captures['home']}/")
    answer = page.request.get(f"{console.origin}/captures/{console.captures['home']}/?format=json").json()
    assert page.locator(".page-text .text").first.evaluate("e => e.textContent") == answer["text"]
    for number, finding in enumerate(answer["findings"], 1):
        assert answer["text"][finding["start"] : finding["end"]] == finding["span"]
        told = page.evaluate("""n => {
          const marks = [...document.querySelectorAll('.page-text mark')];
          const first = marks.findIndex(m => (m.dataset.ref || '').split('·').includes(String(n)));
          let text = '';
          for (let m = marks[first]; m; m = m.nextSibling && m.nextSibling.nodeName === 'A' ? m.nextSibling.nextSibling : m.nextSibling) {
            if (m.nodeName !== 'MARK') break;
            text += m.textContent;
          }
          return text;
        }""", number)
        assert told.startswith(finding["span"]), (number, told)


def test_the_keyboard_alone_is_enough(console: Any, reader: Callable[..., tuple[Page, Any]]) -> None:
    page, _ = reader()
    page.goto(f"{console.origin}/leads/?state=all")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("a.row-link").first
    expect(first).to_be_focused()
    assert first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("涉嫌")


def test_paper_shows_what_the_screen_folds_and_who_printed_it(console: Any, reader: Callable[..., tuple[Page, Any]]) -> None:
    page, _ = reader()
    page.goto(f"{console.origin}/captures/{console.captures['home']}/")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details.law:not([open])").count() == 0
    expect(page.locator(".print-only")).to_contain_text("打印人：officer")
    expect(page.locator(".menu")).to_be_hidden()
    expect(page.locator(".foot")).to_contain_text("涉嫌")
