"""沿革 and comparison: what changed is told in words, marks and boxes, and never by colour alone."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from PIL import Image, ImageDraw
from seeding import PICTURES, Made, Seeded, seed

from console.picturediff import boxes
from console.views.history import compared
from indexer.models import Page

pytestmark = pytest.mark.django_db
URL = "https://www.bianhua.example/"
BEFORE = "变化理财\n年化收益12%，随存随取\n市场有风险，投资需谨慎\n京ICP备00000001号"
AFTER = "变化理财\n年化收益18%，随存随取\n平台承诺100%本息保障\n京ICP备00000002号"
PAGES = {
    "before": Made(URL, "变化理财", BEFORE, icp="京ICP备00000001号"),
    "after": Made(URL, "变化理财网", AFTER, claims=(("100%本息保障", "guarantee.principal", 4, "立案"),), icp="京ICP备00000002号"),
    "gone": Made(URL, "404", "404", gate="soft_404", company="", icp=""),
}


def screen(*lines: tuple[int, str]) -> bytes:
    image = Image.new("RGB", (600, 800), "white")
    draw = ImageDraw.Draw(image)
    for top, words in lines:
        draw.text((40, top), words, fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def twice(home: Any, monkeypatch: pytest.MonkeyPatch) -> Seeded:
    monkeypatch.setitem(PICTURES, "before", lambda: screen((100, "one"), (300, "two")))
    monkeypatch.setitem(PICTURES, "after", lambda: screen((100, "one"), (300, "other")))
    made = seed(home, pages=PAGES)
    for day, name in enumerate(PAGES, 1):
        Page.objects.filter(capture_id=made.captures[name]).update(time=datetime(2026, 11, day, 8, tzinfo=UTC))
    return made


def test_a_time_line_names_each_change_and_offers_two_to_compare(officer: Client, twice: Seeded) -> None:
    page = officer.get(f"/captures/{twice.captures['after']}/history/").content.decode()
    for said in ("首次见到", "有改动", "页面已不在", "新增", "100%本息保障", "已不见", "比较选中的两次"):
        assert said in page, said
    assert re.findall(r'name="from" value="([^"]+)"', page) == [twice.captures[name] for name in ("gone", "after", "before")]
    data = officer.get(f"/captures/{twice.captures['after']}/history/?format=json").json()
    assert [v["change"] for v in data["visits"]] == ["gone", "changed", "first"]


@pytest.mark.parametrize("day, said", [("2026-10-01", "没有见过这个网址"), ("2026-11-01", "年化收益12%"), ("2026-11-02", "平台承诺100%本息保障"), ("2026-11-03", "页面已不在")])
def test_the_text_as_it_stood_on_a_day(officer: Client, twice: Seeded, day: str, said: str) -> None:
    assert said in officer.get(f"/captures/{twice.captures['gone']}/history/?day={day}").content.decode()


def test_a_days_page_can_be_compared_with_the_newest(officer: Client, twice: Seeded) -> None:
    page = officer.get(f"/captures/{twice.captures['before']}/history/?day=2026-11-01").content.decode()
    assert f"from={twice.captures['before']}&amp;to={twice.captures['after']}" in page


def test_a_day_that_is_none_is_told(officer: Client, twice: Seeded) -> None:
    answer = officer.get(f"/captures/{twice.captures['gone']}/history/?day=gestern")
    assert answer.status_code == 400 and "不是日期" in answer.content.decode()
    assert officer.get(f"/captures/{twice.captures['gone']}/history/?day=9999-12-31").status_code == 400


def test_what_a_desk_and_a_phone_show_stands_side_by_side_without_boxes(officer: Client, twice: Seeded) -> None:
    one, other = twice.captures["before"], twice.captures["after"]
    boxed = f"/captures/{one}/against/{other}/boxed.jpg"
    ask = f"/captures/{one}/against/?from={one}&to={other}"
    Page.objects.filter(capture_id=one).update(client="desktop-evidence", has_screenshot=True)
    Page.objects.filter(capture_id=other).update(client="desktop-rendered", has_screenshot=True)
    assert boxed in officer.get(ask).content.decode()
    Page.objects.filter(capture_id=other).update(client="phone-evidence")
    page = officer.get(ask).content.decode()
    assert boxed not in page and f"/captures/{other}/screenshot.jpg" in page and "只并排，不标改动" in page


def test_the_two_visits_offered_first_are_by_the_same_client(officer: Client, twice: Seeded) -> None:
    Page.objects.filter(capture_id=twice.captures["before"]).update(client="phone-static")
    Page.objects.filter(capture_id=twice.captures["gone"]).update(client="phone-static", gate="page")
    page = officer.get(f"/captures/{twice.captures['gone']}/history/").content.decode()
    assert re.findall(r'name="(?:from|to)" value="([^"]+)"[^>]* checked', page) == [twice.captures["gone"], twice.captures["before"]]


@pytest.mark.parametrize("turned", [False, True])
def test_two_visits_stand_side_by_side_the_older_on_the_left(officer: Client, twice: Seeded, turned: bool) -> None:
    one, other = (twice.captures[name] for name in (("after", "before") if turned else ("before", "after")))
    page = officer.get(f"/captures/{one}/against/?from={one}&to={other}").content.decode()
    assert '年化收益1<del class="d-gone">2</del>%' in page and '年化收益1<ins class="d-new">8</ins>%' in page
    assert "京ICP备00000001号" in page and "不同" in page and "相同" in page
    assert page.index(f"/captures/{twice.captures['before']}/against/") < page.index(f"/captures/{twice.captures['after']}/against/")
    data = officer.get(f"/captures/{one}/against/?from={one}&to={other}&format=json").json()
    assert data["claims"] == {"new": ["100%本息保障"], "gone": []} and data["before"] == twice.captures["before"]


def test_the_changed_part_of_a_picture_is_boxed_and_the_rest_is_not(officer: Client, twice: Seeded) -> None:
    one, other = twice.captures["before"], twice.captures["after"]
    answer = officer.get(f"/captures/{one}/against/{other}/boxed.jpg")
    assert answer.status_code == 200 and answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    red = {(x, y) for x in range(picture.width) for y in range(picture.height) if _is_red(picture.getpixel((x, y)))}
    framed = {y for x, y in red if x > 60}  # right of the number, which stands upon the frame
    assert framed and min(framed) >= 290 and max(y for _, y in red) <= 330 and min(y for _, y in red) >= 270
    assert officer.get(f"/captures/{one}/against/{twice.captures['gone']}/boxed.jpg").status_code == 404


def _is_red(pixel: Any) -> bool:
    return pixel[0] > 150 and pixel[1] < 90 and pixel[2] < 90


@pytest.mark.parametrize("down", [8, 37, 70])
def test_what_moves_down_as_a_whole_is_no_change(down: int) -> None:
    before, after = (Image.open(io.BytesIO(screen(*lines))) for lines in (((100, "one"), (300, "two")), ((16, "banner"), (100 + down, "one"), (300 + down, "two"))))
    (found,) = boxes(after, before)
    assert found[1] <= 20 and found[3] <= 40 and found[0] < 45
    assert boxes(before, after) == boxes(before, before) == []


@pytest.mark.parametrize("first, second", [(b"", screen()), (screen(), b"GIF89a"), (b"<svg/>", screen()), (b"\x89PNG\r\n\x1a\nno", screen())], ids=["empty", "gif", "svg", "broken"])
def test_what_is_no_picture_is_compared_with_nothing(first: bytes, second: bytes) -> None:
    assert compared(first, second) is None


def test_one_visit_alone_says_what_to_do(officer: Client, seeded: Seeded) -> None:
    page = officer.get(f"/captures/{seeded.captures['plain']}/history/").content.decode()
    assert "只有一次访问" in page
    assert "同一个快照" in officer.get(f"/captures/{seeded.captures['plain']}/against/").content.decode()


@pytest.mark.parametrize("q, day, pages, names", [
    ("收益", "2026-11-19", ("before", "after"), []), ("收益", "2026-11-20", ("before", "after"), ["before"]), ("收益", "2026-11-21", ("before", "after"), ["after"]),
    ("12%", "2026-11-21", ("before", "after"), []), ("本息保障", "2026-11-20", ("before", "after"), []), ("收益", "2026-11-21", ("before", "after", "gone"), []),
], ids=["too-early", "first", "second", "words-gone", "words-to-come", "page-gone"])
def test_a_search_as_of_a_day_finds_what_stood_then(officer: Client, home: Any, q: str, day: str, pages: tuple[str, ...], names: list[str]) -> None:
    """Midnight in Asia/Shanghai lies between the first visit and the second."""
    made = seed(home, start=datetime(2026, 11, 20, 15, 59, 58, tzinfo=UTC), pages={name: PAGES[name] for name in pages})
    found = officer.get("/search/as-of/", {"q": q, "day": day, "format": "json"}).json()
    assert [hit["capture"] for hit in found["hits"]] == [made.captures[name] for name in names]


def test_a_search_as_of_no_day_is_told(officer: Client, twice: Seeded) -> None:
    assert "不是日期" in officer.get("/search/as-of/?q=收益&day=gestern").content.decode()
    assert officer.get("/search/as-of/?q=收益 (&day=2026-11-02").status_code == 400
    assert "填写日期" in officer.get("/search/as-of/").content.decode()
