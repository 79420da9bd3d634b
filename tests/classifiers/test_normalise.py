"""Evasion is undone and every place is kept."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.normalise import normalise


@pytest.mark.parametrize(("written", "read"), [
    ("保·本·保·息", "保本保息"), ("保 本 保 息", "保本保息"), ("稳-赚-不-赔", "稳赚不赔"), ("穩賺不賠", "稳赚不赔"), ("１００％本息", "100%本息"),
    ("保\u200b本", "保本"), ("零❤风险", "零风险"), ("年化收溢18%", "年化收益18%"), ("保夲保息", "保本保息"), ("首页 理财 帮助", "首页 理财 帮助"), ("12.5%", "12.5%"),
    ("8%~15%", "8%~15%"), ("ＶＩＰ", "vip"),
])
def test_read_as_meant(written: str, read: str) -> None:
    assert normalise(written).text == read


@given(st.text(max_size=200))
def test_every_character_kept_has_its_place_in_the_text_shown(text: str) -> None:
    normal = normalise(text)
    places = [normal.shown(at, at + 1)[0] for at in range(len(normal.text))]
    assert all(a < b for a, b in itertools.pairwise(places))
    for at in range(len(normal.text)):
        start, end = normal.shown(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert normal.at(start) == at


@given(st.lists(st.sampled_from(list("保本息稳赚不赔零风险 ·*.-%１8％\u200b，。\n年化收益金保障a")), max_size=60).map("".join))
def test_spans_of_trade_words_are_exact(text: str) -> None:
    normal = normalise(text)
    for word in ("保本", "本息", "稳赚", "零风险"):
        at = normal.text.find(word)
        if at >= 0:
            start, end = normal.shown(at, at + len(word))
            assert normalise(text[start:end]).text.startswith(word[0]) and normalise(text[start:end]).text.endswith(word[-1])


@pytest.mark.parametrize("unit", ["保 ", "·保", "保", "\u200b", "稳-", "%1", "🔥本"])
def test_a_large_text_of_one_shape_is_read_in_linear_time(unit: str) -> None:
    began = time.process_time()
    normalise(unit * 500_000)
    assert time.process_time() - began < 8
