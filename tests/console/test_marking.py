"""Claims marked in a page's text: the text stays exact whatever the spans."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from console.marking import AROUND, MOST, Span, marked


def plain(marked_html: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", marked_html))


def test_overlapping_spans_share_their_stretch() -> None:
    shown = marked("甲乙丙丁戊", [Span(0, 3, "1", "yellow"), Span(2, 4, "2", "red")])
    assert shown == (
        '<a class="at" id="m1"></a><mark class="m-yellow ref" data-ref="1">甲乙</mark>'
        '<a class="at" id="m2"></a><mark class="m-red ref" data-ref="2">丙</mark><mark class="m-red">丁</mark>戊'
    )


def test_two_that_begin_together_are_both_named() -> None:
    assert 'data-ref="1·2"' in marked("保本保息", [Span(0, 2, "1", "red"), Span(0, 4, "2", "orange")])


def test_a_part_of_the_text_shows_what_reaches_into_it() -> None:
    spans = [Span(1, 4, "1", "red")]
    assert plain(marked("甲乙丙丁戊", spans, last=3)) == "甲乙丙" and "data-ref" in marked("甲乙丙丁戊", spans, last=3)
    assert plain(marked("甲乙丙丁戊", spans, first=3)) == "丁戊" and '<mark class="m-red">丁</mark>' in marked("甲乙丙丁戊", spans, first=3)


@given(
    st.text(alphabet="<>&\"'保本 \n\u200b😀", max_size=30),
    st.lists(st.tuples(st.integers(-3, 35), st.integers(-3, 35), st.sampled_from(["red", "blue", "excused", "hit"])), max_size=6),
)
def test_the_text_is_never_changed(text: str, places: list[tuple[int, int, str]]) -> None:
    spans = [Span(start, end, str(n), kind) for n, (start, end, kind) in enumerate(places) if 0 <= start <= end]
    assert plain(marked(text, spans)) == text


def test_of_a_very_long_page_the_stretches_without_claims_are_left_out_and_said_so() -> None:
    text = "闲" * MOST + "保本" + "话" * MOST
    shown = plain(marked(text, [Span(MOST, MOST + 2, "1", "red")]))
    assert "闲" * AROUND + "保本" + "话" * AROUND in shown
    assert f"此处略去 {MOST - 2 * AROUND} 字" in shown and len(shown) < 5 * AROUND
