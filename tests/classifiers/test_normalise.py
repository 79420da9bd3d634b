"""Evasion is undone and every place is kept."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linear import linear

from classifiers.normalise import normalise


@pytest.mark.parametrize(("written", "read"), [
    ("保·本·保·息", "保本保息"), ("保 本 保 息", "保本保息"), ("稳-赚-不-赔", "稳赚不赔"), ("穩賺不賠", "稳赚不赔"), ("１００％本息", "100%本息"),
    ("保\u200b本", "保本"), ("零❤风险", "零风险"), ("年化收溢18%", "年化收益18%"), ("保夲保息", "保本保息"), ("首页 理财 帮助", "首页 理财 帮助"), ("12.5%", "12.5%"),
    ("8%~15%", "8%~15%"), ("ＶＩＰ", "vip"),
])
def test_read_as_meant(written: str, read: str) -> None:
    assert normalise(written).text == read


# Any Unicode at all, and texts made of the very characters and words that this undoes.
PIECES = [*"保本息稳赚不赔零风险理财才苯溢年化收益 ·*.-_/|()%１8％\u200b\ufe0f，。\n金保障aOlo①⑧⑱❶🔟💰❤🈚𝟏穩賺", "baoben", "bao", "ben", "wen zhuan", "licai", "v信", "加vx:", "管理才能",
          "1️⃣", "理\n才\n本\n金", "保 本", "代款利率"]
MADE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.one_of(st.text(max_size=200), MADE))
def test_every_character_kept_has_its_place_in_the_text_shown(text: str) -> None:
    normal = normalise(text)
    spans = [normal.shown(at, at + 1) for at in range(len(normal.text))]
    for (start, end), (next_start, next_end) in itertools.pairwise(spans):
        assert (start, end) == (next_start, next_end) or end <= next_start  # the same solid stretch, or one after the other: no overlap
    for at, (start, end) in enumerate(spans):
        assert 0 <= start < end <= len(text)
        first = normal.at(start)
        assert first <= at
        assert spans[first] == (start, end)


@given(MADE, st.data())
def test_the_span_of_a_stretch_is_that_of_its_characters(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    if not normal.text:
        return
    start = data.draw(st.integers(0, len(normal.text) - 1))
    end = data.draw(st.integers(start + 1, len(normal.text)))
    assert normal.shown(start, end) == (normal.shown(start, start + 1)[0], normal.shown(end - 1, end)[1])
    why = normal.evasive(start, end)
    assert not why or (why.startswith("以") and why.endswith("规避识别"))


@given(st.text(alphabet="保本息稳赚不赔零风险理财的是了在我们产品ABC123。", max_size=80))
def test_a_plain_text_keeps_its_length_and_has_nothing_hidden(text: str) -> None:
    normal = normalise(text)
    assert len(normal.text) == len(text)
    assert normalise(normal.text).text == normal.text
    if text:
        assert not normal.hidden


@given(MADE)
def test_spans_of_trade_words_are_exact(text: str) -> None:
    normal = normalise(text)
    for word in ("保本", "本息", "稳赚", "零风险"):
        at = normal.text.find(word)
        if at >= 0:
            start, end = normal.shown(at, at + len(word))
            assert word in normalise(text[start:end]).text or normal.evasive(at, at + len(word)) or "\n" in text[start:end]


@linear
@pytest.mark.parametrize("unit", ["保 ", "·保", "保", "\u200b", "稳-", "%1", "🔥本"])
def test_a_large_text_of_one_shape_is_read_in_linear_time(unit: str) -> None:
    assert len(normalise(unit * 500_000).text) <= len(unit) * 500_000
