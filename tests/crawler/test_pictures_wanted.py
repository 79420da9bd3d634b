"""Which pictures of a page the patrol fetches: its own marks, of its own hosts, once, and never many."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.frontier import ASKED, Row
from crawler.pictures import Pictures
from crawler.plans import SitePlan
from crawler.scope import Scope
from crawler.visiting import Draft

HOME = "http://site.example/"
PLAN = SitePlan(site="http://site.example", seeds=(HOME,), hosts=("site.example", "img.example"), exclude=("/private/",))
LOGO = "<img class=logo src=/l.png>"


def wanted(
    pictures: Pictures, body: str, *, url: str = HOME, client: str = "desktop-static", priority: int = 100, plan: SitePlan = PLAN, chain: tuple[str, ...] = (),
) -> list[str]:
    row = Row(1, 0, "site.example", url, client, 0, priority, 0, "", "")
    draft = Draft("run", plan.site, row, {}, chain=list(chain))
    return [mark.url for mark in pictures.of(draft, plan, Scope(plan, 0), (body.encode(), "text/html; charset=utf-8", url))]


def test_each_picture_once_by_client_and_again_for_a_visit_that_somebody_asked_for() -> None:
    pictures = Pictures(compared=True)
    both = ["http://site.example/favicon.ico", "http://site.example/l.png"]
    assert wanted(pictures, LOGO) == both
    assert wanted(pictures, LOGO, url=f"{HOME}two.html") == []
    assert wanted(pictures, LOGO, client="phone-static") == both
    assert wanted(pictures, LOGO, priority=ASKED) == both


@pytest.mark.parametrize(("setting", "compared", "some"), [("auto", False, False), ("auto", True, True), ("always", False, True), ("never", True, False)])
def test_the_plan_decides(setting: str, compared: bool, some: bool) -> None:
    assert bool(wanted(Pictures(compared), LOGO, plan=replace(PLAN, pictures=setting))) is some


@pytest.mark.parametrize("source", ["http://elsewhere.example/l.png", "/private/l.png", HOME, "/old", "ftp://site.example/l.png", "http://[::1/l.png"])
def test_other_hosts_what_the_plan_leaves_out_and_the_page_itself_are_not_asked(source: str) -> None:
    assert wanted(Pictures(True), f"<img class=logo src='{source}'>", chain=(f"{HOME}old",)) == ["http://site.example/favicon.ico"]


def test_hosts_of_the_plan_are_asked() -> None:
    assert "http://img.example/l.png" in wanted(Pictures(True), "<img class=logo src=//img.example/l.png>")


def test_a_site_that_makes_up_a_new_logo_for_each_page_is_left_soon() -> None:
    pictures = Pictures(True)
    asked = [wanted(pictures, f"<img class=logo src=/logo{number}.png>", url=f"{HOME}{number}.html") for number in range(200)]
    assert sum(map(len, asked)) <= 25
