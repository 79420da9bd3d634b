"""Expressions read in stretches, joined and sifted, give what they give when each stretch is read alone."""

from __future__ import annotations

from itertools import pairwise

import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.stretches import AROUND, Unless, found, regions_of, together

PARTS = ("考试[^。]{0,6}报名", "报名(?:费|须知)", "[^,。]{2,4}教程", "\\d+元", "考试", "券(?:\\s|$)")
TEXT = st.lists(st.sampled_from(["考试", "报名", "费", "须知", "教程", "12元", "券", "理财", "。", "，", ",", "\n", " ", "字" * 30]), max_size=60).map("".join)
PLACES = st.lists(st.integers(0, 900), max_size=8).map(sorted)
WHOLE = "|".join(f"(?:{part})" for part in PARTS)


@settings(max_examples=300)
@given(TEXT, PLACES, st.sampled_from([WHOLE, "|".join(PARTS[:5]), PARTS[3]]))
def test_other_meanings_are_those_of_the_whole_expression_where_something_was_found(text: str, places: list[int], pattern: str) -> None:
    stretches = regions_of(places, len(text))
    hits = together(found(re2.compile("报名|12元"), text, [span]) for span in stretches)
    given_back = Unless(pattern, re2.compile).spans(text, stretches, hits)
    whole = sorted(found(re2.compile(pattern), text, stretches))
    assert set(given_back) <= set(whole)
    beside = [span for span in stretches if any(span[0] <= start < span[1] for start, _ in hits)]
    assert [one for one in whole if any(low <= one[0] < high for low, high in beside)] == [one for one in given_back if any(low <= one[0] < high for low, high in beside)]


@settings(max_examples=300)
@given(PLACES, st.integers(0, 900))
def test_stretches_lie_around_every_place_apart_and_in_order(places: list[int], length: int) -> None:
    stretches = regions_of(places, length)
    assert all(any(low <= place < high for low, high in stretches) for place in places if place < length)
    assert all(0 <= low < high <= length for low, high in stretches)
    assert all(a[1] < b[0] for a, b in pairwise(stretches))
    assert all(any(abs(place - at) <= AROUND for at in places) for low, high in stretches for place in (low, high - 1))


def test_words_near_the_beginning_have_their_stretch() -> None:
    assert regions_of([0, 5], 20) == [(0, 20)]
