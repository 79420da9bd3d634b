"""同一主办者或同模板: the links with their reasons, the drawing, and what is said to prove nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from seeding import FILLER, PAGES, SCRIPT, Made, Seeded, seed

from alerts.models import Platform
from indexer.models import Page
from indexer.sameness import follow
from indexer.sameness.tables import Signal

pytestmark = pytest.mark.django_db(transaction=True)
CLAIM = (("承诺保本保息", "guarantee.principal", 4, "立案"),)


def made(host: str, foot: str) -> Made:
    return Made(f"https://www.{host}/", f"{host} 理财", f"{host} 理财\n平台承诺保本保息，立即投资。\n{FILLER}\n{foot}", claims=CLAIM)


FOOT = "客服电话：400-820-1234 微信号：licai_kefu 京ICP备18045672号-1"
WEB = {"one": made("one.example", FOOT), "two": made("two.example", FOOT), "three": made("three.example", "客服电话：400-820-1234"), "far": made("far.example", "")}


@pytest.fixture
def web(home: Any) -> Seeded:
    found = seed(home, pages=WEB)
    follow.catch_up(settings.HOME / "archive")
    return found


def test_the_page_of_a_platform_tells_who_else_and_why(officer: Client, web: Seeded) -> None:
    platform = Platform.objects.get(key="one.example")
    card = officer.get(f"/platforms/{platform.pk}/").content.decode()
    assert "同一主办者或同模板的其他网站" in card and "都显示同一备案主体 京ICP备18045672号" in card
    page = officer.get(f"/platforms/{platform.pk}/same/").content.decode()
    for said in ("two.example", "疑为同一主办者", "关联强", "留下同一个微信号 licai_kefu", "未核实", "不是认定", "共同点太少", "three.example"):
        assert said in page, said
    assert page.count("<circle") == 2 and page.count("<line") == 1
    data = officer.get(f"/platforms/{platform.pk}/same/?format=json").json()
    assert [link["platform"] for link in data["links"]] == ["two.example"]
    assert [link["platform"] for link in data["weak"]] == ["three.example"]
    assert data["graph"] == {"nodes": ["one.example", "two.example"], "edges": [["one.example", "two.example", data["links"][0]["score"]]]}


def test_the_page_of_a_capture_says_the_same(officer: Client, web: Seeded) -> None:
    assert "two.example" in officer.get(f"/captures/{web.captures['one']}/").content.decode()
    assert "关联强" in officer.get(f"/captures/{web.captures['one']}/same/").content.decode()
    assert "没有发现同一主办者" in officer.get(f"/captures/{web.captures['far']}/same/").content.decode()


def test_what_is_not_yet_compared_is_told(officer: Client, web: Seeded) -> None:
    follow.clear()
    page = officer.get(f"/captures/{web.captures['one']}/same/").content.decode()
    assert "还有 4 个快照没有比对" in page and "adpatrol same" in page


def test_what_many_platforms_show_is_listed_as_no_proof(officer: Client, web: Seeded) -> None:
    one = Signal.objects.get(kind="phone", site="https://www.one.example")
    for n in range(9):
        Signal.objects.create(kind="phone", value=one.value, site=f"https://x{n}.example", platform=f"x{n}.example", capture_id="c", seq=n, first_seen=one.first_seen, last_seen=one.last_seen)
    page = officer.get(f"/captures/{web.captures['one']}/same/").content.decode()
    assert "常见值" in page and "在 12 个平台出现" in page and "three.example" not in page


def test_names_of_a_hostile_site_stay_names(officer: Client, home: Any) -> None:
    found = seed(home, pages={"hostile": PAGES["hostile"], "one": WEB["one"]})
    page = Page.objects.get(capture_id=found.captures["hostile"])
    for site, platform in ((page.site, "heike-licai.example"), ("https://www.one.example", "one.example"), (SCRIPT, SCRIPT)):
        for kind, value in (("company", SCRIPT), ("wechat", "\"><img src=x onerror=alert(1)>")):
            Signal.objects.create(kind=kind, value=value, site=site, platform=platform, capture_id=page.capture_id, seq=1, first_seen=page.time, last_seen=page.time)
    text = officer.get(f"/captures/{page.capture_id}/same/").content.decode()
    assert "&lt;script&gt;" in text and SCRIPT not in text and "<img" not in text
    assert not re.search(r"<(?:script(?! src=\"/static)|style|iframe)|<[^>]*\son\w+=", text)


def test_the_operator_of_the_machine_sees_none_of_it(web: Seeded, as_role: Callable[[str], Client]) -> None:
    assert as_role("operator").get(f"/captures/{web.captures['one']}/same/").status_code == 403
