"""Which pictures of a page are its own marks."""

from __future__ import annotations

import pytest
from linear import linear

from classifiers.marks import Mark, marks, marks_of

HOME = "https://site.example/a/index.html"
USUAL = "https://site.example/favicon.ico"


def roles(body: str, head: str = "", url: str = HOME) -> list[tuple[str, str]]:
    return [tuple(mark) for mark in marks(f"<html><head>{head}</head><body>{body}</body></html>", url)]


@pytest.mark.parametrize(("head", "icon"), [
    ("", USUAL),
    ("<link rel='shortcut icon' href='/static/i.ico?v=3'>", "https://site.example/static/i.ico?v=3"),
    ("<link rel=ICON href=i.png>", "https://site.example/a/i.png"),
    ("<link rel=apple-touch-icon href=/t.png>", "https://site.example/t.png"),
    ("<link rel=apple-touch-icon href=/t.png><link rel=icon href=/i.png>", "https://site.example/i.png"),
    ("<link rel=icon type=image/svg+xml href=/i.svg>", USUAL),
    ("<link rel=icon href='javascript:alert(1)'>", USUAL),
    ("<link rel=stylesheet href=/s.css>", USUAL),
    ("<base href=https://cdn.example/x/><link rel=icon href=i.ico>", "https://cdn.example/x/i.ico"),
])
def test_the_icon_a_page_names_or_the_one_browsers_look_for(head: str, icon: str) -> None:
    assert roles("<p>字</p>", head) == [("favicon", icon)]


def test_an_icon_that_says_it_is_empty_is_none() -> None:
    assert roles("<p>字</p>", "<link rel=icon href='data:,'>") == []


@pytest.mark.parametrize("body", [
    "<img src=/x/logo.png>",
    "<img class=site-logo src=/x/1.png>",
    "<div class=header><a id=topLogo href=/><img src=/x/1.png></a></div>",
    "<h1 class=logo><a href=/><span><img src=/x/1.png></span></a></h1>",
    "<img alt=某某银行标志 src=/x/1.png>",
    "<a class=logo style='width:9px;background:url(/x/1.png) no-repeat'>某</a>",
    "<img class=logo data-src=/x/1.png src=/blank.gif>",
    "<img class=logo srcset='/x/1.png 1x, /x/2.png 2x'>",
])
def test_what_a_page_wears_as_its_logo(body: str) -> None:
    assert [(role, url.rpartition("/")[0]) for role, url in roles(body)[1:]] == [("logo", "https://site.example/x")]


@pytest.mark.parametrize("body", [
    "<img src=/banner.png>",
    "<a class=logout><img src=/out.png></a>",
    "<img class=logon src=/in.png>",
    "<div class=partners><img class=logo src=/p.png></div>",
    "<footer class=footer><img src=/logo.png></footer>",
    "<img class=logo alt=合作伙伴 src=/p.png>",
    "<ul>" + "".join(f"<li class=bank><img class=logo src=/{i}.png></li>" for i in range(8)) + "</ul>",
    "<img class=logo src=/logo.svg>",
    "<img class=logo src=''>",
    "<img class=logo src='data:image/svg+xml;base64,AAAA'>",
    "<img class=logo src=ftp://x/y.png>",
])
def test_other_pictures_and_others_logos_are_left_alone(body: str) -> None:
    assert roles(body) == [("favicon", USUAL)]


def test_never_more_than_three_each_once() -> None:
    body = "".join(f"<div class=logo{i}><img src=/logo{i % 4}.png></div>" for i in range(9))
    assert roles(body) == [("favicon", USUAL), ("logo", "https://site.example/logo0.png"), ("logo", "https://site.example/logo1.png")]


def test_a_picture_written_in_the_page_is_one_too() -> None:
    assert roles("<img class=logo src='data:image/png;base64,AAAA'>")[1] == ("logo", "data:image/png;base64,AAAA")


def test_a_page_in_any_encoding_and_without_an_address() -> None:
    body = "<meta charset=gbk><img alt=某行徽标 src=/行徽.png>".encode("gbk")
    assert marks_of(body, "text/html", HOME)[1] == Mark("logo", "https://site.example/行徽.png")
    assert marks("<img class=logo src=/l.png>", "") == () and marks("", HOME) == ()


@linear
@pytest.mark.parametrize("markup", [
    "<img class=logo src=/l.png>" * 200_000,
    "<div class=logo>" * 200_000,
    "<link rel=icon href=>" * 200_000,
    f"<img class='{'logo ' * 200_000}' src=/l.png>",
    f"<img alt='{'log' * 1_000_000}' src=/l.png>",
    f"<a style='{'url(' * 300_000}'>",
], ids=range(6))
def test_hostile_pages_cost_little(markup: str) -> None:
    assert len(marks(markup, HOME)) < 100
