"""A warning that stands on the page and cannot be read is none, and the reason names what was seen; what can be read is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from linear import linear
from ordinary_page import ABOUT, MENU

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.legibility import unread
from classifiers.model import Document, Level
from tests.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = shipped()
WARNING = "投资有风险，出借需谨慎"
CLAIM = "本息全额保障"
ORDINARY = MENU + ABOUT


def page(warning: str, css: str = "", head: str = "", claim: str = f"<h1>{CLAIM}，新老客户都在投</h1>") -> str:
    style = f"<style>{css}</style>" if css else ""
    return f"<html><head><meta charset=utf-8><title>示例</title>{head}{style}</head><body>{claim}{ORDINARY}{warning}</body></html>"


def reasons(markup: str) -> list[str] | None:
    """Why the page is said to lack a warning; None where it is not."""
    verdict = judge(extract(Document(body=markup.encode(), content_type="text/html; charset=utf-8")), KNOWLEDGE)
    found = [f for f in verdict.findings if f.code == "risk.no_warning"]
    assert all(f.level is Level.YELLOW for f in found)
    return list(found[0].reasons[1:]) if found else None


UNREADABLE = [
    (f"<p style='font-size:6px'>{WARNING}</p>", "", "风险提示字号 6px"),
    (f"<p style='font-size:4.5pt'>{WARNING}</p>", "", "风险提示字号 6px"),
    (f"<p style='font:1px/1 serif'>{WARNING}</p>", "", "风险提示字号 1px"),
    (f"<div style='font-size:10px'><p style='font-size:50%'><b>{WARNING}</b></p></div>", "", "风险提示字号 5px"),
    (f"<p class=tiny>{WARNING}</p>", ".tiny{font-size:.3em}", "风险提示字号 4.8px"),
    (f"<div id=foot><p><span>{WARNING}</span></p></div>", "#foot p{font-size:7px}", "风险提示字号 7px"),
    (f"<small>{WARNING}</small>", "small{font-size:5px}", "风险提示字号 5px"),
    (f"<p class=s>{WARNING}</p>", "html{font-size:10px}.s{font-size:.5rem}", "风险提示字号 5px"),
    (f"<p class=s>{WARNING}</p>", ".s{font-size:6px !important}p.s{font-size:14px}", "风险提示字号 6px"),
    (f"<p class=s>{WARNING}</p>", "@media screen{.s{font-size:6px}}", "风险提示字号 6px"),
    (f"<p style='font-size:11px'>{WARNING}</p>", "h1{font-size:48px}", "不到宣传语（48px）的三分之一"),
    (f"<p style='color:#fff'>{WARNING}</p>", "", "文字颜色与背景相近（对比度 1）"),
    (f"<p style='color:#e8e8e8'>{WARNING}</p>", "", "文字颜色与背景相近"),
    (f"<font color=#f5f5f5>{WARNING}</font>", "", "文字颜色与背景相近"),
    (f"<div class=foot><p class=r>{WARNING}</p></div>", ".foot{background:#222 none}.foot .r{color:rgb(40,40,40)}", "文字颜色与背景相近"),
    (f"<table bgcolor=#003366><tr><td style='color:#003060'>{WARNING}</td></tr></table>", "", "文字颜色与背景相近"),
    (f"<p style='color:rgba(0,0,0,.05)'>{WARNING}</p>", "", "文字颜色与背景相近"),
    (f"<div style='opacity:.2'><p style='opacity:.2'>{WARNING}</p></div>", "", "近乎透明（不透明度 0.04）"),
    (f"<p class=o>{WARNING}</p>", ".o{opacity:0}", "近乎透明（不透明度 0）"),
    (f"<p style='position:absolute;left:-9999px'>{WARNING}</p>", "", "移出屏幕之外（left:-9999px）"),
    (f"<p class=i>{WARNING}</p>", ".i{text-indent:-3000px}", "移出屏幕之外（text-indent:-3000px）"),
    (f"<p style='margin-left:-2000px'>{WARNING}</p>", "", "移出屏幕之外"),
    (f"<p style='height:0;overflow:hidden'>{WARNING}</p>", "", "以样式隐藏（height:0）"),
    (f"<p style='transform:scale(0)'>{WARNING}</p>", "", "以样式隐藏（transform:scale(0)）"),
    (f"<p style='position:absolute;clip:rect(0,0,0,0)'>{WARNING}</p>", "", "以样式隐藏（clip）"),
    (f"<p class=gone>{WARNING}</p>", ".gone{display:none}", "以样式隐藏（display:none）"),
    (f"<div class='box gone'><p>{WARNING}</p></div>", "div.box.gone{visibility:hidden}", "以样式隐藏（visibility:hidden）"),
    (f"<div class=a><ul><li class=b>{WARNING}</li></ul></div>", ".a > ul .b{display:none}", "以样式隐藏（display:none）"),
]


@pytest.mark.parametrize(("warning", "css", "said"), UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_warning_that_nobody_can_read_is_none_and_the_reason_names_what_was_seen(warning: str, css: str, said: str) -> None:
    told = reasons(page(warning, css))
    assert told is not None and said in told[0], told


READABLE = [
    (f"<p>{WARNING}</p>", ""),
    (f"<footer style='font-size:12px;color:#999'>{WARNING}</footer>", ""),
    (f"<footer class=f><p>{WARNING}</p></footer>", ".f{font-size:12px;color:#888;background:#f5f5f5}h1{font-size:60px}"),
    (f"<footer class=f>{WARNING}</footer>", ".f{background:#222;color:#aaa;font-size:11px}"),
    (f"<p style='color:#fff;background:#c00'>{WARNING}</p>", ""),
    (f"<p style='color:#fff;background:url(/x.png)'>{WARNING}</p>", ""),
    (f"<div style='background:linear-gradient(#000,#333)'><p style='color:#fff'>{WARNING}</p></div>", ""),
    (f"<div class=banner><img src=/b.png><p style='position:absolute;color:#fff'>{WARNING}</p></div>", ""),
    (f"<p class=p>{WARNING}</p>", "@media print{.p{display:none}}@media (max-width:600px){.p{font-size:6px}}"),
    (f"<p class=p>{WARNING}</p>", ".q{display:none}.p:hover{opacity:0}.p::before{font-size:1px}.x .p{display:none}div>.p{display:none}"),
    (f"<p class=p style='font-size:14px'>{WARNING}</p>", ".p{font-size:6px}"),
    (f"<p class=p>{WARNING}</p>", ".p{font-size:6px}body .p{font-size:14px}"),
    (f"<div style='font-size:0'><span style='font-size:14px'>{WARNING}</span></div>", ""),
    (f"<div class=h><p style='visibility:visible'>{WARNING}</p></div>", ".h{visibility:hidden}"),
    (f"<div class='wow fadeIn' style='visibility:hidden'>{WARNING}</div><p class=t>{WARNING}</p>", ".t{opacity:0;transition:opacity 1s}"),
    (f"<p class=s>{WARNING}</p><script>document.documentElement.style.fontSize='75px'</script>", ".s{font-size:.24rem}"),
    (f"<p class=s>{WARNING}</p>", ".s{font-size:.24rem}@media (min-width:1px){html{font-size:75px}}"),
    (f"<p style='font-size:2vw;color:var(--grey)'>{WARNING}</p>", ""),
    (f"<p style='font-size:6px'>{WARNING}</p><p>{WARNING}</p>", ""),
    (f"<p style='font-size:6px'>{WARNING}</p><p>理财非存款，过往业绩不代表未来表现</p>", ""),
    (f"<ul style='position:absolute;left:-1920px'><li>{ORDINARY}{WARNING}</li></ul>", ""),
    ("<p>投资<b style='font-size:6px'>有</b>风险，需谨慎</p>", ""),
    (f"<table><tr bgcolor=#333><td style='color:#ccc'>{WARNING}</td></tr></table>", ""),
    (f"<p style='margin-left:-20px;text-indent:2em;position:relative;left:-5px'>{WARNING}</p>", ""),
]


@pytest.mark.parametrize(("warning", "css"), READABLE, ids=range(len(READABLE)))
def test_what_can_be_read_or_may_be_is_left_alone(warning: str, css: str) -> None:
    assert reasons(page(warning, css)) is None


def test_what_an_outside_style_sheet_may_change_is_not_held_against_a_page() -> None:
    outside = "<link rel=stylesheet href=/site.css>"
    for style in ("color:#fff", "font-size:50%", "background:#000"):
        assert reasons(page(f"<div style='{style}'><p>{WARNING}</p><a href=/r>{WARNING}</a></div>", head=outside)) is None
    for style in ("font-size:6px", "color:#fff;background:#fff", "opacity:0"):
        assert reasons(page(f"<p style='{style}'>{WARNING}</p>", head=outside)) is not None


def test_each_warning_is_told_once() -> None:
    told = reasons(page(f"<p style='font-size:6px'>{WARNING}</p>" * 2 + "<p style='opacity:0'>市场有风险</p>"))
    assert told is not None and told[0].count("字号 6px（“投资有风险”）") == 1
    assert "近乎透明（不透明度 0）（“市场有风险”）" in told[0]


HOSTILE = {
    "braces": "<style>" + "a{" * 100_000,
    "brackets": "<style>p{color:" + "rgba(" * 60_000,
    "at": "<style>" + "@media screen{" * 60_000,
    "media": "<style>@media " + "(" * 100_000 + "{p{color:red}}",
    "commas": "<style>" + "p," * 90_000 + "p{color:#fff}",
    "selectors": "<style>" + "".join(f"div div div div div .c{n}{{color:#fff}}" for n in range(4_000)),
    "names": f"<p class='{' '.join(f'c{n}' for n in range(50_000))}'>",
    "style": f"<p style='{'left:-9px;' * 100_000}'>",
    "deep": "<div style='font-size:99%'>" * 3_000,
    "pieces": f"<style>p{{}}</style>{'<b>字</b>' * 100_000}",
    "warnings": f"<p style='font-size:6px'>{WARNING * 50_000}</p>",
}


@linear
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_little(name: str) -> None:
    markup = f"{HOSTILE[name]}</style><h1>{CLAIM}</h1><p style='font-size:6px'>{WARNING}</p>"
    told = tuple(f"风险提示字号 6px（“{words}”）" for words in ("投资有风险", "需谨慎"))
    assert unread(markup, ("投资有风险", "需谨慎"), CLAIM) == (() if name == "pieces" else told)  # a hundred thousand pieces are too dear to look at


def test_a_page_without_a_style_costs_nothing() -> None:
    for markup in (f"<p>{WARNING}</p>", "", "<style>p{display:none}</style>"):
        assert unread(markup, ("投资有风险",), CLAIM) == ()
