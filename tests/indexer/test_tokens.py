from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from indexer.search.highlight import marks, snippets
from indexer.search.protocol import Phrase
from indexer.search.tokens import indexed, normalise, tokens, words

TEXT = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("保本收益１８％%臺ＡａＺ\u3000 \n㎡½①ﬁ")), max_size=80)


@given(TEXT)
def test_offsets_lead_back_to_the_original(text: str) -> None:
    read = tokens(text)
    assert len(read.chars) == len(read.starts)
    assert read.chars == normalise(text)
    assert list(read.starts) == sorted(read.starts)
    for i, char in enumerate(read.chars):
        start, end = read.span(i, 1)
        assert char in normalise(text[start:end])


@given(TEXT)
def test_the_short_way_to_the_index_is_the_same_way(text: str) -> None:
    assert indexed(text) == words(normalise(text))


@given(TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(TEXT)
def test_words_are_one_a_token_and_ascii(text: str) -> None:
    chars = normalise(text)
    split = words(chars).split()
    assert len(split) == len(chars)
    assert all(word.isascii() and word.isalnum() for word in split)
    assert len(set(split)) == len(set(chars))  # no two characters share a word


@given(TEXT, st.integers(0, 80), st.integers(1, 5))
def test_what_stands_in_a_text_is_marked(text: str, start: int, length: int) -> None:
    chars = normalise(text[start : start + length])
    if not chars:
        return
    spans = marks(text, [Phrase(chars)], "text")
    assert spans
    assert all(0 <= a < b <= len(text) for a, b in spans)
    for snippet in snippets(text, spans):
        assert text[snippet.start : snippet.start + len(snippet.text)] == snippet.text
        assert all(0 <= a < b <= len(snippet.text) for a, b in snippet.marks)


def test_known_folds() -> None:
    assert normalise("ＰＬＡＴ臺灣 1８％，保　本!") == "plat台湾18%保本"
    assert normalise("％ ‰ - _ 。") == "%"
    assert marks("年化18%起", [Phrase("8%")], "text") == [(3, 5)]
