"""A page made to cost is read in about a second, or says in Chinese what of it was not read."""

from __future__ import annotations

import pytest
from linear import linear

from classifiers.bounds import too_costly
from classifiers.extract import extract
from classifiers.model import Document

HOSTILE = {
    "divs nested 100,000 deep": "<div>" * 100_000 + "保本",
    "as deep, closed": "<div>" * 100_000 + "保本" + "</div>" * 100_000,
    "as deep, with other closing tags between": "<div></x>" * 100_000 + "保本",
    "as deep, closed within quotes": "<div><a title='</div>'>" * 50_000,
    "as deep, closed within scripts": "<div><script>'</div>'</script>" * 50_000,
    "as deep, closed within comments": "<div><!-- </div> -->" * 50_000,
    "a million attributes": "<p " + " ".join(f"a{i}=1" for i in range(1_000_000)) + ">",
    "100,000 attributes with > in quotes": "<p " + " ".join(f'a{i}=">"' for i in range(100_000)) + ">",
    "attributes without blanks": "<p " + "".join(f'a{i}=""' for i in range(100_000)) + ">",
    "100,000 options": "<select>" + "<option>字" * 100_000,
    "closing tags that match nothing": "<span>" * 3_900 + "</x>" * 300_000,
    "formatting closed in the wrong order": "".join(f"<b x={i}><div>" for i in range(1_900)) + "</b>" * 1_900,
    "tables in tables": "<table><tr><td>" * 50_000,
    "10 MB of text": "保本" * 1_700_000,
    "10 MB of tags": "<br>" * 2_500_000,
    "nulls": "\0" * 1_000_000 + "保本",
    "quotes nothing closes": "<script>中" + '"\\"' * 1_000_000,
    "comments nothing closes": "<!--" * 1_000_000,
    "less-than signs": "<" * 3_000_000,
    "a class of a million names": '<p class="' + "ad " * 1_000_000 + '">',
    "a style of a million words": '<p style="' + "display " * 500_000 + '">',
    "entities": "&amp;" * 1_000_000,
    "filing numbers": "京ICP备" * 500_000,
    "companies": "有限公司" * 500_000,
    "pictures with words": "".join(f'<img alt="保本{i}">' for i in range(50_000)),
    "an inline picture": '<img src="data:image/png;base64,' + "A" * 5_000_000 + '">',
    "links": "<a href=/x>x</a>" * 100_000,
    "JSON nested deep": "<script type='application/json'>" + '{"字":' * 100_000 + "</script>",
}


@linear
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_read_in_bounded_time(name: str) -> None:
    body = HOSTILE[name].encode()
    page = extract(Document(body=body, url="http://www.example.cn/"))
    for block in page.blocks[:100] + page.asides[:100]:
        assert page.full_text[block.start:block.end] == block.text


def test_a_page_too_deep_is_still_read_and_says_so() -> None:
    page = extract(Document(body=("<P CLASS=x>本息保障</P><A HREF=/safe.html>安全</A>" + "<div>" * 8_000 + "<p style='display:none'>藏</p>").encode(), url="http://x.cn/"))
    assert "嵌套" in page.refused
    assert page.text == "本息保障\n安全"
    assert [link.url for link in page.links] == ["http://x.cn/safe.html"]


def test_a_page_larger_than_the_limit_is_read_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifiers.extract.MAX_BYTES", 1000)
    page = extract(Document(body=("<p>开头</p>" + "字" * 1000).encode(), url="http://x.cn/"))
    assert page.text.startswith("开头\n字")
    assert "只读取了开头" in page.refused


@pytest.mark.parametrize("markup", [
    "<div class=a><p>字</p></div>" * 20_000,
    "<table>" + "<tr><td>字<td>字" * 20_000,
    "<ul>" + "<li><a href='/x'>字</a>" * 20_000,
    "<script>" + "if (a<b) '<div><div>';" * 20_000 + "</script>" + "<p>字" * 2_000,
    "<svg><g><path d='M0 0'/></g></svg>" * 10_000,
    "<font>字" * 500 + "<p>字</p>" * 5_000,
])
def test_large_honest_pages_are_parsed(markup: str) -> None:
    assert too_costly(markup) == ""
