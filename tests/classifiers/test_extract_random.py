"""Random tag soup: nothing raises, every block stands where it says, text is the blocks joined, and reading is the same twice."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers.extract import extract
from classifiers.gate import Prior, gate
from classifiers.model import Document
from classifiers.needs import needs_browser

PIECES = [
    "<p>", "</p>", "<div style='display:none'>", "<div id=app>", "</div>", "<span>", "</span>", "<br>", "<table><tr><td>", "</td><td>", "</table>", "<ul><li>", "</ul>", "保本", "年化18%",
    " ", "\n", "&nbsp;", "&lt;b&gt;", "&#x4fdd;", "\x1e", "\x1f\x1d\x1c", "\u200b", "\ufffd", "<!-- <p> -->", "<!--", "-->", "<script>var a='稳赚不赔的理财'</script>", "<script>", "</script>",
    "<style>.a::before{content:'本息全额保障'}</style>", "<style>", "</style>", "<iframe srcdoc='&lt;p&gt;保息&lt;/p&gt;'></iframe>", "<iframe>", "<template shadowrootmode=open>", "<template>",
    "</template>", "<noscript>", "</noscript>", "<title>示例财富理财</title>", "<title>", "<input placeholder='保本保息'>", "<input type=password>", "<button>", "<a href='/x y' title='收益'>", "</a>", "<form>",
    "<nav>", "</nav>", "<footer>", "<ruby>保<rt>bao</rt></ruby>", "<i style='font-size:0'>", "</i>", "<img src=a alt='保本'>", "<meta http-equiv=refresh content='0;url=/y'>", "<base href='//x/'>",
    "<svg><text>", "</svg>", "<math>", "<select><option>", "<plaintext>", "<xmp>", "<", ">", "\"", "'", "<a <b", "=", "<p class='ads'>", "<frameset><frame src=z>", "{{ rate }}", "<dialog>",
    "<script type=application/json>{\"a\":\"保本\\ud83d\"}</script>", "[[x]]",
]


@settings(max_examples=2_000, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join))
def test_any_markup_is_read_with_exact_places(markup: str) -> None:
    document = Document(body=markup.encode("utf-8", "replace"), url="http://a.example/b/", content_type="text/html; charset=utf-8")
    page = extract(document)
    assert page.text == "\n".join(block.text for block in page.blocks)
    assert page.full_text == "\n".join(block.text for block in page.blocks + page.asides) or (not page.blocks and page.asides)
    for block in page.blocks + page.asides:
        assert page.full_text[block.start:block.end] == block.text
        assert block.text == " ".join(block.text.split()) != ""
    page.full_text.encode("utf-8")
    assert extract(document) == page
    for prior in (None, Prior(900, page.text), Prior(900, "别的页面")):
        assert gate(page, status=200, prior=prior).kind
    assert needs_browser(page) == "" or any("\u4e00" <= c <= "\u9fff" for c in needs_browser(page))
