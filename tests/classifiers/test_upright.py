"""Writing from top to bottom: one character a line, as lists, cells and line breaks put it together. It is read as the words it shows."""

from __future__ import annotations

import pytest
from linear import linear

from classifiers.extract import extract
from classifiers.judge import judge
from classifiers.model import Document
from classifiers.normalise import normalise
from tests.shipped import shipped


@pytest.mark.parametrize(("written", "read"), [
    ("理财\n保\n本\n保\n息", "理财\n保本保息"), ("稳\n赚\n不\n赔\n立即投资", "稳赚不赔\n立即投资"), ("保\n本", "保\n本"), ("上\n下\n左右", "上\n下\n左右"),
    ("保\n\n本\n\n息", "保\n\n本\n\n息"), ("１\n保\n本\n息", "1\n保本息"),
])
def test_three_characters_or_more_one_a_line_are_a_word(written: str, read: str) -> None:
    assert normalise(written).text == read


@pytest.mark.parametrize("markup", [
    "<p>保</p><p>本</p><p>保</p><p>息</p>", "<ul><li>保<li>本<li>保<li>息</ul>", "<div>保<br>本<br>保<br>息</div>",
    "<table><tr><td>保<tr><td>本<tr><td>保<tr><td>息</table>",
])
def test_a_promise_from_top_to_bottom_is_found_where_it_stands(markup: str) -> None:
    page = extract(Document(body=f"<meta charset=utf-8><h1>示例财富理财平台</h1>{markup}<p>立即投资，期限 3 个月</p>".encode(), url="http://a.example/"))
    found = [f.claim for f in judge(page, shipped()).findings if f.code == "guarantee.principal"]
    assert [claim.span for claim in found] == ["保\n本\n保\n息"]
    assert page.text[found[0].start:found[0].end] == found[0].span


@linear
def test_many_lines_cost_little() -> None:
    assert normalise("保\n" * 300_000).text
