"""The annotated copy: every box holds the words it is drawn for, whatever lines, tags and copies the page has; the original stays as it is."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import pytest
from PIL import Image

from evidence.annotate import PictureUnreadable, annotate, apart, legend_json
from evidence.boxes import UNSEEN, BadGeometry, Box, Cited, Rect, boxes, under

LINE = 20


def _geometry(*pieces: tuple[str, list[list[float]], str], scale: float = 1.0, height: int = 600) -> bytes:
    texts: list[dict[str, Any]] = [{"t": text, "o": 0, "n": len(text), "b": lines, "h": hidden} for text, lines, hidden in pieces]
    return json.dumps({"format": "adpatrol-boxes/1", "scale": scale, "width": 400, "height": height, "cut": False, "texts": texts}).encode()


def _cited(text: str, span: str, number: int = 1, *, nth: int = 0, **more: Any) -> Cited:
    start = -1
    for _ in range(nth + 1):
        start = text.index(span, start + 1)
    return Cited(number=number, span=span, start=start, end=start + len(span), **more)


def _png(width: int = 400, height: int = 600) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (250, 250, 250)).save(out, "PNG")
    return out.getvalue()


def test_words_wrapped_over_two_lines_give_two_rectangles() -> None:
    text = "本产品年化收益率百分之十二保本保息"
    geometry = _geometry((text, [[0, 8, 0, 0, 160, LINE], [8, 9, 0, 24, 180, LINE]], ""))
    box, = boxes(geometry, [_cited(text, "收益率百分之十二保本")], text)
    assert [(rect.y, rect.height) for rect in box.rects] == [(0, LINE), (24, LINE)]
    assert "收益率" in under(geometry, box.rects[0]) and "百分之十二保本" in under(geometry, box.rects[1])


def test_words_in_several_tags_give_one_rectangle_a_line() -> None:
    text = "年化收益率 12% 保本"
    geometry = _geometry(("年化", [[0, 2, 0, 0, 32, LINE]], ""), ("收益率 12%", [[0, 7, 32, 0, 90, LINE]], ""), (" 保本", [[1, 2, 127, 0, 32, LINE]], ""))
    box, = boxes(geometry, [_cited(text, "年化收益率 12% 保本")], text)
    assert box.rects == (Rect(0, 0, 159, LINE),)


def test_of_the_same_words_in_two_places_the_one_that_was_cited_is_boxed() -> None:
    text = "投资有风险，谁说保本都不要信\n我们承诺保本，随时可取"
    geometry = _geometry(("投资有风险，谁说保本都不要信", [[0, 14, 0, 0, 280, LINE]], ""), ("我们承诺保本，随时可取", [[0, 11, 0, 50, 220, LINE]], ""))
    first, second = boxes(geometry, [_cited(text, "保本"), _cited(text, "保本", 2, nth=1)], text)
    assert (first.rects[0].y, second.rects[0].y) == (0, 50)


@pytest.mark.parametrize("why", ["hidden", "transparent", "clipped", "unrendered", "beyond"])
def test_words_nobody_can_see_get_no_box_and_the_legend_says_why(why: str) -> None:
    text = "看得见的话\n偷偷保本"
    geometry = _geometry(("看得见的话", [[0, 5, 0, 0, 100, LINE]], ""), ("偷偷保本", [], why))
    cited = [_cited(text, "偷偷保本")]
    found = boxes(geometry, cited, text)
    assert found == [Box(number=1, unseen=UNSEEN[why])]
    assert json.loads(legend_json(found, cited))["claims"][0]["unseen"] == UNSEEN[why]


def test_words_of_a_picture_are_said_to_be_absent_from_the_layout() -> None:
    box, = boxes(_geometry(("别的话", [[0, 3, 0, 0, 60, LINE]], "")), [Cited(number=1, span="稳赚不赔", start=0, end=4)], "稳赚不赔")
    assert box == Box(number=1, unseen=UNSEEN["absent"])


def test_full_width_case_and_blanks_do_not_hide_the_words() -> None:
    geometry = _geometry(("年化 １２％ VIP", [[0, 10, 0, 0, 130, LINE]], ""))
    text = "年化 １２％ vip"
    assert boxes(geometry, [_cited(text, "１２％ vip")], text)[0].rects


def test_the_picture_has_its_frames_where_the_words_stand_and_the_original_is_untouched() -> None:
    png = _png(800, 1200)
    before = hashlib.sha256(png).hexdigest()
    cited = [Cited(number=1, span="保本保息", start=0, end=4, code="guarantee.principal", name="承诺保本（本金保障）",
                   provisions=("《中华人民共和国广告法》第二十五条第（一）项",), level="red")]
    box = Box(number=1, rects=(Rect(100, 50, 120, LINE),))
    with Image.open(io.BytesIO(annotate(png, [box], cited, scale=2.0, heading="https://shili.example/"))) as sheet:
        assert sheet.width == 800 and sheet.height > 1200
        red = (192, 24, 24)
        assert all(sheet.getpixel(at) == red for at in [(198, 110), (442, 110), (300, 98), (300, 142)])
        assert sheet.getpixel((300, 120)) == (250, 250, 250)  # what is marked is not painted over
        assert len({sheet.getpixel((x, y)) for x in range(0, 800, 3) for y in range(1200, sheet.height, 3)}) > 5  # the legend is written
    assert hashlib.sha256(png).hexdigest() == before


def test_a_child_process_draws_the_same_and_refuses_what_is_no_picture() -> None:
    cited = [Cited(number=1, span="保本", start=0, end=2, name="承诺保本", level="orange")]
    box = Box(number=1, rects=(Rect(10, 10, 40, LINE),))
    assert apart(_png(), [box], cited, heading="标题") == annotate(_png(), [box], cited, heading="标题")
    assert apart(b"\x89PNG\r\n\x1a\n no picture", [box], cited) is None


def test_a_very_tall_picture_is_annotated_to_its_end() -> None:
    cited = [Cited(number=n, span="保本" * 20, start=0, end=40, name="承诺保本", level="red", provisions=("条款" * 60,)) for n in range(1, 40)]
    found = [Box(number=n, rects=(Rect(20, n * 400.0, 300, LINE),)) for n in range(1, 40)]
    with Image.open(io.BytesIO(annotate(_png(400, 16_000), found, cited))) as sheet:
        assert sheet.height > 16_000 and sheet.getpixel((18, 15_610)) == (192, 24, 24)


def test_a_rectangle_beyond_the_picture_is_drawn_at_its_edge() -> None:
    assert annotate(_png(), [Box(number=1, rects=(Rect(-50, 590, 9_000, 90),))], [Cited(number=1, span="x", start=0, end=1)])


@pytest.mark.parametrize("record", [b"", b"{}", b"[]", b'{"format": "adpatrol-boxes/1"}', b'{"format":"adpatrol-boxes/1","scale":1,"width":1,"height":1,"texts":[{"t":"x"}]}'])
def test_a_record_of_another_form_is_refused(record: bytes) -> None:
    with pytest.raises(BadGeometry):
        boxes(record, [], "")


def test_a_broken_picture_is_refused() -> None:
    with pytest.raises(PictureUnreadable):
        annotate(_png()[:100], [], [])
